"""Values that two samples share, whatever the rest of them is: lists that were cut, thinned out or mixed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from bosonpeak.datasets.arguments import numbers
from bosonpeak.datasets.arrays import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError

LOOKED_UP = 32
"""Lowest modes of a sample that are looked up among the values of another."""

AMONG = 128
"""Lowest values of the other sample that they are looked up among."""

FALSE_ALARMS = 1e-3
"""Chance that an honest ensemble has any pair of samples taken for a repetition, by any one look."""

TOLERANCES = (1e-4, 1e-3)
"""Relative distances at which a value counts as shared."""

ROUNDED = 2e-6
"""Relative distance that six digits after the point, or single precision, make of equal numbers."""

FEWEST_SHARED = 6
"""Values that two unrelated samples never share to within `ROUNDED`: the chance is below 1e-12 a pair."""

FEWEST_PAIRS = 20
"""Independent pairs of samples from which on their distances are a measure."""

_LOOKED_UP_TOGETHER = 2048
_HITS_TOGETHER = 1 << 20
_MOST_SHARED_BY_CHANCE = 0.25

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


def checked_rows(frequency: ArrayLike) -> FloatArray:
    """Rows that can be compared.

    Parameters
    ----------
    frequency : array_like, shape (samples, modes)
        Ascending without zero modes, NaN at the end of short rows.

    Returns
    -------
    ndarray of float64, shape (samples, modes)

    Raises
    ------
    NotApplicableError
        If they are no mode lists, or a sample has no frequency.
    """
    rows = numbers(frequency, "samples", "modes")
    if np.isnan(rows[:, 0]).any() or (rows <= 0.0).any():
        raise NotApplicableError(
            "these rows cannot be compared",
            expected="an array (samples, modes) of frequencies above zero, at least one a sample",
            got=f"shape {rows.shape}",
        )
    return rows


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
    here, there = checked_rows(mine)[:, :LOOKED_UP], checked_rows(theirs)[:, :AMONG]
    return [
        Repetition(int(sample), int(other), "in part", 1.0, math.nan, 0.0)
        for pairs, shared in shared_counts(here, there, ROUNDED)
        for sample, other in pairs[shared >= fewest]
    ]


def sharing_pairs(mine: FloatArray, theirs: FloatArray, tolerance: float, label: IntegerArray) -> list[Repetition]:
    """Pairs that share more values than independent samples do.

    Parameters
    ----------
    mine, theirs : ndarray of float64, shape (samples, modes)
        The same array twice for the pairs of one ensemble.
    tolerance : float
        Relative distance at which a value counts as shared.
    label : ndarray of int64, shape (samples,)
        Independent run of each sample of theirs, among which the null, a beta-binomial law by moments, is measured.

    Returns
    -------
    list of Repetition
    """
    looked_up = min(LOOKED_UP, mine.shape[1])
    own, among = theirs[:, :looked_up], theirs[:, :AMONG]
    independent = _pairs_of_different(label)
    if independent < FEWEST_PAIRS or looked_up < FEWEST_SHARED:
        return []
    counts = np.zeros(looked_up + 1)
    kept: list[tuple[IntegerArray, IntegerArray]] = []
    for pairs, shared in shared_counts(own, among, tolerance):
        counted = (pairs[:, 0] < pairs[:, 1]) & (label[pairs[:, 0]] != label[pairs[:, 1]])
        counts += np.bincount(shared[counted], minlength=looked_up + 1)
        if mine is theirs:
            # One value in common is never too many by this law, so that no pair is looked up twice.
            several = shared > 1
            kept.append((pairs[several].astype(np.int32), shared[several].astype(np.int8)))
    counts[0] = independent - counts.sum()
    chance = _beta_binomial_tail(_without_copies(counts)) * len(mine) * len(theirs) * len(TOLERANCES)
    return [
        Repetition(int(sample), int(other), "in part", 1.0, math.nan, float(p_value))
        for pairs, shared in kept or shared_counts(mine[:, :looked_up], among, tolerance)
        for told in (chance[shared] < FALSE_ALARMS,)
        for (sample, other), p_value in zip(pairs[told], chance[shared[told]], strict=True)
    ]


def _pairs_of_different(label: IntegerArray) -> float:
    together = np.unique(label, return_counts=True)[1].astype(np.float64)
    return 0.5 * float(len(label) ** 2 - (together**2).sum())


def _without_copies(counts: FloatArray) -> FloatArray:
    """Numbers of independent pairs by what they share, shape (trials + 1,); where half of it is unusual, without that.

    Those are the copies that are looked for.
    """
    usual = counts.copy()
    usual[len(counts) // 2 :] = 0.0
    trials = len(counts) - 1
    mean = float(usual @ np.arange(len(counts))) / max(float(usual.sum()), 1.0)
    return usual if usual.any() and mean < _MOST_SHARED_BY_CHANCE * trials else counts


def _beta_binomial_tail(counts: FloatArray) -> FloatArray:
    """Probability of so many or more, shape (trials + 1,), where so many pairs have each number."""
    trials, pairs, number = len(counts) - 1, counts.sum(), np.arange(len(counts))
    mean = max(float(counts @ number / pairs), 1.0 / pairs)
    share = min(mean / trials, 1.0 - 1e-9)
    binomial = trials * share * (1.0 - share)
    variance = float(counts @ (number - counts @ number / pairs) ** 2 / pairs)
    excess = max(variance / binomial, 1.0 + 1e-6)
    # var = binomial (1 + (trials - 1) rho)
    rho = min((excess - 1.0) / (trials - 1), 1.0 - 1e-6)
    size = 1.0 / rho - 1.0
    return np.asarray(stats.betabinom.sf(np.arange(trials + 1) - 1, trials, share * size, (1.0 - share) * size))


def shared_counts(
    mine: FloatArray, theirs: FloatArray, tolerance: float
) -> Iterator[tuple[IntegerArray, IntegerArray]]:
    """Pairs of rows, shape (pairs, 2), and how many values of the first lie within the tolerance of the second's."""
    known = theirs.size - int(np.isnan(theirs).sum())
    order = np.argsort(theirs, axis=None, kind="stable")[:known]  # NaN come last
    values, owner = theirs.ravel()[order], (order // theirs.shape[1]).astype(np.int32)
    del order
    hits = 1.0 + 4.0 * tolerance * mine.shape[1] * len(values)  # of one row, roughly
    together = min(_LOOKED_UP_TOGETHER, int(_HITS_TOGETHER / hits) + 1)
    for start in range(0, len(mine), together):
        sample, column = np.nonzero(~np.isnan(mine[start : start + together]))
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
