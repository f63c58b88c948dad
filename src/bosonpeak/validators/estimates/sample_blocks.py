"""Datasets with chunks along their samples, a few chunks at a time in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

_NUMBERS_AT_ONCE = 500_000


def is_chunked(data: object) -> bool:
    """Return whether data are a dataset or array with chunks along its first dimension."""
    variable = data.get("eigenfrequency") if isinstance(data, xr.Dataset) else data
    return isinstance(variable, xr.DataArray) and variable.chunks is not None and variable.ndim == 2


def ranges_of_chunks(chunks: Sequence[int], modes: int) -> Iterator[slice]:
    """Yield ranges of samples: whole chunks, several small ones of samples with so many modes together."""
    edges = np.cumsum(chunks)
    largest = max(1, _NUMBERS_AT_ONCE // max(modes, 1))
    start = 0
    while start < edges[-1]:
        ahead = edges[edges > start]
        stop = int(max(ahead[0], ahead[ahead <= start + largest].max(initial=0)))
        yield slice(start, stop)
        start = stop


def blocks_of(data: xr.Dataset) -> Iterator[tuple[xr.Dataset, slice]]:
    """Yield consecutive samples of a dataset with chunks, loaded into memory, and their range."""
    # The chunks of other variables may have other edges.
    for part in ranges_of_chunks(data["eigenfrequency"].chunksizes["sample"], data.sizes["mode"]):
        yield data.isel(sample=part).load(), part
