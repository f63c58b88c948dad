"""Glasses: mechanical soundness, equilibration of their chains, arrest of their liquids."""
