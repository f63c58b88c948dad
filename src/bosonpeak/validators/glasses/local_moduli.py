"""Disorder of the local shear moduli of glasses: variance over squared mean, and its ratio to a critical value."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import numbers
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval, require_level


def disorder_parameter(moduli: ArrayLike) -> float:
    """<(Delta G)^2> / <G>^2 of the local shear moduli of one glass."""
    values = np.asarray(moduli, dtype=np.float64)
    return float(values.var() / values.mean() ** 2)


def local_disorder(data: ArrayLike, *, critical: ArrayLike, method: str = "", level: float = LEVEL) -> Estimate:
    """Mean over glasses of the disorder parameter of local shear moduli, over its critical value.

    Parameters
    ----------
    data : array_like, shape (glasses,)
        <(Delta G)^2> / <G>^2 of glasses of different chains.
    critical : array_like, shape (glasses,)
        Value at which heterogeneous-elasticity theory becomes unstable for the K/G of each glass.
    method : str
        Description of the cells of the moduli.
    level : float
        Confidence level.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> print(local_disorder([0.2, 0.3, 0.4], critical=[0.5, 0.5, 0.5]))
    0.6 [0.1032, 1.097] (95 %, n = 3)
    """
    require_level(level)
    gamma, least = _positive(data), _positive(critical)
    if gamma.shape != least.shape:
        raise NotApplicableError("a critical value per glass", expected=f"{len(gamma)}", got=f"{len(least)}")
    value, low, high = mean_interval(gamma / least, level=level)
    how = "; ".join(filter(None, [method, "Student-t over glasses of different chains"]))
    name = "gamma over its critical value"
    return Estimate(name, value, low, high, level, len(gamma), how, details={"gamma": gamma.tolist()})


def disorder_ratio(
    data: ArrayLike, *, reference: ArrayLike, logarithmic: bool = False, level: float = LEVEL
) -> Estimate:
    """Disorder parameter of one ensemble over the disorder parameter of another.

    Parameters
    ----------
    data, reference : array_like, shape (glasses,)
        <(Delta G)^2> / <G>^2 of glasses of different chains.
    logarithmic : bool
        Compare geometric means, on which single soft places have less influence.
    level : float
        Confidence level.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> found = disorder_ratio([0.2, 0.3, 0.4], reference=[0.1, 0.15, 0.2])
    >>> round(found.value, 6)
    2.0
    """
    require_level(level)
    values = [_positive(each) for each in (data, reference)]
    means = [mean_interval(np.log(each) if logarithmic else each, level=level) for each in values]
    if logarithmic:
        middle, halves = means[0][0] - means[1][0], [0.5 * (high - low) for _, low, high in means]
    else:
        middle = math.log(means[0][0] / means[1][0])
        halves = [0.5 * (high - low) / mean for mean, low, high in means]
    half = math.hypot(*halves)
    method = f"{'geometric ' if logarithmic else ''}means over glasses, relative errors in quadrature"
    value, low, high = (math.exp(logarithm) for logarithm in (middle, middle - half, middle + half))
    return Estimate("ratio of gamma", value, low, high, level, len(values[0]), method)


def _positive(disorder: ArrayLike) -> FloatArray:
    values = numbers(disorder, "glasses", finite=True)
    if not (values > 0.0).all():
        raise NotApplicableError("a disorder parameter is positive", got=f"{values.min():g}")
    return values
