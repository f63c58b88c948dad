"""Samples that occur twice: inside one ensemble, or in two that ought to be independent.

Several looks are taken. *Shapes*: ratios of neighbouring frequencies, so that a common factor drops out, of the lowest
modes, and of the means of blocks of complete spectra, in which noise averages out; two independent samples lie as far
apart as levels fluctuate, a copy lies much closer. *Shared values*: how many frequencies of one sample occur in the
other, whatever became of the rest. All are held against the distances of samples that are known to be independent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from bosonpeak.datasets.arrays import BooleanArray, FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.comparisons.close_pairs import ROWS, PairMoments, moments_among, moments_between, pairs_within

COMPARED = 48
"""Lowest modes whose shape is compared."""

LOOKED_UP = 32
"""Lowest modes of a sample that are looked up among the values of another."""

AMONG = 128
"""Lowest values of the other sample that they are looked up among."""

BLOCKS = 24
"""Blocks of complete spectra whose means are compared."""

FALSE_ALARMS = 1e-3
"""Chance that an honest ensemble has any pair of samples taken for a repetition, by any one look."""

TOLERANCES = (1e-4, 1e-3)
"""Relative distances at which a value counts as shared."""

ROUNDED = 2e-6
"""Relative distance that six digits after the point, or single precision, make of equal numbers."""

FEWEST_SHARED = 6
"""Values that two unrelated samples never share to within `ROUNDED`: the chance is below 1e-12 a pair."""

_MOST_MODES = 0.99
"""Share of a complete spectrum that blocks cover from the top: samples differ in their number of zero modes."""

_MOST_FREEDOM = 20.0
"""Degrees of freedom that a null is credited with, however narrow: the far tail is an extrapolation."""

_EQUAL = 1e-4
"""Squared distance, a coordinate, below which rounding may be all that makes two shapes differ."""

_LOOKED_UP_TOGETHER = 2048
_FEWEST_PAIRS = 20
_LEAST_SCATTER = 1e-12

Kind = Literal["identical", "rounded", "perturbed", "rescaled", "in part"]


@dataclass(frozen=True)
class Repetition:
    """Two samples that cannot be independent.

    Parameters
    ----------
    sample : int
        Index of the sample.
    other : int
        Index of the one it repeats, in the same ensemble or in the other one.
    kind : str
        "identical"; "rounded" to within `ROUNDED`; "perturbed" by noise; "rescaled" by a factor; or "in part", where
        only some values are shared.
    factor : float
        By which the frequencies of the other are multiplied.
    distance : float
        Root mean square of the relative differences that are left; NaN for what is shared in part.
    p_value : float
        That any pair of independent samples of such ensembles comes so close.
    """

    sample: int
    other: int
    kind: Kind
    factor: float
    distance: float
    p_value: float


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
        Whether rows are complete spectra.

    Returns
    -------
    tuple of Repetition
        For each sample the closest one before it, if it is too close.
    """
    rows = _checked(frequency)
    labels = np.arange(len(rows)) if chain is None else np.unique(np.asarray(chain), return_inverse=True)[1]
    found: list[Repetition] = []
    for blocks in (False, True) if complete else (False,):
        shapes = _Shapes(rows, rows, blocks)
        moments = moments_among(shapes.here, labels)
        looks = _Looks(shapes, _Null.of(moments), moments.pairs)
        fresh = np.ones(len(rows), dtype=bool)
        for start in range(0, len(rows), ROWS):
            # What repeats an earlier sample is not looked for again: a thousand copies are a thousand repetitions.
            sample, other = np.arange(start, min(start + ROWS, len(rows))), np.flatnonzero(fresh[: start + ROWS])
            repeated = looks.repetitions(sample, other, labels)
            fresh[[one.sample for one in repeated]] = False
            found += repeated
    return _closest(found)


def shared_samples(
    mine: ArrayLike, theirs: ArrayLike, their_chain: ArrayLike | None = None, *, complete: bool = False
) -> tuple[Repetition, ...]:
    """Samples of one ensemble that repeat those of another, whole or in part.

    Parameters
    ----------
    mine, theirs : array_like, shape (samples, modes)
        Ascending without zero modes, NaN at the end of short rows.
    their_chain : array_like, optional
        Independent run of each sample of the other ensemble, whose own distances are the measure.
    complete : bool
        Whether rows are complete spectra.

    Returns
    -------
    tuple of Repetition
        For each sample of mine the closest of theirs, if it is too close.
    """
    here, there = _checked(mine), _checked(theirs)
    labels = (
        np.arange(len(there)) if their_chain is None else np.unique(np.asarray(their_chain), return_inverse=True)[1]
    )
    found: list[Repetition] = []
    for blocks in (False, True) if complete else (False,):
        shapes = _Shapes(here, there, blocks)
        between = moments_between(shapes.here, shapes.there)
        null = _Null.of(moments_among(shapes.there, labels)).stricter(_Null.of(between))
        looks = _Looks(shapes, null, between.pairs)
        found += looks.repetitions(np.arange(len(here)), np.arange(len(there)))
    for tolerance in TOLERANCES:
        found += _sharing_pairs(here, there, tolerance, labels)
    return _closest(found + copied_values(here, there))


def copied_values(mine: ArrayLike, theirs: ArrayLike, *, fewest: int = FEWEST_SHARED) -> list[Repetition]:
    """Pairs of samples that share so many values to within `ROUNDED`, whatever the rest is.

    Quick enough for all reference data at once.

    Parameters
    ----------
    mine, theirs : array_like, shape (samples, modes)
        Ascending without zero modes, NaN at the end of short rows.
    fewest : int
        Shared values from which on a pair is reported.

    Returns
    -------
    list of Repetition
    """
    here, there = _checked(mine)[:, :LOOKED_UP], _checked(theirs)[:, :AMONG]
    return [
        Repetition(int(sample), int(other), "in part", 1.0, math.nan, 0.0)
        for pairs, shared in _shared_counts(here, there, ROUNDED)
        for sample, other in pairs[shared >= fewest]
    ]


class _Shapes:
    """Rows of two ensembles as points whose distance does not know of common factors."""

    def __init__(self, mine: FloatArray, theirs: FloatArray, blocks: bool) -> None:
        # The length of most rows: a single short one must not blind the comparison of all others, and is left out.
        width = int(min(np.median(np.count_nonzero(~np.isnan(rows), axis=1)) for rows in (mine, theirs)))
        self.lowest = min(width, COMPARED)
        self.mine, self.theirs = np.log(mine[:, : self.lowest]), np.log(theirs[:, : self.lowest])
        length = int(_MOST_MODES * width)
        logs = [np.log(_block_means(rows, length)) for rows in (mine, theirs)] if blocks else [self.mine, self.theirs]
        ratios = [np.diff(rows, axis=1) for rows in logs]
        scale = _scatter(*ratios)
        self.here, self.there = ratios[0] / scale, ratios[1] / scale

    def differences(self, sample: IntegerArray, other: IntegerArray) -> tuple[FloatArray, FloatArray]:
        """Factors between pairs of rows, and the relative distances that are left."""
        logs = self.mine[sample] - self.theirs[other]
        return np.exp(logs.mean(axis=1)), logs.std(axis=1)


@dataclass(frozen=True)
class _Null:
    """Squared distances of independent samples: `mean` times chi^2 over its degrees of freedom."""

    mean: float
    freedom: float

    @classmethod
    def of(cls, moments: PairMoments) -> _Null:
        """By moments; no distance is too close where too few are known."""
        if moments.pairs < _FEWEST_PAIRS or not moments.variance > (_LEAST_SCATTER * moments.mean) ** 2:
            return cls(0.0, _MOST_FREEDOM)
        return cls(moments.mean, min(_MOST_FREEDOM, 2.0 * moments.mean**2 / moments.variance))

    def stricter(self, other: _Null) -> _Null:
        """The one of two nulls in which a small distance means less."""
        known = [null for null in (self, other) if null.mean > 0.0]
        if not known:
            return self
        return _Null(min(null.mean for null in known), min(null.freedom for null in known))

    def p_value(self, squares: FloatArray) -> FloatArray:
        """That independent samples come as close."""
        if self.mean == 0.0:
            return np.ones(squares.shape)
        return np.asarray(stats.chi2.cdf(self.freedom * squares / self.mean, self.freedom))

    def square(self, p_value: float) -> float:
        """The squared distance of that p-value."""
        return self.mean / self.freedom * float(stats.chi2.ppf(p_value, self.freedom))


@dataclass(frozen=True)
class _Looks:
    """Pairs of rows that are too close for independent samples, or differ by no more than rounding and a factor."""

    shapes: _Shapes
    null: _Null
    pairs: float

    def repetitions(
        self, sample: IntegerArray, other: IntegerArray, label: IntegerArray | None = None
    ) -> list[Repetition]:
        """The closest of the others that each sample repeats; within one ensemble, which has labels, an earlier one."""
        close = self.null.square(FALSE_ALARMS / max(self.pairs, 1.0))
        equal_below = _EQUAL * self.shapes.here.shape[1]
        best: dict[int, tuple[float, float, int]] = {}  # p-value, distance and number of the other
        reach = max(close, equal_below)
        for mine, theirs, squares in pairs_within(self.shapes.here[sample], self.shapes.there[other], reach):
            pair = sample[mine], other[theirs]
            p_value = self.null.p_value(squares) * self.pairs
            equal = self._equal(*pair, squares < equal_below)
            if label is not None:
                p_value[label[pair[0]] == label[pair[1]]] = 1.0
            p_value[equal] = 0.0
            told = (p_value < FALSE_ALARMS) & ((pair[1] < pair[0]) | (label is None))
            order = np.flatnonzero(told)[np.lexsort((pair[1][told], squares[told], p_value[told], pair[0][told]))]
            for k in order[np.flatnonzero(np.diff(pair[0][order], prepend=-1))]:
                found = float(p_value[k]), float(squares[k]), int(pair[1][k])
                one = int(pair[0][k])
                best[one] = min(best.get(one, found), found)
        return [_described(self.shapes, one, other, p) for one, (p, _, other) in best.items()]

    def _equal(self, sample: IntegerArray, other: IntegerArray, near: BooleanArray) -> BooleanArray:
        """Needs no null."""
        equal = near.copy()
        if self.shapes.lowest < FEWEST_SHARED:
            return np.zeros_like(equal)
        equal[equal] = self.shapes.differences(sample[equal], other[equal])[1] < ROUNDED
        return equal


def _checked(frequency: ArrayLike) -> FloatArray:
    rows = np.asarray(frequency, dtype=np.float64)
    if rows.ndim != 2 or rows.size == 0 or np.isnan(rows[:, 0]).any() or (rows <= 0.0).any():
        raise NotApplicableError(
            "these rows cannot be compared",
            expected="an array (samples, modes) of frequencies above zero, at least one a sample",
            got=f"shape {rows.shape}",
        )
    return rows


def _block_means(rows: FloatArray, length: int) -> FloatArray:
    """Means of blocks of equally many modes; zero modes more or less do not matter, since blocks end at the highest."""
    ends = np.count_nonzero(~np.isnan(rows), axis=1)
    index = np.maximum(ends[:, None] - length, 0) + np.arange(length)
    taken = np.take_along_axis(rows, np.minimum(index, rows.shape[1] - 1), axis=1)
    return np.stack([block.mean(axis=1) for block in np.array_split(taken, BLOCKS, axis=1)], axis=1)


def _scatter(mine: FloatArray, theirs: FloatArray) -> FloatArray:
    """Standard deviation of each coordinate over theirs, or over both where they are few."""
    rows = theirs if len(theirs) >= _FEWEST_PAIRS else np.concatenate([mine, theirs])
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


def _sharing_pairs(mine: FloatArray, theirs: FloatArray, tolerance: float, label: IntegerArray) -> list[Repetition]:
    """Pairs that share more values than independent samples do; the null is beta-binomial, by moments."""
    looked_up = min(LOOKED_UP, mine.shape[1])
    own, among = theirs[:, :looked_up], theirs[:, :AMONG]
    independent = np.triu(label[:, None] != label, 1)
    if np.count_nonzero(independent) < _FEWEST_PAIRS or looked_up < FEWEST_SHARED:
        return []
    table = np.zeros(independent.shape, dtype=np.int64)
    for pairs, shared in _shared_counts(own, among, tolerance):
        table[pairs[:, 0], pairs[:, 1]] = shared
    chance = _beta_binomial_tail(table[independent], looked_up) * len(mine) * len(theirs) * len(TOLERANCES)
    return [
        Repetition(int(sample), int(other), "in part", 1.0, math.nan, float(p_value))
        for pairs, shared in _shared_counts(mine[:, :looked_up], among, tolerance)
        for told in (chance[shared] < FALSE_ALARMS,)
        for (sample, other), p_value in zip(pairs[told], chance[shared[told]], strict=True)
    ]


def _beta_binomial_tail(counts: IntegerArray, trials: int) -> FloatArray:
    """Probability of so many or more, shape (trials + 1,), for counts like these."""
    mean = max(float(counts.mean()), 1.0 / counts.size)
    share = min(mean / trials, 1.0 - 1e-9)
    binomial = trials * share * (1.0 - share)
    excess = max(float(counts.var()) / binomial, 1.0 + 1e-6)
    # var = binomial (1 + (trials - 1) rho)
    rho = min((excess - 1.0) / (trials - 1), 1.0 - 1e-6)
    size = 1.0 / rho - 1.0
    return np.asarray(stats.betabinom.sf(np.arange(trials + 1) - 1, trials, share * size, (1.0 - share) * size))


def _shared_counts(
    mine: FloatArray, theirs: FloatArray, tolerance: float
) -> Iterator[tuple[IntegerArray, IntegerArray]]:
    """Pairs of rows, shape (pairs, 2), and how many values of the first lie within the tolerance of the second's."""
    rows, columns = np.nonzero(~np.isnan(theirs))
    order = np.argsort(theirs[rows, columns], kind="stable")
    values, owner = theirs[rows, columns][order], rows[order]
    for start in range(0, len(mine), _LOOKED_UP_TOGETHER):
        sample, column = np.nonzero(~np.isnan(mine[start : start + _LOOKED_UP_TOGETHER]))
        wanted = mine[start + sample, column]
        first = np.searchsorted(values, wanted * (1.0 - tolerance), side="left")
        count = np.searchsorted(values, wanted * (1.0 + tolerance), side="right") - first
        hit = np.repeat(np.arange(len(wanted)), count)
        offset = np.arange(len(hit)) - np.repeat(np.cumsum(count) - count, count)
        once, _ = _counted(hit * np.int64(len(theirs)) + owner[first[hit] + offset])
        pair, shared = _counted(sample[once // len(theirs)] * np.int64(len(theirs)) + once % len(theirs))
        yield np.stack([start + pair // len(theirs), pair % len(theirs)], axis=1), shared


def _counted(numbers: IntegerArray) -> tuple[IntegerArray, IntegerArray]:
    """Different numbers in ascending order, and how often each occurs."""
    ordered = np.sort(numbers)
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    return ordered[first], np.diff(first, append=len(ordered))


def _closest(found: list[Repetition]) -> tuple[Repetition, ...]:
    """The most telling repetition of each sample: whole before in part, then the least likely."""
    best: dict[int, Repetition] = {}
    for one in sorted(found, key=lambda repetition: (repetition.kind == "in part", repetition.p_value)):
        best.setdefault(one.sample, one)
    return tuple(best[sample] for sample in sorted(best))
