"""Datasets: schemas, the netCDF store, named reference data and readers of foreign files.

Names are imported at first use, so that importing this package costs nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
