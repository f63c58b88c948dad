"""Measurements on any dataset, embedded or foreign; every measurement returns an `Estimate`."""

from bosonpeak import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
