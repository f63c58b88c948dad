"""Small pair stresses that arise from a tapered cutoff alone, without any structure of the glass.

Pairs near the cutoff are distributed uniformly over the shell's volume, their directions over the sphere and their
diameters over the ensemble's distribution. Only the potential remains, and with it the slow approach to the exponents
1/m - 1 of Schirmacher et al., Nat. Commun. 15, 3107 (2024), eq. 11, as the stress goes to zero.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.generators.particles.diameters import LARGEST, SMALLEST
from bosonpeak.generators.particles.potentials import InversePower, evaluate

_QUANTILES = 48
_DIRECTIONS = 64
_SCALE_BINS = 1200
_SMALLEST_GAP, _LARGEST_GAP = 1e-7, 0.45
_GAP_POINTS = 6000


def cutoff_stress_counts(potential: InversePower, edges: ArrayLike) -> FloatArray:
    """Expected number of components |sigma_ab|, a < b, per bin, for a pair distribution flat near the cutoff.

    `edges`: ascending, in the potential's energy; returns (edges - 1,) up to a common factor. Diameters follow a^-3 on
    [0.73, 1.62]. Above about 1e-3 the pair distribution is not flat.

    Eq. 94 of the paper with g(r) = 1 in three dimensions. The potential is a_ij^n times a function of the distance, so
    that a component is the product of three independent factors: the slope of this function, a_ij^n, and |e_a e_b|.
    """
    gap = np.geomspace(_SMALLEST_GAP, _LARGEST_GAP, _GAP_POINTS)
    distance = potential.cutoff * (1.0 - gap)
    stress = np.abs(distance * evaluate(potential, distance, 1.0, 1.0)[1])
    volume = 1.0 - (1.0 - gap) ** 3
    felt = stress > 0.0
    logarithm, volume = np.log(stress[felt]), volume[felt]
    scale, weight = _scales(potential.n)
    bounds = np.log(np.asarray(edges, dtype=np.float64))
    below = [np.sum(weight * np.interp(bound - scale, logarithm, volume, left=0.0)) for bound in bounds]
    return np.diff(np.array(below))


@functools.cache
def _scales(n: int) -> tuple[FloatArray, FloatArray]:
    """Logarithms of a_ij^n |e_a e_b| at bin centres, and their probabilities."""
    rank = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    diameter = (SMALLEST**-2 + rank * (LARGEST**-2 - SMALLEST**-2)) ** -0.5
    pair = n * np.log(0.5 * (diameter[:, None] + diameter[None, :])).ravel()
    height = (np.arange(_DIRECTIONS) + 0.5) / _DIRECTIONS
    angle = 0.5 * np.pi * height
    direction = np.log((1.0 - height[:, None] ** 2) * 0.5 * np.sin(2.0 * angle)[None, :]).ravel()
    counts, bounds = np.histogram((pair[:, None] + direction[None, :]).ravel(), bins=_SCALE_BINS)
    return 0.5 * (bounds[1:] + bounds[:-1]), counts / counts.sum()
