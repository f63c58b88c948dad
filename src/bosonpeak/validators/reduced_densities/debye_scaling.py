"""Boson peak in units of the Debye frequency, and its change between two ensembles in these units."""

from __future__ import annotations

import math

import numpy as np

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble
from bosonpeak.validators.estimates.intervals import LEVEL, require_level
from bosonpeak.validators.reduced_densities.debye_constants import debye_levels, dimension_of
from bosonpeak.validators.reduced_densities.reduced_maximum import boson_peak


def peak_over_debye(data: Ensemble, *, level: float = LEVEL) -> Estimate:
    """Frequency of the boson peak over the Debye frequency of the same solids.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        As for `bosonpeak.validators.boson_peak`, with a Debye level or moduli.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Details: ``height_over_debye`` with its limits.

    Raises
    ------
    NotApplicableError
        If there is no peak, or the Debye level is unknown.

    Examples
    --------
    >>> from bosonpeak.datasets import open_dataset
    >>> round(peak_over_debye(open_dataset("null/known-peaks/height-2")).value, 2)
    0.35
    """
    require_level(level)
    ensemble = one_ensemble(data)
    peak = boson_peak(ensemble, level=level)
    if math.isnan(peak.value):
        raise NotApplicableError("the spectrum has no boson peak", got=peak.warnings[0])
    dimension = dimension_of(ensemble)
    degrees = int(ensemble.attrs.get("degrees_of_freedom", 0)) or int(ensemble.attrs["particles"]) * (dimension or 3)
    levels = None if dimension is None else debye_levels(ensemble, dimension, degrees, None, None)
    if dimension is None or levels is None:
        raise NotApplicableError("the Debye level is unknown", expected="debye_level, or moduli and a density")
    debye = float(np.mean((dimension / levels) ** (1.0 / dimension)))
    details = {name: value for name, value in peak.details.items() if name.startswith("height_")}
    return Estimate(
        name="boson peak over the Debye frequency",
        value=peak.value / debye,
        low=peak.low / debye,
        high=peak.high / debye,
        level=level,
        n=peak.n,
        method=f"{peak.method}; over the mean Debye frequency {debye:.4g}",
        warnings=peak.warnings,
        details=details,
    )


def peak_scaling(data: Ensemble, *, reference: Ensemble, feature: str = "position", level: float = LEVEL) -> Estimate:
    """Ratio of the boson peaks of two ensembles, each in units of its own Debye law.

    Parameters
    ----------
    data, reference : xarray.Dataset, xarray.DataTree or str
        As for `peak_over_debye`.
    feature : {"position", "height"}
        Frequency over the Debye frequency, or reduced density over the Debye level.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        One if the spectra differ by their Debye law alone.

    Raises
    ------
    NotApplicableError
        If either ensemble has no peak, or its Debye level is unknown.

    Examples
    --------
    >>> from bosonpeak.datasets import open_dataset
    >>> peaks = open_dataset("null/known-peaks")
    >>> round(peak_scaling(peaks["height-4"], reference=peaks["height-2"], feature="height").value, 1)
    2.0
    """
    if feature not in ("position", "height"):
        raise NotApplicableError("unknown feature of the peak", expected="position or height", got=repr(feature))
    peaks = [peak_over_debye(each, level=level) for each in (data, reference)]
    if feature == "height":
        names = ("height_over_debye", "height_low", "height_high")
        values = [tuple(float(peak.details[name]) for name in names) for peak in peaks]
    else:
        values = [(peak.value, peak.low, peak.high) for peak in peaks]
    # Limits of a ratio of independent estimates: distances of the logarithms add in quadrature.
    (here, here_low, here_high), (there, there_low, there_high) = np.log(values)
    value = here - there
    low = value - math.hypot(here - here_low, there_high - there)
    high = value + math.hypot(here_high - here, there - there_low)
    return Estimate(
        name=f"ratio of the {feature}s of two boson peaks, each over its Debye law",
        value=math.exp(value),
        low=math.exp(low),
        high=math.exp(high),
        level=level,
        n=min(peak.n for peak in peaks),
        method="boson peaks over their Debye laws; distances of the logarithms to the limits added in quadrature",
        warnings=tuple(dict.fromkeys(warning for peak in peaks for warning in peak.warnings)),
    )
