"""Density of states of any harmonic solid over omega^(d-1), and its maximum, the boson peak."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
