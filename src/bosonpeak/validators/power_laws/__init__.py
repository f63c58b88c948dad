"""Exponents: of low frequencies, of small stresses, and of a theory's curves."""
