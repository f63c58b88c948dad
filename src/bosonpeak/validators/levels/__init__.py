"""Levels: their repulsion, and the extent of their modes."""
