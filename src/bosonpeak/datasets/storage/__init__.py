"""On-disk formats of datasets: netCDF files and Zarr stores, written atomically and with digests."""
