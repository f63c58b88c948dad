"""Values that two samples share: tests for lists that were cut, thinned out or mixed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from bosonpeak.datasets.arguments import numbers
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.comparisons.shared_counts import SharedCounts

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
        for pairs, _ in SharedCounts(here, there, ROUNDED).pairs(fewest)
        for sample, other in pairs
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
    lookup = SharedCounts(own, among, tolerance)
    counts = lookup.histogram(label)
    counts[0] = independent - counts.sum()
    chance = _beta_binomial_tail(_without_copies(counts)) * len(mine) * len(theirs) * len(TOLERANCES)
    too_many = np.flatnonzero(chance < FALSE_ALARMS)
    if not len(too_many):
        return []
    if mine is not theirs:
        lookup = SharedCounts(mine[:, :looked_up], among, tolerance)
    return [
        Repetition(int(sample), int(other), "in part", 1.0, math.nan, float(chance[number]))
        for pairs, shared in lookup.pairs(int(too_many[0]))
        for (sample, other), number in zip(pairs, shared, strict=True)
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
