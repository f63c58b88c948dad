"""Figures of any dataset, shipped or own: data in, axes of matplotlib out."""

from bosonpeak import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
