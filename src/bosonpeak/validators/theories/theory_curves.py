"""Exponents of noiseless curves: slopes on a doubly logarithmic scale, with the extreme local slopes as limits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import LEVEL

FEWEST_POINTS = 3
"""A window with fewer grid points gives no slope."""

_EDGE = 1e-9
_RISE = 1e-5


def local_slopes(x: ArrayLike, y: ArrayLike) -> FloatArray:
    """Slope d ln y / d ln x between neighbouring points, shape (points - 1,); NaN where y is not positive."""
    values = np.asarray(y, dtype=np.float64)
    logarithm = np.log(np.where(values > 0.0, values, np.nan))
    return np.asarray(np.diff(logarithm) / np.diff(np.log(np.asarray(x, dtype=np.float64))))


def slope_in_window(name: str, x: ArrayLike, curves: Sequence[ArrayLike], window: tuple[float, float]) -> Estimate:
    """Exponent of one or several curves in a window of the abscissa (points,), positive and ascending."""
    # The value is the median of the curves' mean slopes, the limits are the smallest and the largest local slope.
    abscissa = np.asarray(x, dtype=np.float64)
    inside = (abscissa >= window[0] * (1.0 - _EDGE)) & (abscissa <= window[1] * (1.0 + _EDGE))
    if np.count_nonzero(inside) < FEWEST_POINTS or not curves:
        raise NotApplicableError(
            "the window holds too few points of the grid",
            expected=f"at least {FEWEST_POINTS} in [{window[0]:g}, {window[1]:g}]",
            got=str(np.count_nonzero(inside)),
        )
    slopes = [local_slopes(abscissa[inside], np.asarray(curve)[inside]) for curve in curves]
    if any(np.isnan(slope).any() for slope in slopes):
        raise NotApplicableError("a curve is not positive all over the window")
    width = np.diff(np.log(abscissa[inside]))
    means = [float(np.sum(slope * width) / width.sum()) for slope in slopes]
    low, high = (float(bound([bound(slope) for slope in slopes])) for bound in (np.min, np.max))
    value = float(np.median(means))
    method = f"slope of {len(curves)} noiseless curves; limits: all local slopes in the window"
    return Estimate(
        name, value, min(low, value), max(high, value), LEVEL, 1, method, window=window, details={"means": means}
    )


def maximum(x: ArrayLike, y: ArrayLike) -> tuple[float, float]:
    """Position and height of the first maximum above the curve's beginning, by a parabola in ln x; NaN if none."""
    logarithm, curve = np.log(np.asarray(x, dtype=np.float64)), np.asarray(y, dtype=np.float64)
    tops = np.flatnonzero((curve[1:-1] > curve[:-2]) & (curve[1:-1] >= curve[2:])) + 1
    tops = tops[curve[tops] > curve[0] * (1.0 + _RISE)]
    if tops.size == 0:
        return math.nan, math.nan
    place = slice(int(tops[0]) - 1, int(tops[0]) + 2)
    a, b, c = np.polyfit(logarithm[place] - logarithm[tops[0]], curve[place], 2)
    shift = -b / (2.0 * a)
    return float(np.exp(logarithm[tops[0]] + shift)), float(c + 0.5 * b * shift)


def rise(x: ArrayLike, y: ArrayLike, level: float) -> float:
    """First abscissa at which a curve passes a level from below, by interpolation in ln x; NaN if it never does."""
    logarithm, curve = np.log(np.asarray(x, dtype=np.float64)), np.asarray(y, dtype=np.float64)
    crossing = np.flatnonzero((curve[:-1] < level) & (curve[1:] >= level))
    if crossing.size == 0:
        return math.nan
    k = int(crossing[0])
    share = (level - curve[k]) / (curve[k + 1] - curve[k])
    return float(np.exp(logarithm[k] + share * (logarithm[k + 1] - logarithm[k])))


def holds_up_to(x: ArrayLike, slopes: ArrayLike, value: float, tolerance: float) -> float:
    """Largest abscissa of the stretch from the first point on over which local slopes are near a value; NaN if none."""
    near = np.abs(np.asarray(slopes, dtype=np.float64) - value) <= tolerance
    last = len(near) if near.all() else int(np.argmin(near))
    return float(np.asarray(x, dtype=np.float64)[last]) if last > 0 else math.nan


def exact(name: str, values: Sequence[float] | FloatArray) -> Estimate:
    """A number that follows without sampling; its limits are the extremes over all cases."""
    found = np.asarray(values, dtype=np.float64)
    if found.size == 0:
        raise NotApplicableError("no mode in the window", got=name)
    how = "exact" if found.size == 1 else f"exact; median and extremes of {found.size} cases"
    return Estimate(name, float(np.median(found)), float(found.min()), float(found.max()), LEVEL, found.size, how)
