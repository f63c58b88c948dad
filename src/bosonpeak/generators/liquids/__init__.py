"""Liquids: swap Monte Carlo, its moves and neighbour lists, and relaxation times."""
