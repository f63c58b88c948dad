"""Displacement fields: their Fourier sums, Helmholtz decomposition and local strain."""
