"""What the data are: schemas, the netCDF store, named reference data, and readers for foreign files.

Names are loaded when they are first used, so that importing this package costs nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
