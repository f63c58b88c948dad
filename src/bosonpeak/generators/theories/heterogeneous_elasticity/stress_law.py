"""Distribution P(sigma) of pair stresses sigma = |r phi'(r)| for a potential and a pair distribution.

Every monotonic branch of |r phi'| is inverted on a grid refined towards its ends. A taper of order m is resolved down
to stresses of about 1e-13m, a minimum of the potential to about 1e-12; the density below is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from bosonpeak.datasets.arguments import present, require_arrays, require_counts, require_instance
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.particles.potentials import PairPotential, evaluate

PairDistribution = Callable[[FloatArray], FloatArray]
"""g2 as a function of the distance."""

Side = Literal["both", "tension", "compression"]

CLOSEST = 0.4
"""Pairs closer than this, in units of their size, do not occur."""

_SCAN_POINTS = 4000
_GRADED_POINTS = 1500
_FINEST = 1e-13
_CELLS_A_DECADE = 120
_SMALLEST_FACTOR = 1e-16


def pair_stress_law(
    potential: PairPotential,
    stress: ArrayLike,
    *,
    pair_distribution: PairDistribution | None = None,
    pair_sizes: ArrayLike = (1.0,),
    shares: ArrayLike | None = None,
    side: Side = "both",
    dimension: int = 3,
) -> FloatArray:
    """Density of the pair stress sigma = |r phi'(r)| at given stresses.

    Parameters
    ----------
    potential : PairPotential
        Interaction.
    stress : array_like, shape (stresses,)
        Positive, in the potential's energy.
    pair_distribution : callable, optional
        g2(r) for an array of distances; 1 at all distances by default.
    pair_sizes : array_like
        Mean diameters a_ij of the kinds of pairs.
    shares : array_like, optional
        Share of each kind; equal by default.
    side : {"both", "tension", "compression"}
        Pairs to count: all pairs, pairs with r phi' > 0, or pairs with r phi' < 0.
    dimension : int
        2 or 3.

    Returns
    -------
    density : ndarray of float64, shape (stresses,)
        Pairs per particle and unit of stress at number density 1, up to the constant area of the unit sphere.

    Raises
    ------
    RecipeError
        If the stresses, sizes or dimension are invalid.

    Notes
    -----
    Schirmacher et al., Nat. Commun. 15, 3107 (2024), eqs 9 and 94: P = sum over branches of r^(d-1) g2 / |d sigma/dr|,
    for d = 2, too (their eq. 91 prints r^2 there).

    Examples
    --------
    A taper of order 2 makes P ~ sigma^(-1/2) at small stresses.

    >>> import math
    >>> from bosonpeak.generators import InversePower
    >>> smaller, small = pair_stress_law(InversePower(taper=2), [1e-10, 1e-8])
    >>> round(math.log(small / smaller) / math.log(100.0), 2)
    -0.5
    """
    require_instance(
        RecipeError, potential, PairPotential, "InversePower(), LennardJones(), Harmonic() or another pair potential"
    )
    require_arrays(RecipeError, stress=stress, pair_sizes=pair_sizes, **present(shares=shares))
    require_counts(RecipeError, dimension=dimension)
    wanted = np.asarray(stress, dtype=np.float64)
    sizes = np.asarray(pair_sizes, dtype=np.float64)
    share = np.full(sizes.shape, 1.0 / sizes.size) if shares is None else np.asarray(shares, dtype=np.float64)
    if not (wanted.size > 0 and wanted.min() > 0.0 and sizes.min() > 0.0 and share.shape == sizes.shape):
        raise RecipeError(
            "the stresses or pair sizes cannot be used", expected="positive stresses and sizes, a share for each size"
        )
    if dimension not in (2, 3):
        raise RecipeError("the dimension cannot be used", expected="2 or 3", got=str(dimension))
    density = np.zeros(wanted.shape)
    for size, part in zip(sizes, share, strict=True):
        for distance in _branches(potential, float(size)):
            density += part * _branch_density(
                potential, float(size), distance, wanted, pair_distribution, side, dimension
            )
    return density


def off_diagonal_law(density_of: Callable[[FloatArray], FloatArray], stress: ArrayLike) -> FloatArray:
    """Density (stresses,) of the components |e_a e_b| sigma, a < b, of isotropic pairs in three dimensions."""
    # |e_x e_y| = (1/2) sin^2(theta) |sin(2 phi)|, two independent factors of known distribution. A density sigma^alpha
    # is multiplied by the mean of |e_x e_y|^(-1-alpha), which is finite only for alpha < 0: at alpha = 0 small factors
    # add the square of a logarithm.
    wanted = np.asarray(stress, dtype=np.float64)
    factor, share = orientation_factors()
    largest = wanted.max() / factor[0]
    grid = np.geomspace(wanted.min(), largest, int(40 * np.log10(largest / wanted.min())) + 2)
    with np.errstate(divide="ignore"):
        logarithm = np.log(density_of(grid))
    density = np.zeros(wanted.shape)
    for value, part in zip(factor, share, strict=True):
        density += part / value * np.exp(np.interp(np.log(wanted / value), np.log(grid), logarithm))
    return density


def orientation_factors() -> tuple[FloatArray, FloatArray]:
    """Values of |e_x e_y| on a logarithmic lattice and their probabilities, for isotropic unit vectors."""
    cells = int(-np.log10(_SMALLEST_FACTOR) * _CELLS_A_DECADE)
    edges = np.geomspace(_SMALLEST_FACTOR, 1.0, cells + 1)
    polar = np.diff(1.0 - np.sqrt(1.0 - edges))
    azimuthal = np.diff(2.0 / np.pi * np.arcsin(edges))
    share = np.convolve(polar, azimuthal)
    step = np.log(edges[1] / edges[0])
    logarithm = 2.0 * np.log(_SMALLEST_FACTOR) + step * (1.0 + np.arange(share.size)) - np.log(2.0)
    kept = share > 0.0
    return np.exp(logarithm[kept]), share[kept] / share.sum()


def local_exponent(stress: ArrayLike, density: ArrayLike) -> FloatArray:
    """Slope d ln P / d ln sigma at each stress, by differences of second order; NaN where the density is 0."""
    positive = np.asarray(density, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope: FloatArray = np.gradient(
            np.log(np.where(positive > 0.0, positive, np.nan)), np.log(np.asarray(stress, dtype=np.float64))
        )
    return slope


def _stress_and_slope(potential: PairPotential, distance: FloatArray, size: float) -> tuple[FloatArray, FloatArray]:
    _, first, second = evaluate(potential, distance, size, size)
    return distance * first, first + distance * second


def _branches(potential: PairPotential, size: float) -> list[FloatArray]:
    """Distances, refined towards the ends, of every interval with monotonic r phi' of one sign."""
    reach = potential.largest_range(np.array([size]))
    scan = np.linspace(CLOSEST * size, reach, _SCAN_POINTS)[:-1]
    values = _stress_and_slope(potential, scan, size)
    ends = {float(scan[0]), reach}
    for part, value in enumerate(values):

        def at(r: float, part: int = part) -> float:
            return float(_stress_and_slope(potential, np.array([r]), size)[part][0])

        for k in np.flatnonzero(value[1:] * value[:-1] < 0.0):
            ends.add(float(brentq(at, scan[k], scan[k + 1], xtol=1e-300, rtol=1e-15)))
    bounds = sorted(ends)
    step = np.geomspace(_FINEST, 0.5, _GRADED_POINTS)
    return [
        np.concatenate([low + (high - low) * step, (high - (high - low) * step)[::-1][1:]])
        for low, high in pairwise(bounds)
    ]


def _branch_density(
    potential: PairPotential,
    size: float,
    distance: FloatArray,
    wanted: FloatArray,
    pair_distribution: PairDistribution | None,
    side: Side,
    dimension: int,
) -> FloatArray:
    value, slope = _stress_and_slope(potential, distance, size)
    inside = (np.abs(value) > 0.0) & (slope != 0.0)
    if np.count_nonzero(inside) < 2:
        return np.zeros(wanted.shape)
    distance, value, slope = distance[inside], value[inside], slope[inside]
    tension = value[len(value) // 2] > 0.0
    if side != "both" and tension != (side == "tension"):
        return np.zeros(wanted.shape)
    weight = distance ** (dimension - 1) / np.abs(slope)
    if pair_distribution is not None:
        weight = weight * pair_distribution(distance)
    logarithm, order = np.unique(np.log(np.abs(value)), return_index=True)
    with np.errstate(divide="ignore"):
        height = np.log(weight[order])
    found: FloatArray = np.exp(np.interp(np.log(wanted), logarithm, height, left=-np.inf, right=-np.inf))
    return found
