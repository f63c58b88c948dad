"""Null data of known truth, on which every validator is calibrated: spectra of known law, fields of known kind."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
