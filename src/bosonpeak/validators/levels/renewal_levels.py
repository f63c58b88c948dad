"""Levels of an adjustable repulsion: a stationary sequence with independent spacings of Brody's law.

At repulsion q the spacing, in units of its mean, exceeds x with the probability exp(-(b x)^(q + 1)), where b = Gamma((q
+ 2)/(q + 1)): q = 0 gives independent levels, q = 1 Wigner's surmise for random matrices. Brody et al., Rev. Mod. Phys.
53, 385 (1981).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import gamma

from bosonpeak.datasets.arrays import FloatArray

STRONGEST = 2.0
"""Largest repulsion that is told apart."""

_STEP = 0.004
_REPULSIONS = np.linspace(0.0, STRONGEST, 41)
_NEGLIGIBLE = 1e-12


def no_level_within(distance: FloatArray, repulsion: float) -> FloatArray:
    """Probability that a spacing exceeds a distance, both in units of the mean spacing."""
    rate = float(gamma((repulsion + 2.0) / (repulsion + 1.0)))
    return np.asarray(np.exp(-((rate * distance) ** (repulsion + 1.0))))


def dispersion_of(repulsion: float, mean_count: float) -> float:
    """Variance over mean of the number of levels in an interval of `mean_count` mean spacings at a random place."""
    edge = np.arange(0.0, mean_count + _STEP, _STEP)
    edge *= mean_count / edge[-1]
    middle = 0.5 * (edge[1:] + edge[:-1])
    spacing = -np.diff(no_level_within(edge, repulsion))
    density = no_level_within(middle, repulsion) * (edge[1] - edge[0])
    square, order = 0.0, 1
    while (reached := float(density.sum())) > _NEGLIGIBLE:
        square += (2 * order - 1) * reached
        # Two steps of half a cell each: the sum of two cell centres is a cell edge.
        joined = np.convolve(density, spacing)[: len(density)]
        density = 0.5 * (joined + np.concatenate([[0.0], joined[:-1]]))
        order += 1
    return square / mean_count - mean_count


def repulsion_of(dispersion: float, mean_count: float) -> float:
    """Repulsion q of levels whose counts have the given variance over mean, from 0 (at 1 or above) to `STRONGEST`."""
    return float(np.interp(-dispersion, -_dispersions(mean_count), _REPULSIONS))


@cache
def _dispersions(mean_count: float) -> FloatArray:
    return np.array([dispersion_of(float(each), mean_count) for each in _REPULSIONS])
