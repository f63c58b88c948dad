"""Disorder of the local shear moduli of glasses: variance over squared mean, and its ratio to a critical value."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval


def disorder_parameter(moduli: ArrayLike) -> float:
    """<(Delta G)^2> / <G>^2 of the local shear moduli of one glass."""
    values = np.asarray(moduli, dtype=np.float64)
    return float(values.var() / values.mean() ** 2)


def local_disorder(disorder: ArrayLike, critical: ArrayLike, *, method: str = "") -> Estimate:
    """Mean of the disorder parameter over its critical value for the K/G of each glass, arrays (glasses,)."""
    gamma = np.asarray(disorder, dtype=np.float64)
    value, low, high = mean_interval(gamma / np.asarray(critical))
    how = "; ".join(filter(None, [method, "Student-t over glasses of different chains"]))
    name = "gamma over its critical value"
    return Estimate(name, value, low, high, LEVEL, len(gamma), how, details={"gamma": gamma.tolist()})


def disorder_ratio(here: ArrayLike, there: ArrayLike, *, logarithmic: bool = False) -> Estimate:
    """Disorder parameter (glasses,) of one ensemble over the parameter of another, by means or geometric means."""
    values = [np.asarray(each, dtype=np.float64) for each in (here, there)]
    means = [mean_interval(np.log(each) if logarithmic else each) for each in values]
    if logarithmic:
        middle, halves = means[0][0] - means[1][0], [0.5 * (high - low) for _, low, high in means]
    else:
        middle = math.log(means[0][0] / means[1][0])
        halves = [0.5 * (high - low) / mean for mean, low, high in means]
    half = math.hypot(*halves)
    method = f"{'geometric ' if logarithmic else ''}means over glasses, relative errors in quadrature"
    value, low, high = (math.exp(logarithm) for logarithm in (middle, middle - half, middle + half))
    return Estimate("ratio of gamma", value, low, high, LEVEL, len(values[0]), method)
