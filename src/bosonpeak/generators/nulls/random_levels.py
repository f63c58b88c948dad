"""Levels of random matrices, and levels without repulsion."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import SeedSequence
from scipy.linalg import eigvalsh_tridiagonal

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import RecipeError


def beta_ensemble_levels(order: int, beta: float, samples: int, seed: int | SeedSequence) -> FloatArray:
    """Eigenvalues of the Gaussian beta ensemble from tridiagonal matrices, shape (samples, order), ascending rows.

    `beta` > 0 (else RecipeError): 1 orthogonal, 2 unitary, 4 symplectic. The semicircle fills |lambda| < sqrt(2 beta
    order).
    """
    if beta <= 0.0:
        raise RecipeError("no such matrix ensemble", expected="beta > 0", got=f"beta = {beta:g}")
    generator = np.random.default_rng(seed)
    rows = [eigvalsh_tridiagonal(*_tridiagonal_matrix(generator, order, beta, order)) for _ in range(samples)]
    return np.stack(rows) / math.sqrt(2.0)


def poisson_levels(order: int, samples: int, seed: int | SeedSequence) -> FloatArray:
    """Levels above 1 without repulsion: independent spacings of mean 1; shape (samples, order)."""
    return np.asarray(1.0 + np.random.default_rng(seed).standard_exponential((samples, order)).cumsum(axis=1))


def orthogonal_levels(generator: np.random.Generator, order: int, first: int, count: int) -> FloatArray:
    """Levels first ... first + count - 1 of a matrix of the Gaussian orthogonal ensemble, off-diagonal variance 1.

    The semicircle fills |lambda| < 2 sqrt(order). The lowest levels are localised on a corner of the tridiagonal
    matrix, up to the turning point of the last level and a tail; only this corner is generated.
    """
    corner = order
    if first == 0:
        turning_point = (1.5 * math.pi * count) ** (2.0 / 3.0) * order ** (1.0 / 3.0)
        corner = min(order, math.ceil(turning_point + 10.0 * order ** (1.0 / 3.0)))
    wanted = (first, first + count - 1)
    matrix = _tridiagonal_matrix(generator, order, 1.0, corner)
    return np.asarray(eigvalsh_tridiagonal(*matrix, select="i", select_range=wanted))


def above_zero(order: int) -> float:
    """Shift that makes the lowest orthogonal level positive: semicircle radius plus ten widths of its edge."""
    return 2.0 * math.sqrt(order) + 10.0 * math.pow(order, -1.0 / 6.0)


def semicircle_staircase(levels: FloatArray, order: int) -> FloatArray:
    """Mean number of orthogonal levels below each of the given levels."""
    radius = 2.0 * math.sqrt(order)
    place = np.clip(levels / radius, -1.0, 1.0)
    return np.asarray(order * (0.5 + (place * np.sqrt(1.0 - place**2) + np.arcsin(place)) / math.pi))


def _tridiagonal_matrix(
    generator: np.random.Generator, order: int, beta: float, corner: int
) -> tuple[FloatArray, FloatArray]:
    """Corner of sqrt(2) times a beta-ensemble matrix (Dumitriu and Edelman, J. Math. Phys. 43, 5830): two diagonals."""
    diagonal = math.sqrt(2.0) * generator.standard_normal(corner)
    return diagonal, np.sqrt(generator.chisquare(beta * np.arange(order - 1, order - corner, -1)))
