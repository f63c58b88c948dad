"""Estimators that test theories of the boson peak: curves that their equations give, and what follows from stresses."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
