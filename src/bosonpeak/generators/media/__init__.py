"""Elastic continua on a grid: modulated media, Bloch bands, weak modulation."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
