"""Crossover frequency of a sampled spectrum from omega^4 to omega^2, and its growth with the modulation.

The law p(omega) ~ omega^4 / (omega^2 + b^2) (C. Jiang, eq. 16) is fitted by maximum likelihood on a window [0, W] fixed
beforehand; with u = b/W its integral is 1/3 - u^2 + u^3 arctan(1/u). Debye's law has b = 0, omega^4 b far above W.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy import optimize, special

from bosonpeak.datasets.arguments import instances, number, numbers
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, ensemble_or_array, require_variables
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, jackknife_interval, require_level, t_factor
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling

FEWEST_MODES = 20

WINDOW_IN_CROSSOVERS = 3.0
"""Upper end of the window over the crossover that is expected."""

_LARGEST = 30.0
_SERIES_ABOVE = 20.0


@dataclass(frozen=True)
class CrossoverLine:
    """Crossover frequencies against c k_G: omega_BP = intercept + slope c k_G."""

    slope: Estimate
    intercept: Estimate


def sampled_crossover(data: Ensemble | ArrayLike, *, highest: float, level: float = LEVEL) -> Estimate:
    """Most likely crossover frequency of a spectrum.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree, str or array_like of float, shape (samples, modes) or (modes,)
        Dataset with ``eigenfrequency`` (sample, mode), or frequencies; NaN pads short samples. Modes of one list are
        taken to be independent; with three samples or more the interval is a jackknife over them.
    highest : float
        Upper end W of the window, fixed before the data are seen; all modes in (0, W] must be there.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        The crossover b; 0 or infinite if the spectrum is one of the limiting laws.

    Raises
    ------
    NotApplicableError
        If there are too few modes in the window, or the data have another shape.

    Examples
    --------
    Random frequencies with a crossover at sqrt(3)/2 of c k_G = 0.1:

    >>> import math
    >>> from bosonpeak.datasets import open_dataset
    >>> spectra = open_dataset("null/crossovers", group="claimed/k-0.1")
    >>> found = sampled_crossover(spectra, highest=0.25)
    >>> found.low < 0.1 * math.sqrt(3.0) / 2.0 < found.high
    True
    """
    require_level(level)
    data, highest = ensemble_or_array(data), number(highest, "highest", above=0.0)
    samples = [row[(row > 0.0) & (row <= highest)] / highest for row in _rows(data)]
    count = sum(map(len, samples))
    if count < FEWEST_MODES:
        raise NotApplicableError(
            "too few modes for a crossover", expected=f"{FEWEST_MODES} in the window", got=f"{count}"
        )
    # Maximum-likelihood u of the pooled modes, in units of the window.
    best = _most_likely(np.concatenate(samples))
    warnings: tuple[str, ...] = ()
    if best in (0.0, math.inf):
        warnings = ("no crossover inside the window: the spectrum is one of its limits",)
    # Interval: jackknife over samples where there are enough, else the likelihood ratio.
    if len(samples) >= FEWEST_SAMPLES and not warnings:
        _, low, high = jackknife_interval(
            lambda kept: _most_likely(np.concatenate([samples[index] for index in kept])), len(samples), level
        )
        low, how = max(low, 0.0), "jackknife over samples"
    else:
        low, high = _likelihood_interval(np.concatenate(samples), best, level)
        how = "likelihood ratio, modes taken to be independent"
    return Estimate(
        name="crossover frequency",
        value=best * highest,
        low=low * highest,
        high=high * highest,
        level=level,
        n=len(samples) if len(samples) >= FEWEST_SAMPLES else count,
        method=f"maximum likelihood of omega^4/(omega^2 + b^2) on [0, {highest:g}]; {how}",
        window=(0.0, highest),
        warnings=warnings,
        details={"modes": count, "samples": len(samples)},
    )


@accept_old_spelling("wavenumbers", positional=("crossovers",))
def crossover_line(data: Sequence[float], *, crossovers: Sequence[Estimate], level: float = LEVEL) -> CrossoverLine:
    """Slope and intercept of crossover frequencies on c k_G.

    Parameters
    ----------
    data : sequence of float
        c k_G of each spectrum, three or more.
    crossovers : sequence of Estimate
        Their crossover frequencies. Errors weight the fit; without any the scatter about the line makes the interval.
    level : float
        Confidence level.

    Returns
    -------
    CrossoverLine

    Raises
    ------
    NotApplicableError
        If there are fewer than three spectra, or they do not differ in c k_G.

    Examples
    --------
    Crossovers at twice c k_G lie on a line of slope 2 through the origin.

    >>> from bosonpeak.validators import Estimate
    >>> nan = float("nan")
    >>> crossovers = [Estimate("b", 2.0 * k, nan, nan, 0.95, 1, "read off") for k in (0.1, 0.2, 0.4)]
    >>> line = crossover_line([0.1, 0.2, 0.4], crossovers=crossovers)
    >>> round(line.slope.value, 6), round(abs(line.intercept.value), 6)
    (2.0, 0.0)
    """
    require_level(level)
    x, found = numbers(data, "spectra", finite=True), instances(crossovers, Estimate, "sampled_crossover")
    y = np.array([estimate.value for estimate in found])
    if len(x) < FEWEST_SAMPLES or len(y) != len(x) or not np.isfinite(y).all():
        raise NotApplicableError("no line through these", expected="three spectra with a crossover", got=f"{len(x)}")
    if np.ptp(x) == 0.0:
        raise NotApplicableError("no line through these", expected="different wave numbers", got=f"{x[0]:g} only")
    n = min(estimate.n for estimate in found)
    # Least-squares line b = intercept + slope c k_G, weighted by the errors of b where all are known.
    error = np.array([0.5 * (e.high - e.low) / t_factor(e.n, e.level) if e.n > 1 else 0.0 for e in found])
    weighted = bool((error > 0.0).all())
    weight = 1.0 / error**2 if weighted else np.ones(len(x))
    design = np.stack([np.ones(len(x)), x], axis=1)
    inverse = np.linalg.inv(design.T @ (weight[:, None] * design))
    solution = inverse @ (design.T @ (weight * y))
    # Student quantile for the smallest number of samples; without errors the scatter about the line sets the variance.
    if weighted:
        quantile = t_factor(n, level)
    else:
        n = len(x)
        inverse *= float(np.sum((y - design @ solution) ** 2)) / (n - 2)
        quantile = t_factor(n - 1, level)
    half = quantile * np.sqrt(np.diag(inverse))
    how = "weighted by the errors of the crossovers" if weighted else "from the scatter about the line"
    intercept, slope = (
        Estimate(
            name=f"{what} of omega_BP on c k_G",
            value=float(value),
            low=float(value - width),
            high=float(value + width),
            level=level,
            n=n,
            method=f"straight line through {len(x)} crossover frequencies, {how}",
            window=(float(x.min()), float(x.max())),
        )
        for what, value, width in zip(("intercept", "slope"), solution, half, strict=True)
    )
    return CrossoverLine(slope, intercept)


def crossover_density(frequencies: ArrayLike, crossover_frequency: float, highest: float) -> FloatArray:
    """Probability density fitted by `sampled_crossover`, normalised on [0, W] with W = `highest`."""
    x, u = np.asarray(frequencies, dtype=np.float64) / highest, crossover_frequency / highest
    # x^4/(x^2 + u^2), with its limit x^2 where both vanish.
    shape = np.divide(x**4, x**2 + u**2, out=x**2, where=x**2 + u**2 > 0.0)
    return np.asarray(shape / (highest * math.exp(_log_integral(u))))


def _rows(data: xr.Dataset | ArrayLike) -> list[FloatArray]:
    if isinstance(data, xr.Dataset):
        require_variables(data, "eigenfrequency")
        data = data["eigenfrequency"].values
    return list(numbers(np.atleast_2d(data), "samples", "modes"))


def _log_integral(u: float) -> float:
    """Logarithm of the integral of x^4/(x^2 + u^2) over [0, 1]."""
    if u > _SERIES_ABOVE:
        return math.log(0.2 - 1.0 / (7.0 * u**2) + 1.0 / (9.0 * u**4)) - 2.0 * math.log(u)
    return math.log(1.0 / 3.0 - u**2 + (u**3 * math.atan(1.0 / u) if u > 0.0 else 0.0))


def _log_likelihood(u: float, squared: FloatArray) -> float:
    """Log-likelihood of all modes, without the terms that do not depend on u."""
    return -float(np.log(squared + u**2).sum()) - len(squared) * _log_integral(u)


def _most_likely(x: FloatArray) -> float:
    """Most likely u; 0 or infinity where the likelihood is largest at an end of [0, _LARGEST]."""
    squared = x**2
    grid = np.concatenate([[0.0], np.geomspace(1e-3, _LARGEST, 60)])
    heights = [_log_likelihood(float(u), squared) for u in grid]
    place = int(np.argmax(heights))
    if place == 0:
        return 0.0
    if place == len(grid) - 1:
        return math.inf
    bounds = float(grid[place - 1]), float(grid[place + 1])
    found = optimize.minimize_scalar(
        lambda u: -_log_likelihood(u, squared), bounds=bounds, method="bounded", options={"xatol": 1e-7}
    )
    return float(found.x)


def _likelihood_interval(x: FloatArray, best: float, level: float) -> tuple[float, float]:
    """Interval of u where twice the log-likelihood ratio is below the quantile of chi^2 with one degree of freedom."""
    squared = x**2
    drop = 0.5 * float(special.chdtri(1, 1.0 - level))
    peak = min(best, _LARGEST)
    floor = _log_likelihood(peak, squared) - drop

    def above(u: float) -> float:
        return _log_likelihood(u, squared) - floor

    low = 0.0 if above(0.0) >= 0.0 else float(optimize.brentq(above, 0.0, peak))
    high = math.inf if above(_LARGEST) >= 0.0 else float(optimize.brentq(above, peak, _LARGEST))
    return low, high
