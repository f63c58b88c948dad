"""Liquids: swap Monte Carlo, its moves and neighbour lists, and relaxation times."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
