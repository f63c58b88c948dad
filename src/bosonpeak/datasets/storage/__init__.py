"""On-disk formats of datasets: netCDF files and Zarr stores, written atomically and with digests."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
