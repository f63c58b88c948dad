"""Quasi-equilibrium theory: closed form, algebra and sums over wave vectors."""
