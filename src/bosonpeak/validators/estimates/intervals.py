"""Confidence intervals over independent samples, never over pooled modes, and slopes of straight lines."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, chdtrc, stdtrit

from bosonpeak.datasets.arguments import numbers, whole_number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling

LEVEL = 0.95
"""Default confidence level of every interval."""

MOST_DELETIONS = 4000
"""Beyond so many samples the jackknife leaves out groups of them: the half width is then uncertain by one per cent,
and the effort no longer grows with the square of their number."""

FEWEST_SAMPLES = 3
"""Two samples or fewer carry no usable information on their own scatter."""


def require_level(level: float) -> None:
    """Raise NotApplicableError if a confidence level is not between 0 and 1."""
    single = isinstance(level, int | float | np.number)
    if not (single and 0.0 < level < 1.0):
        raise NotApplicableError(
            "a confidence level is a probability",
            expected="a number between 0 and 1, such as 0.95",
            got=reprlib.repr(level),
            likely_cause="per cent" if single and 1.0 < level < 100.0 else "",
        )


@accept_old_spelling("values", positional=("level",))
def mean_interval(data: ArrayLike, *, level: float = LEVEL) -> tuple[float, float, float]:
    """Mean of independent samples with its Student-t interval.

    Parameters
    ----------
    data : array_like, shape (samples,)
        One value per sample.
    level : float
        Confidence level.

    Returns
    -------
    mean, low, high : float
        The limits are NaN for fewer than `FEWEST_SAMPLES` samples; all three where a value is NaN.

    Raises
    ------
    NotApplicableError
        If these are not numbers in one row, or the level is not a probability.

    Examples
    --------
    >>> [round(limit, 3) for limit in mean_interval([1.0, 2.0, 3.0])]
    [2.0, -0.484, 4.484]
    """
    require_level(level)
    sample = numbers(data, "samples")
    mean = float(sample.mean())
    if len(sample) < FEWEST_SAMPLES:
        return mean, math.nan, math.nan
    half = float(sample.std(ddof=1)) / math.sqrt(len(sample)) * t_factor(len(sample), level)
    return mean, mean - half, mean + half


def jackknife_interval(
    statistic: Callable[[NDArray[np.intp]], float], sample_count: int, level: float = LEVEL
) -> tuple[float, float, float]:
    """Statistic of all samples with its delete-one jackknife interval.

    Parameters
    ----------
    statistic : callable
        Maps an array of sample indices to the statistic of those samples.
    sample_count : int
        Number of independent samples; more than `MOST_DELETIONS` are left out in as many groups of neighbours.
    level : float
        Confidence level; Student-t with one degree of freedom less than there are samples, or groups.

    Returns
    -------
    value, low, high : float
        The limits are NaN for fewer than `FEWEST_SAMPLES` samples, or if the statistic is undefined for a subset.

    Raises
    ------
    NotApplicableError
        If there is no function, no sample, or the level is not a probability.

    Examples
    --------
    For the mean the result equals `mean_interval`'s.

    >>> import numpy as np
    >>> values = np.array([1.0, 2.0, 3.0])
    >>> [round(limit, 3) for limit in jackknife_interval(lambda kept: float(values[kept].mean()), 3)]
    [2.0, -0.484, 4.484]
    """
    require_level(level)
    sample_count = whole_number(sample_count, "sample_count")
    if not callable(statistic):
        raise NotApplicableError("there is no statistic", expected="a function of sample indices", got=repr(statistic))
    everything = np.arange(sample_count)
    value = float(statistic(everything))
    if sample_count < FEWEST_SAMPLES:
        return value, math.nan, math.nan
    group = deletion_groups(sample_count)
    half = jackknife_half_width([statistic(everything[group != one]) for one in range(group[-1] + 1)], level)
    return value, value - half, value + half


def deletion_groups(sample_count: int) -> NDArray[np.intp]:
    """Jackknife deletion group of each sample: its own, or one of `MOST_DELETIONS` groups of neighbours."""
    bounds = np.linspace(0, sample_count, min(sample_count, MOST_DELETIONS) + 1).astype(np.intp)
    return np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))


def jackknife_half_width(partial: ArrayLike, level: float = LEVEL) -> float:
    """Half width of the jackknife interval, from the statistic with each of the independent samples left out."""
    values = np.asarray(partial, dtype=np.float64)
    count = len(values)
    if count < FEWEST_SAMPLES:
        return math.nan
    variance = (count - 1) / count * float(np.sum((values - values.mean()) ** 2))
    return math.sqrt(variance) * t_factor(count, level)


def t_factor(sample_count: int, level: float = LEVEL) -> float:
    """Two-sided Student-t quantile for the mean of ``sample_count`` independent samples."""
    return float(stdtrit(sample_count - 1, 0.5 * (1.0 + level)))


def exact_interval(hits: float, trials: float, level: float = LEVEL) -> tuple[float, float]:
    """Clopper-Pearson interval of a fraction; hits and trials may be fractional."""
    tail = 0.5 * (1.0 - level)
    low = 0.0 if hits <= 0.0 else float(betaincinv(hits, trials - hits + 1.0, tail))
    high = 1.0 if hits >= trials else float(betaincinv(hits + 1.0, trials - hits, 1.0 - tail))
    return low, high


def clustered_fraction(hits: ArrayLike, trials: ArrayLike, level: float = LEVEL) -> tuple[float, float, float]:
    """Fraction of hits among clustered trials, with its limits; `hits`, `trials`: (clusters,).

    The Clopper-Pearson interval at the effective number of trials p (1 - p) / v, with v the variance between clusters
    and Student's t for its uncertainty (Korn and Graubard, 1998). Where all trials agree, a cluster counts as one
    trial. The limits are NaN for fewer than `FEWEST_SAMPLES` clusters.
    """
    tried = np.asarray(trials, dtype=np.float64)
    hit, tried = np.asarray(hits, dtype=np.float64)[tried > 0.0], tried[tried > 0.0]
    clusters, total = len(tried), float(tried.sum())
    if clusters == 0:
        raise NotApplicableError("no fraction of nothing", expected="at least one mode", got="none")
    fraction = float(hit.sum()) / total
    if clusters < FEWEST_SAMPLES:
        return fraction, math.nan, math.nan
    if fraction in (0.0, 1.0):
        effective = float(clusters)
    else:
        variance = clusters / (clusters - 1) * float(np.sum((hit - fraction * tried) ** 2)) / total**2
        largest = total if variance == 0.0 else min(total, fraction * (1.0 - fraction) / variance)
        effective = max(1.0, largest * (t_factor(int(total), level) / t_factor(clusters, level)) ** 2)
    return (fraction, *exact_interval(fraction * effective, effective, level))


def weighted_slope(x: FloatArray, y: FloatArray, error: FloatArray) -> tuple[float, float, float]:
    """Slope of the weighted line, its standard error and the p-value of chi^2 (NaN for two points)."""
    weight = 1.0 / error**2
    centre, middle = np.average(x, weights=weight), np.average(y, weights=weight)
    spread = float(np.sum(weight * (x - centre) ** 2))
    slope = float(np.sum(weight * (x - centre) * (y - middle))) / spread
    square = float(np.sum(weight * (y - middle - slope * (x - centre)) ** 2))
    return slope, spread**-0.5, float(chdtrc(len(x) - 2, square)) if len(x) > 2 else np.nan


def logarithmic_slope(x: FloatArray, y: FloatArray) -> float:
    """Slope d ln y / d ln x by least squares."""
    places = np.log(x)
    places = places - places.mean()
    return float(np.log(y) @ places / (places @ places))
