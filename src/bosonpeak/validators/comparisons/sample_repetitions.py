"""Samples that occur twice, inside one ensemble or in two that should be independent, and close pairs of points.

Two comparisons are made. *Shapes*: ratios of neighbouring frequencies, free of a common factor, of the lowest modes,
and of the means of blocks of complete spectra, in which noise averages out; two independent samples are as far apart as
levels fluctuate, a copy is much closer. Lists of unequal length are compared over the modes that both have. *Shared
values* (`shared_values`): the number of frequencies of one sample that occur in the other, for any change of the rest.
Both are compared with the distances of samples known to be independent.

Distances between all pairs of points need no table of the pairs: moments follow from sums over points, and close pairs
are found tile by tile, at first in few coordinates and single precision. The effort grows with the number of pairs, the
memory does not.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from bosonpeak.datasets.array_types import BooleanArray, FloatArray, IntegerArray
from bosonpeak.validators.comparisons.shared_values import (
    FALSE_ALARMS,
    FEWEST_PAIRS,
    FEWEST_SHARED,
    ROUNDED,
    TOLERANCES,
    Kind,
    Repetition,
    checked_rows,
    copied_values,
    sharing_pairs,
)

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


COMPARED = 48
"""Lowest modes whose shape is compared."""

MOST_WIDTHS = 6
"""Numbers of modes over which lists of unequal length are compared."""

MOST_SEARCHED_COARSELY = 1000
"""Samples of an ensemble that are searched for values shared to within the wider of the tolerances, too."""

MOST_SEARCHED_FINELY = 2000
"""Samples beyond which the finer tolerance shrinks with their number, so that a value meets no more strangers."""

BLOCKS = 24
"""Blocks of complete spectra whose means are compared."""

_MOST_MODES = 0.99
"""Share of a complete spectrum that blocks cover from the top: samples differ in their number of zero modes."""

_MOST_FREEDOM = 20.0
"""Degrees of freedom that a null is credited with, however narrow: the far tail is an extrapolation."""

_EQUAL = 1e-4
"""Squared distance, a coordinate, below which rounding may be all that makes two shapes differ."""

_LEAST_SCATTER = 1e-12


def repeated_samples(
    frequency: ArrayLike, chain: ArrayLike | None = None, *, complete: bool = False
) -> tuple[Repetition, ...]:
    """Samples of an ensemble that repeat an earlier one.

    Parameters
    ----------
    frequency : array_like, shape (samples, modes)
        Ascending without zero modes, NaN at the end of short rows.
    chain : array_like, optional
        Independent run of each sample: two of one run may be close, and count only from `ROUNDED` on.
    complete : bool
        Rows are complete spectra.

    Returns
    -------
    tuple of Repetition
        For each sample the closest one before it, if it is too close.

    Examples
    --------
    Four samples of which the last is the first again:

    >>> import numpy as np
    >>> spectra = np.sort(np.random.default_rng(1).random((4, 30)), axis=1)
    >>> spectra[3] = spectra[0]
    >>> [(found.sample, found.other) for found in repeated_samples(spectra)]
    [(3, 0)]
    """
    rows = checked_rows(frequency)
    labels = np.arange(len(rows)) if chain is None else np.unique(np.asarray(chain), return_inverse=True)[1]
    found: list[Repetition] = []
    for width, blocks in _widths(rows, rows, complete):
        shapes = _Shapes(rows, rows, width, blocks)
        moments = moments_among(shapes.here, labels)
        looks = _Looks(shapes, _Null.of(moments), moments.pairs)
        fresh = np.ones(len(rows), dtype=bool)
        for start in range(0, len(rows), ROWS):
            # Skip samples already found to be repetitions: a thousand copies give a thousand repetitions.
            sample, other = np.arange(start, min(start + ROWS, len(rows))), np.flatnonzero(fresh[: start + ROWS])
            repeated = looks.repetitions(sample, other, labels)
            fresh[[one.sample for one in repeated]] = False
            found += repeated
    return _closest(found + _sharing(rows, labels, {one.sample for one in found}))


def shared_samples(
    mine: ArrayLike, theirs: ArrayLike, their_chain: ArrayLike | None = None, *, complete: bool = False
) -> tuple[Repetition, ...]:
    """Samples of one ensemble that repeat samples of another, whole or in part: the closest match for each.

    `mine`, `theirs`: (samples, modes), ascending without zero modes, NaN at the end of short rows; `their_chain`:
    (samples,), independent runs of the other ensemble, whose own distances calibrate the test; `complete`: rows are
    complete spectra.
    """
    here, there = checked_rows(mine), checked_rows(theirs)
    labels = (
        np.arange(len(there)) if their_chain is None else np.unique(np.asarray(their_chain), return_inverse=True)[1]
    )
    found: list[Repetition] = []
    for width, blocks in _widths(here, there, complete):
        shapes = _Shapes(here, there, width, blocks)
        between = moments_between(shapes.here, shapes.there)
        null = _Null.of(moments_among(shapes.there, labels)).stricter(_Null.of(between))
        looks = _Looks(shapes, null, between.pairs)
        found += looks.repetitions(np.arange(len(here)), np.arange(len(there)))
    for tolerance in TOLERANCES:
        found += sharing_pairs(here, there, tolerance, labels)
    return _closest(found + copied_values(here, there))


def _sharing(rows: FloatArray, labels: IntegerArray, known: set[int]) -> list[Repetition]:
    """Samples that share values with an earlier sample, among the samples not yet found to be repetitions."""
    left = np.setdiff1d(np.arange(len(rows)), list(known))
    lists, found = rows[left], []
    for tolerance in sharing_tolerances(len(left)):
        for one in sharing_pairs(lists, lists, tolerance, labels[left]):
            if one.other < one.sample and labels[left[one.other]] != labels[left[one.sample]]:
                found.append(dataclasses.replace(one, sample=int(left[one.sample]), other=int(left[one.other])))
    return found


def sharing_tolerances(samples: int) -> tuple[float, ...]:
    """Tolerances of the search for values shared between samples of one ensemble.

    The effort grows with the tolerance and with the square of the number of samples. In large ensembles the tolerance
    falls in inverse proportion to that number, so the effort grows only linearly; it is `ROUNDED` for 10^5 samples.
    """
    if samples <= MOST_SEARCHED_COARSELY:
        return TOLERANCES
    return (TOLERANCES[0] * min(1.0, MOST_SEARCHED_FINELY / samples),)


def _widths(mine: FloatArray, theirs: FloatArray, complete: bool) -> list[tuple[int, bool]]:
    """Numbers of modes to compare, each with a flag for block means; shorter rows are left out of that comparison.

    The widths are the usual row length and other lengths that occur: a short row must neither shorten the comparison of
    all others nor escape comparison.
    """
    modes = [np.count_nonzero(~np.isnan(rows), axis=1) for rows in (mine, theirs)]
    usual = int(min(np.median(count) for count in modes))
    longest = min(COMPARED, *(int(count.max()) for count in modes))
    lengths = np.unique(np.minimum(np.concatenate(modes), longest))
    lengths = lengths[lengths >= min(FEWEST_SHARED, usual)]
    chosen = np.unique(np.quantile(lengths, np.linspace(0.0, 1.0, MOST_WIDTHS), method="lower"))
    widths = {int(width) for width in chosen} - {min(usual, COMPARED)}
    return [*((width, False) for width in (usual, *sorted(widths))), *([(usual, True)] if complete else [])]


class _Shapes:
    """Spectra of two ensembles as points whose distances are independent of common factors."""

    def __init__(self, mine: FloatArray, theirs: FloatArray, width: int, blocks: bool) -> None:
        self.lowest = min(width, COMPARED)
        self.mine, self.theirs = np.log(mine[:, : self.lowest]), np.log(theirs[:, : self.lowest])
        length = int(_MOST_MODES * width)
        logs = [np.log(_block_means(rows, length)) for rows in (mine, theirs)] if blocks else [self.mine, self.theirs]
        ratios = [np.diff(rows, axis=1) for rows in logs]
        scale = _scatter(*ratios)
        self.here, self.there = ratios[0] / scale, ratios[1] / scale
        self.close = ClosePairs(self.here, self.there)

    def differences(self, sample: IntegerArray, other: IntegerArray) -> tuple[FloatArray, FloatArray]:
        """Common factor and remaining relative distance of pairs of rows, both (pairs,)."""
        logs = self.mine[sample] - self.theirs[other]
        return np.exp(logs.mean(axis=1)), logs.std(axis=1)


@dataclass(frozen=True)
class _Null:
    """Squared distances of independent samples: `mean` times chi^2 over its degrees of freedom."""

    mean: float
    freedom: float

    @classmethod
    def of(cls, moments: PairMoments) -> _Null:
        """Fit the null by moments; with too few pairs it finds no distance too close."""
        if moments.pairs < FEWEST_PAIRS or not moments.variance > (_LEAST_SCATTER * moments.mean) ** 2:
            return cls(0.0, _MOST_FREEDOM)
        return cls(moments.mean, min(_MOST_FREEDOM, 2.0 * moments.mean**2 / moments.variance))

    def stricter(self, other: _Null) -> _Null:
        """Combine two nulls into the null in which a small distance is least significant."""
        known = [null for null in (self, other) if null.mean > 0.0]
        if not known:
            return self
        return _Null(min(null.mean for null in known), min(null.freedom for null in known))

    def p_value(self, squares: FloatArray) -> FloatArray:
        """Probability that independent samples come as close."""
        if self.mean == 0.0:
            return np.ones(squares.shape)
        return np.asarray(stats.chi2.cdf(self.freedom * squares / self.mean, self.freedom))

    def square(self, p_value: float) -> float:
        """Squared distance at a given p-value."""
        return self.mean / self.freedom * float(stats.chi2.ppf(p_value, self.freedom))


@dataclass(frozen=True)
class _Looks:
    """Pairs of rows that are too close for independent samples, or differ only by rounding and a common factor."""

    shapes: _Shapes
    null: _Null
    pairs: float

    def repetitions(
        self, sample: IntegerArray, other: IntegerArray, label: IntegerArray | None = None
    ) -> list[Repetition]:
        """Closest repetition of each sample among the others; with `label` (one ensemble) among the earlier samples."""
        close = self.null.square(FALSE_ALARMS / max(self.pairs, 1.0))
        equal_below = _EQUAL * self.shapes.here.shape[1]
        best: dict[int, tuple[float, float, int]] = {}  # p-value, distance and index of the other
        for mine, theirs, squares in self.shapes.close.within(max(close, equal_below), sample, other):
            p_value = self.null.p_value(squares) * self.pairs
            equal = self._equal(mine, theirs, squares < equal_below)
            if label is not None:
                p_value[label[mine] == label[theirs]] = 1.0
            p_value[equal] = 0.0
            told = (p_value < FALSE_ALARMS) & ((theirs < mine) | (label is None))
            order = np.flatnonzero(told)[np.lexsort((theirs[told], squares[told], p_value[told], mine[told]))]
            for k in order[np.flatnonzero(np.diff(mine[order], prepend=-1))]:
                found = float(p_value[k]), float(squares[k]), int(theirs[k])
                one = int(mine[k])
                best[one] = min(best.get(one, found), found)
        return [_described(self.shapes, one, other, p) for one, (p, _, other) in best.items()]

    def _equal(self, sample: IntegerArray, other: IntegerArray, near: BooleanArray) -> BooleanArray:
        """Pairs that are equal up to rounding and a common factor; this test needs no null."""
        equal = near.copy()
        if self.shapes.lowest < FEWEST_SHARED:
            return np.zeros_like(equal)
        equal[equal] = self.shapes.differences(sample[equal], other[equal])[1] < ROUNDED
        return equal


def _block_means(rows: FloatArray, length: int) -> FloatArray:
    """Means of blocks of equally many modes, counted from the highest, so that extra zero modes do not matter."""
    ends = np.count_nonzero(~np.isnan(rows), axis=1)
    index = np.maximum(ends[:, None] - length, 0) + np.arange(length)
    taken = np.take_along_axis(rows, np.minimum(index, rows.shape[1] - 1), axis=1)
    return np.stack([block.mean(axis=1) for block in np.array_split(taken, BLOCKS, axis=1)], axis=1)


def _scatter(mine: FloatArray, theirs: FloatArray) -> FloatArray:
    """Standard deviation of each coordinate over theirs, or over both if theirs are few."""
    rows = theirs if len(theirs) >= FEWEST_PAIRS else np.concatenate([mine, theirs])
    scatter = np.nanstd(rows, axis=0)
    least = max(float(np.median(scatter)) * 1e-3, _LEAST_SCATTER)
    return np.asarray(np.maximum(scatter, least))


def _described(shapes: _Shapes, sample: int, other: int, p_value: float) -> Repetition:
    factor, distance = (float(part[0]) for part in shapes.differences(np.array([sample]), np.array([other])))
    error = max(ROUNDED, 5.0 * distance / math.sqrt(shapes.lowest))
    kind: Kind = "perturbed"
    if abs(math.log(factor)) > error:
        kind = "rescaled"
    elif np.array_equal(shapes.mine[sample], shapes.theirs[other]):
        kind, factor = "identical", 1.0
    elif distance < ROUNDED:
        kind = "rounded"
    return Repetition(sample, other, kind, factor, distance, p_value)


def _closest(found: list[Repetition]) -> tuple[Repetition, ...]:
    """Most significant repetition of each sample: whole spectra before partial ones, then the smallest p-value."""
    best: dict[int, Repetition] = {}
    for one in sorted(found, key=lambda repetition: (repetition.kind == "in part", repetition.p_value)):
        best.setdefault(one.sample, one)
    return tuple(best[sample] for sample in sorted(best))
