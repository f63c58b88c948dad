"""Spectra of large sparse matrices: kernel polynomials, Lanczos, Chebyshev filters."""
