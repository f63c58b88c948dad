"""Level statistics of the modes, and the spatial extent of the modes."""
