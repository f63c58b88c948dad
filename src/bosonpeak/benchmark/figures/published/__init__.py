"""Figures of the four papers, redrawn from the reference data in the papers' own axes."""
