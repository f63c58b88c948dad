"""Ratios of neighbouring level spacings: distributions, and the repulsion exponent that fits them.

r = (l_{p+1} - l_p) / (l_{p+2} - l_{p+1}) needs no unfolding, but has an infinite variance; r~ = min(r, 1/r) and the
sufficient statistic of the repulsion exponent are finite. Y. Y. Atas et al., Phys. Rev. Lett. 110, 084101 (2013).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from bosonpeak.datasets.array_types import FloatArray

POISSON_MEAN = 2.0 * math.log(2.0) - 1.0
"""Mean of r~ for levels without repulsion."""

SURMISE_MEAN = 4.0 - 2.0 * math.sqrt(3.0)
"""Mean of r~ of the surmise for the orthogonal ensemble, exact for matrices of order three."""

_LOWEST_REPULSION = -0.999
_HIGHEST_REPULSION = 1e3


def spacing_ratios(levels: ArrayLike) -> FloatArray:
    """Ratios r of successive spacings of (samples, levels), shape (samples, levels - 2); 0/0 gives NaN."""
    spacing = np.diff(np.asarray(levels, dtype=np.float64), axis=1)
    first, second = spacing[:, :-1], spacing[:, 1:]
    endless = np.where(first > 0.0, np.inf, np.nan)
    return np.divide(first, second, out=endless, where=second > 0.0)


def folded(ratio: ArrayLike) -> FloatArray:
    """r~ = min(r, 1/r)."""
    r = np.asarray(ratio, dtype=np.float64)
    return np.asarray(np.minimum(r, np.divide(1.0, r, out=np.full(r.shape, np.inf), where=r > 0.0)))


def poisson_distribution(ratio: ArrayLike) -> FloatArray:
    """Distribution function of r for levels without repulsion, r / (1 + r)."""
    r = np.asarray(ratio, dtype=np.float64)
    return np.asarray(r / (1.0 + r))


def surmise_density(ratio: ArrayLike) -> FloatArray:
    """Density (27/8) (r + r^2) / (1 + r + r^2)^(5/2) of the surmise for the orthogonal ensemble."""
    r = np.asarray(ratio, dtype=np.float64)
    return np.asarray(27.0 / 8.0 * (r + r**2) / (1.0 + r + r**2) ** 2.5)


def surmise_distribution(ratio: ArrayLike) -> FloatArray:
    """Distribution function of `surmise_density`, in closed form."""
    u = np.asarray(ratio, dtype=np.float64) + 0.5
    q = u**2 + 0.75
    return np.asarray(0.5 + 0.5 * u / np.sqrt(q) - 1.5 * u / q**1.5)


def repulsion_statistic(ratio: ArrayLike) -> FloatArray:
    """Sufficient statistic ln(r + r^2) - (3/2) ln(1 + r + r^2) of the repulsion exponent, the same for r and 1/r."""
    # P(r) ~ (r + r^2)^beta / (1 + r + r^2)^(1 + 3 beta / 2) is an exponential family in beta.
    r = folded(ratio)
    return np.asarray(np.log(r + r**2) - 1.5 * np.log(1.0 + r + r**2))


def mean_statistic(repulsion: float) -> float:
    """Mean of y at repulsion beta, from the norm 2 pi Gamma(1+beta) / (3^(3(1+beta)/2) Gamma(1+beta/2)^2) of P(r)."""
    return float(special.digamma(1.0 + repulsion) - special.digamma(1.0 + 0.5 * repulsion) - 1.5 * math.log(3.0))


def repulsion_from_statistic(mean: float) -> float:
    """Most likely beta for a mean of y; -0.08 for true Poisson levels, 0.96 for large orthogonal matrices."""
    # The family is not calibrated at its ends, therefore nothing is clipped at 0.
    if math.isnan(mean):
        return math.nan
    if mean >= mean_statistic(_HIGHEST_REPULSION):
        return math.inf
    if mean <= mean_statistic(_LOWEST_REPULSION):
        return -1.0
    return float(optimize.brentq(lambda b: mean_statistic(b) - mean, _LOWEST_REPULSION, _HIGHEST_REPULSION))


POISSON_REPULSION = -0.0807
"""beta that levels without repulsion give: the mean of y over 1/(1 + r)^2 is the one that belongs to this beta."""


def brody_parameter(spacing: ArrayLike) -> float:
    """Brody's q of unfolded spacings, by a Weibull fit of free scale; 0 without repulsion, about 0.95 for GOE."""
    x = np.asarray(spacing, dtype=np.float64).ravel()
    logarithm = np.log(x[x > 0.0] / x.mean())

    def score(shape: float) -> float:
        weight = np.exp(shape * logarithm)
        return float(1.0 / shape + logarithm.mean() - np.sum(weight * logarithm) / weight.sum())

    return float(optimize.brentq(score, 0.02, 30.0)) - 1.0


def unfolded_spacings(levels: ArrayLike, degree: int = 3) -> FloatArray:
    """Spacings of each sample, unfolded by a polynomial fit to its own staircase; returns (samples, levels - 1)."""
    rows = np.asarray(levels, dtype=np.float64)
    rank = np.arange(rows.shape[1], dtype=np.float64)
    smooth = [np.polynomial.Polynomial.fit(row, rank, degree)(row) for row in rows]
    return np.diff(np.stack(smooth), axis=1)
