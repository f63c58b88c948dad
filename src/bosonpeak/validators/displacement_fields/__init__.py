"""Displacement fields: Fourier sums, Helmholtz decomposition and local strain."""
