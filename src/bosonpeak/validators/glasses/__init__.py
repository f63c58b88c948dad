"""Glasses: mechanical soundness, equilibration of their chains, arrest of their liquids."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
