"""Potential energy of an inhomogeneous medium at its points, half of each link's, and its dependence on softness.

In classical equilibrium the displacements have the covariance k_B T H^+: a link holds (1/2) k_B T G_ij R_ij with the
resistance R_ij between its ends, and the sum of G_ij R_ij is the number of points minus one (R. M. Foster, 1949).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse.linalg import LinearOperator, cg

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ConvergenceError, SchemaError
from bosonpeak.generators.media.elastic_medium import ElasticMedium
from bosonpeak.generators.networks.dynamical_matrix import laplacian

SOFTNESS_BINS = 12
"""Bins of equal population by softness, over which the energy is averaged before its logarithm is taken."""

_TOLERANCE = 1e-5


def point_energies(medium: ElasticMedium, displacements: ArrayLike) -> FloatArray:
    """Potential energy of each point, (points,), summed over the displacement fields (..., points)."""
    fields = np.asarray(displacements, dtype=np.float64).reshape(-1, medium.point_count)
    first, second = medium.bonds.T
    energy = np.zeros(medium.point_count)
    for field in fields:
        links = 0.25 * medium.conductance * (field[first] - field[second]) ** 2
        energy += np.bincount(first, links, medium.point_count) + np.bincount(second, links, medium.point_count)
    return energy


def point_softness(medium: ElasticMedium) -> FloatArray:
    """Logarithm of the mean of 1/G over the links of each point, shape (points,)."""
    inverse = 1.0 / medium.conductance
    summed = sum(np.bincount(ends, inverse, medium.point_count) for ends in medium.bonds.T)
    return np.asarray(np.log(summed / (2.0 * len(medium.shape))))


def slope_on_softness(energies: ArrayLike, softness: ArrayLike, *, bins: int = SOFTNESS_BINS) -> FloatArray:
    """Slope (...) of the log of `energies` (..., points) against `softness` over bins of equal population."""
    soft = np.asarray(softness, dtype=np.float64)
    if np.ptp(soft) < 1e-9:
        raise SchemaError("the medium has one modulus everywhere", expected="a modulated medium")
    groups = np.array_split(np.argsort(soft, kind="stable"), bins)
    values = np.asarray(energies, dtype=np.float64)
    means = np.log(np.stack([values[..., group].mean(axis=-1) for group in groups], axis=-1))
    place = np.array([soft[group].mean() for group in groups])
    place -= place.mean()
    return np.asarray(means @ place / (place @ place))


def equilibrium_energies(medium: ElasticMedium, vectors: int, seed: np.random.SeedSequence) -> FloatArray:
    """Mean potential energy of each point, (points,), in classical equilibrium, units of k_B T, from random vectors."""
    matrix = laplacian(medium.bonds, medium.conductance, medium.point_count)
    inverse_diagonal = 1.0 / matrix.diagonal()
    scale = LinearOperator(matrix.shape, matvec=lambda field: inverse_diagonal * field.ravel(), dtype=np.float64)
    generator = np.random.default_rng(seed)
    energy = np.zeros(medium.point_count)
    for _ in range(vectors):
        # Forces from random signs on the links, times the square root of the conductance, have the covariance H.
        pull = np.sqrt(medium.conductance) * generator.choice((-1.0, 1.0), len(medium.conductance))
        first, second = medium.bonds.T
        load = np.bincount(first, pull, medium.point_count) - np.bincount(second, pull, medium.point_count)
        field, failed = cg(matrix, load, rtol=_TOLERANCE, maxiter=10_000, M=scale)
        if failed:
            raise ConvergenceError(
                "the equilibrium displacements did not converge",
                expected=f"a relative residual below {_TOLERANCE:g}",
                got=f"{failed} iterations",
                done="nothing was returned",
            )
        energy += point_energies(medium, field)
    return energy / vectors
