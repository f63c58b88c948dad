"""Two-sample comparison of ensembles of one regime: equivalent within a margin, significantly different, or undecided.

Agreement requires that the whole confidence interval of the difference is within a margin set beforehand; Schuirmann,
J. Pharmacokinet. Biopharm. 15, 657 (1987). The independent unit is a chain, never a mode and not always a sample.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.comparisons.permutations import DRAWS, permuted_p_value
from bosonpeak.validators.comparisons.quantities import (
    ROUNDING,
    CumulativeCounts,
    SampleQuantity,
    between_sample_spread,
    chain_means,
    cumulative_counts,
    sample_quantities,
)
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, chain_labels, one_ensemble
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling

MARGIN = 1.0
"""Margin in standard deviations between samples of the reference: a smaller difference does not show in a single
sample, and ten reference samples cannot exclude less."""

HALF_A_COUNT = 0.5
"""Least margin of whole numbers per sample: where all reference samples have the same, their spread says nothing."""

SIGNIFICANCE = 0.05
"""Chance that anything at all is said to differ where nothing does (Holm)."""

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

    Examples
    --------
    An ensemble does not agree with itself if all frequencies are doubled.

    >>> from bosonpeak.datasets import open_dataset
    >>> glasses = open_dataset("glass/sizes", group="N-500")
    >>> from bosonpeak.validators import compare_ensembles
    >>> first = compare_ensembles(glasses, reference=glasses, frequency_factor=2.0)[0]
    >>> first.quantity, first.verdict
    ('lowest frequency', 'differs')
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
    """Compare a number per sample (samples,) between two ensembles by Welch's t on the unweighted means of chains."""
    here, there = chain_means(mine, mine_chain), chain_means(theirs, their_chain)
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
    rounding = ROUNDING * max(abs(estimate.details["mine"]), abs(estimate.details["theirs"]))
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
    """Compare cumulative counts (samples, points) between two ensembles at all points of a grid together."""
    # The ensembles agree if they agree at every point, which needs no correction for many points (intersection-union).
    # The p-value belongs to the largest Welch t over the points under permutations of the chains: all, or
    # `permutations.DRAWS` random draws seeded by the data; if none is as extreme as the data, the smallest p-value of
    # Welch's t times the number of points.
    here, there = chain_means(mine, mine_chain), chain_means(theirs, their_chain)
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
        p_value = permuted_p_value(here, there)
        if p_value <= 1.0 / (1 + DRAWS):
            p_value = min(p_value, len(points) * float(welch.p_value.min()))
    return _judged(estimate, float(margins[worst]), p_value)


@accept_old_spelling("submitted", positional=("reference",))
def compare_ensembles(
    data: Ensemble, *, reference: Ensemble, level: float = LEVEL, frequency_factor: float = 1.0
) -> tuple[Comparison, ...]:
    """Compare two ensembles by everything that both know of their samples.

    Parameters
    ----------
    data, reference : xarray.Dataset, xarray.DataTree or str
        Of kind mode-ensemble, glass-ensemble or network-ensemble, of one regime and of one size, or curves of kind
        density-of-states; with ``chain`` (sample) where samples depend on each other.
    level : float
        Confidence level of the intervals.
    frequency_factor : float
        Factor applied to the frequencies of `data` first; other quantities stay.

    Returns
    -------
    tuple of Comparison
        With p-values corrected for the number of quantities (Holm), in the order of `sample_quantities`; margins are
        `MARGIN` times the reference's standard deviation between samples.

    Raises
    ------
    NotApplicableError
        If they have no quantity in common, or the frequencies are not mode lists.

    Examples
    --------
    An ensemble agrees with itself; with all frequencies doubled, all quantities made of frequencies differ.

    >>> from bosonpeak.datasets import open_dataset
    >>> glasses = open_dataset("glass/sizes", group="N-500")
    >>> {found.verdict for found in compare_ensembles(glasses, reference=glasses)}
    {'agrees'}
    >>> for found in compare_ensembles(glasses, reference=glasses, frequency_factor=2.0):
    ...     if found.verdict == "differs":
    ...         print(found.quantity)
    lowest frequency
    mean of the 8 lowest frequencies
    mean of the 8 lowest frequencies over omega_0
    number of modes below a frequency, 50 lowest modes
    """
    reference = one_ensemble(reference)
    require_level(level)
    mine = _rescaled(one_ensemble(data), frequency_factor)
    chains = chain_labels(mine), chain_labels(reference)
    theirs = {quantity.name: quantity for quantity in sample_quantities(reference)}
    pairs = [(quantity, theirs[quantity.name]) for quantity in sample_quantities(mine) if quantity.name in theirs]
    found = [_compared(*pair, chains, level) for pair in pairs if all(_known(quantity) for quantity in pair)]
    found += [_counted(counts, chains, level) for counts in cumulative_counts(mine, reference)]
    if not found:
        raise NotApplicableError("the ensembles have no quantity in common", expected="frequencies of both")
    return corrected(found)


def corrected(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Correct the p-values of a family of comparisons (Holm) and renew the verdicts; missing p-values do not count."""
    tested = [index for index, one in enumerate(comparisons) if not math.isnan(one.p_value)]
    adjusted = dict(zip(tested, holm([comparisons[index].p_value for index in tested]), strict=True))
    return tuple(
        _judged(one.difference, one.margin, float(adjusted.get(index, one.p_value)))
        for index, one in enumerate(comparisons)
    )


def holm(p_values: ArrayLike) -> FloatArray:
    """Correct p-values so that the chance of any false rejection stays below the level (Holm, 1979)."""
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    factors = len(values) - np.arange(len(values))
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(factors * values[order]))
    return adjusted


@dataclass(frozen=True)
class _Welch:
    """Welch's t at every point."""

    difference: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray


def _compared(
    mine: SampleQuantity, theirs: SampleQuantity, chains: tuple[IntegerArray, IntegerArray], level: float
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


def _counted(counts: CumulativeCounts, chains: tuple[IntegerArray, IntegerArray], level: float) -> Comparison:
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
    found = f"the difference {estimate.in_short}"
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
    scaled = dataset.assign({name: factor * dataset[name] for name in names if name in dataset})
    if dataset.attrs.get("kind") != "density-of-states":
        return scaled
    frequency = dataset["frequency"]
    return scaled.assign_coords(frequency=("frequency", factor * frequency.values, frequency.attrs))


def _known(quantity: SampleQuantity) -> bool:
    return bool(np.isfinite(quantity.values).any())


def _welch(mine: FloatArray, theirs: FloatArray, level: float) -> _Welch:
    difference = mine.mean(axis=0) - theirs.mean(axis=0)
    if min(len(mine), len(theirs)) < FEWEST_SAMPLES:
        unknown = np.full(len(difference), np.nan)
        return _Welch(difference, unknown, unknown, unknown)
    parts = [rows.var(axis=0, ddof=1) / len(rows) for rows in (mine, theirs)]
    error = np.sqrt(parts[0] + parts[1])
    scale = np.maximum(np.abs(mine).max(axis=0), np.abs(theirs).max(axis=0))
    exact = error <= ROUNDING * scale * 1e-3
    weight = parts[0] ** 2 / (len(mine) - 1) + parts[1] ** 2 / (len(theirs) - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = np.where(exact, 1.0, error**4 / weight)
        statistic = np.where(exact, 0.0, np.abs(difference) / error)
    p_value = np.where(exact, np.abs(difference) <= ROUNDING * scale, 2.0 * stdtr(freedom, -statistic))
    half = np.where(exact, 0.0, stdtrit(freedom, 0.5 * (1.0 + level)) * error)
    return _Welch(difference, difference - half, difference + half, np.asarray(p_value, dtype=np.float64))
