"""Ratios of sums over independent samples, and differences of independent estimates, with their intervals."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, jackknife_half_width, t_factor


def ratio_interval(parts: ArrayLike, wholes: ArrayLike, level: float = LEVEL) -> tuple[float, float, float]:
    """Sum of the parts over the sum of the wholes, with its delete-one jackknife interval; both (samples,)."""
    above, below = (np.asarray(values, dtype=np.float64) for values in (parts, wholes))
    value = float(above.sum() / below.sum())
    if len(above) < FEWEST_SAMPLES:
        return value, math.nan, math.nan
    with np.errstate(divide="ignore", invalid="ignore"):  # no interval if one sample holds everything
        half = jackknife_half_width((above.sum() - above) / (below.sum() - below), level)
    return value, value - half, value + half


class RatioMoments:
    """Sums over samples from which `ratio_interval` follows without the samples; the wholes are small whole numbers."""

    def __init__(self) -> None:
        self.centre = math.nan
        self.sums = np.zeros((0, 3))  # by whole: samples, sum and sum of squares of part - centre * whole

    @property
    def whole(self) -> float:
        """Sum of the wholes."""
        return float(np.arange(len(self.sums)) @ self.sums[:, 0])

    def add(self, parts: FloatArray, wholes: FloatArray) -> None:
        """Add samples, both (samples,)."""
        if math.isnan(self.centre) and wholes.sum() > 0.0:
            self.centre = float(parts.sum() / wholes.sum())
        index = wholes.astype(np.int64)
        apart = parts - (0.0 if math.isnan(self.centre) else self.centre) * wholes
        length = max(len(self.sums), int(index.max(initial=0)) + 1)
        self.sums = np.pad(self.sums, ((0, length - len(self.sums)), (0, 0)))
        for column, weights in enumerate((None, apart, apart**2)):
            self.sums[:, column] += np.bincount(index, weights, minlength=length)

    def interval(self, level: float = LEVEL) -> tuple[float, float, float]:
        """Ratio of the sums with its delete-one jackknife interval."""
        samples, first, second = self.sums.T
        wholes, count = np.arange(len(self.sums)), float(samples.sum())
        shift = float(first.sum() / self.whole)
        value = self.centre + shift
        if count < FEWEST_SAMPLES:
            return value, math.nan, math.nan
        # Leaving out a sample of whole c and part t moves the ratio R by (c R - t) / (C - c).
        with np.errstate(divide="ignore", invalid="ignore"):  # no interval if one sample holds everything
            left = self.whole - wholes
            moved = np.where(samples > 0.0, (samples * wholes * shift - first) / left, 0.0).sum()
            squares = samples * (wholes * shift) ** 2 - 2.0 * wholes * shift * first + second
            moved_squares = np.where(samples > 0.0, squares / left**2, 0.0).sum()
            variance = (count - 1.0) / count * float(moved_squares - moved**2 / count)
        half = math.sqrt(max(variance, 0.0)) * t_factor(int(count), level) if math.isfinite(variance) else math.nan
        return value, value - half, value + half


def difference_interval(first: Estimate, second: Estimate) -> tuple[float, float, float]:
    """First minus second of two independent estimates with asymmetric limits; limits are NaN if either has none.

    The distances to the relevant limits add in quadrature: Zou and Donner, Statistics in Medicine 27, 1693 (2008).
    """
    value = first.value - second.value
    low = value - math.hypot(first.value - first.low, second.high - second.value)
    high = value + math.hypot(first.high - first.value, second.value - second.low)
    return value, low, high


def warnings_of_both(here: Estimate, there: Estimate) -> tuple[str, ...]:
    """Warnings of two compared estimates, prefixed with "this one" for the first and "the other" for the second."""
    return (*(f"this one: {each}" for each in here.warnings), *(f"the other: {each}" for each in there.warnings))


def quotient_limits(first: Estimate, second: Estimate) -> tuple[float, float]:
    """Fieller's limits of the ratio of two independent means; NaN without intervals or if the second may be 0."""
    here, there = (0.5 * (each.high - each.low) for each in (first, second))
    square = second.value**2 - there**2
    if not (math.isfinite(here) and square > 0.0 and second.value > 0.0):
        return math.nan, math.nan
    middle = first.value * second.value
    root = math.sqrt(middle**2 - square * (first.value**2 - here**2))
    return (middle - root) / square, (middle + root) / square
