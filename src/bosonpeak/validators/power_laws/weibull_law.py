"""The shape of Weibull's law by maximum likelihood: of all values, and with each group of them left out."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from bosonpeak.datasets.arrays import FloatArray, IntegerArray

_STEEPEST = 60.0
_TERMS = 12
_STEPS = 20
_TOLERANCE = 1e-12


def weibull_shape(logarithm: FloatArray, repulsion: float = 0.0) -> float:
    """Root k of 1/k = <x^p ln x>/<x^p> - <ln x>, p = k (1 + repulsion): the likelihood of x^(k - 1) exp(-(c x)^p)."""
    centred = logarithm - logarithm.max()

    def excess(shape: float) -> float:
        weight = np.exp(shape * (1.0 + repulsion) * centred)
        return float(np.sum(weight * centred) / weight.sum() - centred.mean() - 1.0 / shape)

    return float(optimize.brentq(excess, 1e-3, _STEEPEST)) if excess(_STEEPEST) > 0.0 else math.inf


def shapes_without_each(logarithm: FloatArray, group: IntegerArray, repulsion: ArrayLike = 0.0) -> FloatArray:
    """The shape with each group of values left out, from one pass over them.

    Sums over the values without a group are all sums less the group's. Their powers of x are expanded about the common
    p, which the left-out group changes little; where the series has not converged, the shape is found by itself.

    Parameters
    ----------
    logarithm : ndarray of float64, shape (values,)
    group : ndarray of int64, shape (values,)
        Counted from 0, none of them empty.
    repulsion : array_like, shape (groups,), optional
        Of the values without each group.

    Returns
    -------
    ndarray of float64, shape (groups,)
        As `weibull_shape` gives them.
    """
    number = np.bincount(group)
    stretch = 1.0 + np.broadcast_to(np.asarray(repulsion, dtype=np.float64), number.shape)
    middle = weibull_shape(logarithm, float(stretch.mean()) - 1.0) * float(stretch.mean())
    centred = logarithm - logarithm.max()
    without = _all_but(centred, group) / (len(logarithm) - number)
    weight = np.exp(middle * centred) if math.isfinite(middle) else np.zeros_like(centred)
    sums = np.empty((_TERMS + 1, len(number)))
    for order in range(_TERMS + 1):
        sums[order] = _all_but(weight, group) / math.factorial(order)
        weight = weight * centred
    # sums[j] / j!, so that <x^p> and <x^p ln x> are polynomials in p - middle, and so are their derivatives
    factors = np.arange(1, _TERMS + 1)[:, None]
    slopes = factors * sums[1:]
    curves = factors[:-1] * slopes[1:]
    power = np.full(len(number), middle)
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            shift = power - middle
            zero, first, second = (_polynomial(each, shift) for each in (sums, slopes, curves))
            excess = first / zero - without - stretch / power
            step = excess / (second / zero - (first / zero) ** 2 + stretch / power**2)
            power = power - step
        left = np.abs(slopes[-1] * (power - middle) ** (_TERMS - 1) / first)
        settled = (np.abs(step) < _TOLERANCE * power) & (left < _TOLERANCE) & (power < _STEEPEST)
    shapes = power / stretch
    for one in np.flatnonzero(~settled):
        shapes[one] = weibull_shape(logarithm[group != one], float(stretch[one]) - 1.0)
    return shapes


def _all_but(values: FloatArray, group: IntegerArray) -> FloatArray:
    """Sums of the values of all other groups, shape (groups,)."""
    own = np.bincount(group, values)
    return np.asarray(own.sum() - own)


def _polynomial(coefficients: FloatArray, at: FloatArray) -> FloatArray:
    """Polynomials of one variable each, lowest order first, shape (groups,)."""
    value = np.zeros_like(at)
    for coefficient in coefficients[::-1]:
        value = value * at + coefficient
    return value
