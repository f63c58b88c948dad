"""Matrices of second derivatives that somebody else computed, to be diagonalised."""
