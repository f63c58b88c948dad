"""Step of a medium's density of states above its own Debye level, and the frequency of the step.

The quasi-equilibrium theory (C. Jiang, eq. 16, with ordinary phonons subtracted as its text says) amounts to a reduced
density r(omega) = D / D_Debye = 1 + B omega^2 / (omega^2 + b^2) over the medium's own Debye level, with b = omega_BP.
Here B and b are fitted by least squares on a window fixed beforehand, each frequency weighted by omega^2, the number of
Debye modes there. The local exponent d ln D / d ln omega is fitted on the logarithms with the same weights.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval

FEWEST_FREQUENCIES = 5

_SEARCH = (1e-2, 1e2)
"""Crossovers that are looked at, in units of the upper end of the window."""


def step_frequency(
    frequencies: ArrayLike, reduced: ArrayLike, *, low: float, high: float, height: ArrayLike | None = None
) -> Estimate:
    """Frequency b of the step in the reduced density (samples, frequencies), or (frequencies,) if exact; details: B."""
    # `height` is B if known independently, a number or (samples,), else B is fitted too.
    omega, curves = _in_window(frequencies, reduced, low, high)
    known = None if height is None else np.broadcast_to(np.asarray(height, dtype=np.float64), (len(curves),))

    def step(kept: NDArray[np.intp]) -> tuple[float, float]:
        return _step(omega, curves[kept].mean(axis=0), None if known is None else float(known[kept].mean()))

    estimate = _over_samples("frequency of the step", lambda kept: step(kept)[0], len(curves), (low, high))
    return dataclasses.replace(estimate, details={"height": step(np.arange(len(curves)))[1]})


def mean_reduced_density(frequencies: ArrayLike, reduced: ArrayLike, *, low: float, high: float) -> Estimate:
    """Modes in a window over the Debye modes there."""
    omega, curves = _in_window(frequencies, reduced, low, high)
    weight = omega**2 / np.sum(omega**2)
    return _over_samples(
        "reduced density of states", lambda kept: float(weight @ curves[kept].mean(axis=0)), len(curves), (low, high)
    )


def density_exponent(
    frequencies: ArrayLike, reduced: ArrayLike, *, low: float, high: float, excess: bool = False
) -> Estimate:
    """Exponent of D in a window, or of D - D_Debye if `excess`; NaN where the excess is not positive throughout."""
    omega, curves = _in_window(frequencies, reduced, low, high)

    def exponent(kept: NDArray[np.intp]) -> float:
        density = curves[kept].mean(axis=0) - (1.0 if excess else 0.0)
        if not (density > 0.0).all():
            return math.nan
        return 2.0 + float(np.polyfit(np.log(omega), np.log(density), 1, w=omega)[0])

    what = "exponent of the excess over Debye" if excess else "exponent of the density of states"
    return _over_samples(what, exponent, len(curves), (low, high))


def peak_frequency(frequencies: ArrayLike, reduced: ArrayLike, *, low: float, high: float) -> Estimate:
    """First maximum of the reduced density on an equidistant grid, by a parabola; NaN if the density only rises."""
    omega, curves = _in_window(frequencies, reduced, low, high)
    return _over_samples(
        "first peak", lambda kept: _first_peak(omega, curves[kept].mean(axis=0)), len(curves), (low, high)
    )


def _first_peak(omega: FloatArray, curve: FloatArray) -> float:
    inner = np.flatnonzero((curve[1:-1] >= curve[:-2]) & (curve[1:-1] > curve[2:]))
    if len(inner) == 0:
        return math.nan
    before, at, after = curve[inner[0] : inner[0] + 3]
    shift = 0.5 * (before - after) / (before - 2.0 * at + after)
    return float(omega[inner[0] + 1] + shift * (omega[1] - omega[0]))


def _step(omega: FloatArray, curve: FloatArray, known: float | None) -> tuple[float, float]:
    """Frequency and height of the step; at a given frequency the best height is linear least squares."""
    excess, weight = curve - 1.0, omega**2

    def shape(logarithm: float) -> FloatArray:
        return np.asarray(omega**2 / (omega**2 + math.exp(2.0 * logarithm)))

    def height(logarithm: float) -> float:
        if known is not None:
            return known
        rise = shape(logarithm)
        return float((weight * rise) @ excess / ((weight * rise) @ rise))

    def misfit(logarithm: float) -> float:
        return float(weight @ (excess - height(logarithm) * shape(logarithm)) ** 2)

    first, last = (math.log(factor * float(omega[-1])) for factor in _SEARCH)
    grid = np.linspace(first, last, 93)
    place = int(np.argmin([misfit(point) for point in grid]))
    if place in (0, len(grid) - 1):
        return math.exp(grid[place]), height(float(grid[place]))
    found = optimize.minimize_scalar(misfit, bounds=(grid[place - 1], grid[place + 1]), method="bounded")
    return math.exp(found.x), height(float(found.x))


def _in_window(frequencies: ArrayLike, reduced: ArrayLike, low: float, high: float) -> tuple[FloatArray, FloatArray]:
    omega = np.asarray(frequencies, dtype=np.float64)
    curves = np.atleast_2d(np.asarray(reduced, dtype=np.float64))
    inside = (omega >= low) & (omega <= high) & (omega > 0.0)
    if np.count_nonzero(inside) < FEWEST_FREQUENCIES:
        raise NotApplicableError(
            "too few frequencies in the window", expected=f"{FEWEST_FREQUENCIES}", got=f"{np.count_nonzero(inside)}"
        )
    return omega[inside], curves[:, inside]


def _over_samples(
    name: str, statistic: Callable[[NDArray[np.intp]], float], count: int, window: tuple[float, float]
) -> Estimate:
    """Statistic of the samples' mean curve, with its jackknife over samples; exact if there is only one curve."""
    if count == 1:
        value = low = high = statistic(np.arange(1))
        how = "one curve, taken to be exact"
    else:
        value, low, high = jackknife_interval(statistic, count)
        how = "jackknife over samples"
    return Estimate(name, value, low, high, LEVEL, count, how, window=window)
