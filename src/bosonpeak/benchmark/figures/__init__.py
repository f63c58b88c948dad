"""Figures of the claims, drawn from their measurements: one module a family, and the registry of their names."""
