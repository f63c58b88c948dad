"""Heterogeneous elasticity: the self-consistent Born approximation, with and without local stresses."""
