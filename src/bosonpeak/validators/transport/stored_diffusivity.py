"""Diffusivity of the modes that an ensemble stores: its slope, its decrease, and where it vanishes at the upper end."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import xarray as xr

from bosonpeak.datasets.arguments import window_ends
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, require_variables
from bosonpeak.validators.estimates.intervals import (
    FEWEST_SAMPLES,
    LEVEL,
    jackknife_interval,
    logarithmic_slope,
    require_level,
)

_POINTS = 12
"""Equal shares of the modes of a window, between whose means lines are fitted."""


def diffusivity_slope(data: Ensemble, *, low: float, high: float, level: float = LEVEL) -> Estimate:
    """Slope of ln D against ln omega of the stored ``mode_diffusivity``, in a window of the spectrum.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        With ``eigenfrequency`` and ``mode_diffusivity`` (sample, mode), the whole spectrum in ascending order.
    low, high : float
        Window, as shares of the modes from the lowest.
    level : float
        Confidence level; delete-one jackknife over samples.

    Returns
    -------
    Estimate
        Zero for a plateau. Details: ``diffusivity``, the mean of D in the window.

    Raises
    ------
    NotApplicableError
        If a variable is missing or samples are too few.

    Examples
    --------
    >>> from bosonpeak.datasets import open_dataset
    >>> solids = open_dataset("null/localised-top/waves/N-216")
    >>> diffusivity_slope(solids, low=0.2, high=0.5).low < -2.0 < diffusivity_slope(solids, low=0.2, high=0.5).high
    True
    """
    rows = _window(one_ensemble(data), low, high, level)
    return _jackknifed("slope of ln D against ln omega", lambda means: logarithmic_slope(*means), rows, level)


def diffusivity_ratio(
    data: Ensemble, *, low: float, high: float, below: float, above: float, level: float = LEVEL
) -> Estimate:
    """Mean diffusivity of the modes between two shares of the spectrum over the mean between two other shares.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        As for `diffusivity_slope`.
    low, high : float
        Window of the numerator, as shares of the modes from the lowest.
    below, above : float
        Window of the denominator.
    level : float
        Confidence level; delete-one jackknife over samples.

    Returns
    -------
    Estimate

    Raises
    ------
    NotApplicableError
        If a variable is missing or samples are too few.

    Examples
    --------
    >>> from bosonpeak.datasets import open_dataset
    >>> solids = open_dataset("null/localised-top/share-3/N-216")
    >>> diffusivity_ratio(solids, low=0.98, high=1.0, below=0.2, above=0.5).value < 1e-3
    True
    """
    ensemble = one_ensemble(data)
    upper, lower = (_window(ensemble, *ends, level)[:, 1] for ends in ((low, high), (below, above)))
    rows = np.stack([lower, upper], axis=1)
    return _jackknifed(
        "ratio of two diffusivities", lambda means: float(means[1].mean() / means[0].mean()), rows, level
    )


def diffusivity_edge_share(data: Ensemble, *, low: float, high: float, level: float = LEVEL) -> Estimate:
    """Share of the modes above the frequency where a straight line through the diffusivity reaches zero.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        As for `diffusivity_slope`.
    low, high : float
        Window of the line D = a (omega_c - omega), as shares of the modes from the lowest.
    level : float
        Confidence level; delete-one jackknife over samples.

    Returns
    -------
    Estimate
        Share of the modes above omega_c; NaN without an interval where the diffusivity does not decrease.

    Raises
    ------
    NotApplicableError
        If a variable is missing or samples are too few.

    Examples
    --------
    >>> from bosonpeak.datasets import open_dataset
    >>> solids = open_dataset("null/localised-top/share-7/N-216")
    >>> 0.06 < diffusivity_edge_share(solids, low=0.75, high=0.9).value < 0.08
    True
    """
    ensemble = one_ensemble(data)
    rows = _window(ensemble, low, high, level)
    frequency = np.sort(ensemble["eigenfrequency"].values, axis=None)

    def share(means: FloatArray) -> float:
        apart = means[0] - means[0].mean()
        slope = apart @ means[1] / (apart @ apart)
        if slope >= 0.0:
            return math.nan
        edge = means[0].mean() - means[1].mean() / slope
        return float(1.0 - np.searchsorted(frequency, edge) / len(frequency))

    return _jackknifed("share of modes above the zero of the diffusivity", share, rows, level)


def _window(data: xr.Dataset, low: float, high: float, level: float) -> FloatArray:
    """Mean frequency and diffusivity in equal parts of the window, (samples, 2, parts)."""
    require_level(level)
    require_variables(data, "eigenfrequency", "mode_diffusivity")
    low, high = window_ends(low, high)
    omega, diffusivity = (data[name].values.astype(np.float64) for name in ("eigenfrequency", "mode_diffusivity"))
    if len(omega) < FEWEST_SAMPLES or not np.isfinite(omega).all():
        raise NotApplicableError(
            "the diffusivity of an ensemble needs complete spectra of several samples",
            expected=f"{FEWEST_SAMPLES} samples without NaN",
            got=f"{len(omega)} samples",
        )
    ends = np.round(np.linspace(low, min(high, 1.0), _POINTS + 1) * omega.shape[1]).astype(int)
    if (np.diff(ends) < 1).any():
        raise NotApplicableError(
            "too few modes in the window", expected=f"{_POINTS}", got=f"{ends[-1] - ends[0]} per sample"
        )
    sums = [np.add.reduceat(values, ends[:-1], axis=1) for values in (omega[:, : ends[-1]], diffusivity[:, : ends[-1]])]
    rows: FloatArray = np.stack(sums, axis=1) / np.diff(ends)
    return rows


def _jackknifed(name: str, statistic: Callable[[FloatArray], float], rows: FloatArray, level: float) -> Estimate:
    """Statistic of the mean of the rows (samples, ...) with its delete-one jackknife interval."""
    value, low, high = jackknife_interval(lambda kept: statistic(rows[kept].mean(axis=0)), len(rows), level)
    return Estimate(
        name=name,
        value=value,
        low=low,
        high=high,
        level=level,
        n=len(rows),
        method="means over samples in equal parts of the window; delete-one jackknife over samples",
        details={"diffusivity": float(rows[:, 1].mean())},
    )
