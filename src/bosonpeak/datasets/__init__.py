"""Datasets: schemas, the netCDF store, named reference data and readers of foreign files.

Names are imported at first use, so that importing this package costs nothing.
"""

from bosonpeak import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
