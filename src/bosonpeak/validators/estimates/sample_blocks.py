"""Datasets with chunks along their samples, one chunk at a time in memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.validators.estimates.inputs import ModeLists, known_chain, mode_lists


def is_chunked(data: object) -> bool:
    """Return whether data are a dataset or array with chunks along its first dimension."""
    variable = data.get("eigenfrequency") if isinstance(data, xr.Dataset) else data
    return isinstance(variable, xr.DataArray) and variable.chunks is not None and variable.ndim == 2


def blocks_of(data: xr.Dataset, dimension: str = "sample") -> Iterator[xr.Dataset]:
    """Yield the chunks of a dataset along a dimension, each loaded into memory."""
    start = 0
    for length in data.chunksizes[dimension]:
        yield data.isel({dimension: slice(start, start + length)}).load()
        start += length


def low_mode_lists(
    data: xr.Dataset | ArrayLike, first_phonon: ArrayLike | None, chain: ArrayLike | None, *, reach: float
) -> ModeLists:
    """Mode lists as of `mode_lists`; of chunked data only as far as some mode of each sample exceeds `reach` omega_0.

    Chunks are read one after the other: memory grows with the number of low modes alone.
    """
    scale = first_phonon
    if scale is None and isinstance(data, xr.Dataset) and "first_phonon" in data:
        scale = data["first_phonon"].values
    if not (isinstance(data, xr.Dataset) and is_chunked(data)) or scale is None or "unstable_frequency" in data:
        return mode_lists(data, first_phonon, chain)
    of_each = np.broadcast_to(np.asarray(scale, dtype=np.float64), data.sizes["sample"])
    cut, parts, scales, start = reach * float(of_each.mean()), [], [], 0
    for block in blocks_of(data[["eigenfrequency"]]):
        stop = start + block.sizes["sample"]
        lists = mode_lists(block, of_each[start:stop])
        above = lists.frequency > cut
        first = np.where(above.any(axis=1), np.argmax(above, axis=1), above.shape[1] - 1)
        parts.append(np.array(lists.frequency[:, : int(first.max()) + 1]))
        scales.append(of_each[start:stop])
        start = stop
    labels = known_chain(data, chain)
    index = None if labels is None else np.unique(labels, return_inverse=True)[1].astype(np.int64)
    return ModeLists(_joined(parts), np.concatenate(scales), index, pooled=False)


def _joined(parts: list[FloatArray]) -> FloatArray:
    """Rows of all parts in one array, with NaN at the end of shorter rows."""
    longest = max(part.shape[1] for part in parts)
    return np.concatenate(
        [np.pad(part, ((0, 0), (0, longest - part.shape[1])), constant_values=np.nan) for part in parts]
    )
