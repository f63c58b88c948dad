"""How datasets lie on disk: netCDF files and Zarr stores, whole or not at all, with digests."""
