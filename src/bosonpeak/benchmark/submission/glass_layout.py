"""Glass spectra in the layout of the reference data: lowest modes, highest modes, complete spectra."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.benchmark.cards.card import EnsembleCard
from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.validators.estimates.inputs import ZERO_BELOW

EDGE_MODES = 50
"""Modes at either end of the spectrum that the reference data keep."""

_FREQUENCY = {"units": "1", "long_name": "angular eigenfrequency, ascending, zero modes left out"}


def laid_out(dataset: xr.Dataset, card: EnsembleCard) -> xr.Dataset:
    """Convert the spectra of a glass to the layout of the reference data.

    Input: ``eigenfrequency`` (sample, mode), with or without zero modes, NaN at the end of short rows, and
    ``unstable_frequency`` if there are unstable modes. Output: ``eigenfrequency`` without zero modes, their number in
    ``zero_mode_count``; of complete spectra only the lowest `EDGE_MODES`, with ``highest_eigenfrequency`` and
    ``full_eigenfrequency``. Raises `ForeignInputError` if there are more modes than degrees of freedom.
    """
    rows = np.asarray(dataset["eigenfrequency"].values, dtype=np.float64)
    if rows.shape[1] > card.degrees_of_freedom:
        raise ForeignInputError(
            "the card and the data disagree on the number of modes",
            expected=f"at most {card.degrees_of_freedom} a sample: {card.dimension} for each particle",
            got=str(rows.shape[1]),
            where=card.path,
        )
    zeros = (rows < ZERO_BELOW * np.nanmax(rows, axis=1, keepdims=True, initial=0.0)).sum(axis=1)
    spectra = _without_first(rows, zeros)
    made: dict[str, Any] = {str(name): array for name, array in dataset.data_vars.items() if array.dims == ("sample",)}
    made.pop("mode_count", None)
    if "unstable_frequency" in dataset:
        made["unstable_frequency"] = dataset["unstable_frequency"]
    made["zero_mode_count"] = ("sample", zeros.astype(np.int32), {"units": "1"})
    if _is_complete(rows, zeros, card):
        edge = min(EDGE_MODES, spectra.shape[1])
        made |= {
            "eigenfrequency": (("sample", "mode"), spectra[:, :edge], _FREQUENCY),
            "highest_eigenfrequency": (("sample", "high_mode"), _last(spectra, edge), _FREQUENCY),
            "full_eigenfrequency": (("full_sample", "full_mode"), spectra, _FREQUENCY),
            "full_sample_index": ("full_sample", np.arange(len(rows), dtype=np.int32), {"units": "1"}),
        }
    else:
        made["eigenfrequency"] = (("sample", "mode"), spectra, _FREQUENCY)
    if "participation_ratio" in dataset:
        ratios = _without_first(np.asarray(dataset["participation_ratio"].values, dtype=np.float64), zeros)
        made["participation_ratio"] = (("sample", "mode"), ratios[:, : made["eigenfrequency"][1].shape[1]])
    return xr.Dataset(made, attrs=dataset.attrs)


def _is_complete(rows: FloatArray, zeros: NDArray[np.intp], card: EnsembleCard) -> bool:
    """Test whether every sample has all its modes, with translations included or left out."""
    counts = np.isfinite(rows).sum(axis=1)
    size = card.degrees_of_freedom
    return bool(np.all((counts == size) | ((counts == size - card.dimension) & (zeros == 0))))


def _without_first(rows: FloatArray, dropped: NDArray[np.intp]) -> FloatArray:
    """Rows without their first ``dropped`` elements, shifted to the left and padded with NaN."""
    if not dropped.any():
        return rows
    width = rows.shape[1]
    index = np.arange(width)[None, :] + dropped[:, None]
    shifted = np.take_along_axis(rows, np.minimum(index, width - 1), axis=1)
    shifted[index >= width] = np.nan
    longest = int(np.isfinite(shifted).sum(axis=1).max())
    return shifted[:, : max(longest, 1)]


def _last(rows: FloatArray, count: int) -> FloatArray:
    """Last ``count`` finite elements of each row."""
    lengths = np.isfinite(rows).sum(axis=1)
    index = lengths[:, None] - count + np.arange(count)[None, :]
    return np.take_along_axis(rows, index, axis=1)
