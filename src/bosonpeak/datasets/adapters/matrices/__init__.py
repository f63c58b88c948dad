"""Foreign matrices of second derivatives, read and prepared for diagonalisation."""
