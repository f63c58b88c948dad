"""Maximum of a reduced density of states: its evidence, and a smooth fit around it.

The reduced density in a window of fixed ratio must exceed its value in some window below and above; around the highest
window a polynomial in ln(omega) is fitted to ln(g/omega^(d-1)) by quasi-likelihood.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, ndtr

from bosonpeak.datasets.array_types import BooleanArray, FloatArray
from bosonpeak.validators.reduced_densities.density_rows import DensityRows, mean_power

RATIO = 1.5
"""Ratio of the ends of the windows that are compared."""

FEWEST_MODES = 10.0
"""Counted modes in a window that may be the highest."""

DEGREE = 4
"""Degree of the polynomial; a peak is skew, and wide enough a window for the data has more than a parabola's shape."""

_STEPS = 4
"""Windows per factor `RATIO`."""

_LOWER_LIMIT = 2.0
"""Standard errors below the value at which windows are ranked."""

_FLANK, _REACH = 0.6, 3.0
"""The fit reaches to where the windows fall to this share of the highest, but no further than this factor."""

_GAP = 20.0
"""Modes in ranges of the same width on both sides of a gap, which make it no accident: independent modes leave the
middle third of a range with 40 of them empty with a probability of (2/3)^40, 1e-7."""

_LOWEST = 1e-3
"""Lowest window, in units of the upper end of the search."""

_GRID = 2001
_ITERATIONS = 60


@dataclass(frozen=True)
class Windows:
    """Windows of fixed ratio of their ends, all arrays (windows,)."""

    centre: FloatArray
    value: FloatArray  # mean reduced density
    amount: FloatArray
    exposure: FloatArray  # amount at a reduced density of 1
    variance: FloatArray  # of `value`


@dataclass(frozen=True)
class Evidence:
    """Highest window, and p-values that it exceeds no window below it, and none above it."""

    index: int
    below: float
    above: float


@dataclass(frozen=True)
class PeakFit:
    """Frequency and value of the maximum, NaN if it is at an end of the fit, and full width at half maximum."""

    frequency: float
    height: float
    width: float  # of the excess with a Debye level, NaN unless both flanks are in range
    upper: tuple[float, float] = (math.nan, math.nan)  # ends of the upper half, above the higher foot in the range


def end_of_shells(rows: DensityRows, high: float) -> float:
    """Upper end of the highest gap of counted spectra below `high`, 0 without gaps."""
    # A range without a mode in any sample is between two shells of waves if the ranges of the same width below and
    # above it both have at least `_GAP` modes.
    counts = np.append(0.0, np.cumsum(rows.amount.sum(axis=0)))
    filled = np.flatnonzero(np.diff(counts) > 0.0)
    filled = filled[rows.edge[filled + 1] <= high]
    for before, after in zip(filled[-2::-1], filled[:0:-1], strict=True):
        first, last = rows.edge[before + 1], rows.edge[after]
        places = np.array([2.0 * first - last, first, last, 2.0 * last - first])
        below, _, above = np.diff(np.interp(places, rows.edge, counts))
        if min(below, above) >= _GAP:
            return float(last)
    return 0.0


def windows_of(rows: DensityRows, dimension: int, inside: BooleanArray, degrees: int = 0) -> Windows:
    """Windows within the bins `inside`; `degrees` of freedom of a sample whose spectrum is sampled, 0 if unknown."""
    exposure = rows.exposure.sum(axis=0) * mean_power(rows.edge, dimension)
    amount = rows.amount.sum(axis=0)
    bins = np.flatnonzero(inside & (exposure > 0.0))
    low, high = rows.edge[bins[0]], rows.edge[bins[-1] + 1]
    first = float(rows.edge[np.argmax(amount > 0.0)]) / RATIO**2
    start = max(float(low), first, float(high) * _LOWEST)
    count = max(1, 1 + int(_STEPS * math.log(high / start / RATIO) / math.log(RATIO) + 1e-9))
    lower = high / RATIO * RATIO ** (-np.arange(count)[::-1] / _STEPS)
    used = np.zeros_like(inside)
    used[bins] = True
    # Sampled spectra have independent errors of their bins; counted modes have the dispersion between groups.
    value, total, expected, variance = (np.zeros(count) for _ in range(4))
    for k, first in enumerate(lower):
        chosen = used & (rows.frequency >= first) & (rows.frequency < first * RATIO)
        if rows.counted:
            total[k], expected[k] = amount[chosen].sum(), exposure[chosen].sum()
            value[k] = total[k] / expected[k] if expected[k] > 0.0 else math.nan
            variance[k] = total[k] * _dispersion(rows, chosen) / expected[k] ** 2 if expected[k] > 0.0 else math.nan
        else:
            value[k], variance[k] = _sampled_window(rows, dimension, chosen)
            # A smoothed spectrum hides the shells of a box: its modes in the window are few, and the same in each.
            modes = degrees * float(np.nan_to_num(rows.density()[chosen]) @ np.diff(rows.edge)[chosen])
            variance[k] += value[k] ** 2 / modes if modes > 0.0 else 0.0
    return Windows(lower * math.sqrt(RATIO), value, total, expected, variance)


def evidence_of(windows: Windows, counted: bool) -> Evidence | None:
    """Evidence for a maximum at the highest window; None without a window that has enough modes."""
    usable = np.isfinite(windows.value) & ((windows.amount >= FEWEST_MODES) if counted else (windows.value > 0.0))
    if not usable.any():
        return None
    # The highest lower limit, not the highest value: windows with few modes scatter most.
    surely = windows.value - _LOWER_LIMIT * np.sqrt(windows.variance)
    top = int(np.argmax(np.where(usable, surely, -np.inf)))
    known = np.isfinite(windows.value)
    apart = np.arange(len(windows.value))
    below = [_exceeds(windows, top, k, counted) for k in apart[: max(0, top - _STEPS + 1)] if known[k]]
    above = [_exceeds(windows, top, k, counted) for k in apart[top + _STEPS :] if known[k]]
    worst = [min(1.0, max(1.0, len(each) / _STEPS) * min(each)) if each else 1.0 for each in (below, above)]
    return Evidence(top, worst[0], worst[1])


def fit_window(windows: Windows, top: int) -> tuple[float, float]:
    """Range of the fit around the highest window."""
    peak = windows.value[top]

    def reach(indices: NDArray[np.intp]) -> float:
        for k in indices:
            if not windows.value[k] >= _FLANK * peak:
                return float(windows.centre[k])
        return float(windows.centre[indices[-1]]) if len(indices) else float(windows.centre[top])

    low, high = reach(np.arange(top - 1, -1, -1)), reach(np.arange(top + 1, len(windows.value)))
    centre = float(windows.centre[top])
    half = math.sqrt(RATIO)
    return max(low, centre / _REACH) / half, min(high, centre * _REACH) * half


def fitted_peak(
    rows: DensityRows,
    dimension: int,
    chosen: BooleanArray,
    kept: NDArray[np.intp] | slice = slice(None),
    *,
    degree: int = DEGREE,
    debye: float | None = None,
) -> PeakFit:
    """Peak of the polynomial fitted to the bins `chosen` of the groups `kept`."""
    exposure = (rows.exposure[kept].sum(axis=0) * mean_power(rows.edge, dimension))[chosen]
    amount = rows.amount[kept].sum(axis=0)[chosen]
    x = np.log(rows.frequency[chosen])
    middle, half = 0.5 * (x[0] + x[-1]), 0.5 * (x[-1] - x[0])
    basis = np.polynomial.legendre.legvander((x - middle) / half, degree)
    if rows.counted:
        variance = None
    else:
        error = None if rows.error is None else (rows.error * rows.exposure.sum(axis=0))[chosen]
        variance = np.zeros(0) if error is None else error**2
    coefficients = _log_polynomial(basis, amount, exposure, variance)
    grid = np.linspace(-1.0, 1.0, _GRID)
    curve = np.exp(np.polynomial.legendre.legval(grid, coefficients))
    frequency = np.exp(middle + half * grid)
    inner = np.flatnonzero((curve[1:-1] >= curve[:-2]) & (curve[1:-1] > curve[2:])) + 1
    if len(inner) == 0:
        return PeakFit(math.nan, math.nan, math.nan)
    top = int(inner[np.argmax(curve[inner])])
    width = _full_width(frequency, curve, top, debye or 0.0)
    return PeakFit(float(frequency[top]), float(curve[top]), width, _upper_half(frequency, curve, top))


def _upper_half(frequency: FloatArray, curve: FloatArray, top: int) -> tuple[float, float]:
    """Range around the maximum in which the curve is above the middle of maximum and higher foot."""
    foot = max(float(curve[: top + 1].min()), float(curve[top:].min()))
    outside = np.flatnonzero(curve < 0.5 * (curve[top] + foot))
    left, right = outside[outside < top], outside[outside > top]
    return float(frequency[left[-1] if len(left) else 0]), float(frequency[right[0] if len(right) else -1])


def _log_polynomial(
    basis: FloatArray, amount: FloatArray, exposure: FloatArray, variance: FloatArray | None
) -> FloatArray:
    """Coefficients of ln(amount/exposure) by quasi-likelihood; `variance` is None for counts, empty if relative."""
    total = float(amount.sum() / exposure.sum())
    coefficients = np.zeros(basis.shape[1])
    coefficients[0] = math.log(total)
    ridge = 1e-10 * np.eye(basis.shape[1])
    for _ in range(_ITERATIONS):
        mean = exposure * np.exp(np.clip(basis @ coefficients, -700.0, 700.0))
        if variance is None:
            weight, score = mean, amount - mean
        elif len(variance) == 0:
            weight, score = np.ones_like(mean), (amount - mean) / mean
        else:
            weight, score = mean**2 / variance, mean * (amount - mean) / variance
        normal = (basis.T * weight) @ basis
        step = np.linalg.solve(normal + ridge * np.trace(normal), basis.T @ score)
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        coefficients = coefficients + step
        if float(np.abs(step).max()) < 1e-10:
            break
    return np.asarray(coefficients)


def _full_width(frequency: FloatArray, curve: FloatArray, top: int, floor: float) -> float:
    """Width between the crossings of half the height over `floor` next to the maximum; NaN if one is outside."""
    half = floor + 0.5 * (curve[top] - floor)
    if not curve[top] > floor:
        return math.nan
    left = np.flatnonzero(curve[:top] < half)
    right = np.flatnonzero(curve[top:] < half)
    if len(left) == 0 or len(right) == 0:
        return math.nan
    return float(frequency[top + right[0]] - frequency[left[-1]])


def _dispersion(rows: DensityRows, chosen: BooleanArray) -> float:
    """Variance between groups over Poisson's, of the modes in a window; 1 if smaller or unknown."""
    counts, exposure = rows.amount[:, chosen].sum(axis=1), rows.exposure[:, chosen].sum(axis=1)
    present = exposure > 0.0
    groups, total = int(present.sum()), float(counts.sum())
    if groups < 3 or total == 0.0:
        return 1.0
    spread = counts - total * exposure / exposure.sum()
    return max(1.0, float(groups / (groups - 1) * np.sum(spread**2) / total))


def _sampled_window(rows: DensityRows, dimension: int, chosen: BooleanArray) -> tuple[float, float]:
    """Mean reduced density of sampled spectra in a window, each group's own mean, and its variance."""
    if not chosen.any():
        return math.nan, math.nan
    weight = np.diff(rows.edge)[chosen]
    power = mean_power(rows.edge, dimension)[chosen]
    per_group = (rows.amount[:, chosen] * weight).sum(axis=1) / (rows.exposure[:, chosen] * power * weight).sum(axis=1)
    share = rows.exposure.sum(axis=1) / rows.exposure.sum()
    value = float(share @ per_group)
    if len(per_group) >= 3:
        variance = float(np.sum((share * (per_group - value)) ** 2)) * len(share) / (len(share) - 1)
    elif rows.error is not None:
        variance = float(np.sum((rows.error[chosen] * weight) ** 2)) / float(np.sum(power * weight)) ** 2
    else:
        variance = 0.0
    return value, variance


def _exceeds(windows: Windows, top: int, other: int, counted: bool) -> float:
    """p-value of the highest window against another under equal reduced densities."""
    if not counted:
        difference = windows.value[top] - windows.value[other]
        error = math.sqrt(windows.variance[top] + windows.variance[other])
        if error == 0.0:
            return 0.0 if difference > 1e-6 * windows.value[top] else 1.0
        return float(ndtr(-difference / error))
    # Counts in units of their dispersion: the other window is Poisson's around the highest, itself gamma distributed.
    found = []
    for k in (top, other):
        single = float(windows.variance[k] * windows.exposure[k] ** 2 / max(windows.amount[k], 1.0))
        found.append(windows.amount[k] / max(single, 1.0))
    scale = windows.amount[other] / found[1] if found[1] > 0.0 else 1.0
    mean = windows.value[top] * windows.exposure[other] / scale
    return float(betainc(found[0], found[1] + 1.0, found[0] / (found[0] + mean)))
