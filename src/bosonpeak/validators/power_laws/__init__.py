"""Exponents of low frequencies and of small stresses."""
