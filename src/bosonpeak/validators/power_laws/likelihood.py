"""Likelihood of a power law x^(a-1) on a window (low, high), with intervals for the power a.

t = ln(high / x) has an exponential law of rate a, cut off at ln(high / low); the sum of t is sufficient.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from bosonpeak.datasets.arguments import number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, t_factor

_SERIES_BELOW = 0.1
_LARGEST = 600.0
_NEWTON_STEPS = 200


@dataclass(frozen=True)
class Cumulants:
    """Mean, variance and third cumulant of t = ln(high / x) at power a."""

    mean: FloatArray
    variance: FloatArray
    third: FloatArray


def cumulants(power: ArrayLike, span: float) -> Cumulants:
    """Cumulants of t for the power law with exponent a - 1, on a window of ``span`` = ln(high / low)."""
    a = np.asarray(power, dtype=np.float64)
    if math.isinf(span):
        return Cumulants(1.0 / a, 1.0 / a**2, 2.0 / a**3)
    u = np.clip(a * span, -_LARGEST, _LARGEST)
    small = np.abs(u) < _SERIES_BELOW
    v = np.where(small, 1.0, u)
    half = 0.5 * v
    mean = np.where(small, 0.5 - u / 12.0 + u**3 / 720.0, 1.0 / v - 1.0 / np.expm1(v))
    variance = np.where(small, 1.0 / 12.0 - u**2 / 240.0 + u**4 / 6048.0, v**-2 - 0.25 / np.sinh(half) ** 2)
    third = np.where(small, u / 120.0 - u**3 / 1512.0, 2.0 / v**3 - 0.25 / (np.tanh(half) * np.sinh(half) ** 2))
    return Cumulants(span * mean, span**2 * variance, span**3 * third)


def most_likely_power(count: ArrayLike, total: ArrayLike, span: float) -> FloatArray:
    """Maximum-likelihood power a of samples of ``count`` modes whose t sum up to ``total``; NaN without modes."""
    n, s = np.broadcast_arrays(np.asarray(count, dtype=np.float64), np.asarray(total, dtype=np.float64))
    mean = np.divide(s, n, out=np.full(n.shape, np.nan), where=n > 0)
    if math.isinf(span):
        return np.asarray(1.0 / mean)
    # Newton's method from a = 0 climbs monotonically: the mean of t is convex in a above 0 and concave below.
    a = np.zeros(n.shape)
    for _ in range(_NEWTON_STEPS):
        at = cumulants(a, span)
        step = np.where(np.isnan(mean), 0.0, (at.mean - mean) / at.variance)
        a = a + step
        if np.all(np.abs(step) <= 1e-12 * (1.0 + np.abs(a))):
            break
    return np.where(np.isnan(mean), np.nan, a)


def unbiased_power(count: ArrayLike, total: ArrayLike, span: float) -> FloatArray:
    """Maximum-likelihood power less its bias of order 1/n; (n - 1)/total on a window that reaches down to zero."""
    n = np.asarray(count, dtype=np.float64)
    a = most_likely_power(n, total, span)
    if math.isinf(span):
        return np.asarray(a * (n - 1.0) / np.maximum(n, 1.0))
    at = cumulants(a, span)
    return np.asarray(a - at.third / (2.0 * np.maximum(n, 1.0) * at.variance**2))


def powers_without_one(count: FloatArray, total: FloatArray, span: float) -> FloatArray:
    """Power, corrected for its bias, with each chain left out, from the modes of each chain and their sums of t."""
    return unbiased_power(count.sum() - count, total.sum() - total, span)


def log_likelihood(power: float, count: float, total: float, span: float) -> float:
    """Logarithm of the likelihood of a, less a term that does not depend on a."""
    if math.isinf(span):
        return count * math.log(power) - power * total
    u = power * span
    shape = -0.5 * u + u * u / 24.0 if abs(u) < 1e-4 else math.log(special.exprel(-u))
    return float(-count * shape - power * total)


def independent_interval(count: int, total: float, span: float, level: float = LEVEL) -> tuple[float, float]:
    """Interval of the power a for independent modes."""
    # Exact, chi^2(2n) / (2 total), on a window that reaches down to zero; else Barndorff-Nielsen's r*, good to
    # n^(-3/2).
    tail = 0.5 * (1.0 - level)
    if math.isinf(span):
        return float(special.gammaincinv(count, tail)) / total, float(special.gammainccinv(count, tail)) / total
    best = float(most_likely_power(count, total, span))
    information = count * float(cumulants(best, span).variance)
    height = log_likelihood(best, count, total, span)
    z = float(special.ndtri(1.0 - tail))

    def root(a: float) -> float:
        r = math.copysign(math.sqrt(max(2.0 * (height - log_likelihood(a, count, total, span)), 0.0)), best - a)
        return r + math.log((best - a) * math.sqrt(information) / r) / r

    error = 1.0 / math.sqrt(information)
    return _crossing(root, best, -error, z), _crossing(root, best, error, -z)


def _crossing(root: Callable[[float], float], start: float, step: float, target: float) -> float:
    """Argument at which a decreasing function reaches a target, searched from ``start`` towards ``step``."""
    near, far = start + 0.3 * step, start + 2.0 * step
    while (root(far) - target) * step > 0.0:
        far += far - start
    return float(optimize.brentq(lambda a: root(a) - target, near, far))


def jackknife_interval_of_log_power(
    count: FloatArray, total: FloatArray, span: float, level: float = LEVEL
) -> tuple[float, float]:
    """Interval of a from ``count`` and ``total`` (chains,): delete-one-chain jackknife on ln a, Student's t."""
    error = log_power_error(count, total, span)
    centre = float(unbiased_power(count.sum(), total.sum(), span))
    if math.isnan(error) or centre <= 0.0:
        return math.nan, math.nan
    half = t_factor(len(count), level) * error
    return centre * math.exp(-half), centre * math.exp(half)


def log_power_error(count: FloatArray, total: FloatArray, span: float) -> float:
    """Delete-one-chain jackknife error of ln a; NaN where there is none."""
    chains = len(count)
    if chains < FEWEST_SAMPLES:
        return math.nan
    partial = powers_without_one(count, total, span)
    if not (partial > 0.0).all():
        return math.nan
    logarithm = np.log(partial)
    return math.sqrt((chains - 1) / chains * float(np.sum((logarithm - logarithm.mean()) ** 2)))


def modes_to_separate(
    power: float, rival: float, low: float, high: float, *, sigmas: float = 3.0, probability: float = 0.9
) -> int:
    """Modes below ``high`` that tell a power law from its rival.

    Parameters
    ----------
    power, rival : float
        Powers a = s + 1 of the truth and of the alternative.
    low, high : float
        Window; ``low`` may be 0.
    sigmas : float
        Distance of the rival from the estimate, in standard errors.
    probability : float
        How often that distance must be reached.

    Returns
    -------
    int
        Modes below ``high``, those below ``low`` included, because they occur whether used or not.

    Raises
    ------
    NotApplicableError
        If the powers do not differ, the window is empty, or the probability is none.

    Examples
    --------
    The standard error of ln(a) is 1/sqrt(n), so that two of them, n = 81, tell 5 from 4; a window without its lower
    half needs more modes.

    >>> modes_to_separate(5.0, 4.0, 0.0, 1.0, sigmas=2.0, probability=0.5)
    81
    >>> modes_to_separate(5.0, 4.0, 0.5, 1.0, sigmas=2.0, probability=0.5)
    158
    """
    power, rival = number(power, "power", above=0.0), number(rival, "rival", above=0.0)
    low, high, sigmas = number(low, "low"), number(high, "high", above=0.0), number(sigmas, "sigmas")
    if power == rival or not 0.0 <= low < high or not 0.0 < number(probability, "probability") < 1.0:
        raise NotApplicableError(
            "no number of modes tells these apart",
            expected="two powers, 0 <= low < high, and a probability between 0 and 1",
            got=f"powers {power:g} and {rival:g}, window [{low:g}, {high:g}], probability {probability:g}",
        )
    span = math.log(high / low) if low > 0.0 else math.inf
    grid = np.linspace(min(power, rival), max(power, rival), 201)
    distance = float(np.trapezoid(np.sqrt(cumulants(grid, span).variance), grid))
    used = ((sigmas + float(special.ndtri(probability))) / distance) ** 2
    return math.ceil(used / float(1.0 - (low / high) ** power))
