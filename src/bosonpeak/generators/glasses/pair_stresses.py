"""Local stresses of single pairs, their distribution on a logarithmic scale, and the share due to the cutoff.

Pairs near a tapered cutoff are distributed uniformly over the shell's volume: only the potential remains, and with it
the slow approach to the exponents 1/m - 1 of Schirmacher et al., Nat. Commun. 15, 3107 (2024), eq. 11.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray, IndexArray, IntegerArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.particles.configuration import interactions
from bosonpeak.generators.particles.diameters import LARGEST, SMALLEST
from bosonpeak.generators.particles.interactions import Interactions
from bosonpeak.generators.particles.own_potentials import PairTerms
from bosonpeak.generators.particles.potentials import InversePower, PairPotential, evaluate


@dataclass(frozen=True)
class PairStresses:
    """Stress of every interacting pair."""

    pairs: IndexArray  # (pairs, 2), each pair once
    stress: FloatArray  # (pairs, dimension, dimension), sigma_ab = e_a e_b r phi'(r); repulsion is negative

    @property
    def off_diagonal(self) -> FloatArray:
        """Absolute values of the components a < b, shape (pairs * dimension (dimension - 1) / 2,)."""
        dimension = self.stress.shape[1]
        rows, columns = np.triu_indices(dimension, 1)
        moduli: FloatArray = np.abs(self.stress[:, rows, columns]).ravel()
        return moduli


def pair_stresses(
    positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential | PairTerms
) -> PairStresses:
    """Stress tensor of every interacting pair.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
        Particle positions.
    diameters : array_like, shape (particles,)
        Particle diameters.
    box : array_like
        Length of the periodic box, a single number or one per axis.
    potential : PairPotential
        Interaction.

    Returns
    -------
    stresses : PairStresses
        In units of the potential's energy (the local volume of eq. 6 is left out, as in eq. 86).

    Raises
    ------
    RecipeError
        If the configuration is invalid.

    Notes
    -----
    Schirmacher et al., Nat. Commun. 15, 3107 (2024), eqs 86-87. With a taper of order m small components are
    distributed as sigma^(1/m - 1); the angular factor e_a e_b adds no more than a logarithm.

    Examples
    --------
    Two discs pressed together: r phi' = -0.8 times 0.2.

    >>> from bosonpeak.generators import Harmonic
    >>> found = pair_stresses([[0.0, 0.0], [0.8, 0.0]], [1.0, 1.0], 4.0, Harmonic())
    >>> found.pairs.tolist(), round(float(found.stress[0, 0, 0]), 6)
    ([[0, 1]], -0.16)
    """
    return stresses_of_interactions(interactions(positions, diameters, box, potential))


def stresses_of_interactions(found: Interactions) -> PairStresses:
    """Stress tensors of known pairs; see `pair_stresses`."""
    strength = found.distance * found.first
    orientation = found.direction[:, :, None] * found.direction[:, None, :]
    return PairStresses(found.pairs, strength[:, None, None] * orientation)


def particle_stresses(stresses: PairStresses, particles: int) -> FloatArray:
    """Stress tensor of each particle, half the sum over its pairs, shape (particles, dimension, dimension)."""
    total = np.zeros((particles, *stresses.stress.shape[1:]))
    for end in (0, 1):
        np.add.at(total, stresses.pairs[:, end], 0.5 * stresses.stress)
    return total


def logarithmic_edges(smallest: float = 1e-9, largest: float = 1e3, *, per_decade: int = 10) -> FloatArray:
    """Bin edges, `per_decade` per factor of ten, both ends included; RecipeError for an empty range."""
    if not 0 < smallest < largest < math.inf or per_decade < 1:
        raise RecipeError(
            "the bins cannot be used",
            expected="0 < smallest < largest and at least one bin per decade",
            got=f"[{smallest}, {largest}], {per_decade} per decade",
        )
    bins = max(round(math.log10(largest / smallest) * per_decade), 1)
    return np.geomspace(smallest, largest, bins + 1)


def stress_histogram(moduli: ArrayLike, edges: ArrayLike) -> tuple[IntegerArray, int, int]:
    """Counts (edges - 1,) of absolute stress components per bin, and the numbers below and above all bins."""
    values, bounds = np.asarray(moduli, dtype=np.float64), np.asarray(edges, dtype=np.float64)
    counts, _ = np.histogram(values, bounds)
    return counts.astype(np.int64), int(np.sum(values < bounds[0])), int(np.sum(values > bounds[-1]))


_QUANTILES = 48
_DIRECTIONS = 64
_SCALE_BINS = 1200
_SMALLEST_GAP, _LARGEST_GAP = 1e-7, 0.45
_GAP_POINTS = 6000


def cutoff_stress_counts(potential: InversePower, edges: ArrayLike) -> FloatArray:
    """Expected number of |sigma_ab|, a < b, per bin (edges - 1,), for a pair distribution flat near the cutoff."""
    # Eq. 94 of the paper with g(r) = 1 in three dimensions, up to a common factor; above about 1e-3 the pair
    # distribution is not flat. Diameters follow a^-3 on [0.73, 1.62]. A component is the product of three independent
    # factors: a function of the distance, a_ij^n, and |e_a e_b|.
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
