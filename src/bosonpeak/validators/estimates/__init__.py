"""Inputs and results common to all measurements: mode lists, intervals, the `Estimate`."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
