"""Spectra of theories over grids of their parameters, one module per theory."""
