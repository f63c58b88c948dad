"""Mode lists of ensembles of several box sizes, each with its number of particles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.inputs import ModeLists, mode_lists


def mode_lists_of_sizes(
    data: xr.Dataset | Sequence[xr.Dataset] | Sequence[ArrayLike],
    particles: Sequence[int] | None = None,
    first_phonon: Sequence[ArrayLike] | None = None,
    chain: Sequence[ArrayLike] | None = None,
) -> list[tuple[int, ModeLists]]:
    """Numbers of particles and mode lists, one ensemble per size; the optional sequences override the datasets."""
    if not isinstance(data, xr.Dataset) and (not isinstance(data, Iterable) or _is_one_number(data)):
        raise NotApplicableError(
            "sizes are compared between ensembles",
            expected="a dataset, or a sequence of datasets or of lists of frequencies, one a size",
            got=type(data).__name__,
        )
    ensembles = [data] if isinstance(data, xr.Dataset) else list(data)
    if not ensembles:
        raise NotApplicableError("there are no ensembles to compare", expected="one a size", got="none")
    numbers = particles or [each.attrs.get("particles", 0) if isinstance(each, xr.Dataset) else 0 for each in ensembles]
    scales: Sequence[ArrayLike | None] = first_phonon or [None] * len(ensembles)
    labels: Sequence[ArrayLike | None] = chain or [None] * len(ensembles)
    if len({len(ensembles), len(numbers), len(scales), len(labels)}) > 1:
        raise NotApplicableError(
            "the sizes do not fit the ensembles",
            expected=f"{len(ensembles)} of each",
            got=f"{len(numbers)} particles, {len(scales)} phonon scales, {len(labels)} lists of chains",
        )
    if not all(numbers):
        raise NotApplicableError(
            "the number of particles of an ensemble is unknown",
            expected="the attribute particles, or particles=",
            got=", ".join(str(number) for number in numbers),
        )
    lists = (mode_lists(*each) for each in zip(ensembles, scales, labels, strict=True))
    return [(int(number), each) for number, each in zip(numbers, lists, strict=True)]


def _is_one_number(data: object) -> bool:
    return isinstance(data, np.ndarray) and data.ndim == 0
