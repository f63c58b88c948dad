"""Density of states of any harmonic solid over omega^(d-1), and its maximum, the boson peak."""
