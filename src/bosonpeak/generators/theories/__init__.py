"""Solvers for theories of the vibrations of disordered solids."""
