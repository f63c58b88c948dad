"""Samples that occur twice, by lowest frequencies or shortest distances, up to rounding and a common factor."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import numbers
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.periodic_box import nearest_neighbours
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling

COMPARED = 48
"""Lowest values of a sample that are compared."""

FEWEST = 6
"""Values that both samples need; fewer may agree by chance."""

ROUNDED = 2e-6
"""Root mean square of the differences, relative to the mean value, that six digits after the point or single precision
leave. Independent networks of the reference data differ by 1e-4, all other ensembles by more."""

_BIN = 1e-3
"""Width of the bins in log(sixth value / first value) in which equal samples are looked up."""


@dataclass(frozen=True)
class Repetition:
    """Two samples that are equal up to rounding and a common factor."""

    sample: int  # index
    other: int  # index of the repeated sample, in the same or the other ensemble
    factor: float  # values of the sample over the values of the other


@accept_old_spelling("frequency")
def repeated_samples(data: ArrayLike) -> tuple[Repetition, ...]:
    """Samples of an ensemble that repeat an earlier one.

    Parameters
    ----------
    data : array_like, shape (samples, modes)
        Frequencies, ascending without zero modes, NaN at the end of short rows.

    Returns
    -------
    tuple of Repetition
        For each such sample the first of the equal samples before it.

    Raises
    ------
    NotApplicableError
        If the rows are not mode lists, or a sample has no frequency.

    Examples
    --------
    Four samples of which the last is the first again:

    >>> import numpy as np
    >>> spectra = np.sort(np.random.default_rng(1).random((4, 30)), axis=1)
    >>> spectra[3] = spectra[0]
    >>> [(found.sample, found.other) for found in repeated_samples(spectra)]
    [(3, 0)]
    """
    rows = _checked(data)
    known: dict[int, list[int]] = defaultdict(list)
    found = []
    for sample, key in _keys(rows):
        repetition = _first_equal(sample, rows, known, key, rows)
        if repetition is None:
            known[key].append(sample)
        else:
            found.append(repetition)
    return tuple(found)


def shared_samples(mine: ArrayLike, theirs: ArrayLike) -> tuple[Repetition, ...]:
    """Samples of one ensemble that repeat a sample of another, both (samples, modes) as in `repeated_samples`."""
    here, there = _checked(mine), _checked(theirs)
    known: dict[int, list[int]] = defaultdict(list)
    for other, key in _keys(there):
        known[key].append(other)
    found = (_first_equal(sample, here, known, key, there) for sample, key in _keys(here))
    return tuple(one for one in found if one is not None)


def shortest_distances(positions: ArrayLike, box: ArrayLike) -> FloatArray:
    """Shortest neighbour distances (samples, COMPARED) of each configuration, ascending."""
    particles, sides = np.asarray(positions, dtype=np.float64), np.asarray(box, dtype=np.float64)
    if (
        particles.ndim != 3
        or particles.shape[1] < COMPARED
        or sides.shape[-1:] != particles.shape[2:]
        or sides.ndim > 3
    ):
        raise NotApplicableError(
            "these configurations cannot be compared",
            expected=f"positions (samples, {COMPARED} particles or more, axes) and a box",
            got=f"shapes {particles.shape} and {sides.shape}",
        )
    sides = np.broadcast_to(sides, (len(particles), *(sides.shape[1:] or sides.shape)))
    nearest = (nearest_neighbours(rows, lengths, 1)[0] for rows, lengths in zip(particles, sides, strict=True))
    return np.stack([np.sort(distances.ravel())[:COMPARED] for distances in nearest])


def _checked(frequency: ArrayLike) -> FloatArray:
    rows = numbers(frequency, "samples", "modes")
    if np.isnan(rows[:, 0]).any() or (rows <= 0.0).any():
        raise NotApplicableError(
            "these rows cannot be compared",
            expected="an array (samples, modes) of frequencies above zero, at least one a sample",
            got=f"shape {rows.shape}",
        )
    return rows[:, :COMPARED]


def _keys(rows: FloatArray) -> list[tuple[int, int]]:
    """Number and bin of each sample with enough values; equal samples are in the same bin or in adjacent bins."""
    if rows.shape[1] < FEWEST:
        return []
    ratio = np.log(rows[:, FEWEST - 1] / rows[:, 0])
    return [(sample, math.floor(value / _BIN)) for sample, value in enumerate(ratio.tolist()) if not math.isnan(value)]


def _first_equal(
    sample: int, mine: FloatArray, known: dict[int, list[int]], key: int, theirs: FloatArray
) -> Repetition | None:
    """First of the known samples in the bins around `key` that equals the given sample."""
    others = sorted(other for near in (key - 1, key, key + 1) for other in known.get(near, ()))
    if not others:
        return None
    width = min(mine.shape[1], theirs.shape[1])
    row, rows = mine[sample, :width], theirs[others, :width]
    row, rows = np.where(np.isnan(rows), np.nan, row), np.where(np.isnan(row), np.nan, rows)
    means = np.nanmean(row, axis=1), np.nanmean(rows, axis=1)
    differences = np.nanmean((row / means[0][:, None] - rows / means[1][:, None]) ** 2, axis=1)
    equal = np.flatnonzero(differences < ROUNDED**2)
    if not len(equal):
        return None
    factor = float(means[0][equal[0]] / means[1][equal[0]])
    return Repetition(sample, others[equal[0]], 1.0 if abs(factor - 1.0) < ROUNDED else factor)
