"""Liquids: swap Monte Carlo, its moves and lists, and relaxation times."""
