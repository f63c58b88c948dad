"""Spectra of a theory over a grid of its parameters, one file a theory."""
