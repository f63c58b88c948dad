"""Generators of labelled samples that a recipe can name, one module per family."""
