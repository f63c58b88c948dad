"""Distances between all pairs of points without a table of the pairs: mean, scatter, and the close pairs.

Moments follow from sums over points. Close pairs are found tile by tile, at first in few coordinates and single
precision: the effort grows with the number of pairs, the memory does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bosonpeak.datasets.arrays import FloatArray, IntegerArray

ROWS = 256
"""Points of the first set that are searched at a time."""

_COLUMNS = 1024  # a tile stays in the processor's cache
_LEADING = 12
"""Coordinates that are looked at first: few in 10^5 independent points come as close in them as copies do in 47."""

_SINGLE = 1e-5
"""Error of a squared distance in single precision, relative to the squares that it is made of."""


@dataclass(frozen=True)
class PairMoments:
    """Number of pairs, sum of their squared distances, and sum of the squares of the squared distances."""

    pairs: float = 0.0
    first: float = 0.0
    second: float = 0.0

    def __sub__(self, other: PairMoments) -> PairMoments:
        return PairMoments(self.pairs - other.pairs, self.first - other.first, self.second - other.second)

    @property
    def mean(self) -> float:
        """Mean squared distance; NaN without pairs."""
        return self.first / self.pairs if self.pairs else math.nan

    @property
    def variance(self) -> float:
        """Variance of the squared distances; NaN without pairs."""
        return max(self.second / self.pairs - self.mean**2, 0.0) if self.pairs else math.nan


def moments_between(mine: FloatArray, theirs: FloatArray) -> PairMoments:
    """Moments over all pairs of a point of mine and a point of theirs, both (points, coordinates).

    |x - y|^2 = |x|^2 + |y|^2 - 2 x.y, so sums over pairs are products of sums over points. Points with a NaN coordinate
    do not count.
    """
    mine, theirs = (rows[~np.isnan(rows).any(axis=1)] for rows in (mine, theirs))
    if not (len(mine) and len(theirs)):
        return PairMoments()
    centre = theirs.mean(axis=0)
    x, y = mine - centre, theirs - centre
    a, b = (x**2).sum(axis=1), (y**2).sum(axis=1)
    first = len(y) * a.sum() + len(x) * b.sum() - 2.0 * x.sum(axis=0) @ y.sum(axis=0)
    second = len(y) * (a**2).sum() + len(x) * (b**2).sum() + 2.0 * a.sum() * b.sum()
    second += 4.0 * ((x.T @ x) * (y.T @ y)).sum()
    second -= 4.0 * ((a @ x) @ y.sum(axis=0) + x.sum(axis=0) @ (b @ y))
    return PairMoments(float(len(x)) * len(y), float(first), float(second))


def moments_among(points: FloatArray, label: IntegerArray) -> PairMoments:
    """Moments over all pairs of points with different labels, shapes (points, coordinates) and (points,)."""
    known = ~np.isnan(points).any(axis=1)
    points, label = points[known], label[known]
    if not len(points):
        return PairMoments()
    twice = moments_between(points, points)
    order = np.argsort(label, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        alone = len(members) == 1
        twice -= PairMoments(1.0) if alone else moments_between(points[members], points[members])
    return PairMoments(0.5 * twice.pairs, 0.5 * twice.first, 0.5 * twice.second)


class ClosePairs:
    """Search for the close pairs between two sets of points, both (points, coordinates).

    A close pair is also close in the leading coordinates, along which points scatter most; few other pairs are. Points
    with a NaN coordinate are close to no point.
    """

    def __init__(self, mine: FloatArray, theirs: FloatArray) -> None:
        self._mine, self._theirs = mine, theirs
        centre = np.nanmean(theirs, axis=0) if len(theirs) else 0.0
        self._squares = [((rows - centre) ** 2).sum(axis=1) for rows in (mine, theirs)]
        axes = _leading_axes(theirs)
        left, right = ((rows - centre) @ axes for rows in (mine, theirs))
        lengths = [(rows**2).sum(axis=1) for rows in (left, right)]
        self._left = np.column_stack([left, lengths[0], np.ones(len(left))]).astype(np.float32)
        self._right = np.column_stack([-2.0 * right, np.ones(len(right)), lengths[1]]).astype(np.float32)

    def within(
        self, reach: float, sample: IntegerArray | None = None, other: IntegerArray | None = None
    ) -> Iterator[tuple[IntegerArray, IntegerArray, FloatArray]]:
        """Yield tiles of the pairs of squared distance up to `reach`: two indices and the distance, each (pairs,)."""
        sample = np.arange(len(self._mine)) if sample is None else sample
        other = np.arange(len(self._theirs)) if other is None else other
        for rows in _tiles(sample, ROWS):
            left, farthest = self._left[rows], np.nanmax(self._squares[0][rows], initial=0.0)
            for columns in _tiles(other, _COLUMNS):
                rough = left @ self._right[columns].T
                slack = _SINGLE * float(farthest + np.nanmax(self._squares[1][columns], initial=0.0))
                # flatnonzero and divmod: nonzero of a table takes twice as long as the matrix product.
                row, column = np.divmod(np.flatnonzero(rough <= reach + slack), rough.shape[1])
                if len(row):
                    exact = ((self._mine[rows[row]] - self._theirs[columns[column]]) ** 2).sum(axis=1)
                    near = exact <= reach
                    yield rows[row[near]], columns[column[near]], exact[near]


def _tiles(numbers: IntegerArray, size: int) -> Iterator[IntegerArray]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def _leading_axes(points: FloatArray) -> FloatArray:
    """Orthonormal columns along which points scatter most, shape (coordinates, axes)."""
    known = points[~np.isnan(points).any(axis=1)]
    if points.shape[1] <= _LEADING or not len(known):
        return np.eye(points.shape[1])
    centred = known - known.mean(axis=0)
    return np.asarray(np.linalg.eigh(centred.T @ centred)[1][:, -_LEADING:])
