"""Do two ensembles of one regime agree? Equivalence within a margin, difference beyond chance, or neither.

That two ensembles are not seen to differ is no agreement: small ones never differ. Agreement asks that the whole
confidence interval of the difference lies within a margin which was set before; Schuirmann, J. Pharmacokinet.
Biopharm. 15, 657 (1987). What is independent is a chain, never a mode and not always a sample.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.comparisons.quantities import (
    CumulativeCounts,
    SampleQuantity,
    cumulative_counts,
    sample_quantities,
)
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MARGIN = 1.0
"""Margin in standard deviations between samples of the reference."""

WHY_THIS_MARGIN = (
    "one standard deviation between samples of the reference: a smaller difference does not show in a single sample, "
    "and ten reference samples cannot exclude less"
)

HALF_A_COUNT = 0.5
"""Least margin of whole numbers a sample: where all reference samples have the same, their spread says nothing."""

SIGNIFICANCE = 0.05
"""Chance that anything at all is said to differ where nothing does (Holm)."""

DRAWS = 1999
"""Permutations of chains that are drawn where there are more than that."""

_ROUNDING = 1e-6
"""Relative differences below this are rounding in a text file."""

_LEAST_VARIANCE = 0.05
"""Least variance within a choice of chains, relative to that of all: a choice that leaves no scatter at some point, as
where a few samples have another count, must not outdo everything else."""

Agreement = Literal["agrees", "differs", "undecided"]


@dataclass(frozen=True)
class Comparison:
    """One quantity of a submission against that of the reference.

    Parameters
    ----------
    quantity : str
    verdict : {"agrees", "differs", "undecided"}
        "agrees" if the interval lies within the margin; else "differs" if the p-value is below `SIGNIFICANCE`.
    difference : Estimate
        Submission less reference; of a cumulative count at the point that is furthest from agreement. ``details``
        holds the ``spread`` of the reference that the margin was made of.
    margin : float
        In the unit of the difference.
    p_value : float
        That such a difference arises by chance; corrected for the number of quantities if several were compared.
    reason : str
        One sentence.
    """

    quantity: str
    verdict: Agreement
    difference: Estimate
    margin: float
    p_value: float
    reason: str


def compare(
    mine: ArrayLike,
    theirs: ArrayLike,
    *,
    margin: float,
    mine_chain: ArrayLike | None = None,
    their_chain: ArrayLike | None = None,
    quantity: str = "difference",
    unit: str = "1",
    level: float = LEVEL,
) -> Comparison:
    """Compare one number a sample between two ensembles.

    Parameters
    ----------
    mine, theirs : array_like, shape (samples,)
        NaN for samples of which it is not known.
    margin : float
        Difference that does not matter, set beforehand.
    mine_chain, their_chain : array_like, optional
        Independent run of each sample; every sample its own by default.
    quantity, unit : str
        For the answer.
    level : float
        Confidence level of the interval.

    Returns
    -------
    Comparison
        Undecided without an interval if either side has fewer than `intervals.FEWEST_SAMPLES` chains.

    Notes
    -----
    Welch's t on the means of chains, each with the same weight.
    """
    here, there = _chain_means(mine, mine_chain), _chain_means(theirs, their_chain)
    welch = _welch(here, there, level)
    estimate = Estimate(
        name=quantity,
        value=float(welch.difference[0]),
        low=float(welch.low[0]),
        high=float(welch.high[0]),
        level=level,
        n=min(len(here), len(there)),
        method="difference of the means over chains; Welch's t",
        unit=unit,
        details={"mine": float(here.mean()), "theirs": float(there.mean()), "chains": [len(here), len(there)]},
    )
    rounding = _ROUNDING * max(abs(estimate.details["mine"]), abs(estimate.details["theirs"]))
    return _judged(estimate, max(margin, rounding), float(welch.p_value[0]))


def compare_counts(
    mine: ArrayLike,
    theirs: ArrayLike,
    *,
    margin: ArrayLike,
    grid: ArrayLike,
    mine_chain: ArrayLike | None = None,
    their_chain: ArrayLike | None = None,
    quantity: str = "difference",
    level: float = LEVEL,
) -> Comparison:
    """Compare cumulative counts between two ensembles at all points of a grid together.

    Parameters
    ----------
    mine, theirs : array_like, shape (samples, points)
    margin : array_like, shape (points,)
    grid : array_like, shape (points,)
        For the answer.
    mine_chain, their_chain : array_like, optional
        Independent run of each sample; every sample its own by default.
    quantity : str
        For the answer.
    level : float
        Confidence level of the interval at each point.

    Returns
    -------
    Comparison
        They agree if they agree at every point, which needs no correction for many points (intersection-union); the
        p-value is that of the largest Welch t over the points under permutations of the chains.

    Notes
    -----
    All permutations if there are fewer than `DRAWS`, else so many, drawn from a stream that the data seed. Where none
    of these is as extreme as the data, the smallest p-value of Welch's t times the number of points stands in.
    """
    here, there = _chain_means(mine, mine_chain), _chain_means(theirs, their_chain)
    margins, points = np.asarray(margin, dtype=np.float64), np.asarray(grid, dtype=np.float64)
    welch = _welch(here, there, level)
    furthest = np.maximum(np.abs(welch.low), np.abs(welch.high))
    worst = int(np.argmax(np.where(np.isnan(furthest), np.abs(welch.difference), furthest) / margins))
    estimate = Estimate(
        name=quantity,
        value=float(welch.difference[worst]),
        low=float(welch.low[worst]),
        high=float(welch.high[worst]),
        level=level,
        n=min(len(here), len(there)),
        method=f"difference of the mean counts at the worst of {len(points)} points; permuted chains",
        window=(float(points[0]), float(points[-1])),
        details={
            "mine": float(here[:, worst].mean()),
            "theirs": float(there[:, worst].mean()),
            "at": float(points[worst]),
            "chains": [len(here), len(there)],
        },
    )
    p_value = math.nan
    if estimate.has_interval:
        p_value = _permuted_p_value(here, there)
        if p_value <= 1.0 / (1 + DRAWS):
            p_value = min(p_value, len(points) * float(welch.p_value.min()))
    return _judged(estimate, float(margins[worst]), p_value)


def compare_ensembles(
    submitted: xr.Dataset, reference: xr.Dataset, *, level: float = LEVEL, frequency_factor: float = 1.0
) -> tuple[Comparison, ...]:
    """Compare two ensembles by everything that both know of their samples.

    Parameters
    ----------
    submitted, reference : xarray.Dataset
        Of kind mode-ensemble, glass-ensemble or network-ensemble, of one regime and of one size; with ``chain``
        (sample) where samples depend on each other.
    level : float
        Confidence level of the intervals.
    frequency_factor : float
        What the submission's frequencies are multiplied by first; other quantities stay.

    Returns
    -------
    tuple of Comparison
        With p-values corrected for the number of quantities (Holm), in the order of `sample_quantities`; margins are
        `MARGIN` times the reference's standard deviation between samples.

    Raises
    ------
    NotApplicableError
        If they have no quantity in common, or the frequencies are no mode lists.
    """
    mine = _rescaled(submitted, frequency_factor)
    chains = _labels(mine), _labels(reference)
    theirs = {quantity.name: quantity for quantity in sample_quantities(reference)}
    pairs = [(quantity, theirs[quantity.name]) for quantity in sample_quantities(mine) if quantity.name in theirs]
    found = [_compared(*pair, chains, level) for pair in pairs if all(_known(quantity) for quantity in pair)]
    found += [_counted(counts, chains, level) for counts in cumulative_counts(mine, reference)]
    if not found:
        raise NotApplicableError("the ensembles have no quantity in common", expected="frequencies of both")
    return corrected(found)


def corrected(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Correct the p-values of a family (Holm) and judge again; without a p-value none is counted.

    Parameters
    ----------
    comparisons : sequence of Comparison
        Each judged by itself.

    Returns
    -------
    tuple of Comparison
    """
    tested = [index for index, one in enumerate(comparisons) if not math.isnan(one.p_value)]
    adjusted = dict(zip(tested, holm([comparisons[index].p_value for index in tested]), strict=True))
    return tuple(
        _judged(one.difference, one.margin, float(adjusted.get(index, one.p_value)))
        for index, one in enumerate(comparisons)
    )


def holm(p_values: ArrayLike) -> FloatArray:
    """Correct p-values so that the chance of any false rejection stays below the level (Holm, 1979).

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    factors = len(values) - np.arange(len(values))
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(factors * values[order]))
    return adjusted


def between_sample_spread(values: ArrayLike, chain: ArrayLike | None = None) -> FloatArray:
    """Standard deviation between two samples of an ensemble, those of different chains.

    Parameters
    ----------
    values : array_like, shape (samples,) or (samples, points)
        NaN for samples of which it is not known.
    chain : array_like, optional
        Independent run of each sample.

    Returns
    -------
    ndarray of float64, shape (1,) or (points,)
        Root of the sum of the variances between and within chains; NaN for a single chain.

    Notes
    -----
    Means of chains of k glasses vary by s_b^2 + s_w^2/k, so that s_w^2 (1 - 1/k) is added, k the harmonic mean.
    """
    rows, labels = _known_rows(values, chain)
    index = np.unique(labels, return_inverse=True)[1]
    sizes = np.bincount(index).astype(np.float64)
    if len(sizes) < 2:
        return np.full(rows.shape[1], np.nan)
    means = _means(rows, index)
    between = means.var(axis=0, ddof=1)
    freedom = len(rows) - len(sizes)
    within = ((rows - means[index]) ** 2).sum(axis=0) / freedom if freedom > 0 else np.zeros(rows.shape[1])
    return np.asarray(np.sqrt(between + within * (1.0 - np.mean(1.0 / sizes))))


@dataclass(frozen=True)
class _Welch:
    """Welch's t at every point."""

    difference: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray


def _compared(
    mine: SampleQuantity, theirs: SampleQuantity, chains: tuple[IntArray, IntArray], level: float
) -> Comparison:
    spread = float(between_sample_spread(theirs.values, chains[1])[0])
    one = compare(
        mine.values,
        theirs.values,
        margin=_least(MARGIN * spread, HALF_A_COUNT * theirs.step),
        mine_chain=chains[0],
        their_chain=chains[1],
        quantity=mine.name,
        unit=theirs.unit,
        level=level,
    )
    return _with_spread(one, spread)


def _counted(counts: CumulativeCounts, chains: tuple[IntArray, IntArray], level: float) -> Comparison:
    mine, theirs = counts.counts
    my_chain, their_chain = chains[0][counts.sample[0]], chains[1][counts.sample[1]]
    spread = between_sample_spread(theirs, their_chain)
    one = compare_counts(
        mine,
        theirs,
        margin=[_least(MARGIN * float(value), HALF_A_COUNT) for value in spread],
        grid=counts.grid,
        mine_chain=my_chain,
        their_chain=their_chain,
        quantity=counts.name,
        level=level,
    )
    return _with_spread(one, float(spread[np.searchsorted(counts.grid, one.difference.details["at"])]))


def _with_spread(comparison: Comparison, spread: float) -> Comparison:
    estimate = comparison.difference
    return replace(comparison, difference=replace(estimate, details={**estimate.details, "spread": spread}))


def _least(margin: float, least: float) -> float:
    return least if math.isnan(margin) else max(margin, least)


def _judged(estimate: Estimate, margin: float, p_value: float) -> Comparison:
    scale = f"+- {margin:.3g}"
    found = f"the difference {estimate}"
    verdict: Agreement = "undecided"
    if not estimate.has_interval:
        reason = f"{estimate.n} independent chains give no interval, {FEWEST_SAMPLES} are needed"
    elif -margin <= estimate.low and estimate.high <= margin:
        verdict, reason = "agrees", f"{found} lies within {scale}"
    elif p_value < SIGNIFICANCE:
        verdict, reason = "differs", f"{found} is not within {scale} and not by chance (p = {p_value:.2g})"
    else:
        reason = f"{found} is neither within {scale} nor beyond chance (p = {p_value:.2g})"
    return Comparison(estimate.name, verdict, estimate, margin, p_value, reason)


def _rescaled(dataset: xr.Dataset, factor: float) -> xr.Dataset:
    if factor == 1.0:
        return dataset
    names = ("eigenfrequency", "full_eigenfrequency", "highest_eigenfrequency")
    return dataset.assign({name: factor * dataset[name] for name in names if name in dataset})


def _labels(dataset: xr.Dataset) -> IntArray:
    if "chain" in dataset:
        return np.asarray(dataset["chain"].values, dtype=np.int64)
    return np.arange(dataset.sizes["sample"], dtype=np.int64)


def _known(quantity: SampleQuantity) -> bool:
    return bool(np.isfinite(quantity.values).any())


def _known_rows(values: ArrayLike, chain: ArrayLike | None) -> tuple[FloatArray, NDArray[np.generic]]:
    rows = np.asarray(values, dtype=np.float64)
    rows = rows[:, None] if rows.ndim == 1 else rows
    labels = np.arange(len(rows)) if chain is None else np.asarray(chain)
    if rows.ndim != 2 or labels.shape != (len(rows),):
        raise NotApplicableError(
            "values and chains of the samples do not fit",
            expected=f"one label for each of {len(rows)} samples",
            got=f"shapes {rows.shape} and {labels.shape}",
        )
    known = np.isfinite(rows).all(axis=1)
    if not known.any():
        raise NotApplicableError("there is nothing to compare", expected="at least one sample", got="none")
    return rows[known], labels[known]


def _chain_means(values: ArrayLike, chain: ArrayLike | None) -> FloatArray:
    """Mean of each chain, shape (chains, points)."""
    rows, labels = _known_rows(values, chain)
    return _means(rows, np.unique(labels, return_inverse=True)[1])


def _means(rows: FloatArray, index: IntArray) -> FloatArray:
    sums = np.zeros((int(index.max()) + 1, rows.shape[1]))
    np.add.at(sums, index, rows)
    return np.asarray(sums / np.bincount(index)[:, None])


def _welch(mine: FloatArray, theirs: FloatArray, level: float) -> _Welch:
    difference = mine.mean(axis=0) - theirs.mean(axis=0)
    if min(len(mine), len(theirs)) < FEWEST_SAMPLES:
        unknown = np.full(len(difference), np.nan)
        return _Welch(difference, unknown, unknown, unknown)
    parts = [rows.var(axis=0, ddof=1) / len(rows) for rows in (mine, theirs)]
    error = np.sqrt(parts[0] + parts[1])
    scale = np.maximum(np.abs(mine).max(axis=0), np.abs(theirs).max(axis=0))
    exact = error <= _ROUNDING * scale * 1e-3
    weight = parts[0] ** 2 / (len(mine) - 1) + parts[1] ** 2 / (len(theirs) - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = np.where(exact, 1.0, error**4 / weight)
        statistic = np.where(exact, 0.0, np.abs(difference) / error)
    p_value = np.where(exact, np.abs(difference) <= _ROUNDING * scale, 2.0 * stdtr(freedom, -statistic))
    half = np.where(exact, 0.0, stdtrit(freedom, 0.5 * (1.0 + level)) * error)
    return _Welch(difference, difference - half, difference + half, np.asarray(p_value, dtype=np.float64))


def closeness(submitted: xr.Dataset, reference: xr.Dataset) -> float | None:
    """Probability that two honest ensembles agree as closely as these in everything together.

    Parameters
    ----------
    submitted, reference : xarray.Dataset
        As for `compare_ensembles`.

    Returns
    -------
    float or None
        Share of the permutations of chains for which the sum of the squared Welch t of all numbers a sample is no
        larger; a small one says that the agreement is too good. None with fewer than `intervals.FEWEST_SAMPLES`
        chains, or without a number that all samples have and that varies.
    """
    theirs = {quantity.name: quantity for quantity in sample_quantities(reference)}
    pairs = [(one.values, theirs[one.name].values) for one in sample_quantities(submitted) if one.name in theirs]
    pairs = [(here, there) for here, there in pairs if np.isfinite(here).all() and np.isfinite(there).all()]
    if not pairs:
        return None
    here = _chain_means(np.stack([mine for mine, _ in pairs], axis=1), _labels(submitted))
    there = _chain_means(np.stack([other for _, other in pairs], axis=1), _labels(reference))
    reduced = _reduced(here, there)
    if min(len(here), len(there)) < FEWEST_SAMPLES or reduced is None:
        return None
    chosen = _permutations(len(here), len(reduced), _seed(here, there))
    sums = (_statistics(reduced, chosen) ** 2).sum(axis=1)
    observed = float((_statistics(reduced, _first(len(here), len(reduced))) ** 2).sum())
    return float((1 + np.count_nonzero(sums <= observed * (1.0 + 1e-9))) / (1 + len(chosen)))


def _permuted_p_value(mine: FloatArray, theirs: FloatArray) -> float:
    reduced = _reduced(mine, theirs)
    if reduced is None:
        return 1.0
    chosen = _permutations(len(mine), len(reduced), _seed(mine, theirs))
    observed = _statistics(reduced, _first(len(mine), len(reduced))).max()
    reached = np.count_nonzero(_statistics(reduced, chosen).max(axis=1) >= observed * (1.0 - 1e-9))
    drawn = len(chosen) == DRAWS
    return float((reached + drawn) / (len(chosen) + drawn))


def _reduced(mine: FloatArray, theirs: FloatArray) -> FloatArray | None:
    """Chains of both, shape (chains, points), with mean 0 and variance 1 at the points where anything varies."""
    together = np.concatenate([mine, theirs])
    centred = together - together.mean(axis=0)
    spread = centred.std(axis=0)
    moving = spread > _ROUNDING * np.abs(together).max(axis=0)
    return np.asarray(centred[:, moving] / spread[moving]) if moving.any() else None


def _first(size: int, total: int) -> FloatArray:
    chosen = np.zeros((1, total))
    chosen[0, :size] = 1.0
    return chosen


def _permutations(size: int, total: int, seed: np.random.SeedSequence) -> FloatArray:
    """Rows of zeros and ones: which chains are taken for mine; all choices if there are fewer than `DRAWS`."""
    if math.comb(total, size) < DRAWS:
        index = np.array(list(itertools.combinations(range(total), size)))
    else:
        index = np.random.default_rng(seed).random((DRAWS, total)).argsort(axis=1)[:, :size]
    chosen = np.zeros((len(index), total))
    np.put_along_axis(chosen, index, 1.0, axis=1)
    return chosen


def _statistics(rows: FloatArray, chosen: FloatArray) -> FloatArray:
    """Modulus of Welch's t at every point, shape (choices, points), of rows with variance 1."""
    size = int(chosen[0].sum())
    others = len(rows) - size
    sums, squares = chosen @ rows, chosen @ rows**2
    rest, rest_squares = rows.sum(axis=0) - sums, (rows**2).sum(axis=0) - squares
    variance = (squares - sums**2 / size) / (size * (size - 1))
    variance += (rest_squares - rest**2 / others) / (others * (others - 1))
    least = _LEAST_VARIANCE * (1.0 / size + 1.0 / others)
    return np.asarray(np.abs(sums / size - rest / others) / np.sqrt(np.maximum(variance, least)))


def _seed(*arrays: FloatArray) -> np.random.SeedSequence:
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).digest()
    return np.random.SeedSequence(int.from_bytes(digest[:16], "little"))
