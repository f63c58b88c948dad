"""Elastic constants from stresses and forces only, by small strains of box and particles together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bosonpeak.datasets.array_types import FloatArray

VOIGT = {2: ((0, 0), (1, 1), (0, 1)), 3: ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))}

ZERO_MODE = 1e-8
"""Eigenvalues of the Hessian below this share of the largest one are zero modes, which nothing relaxes along."""

Differences = tuple[tuple[int, float], ...]
"""Multiples of the step, and their weights."""

SECOND_ORDER: Differences = ((1, 1.0 / 2.0),)
SIXTH_ORDER: Differences = ((1, 3.0 / 4.0), (2, -3.0 / 20.0), (3, 1.0 / 60.0))


def strained_stiffness(
    response: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
    hessian: FloatArray,
    volume: float,
    *,
    dimension: int,
    step: float,
) -> FloatArray:
    """Second derivative of the energy density by the Green-Lagrange strain, with particles relaxed, in Voigt order."""
    # `response` maps an upper triangular F to the Cauchy stress and the forces (particles, dimension). With S = J F^-1
    # sigma F^-T: C = dS/dE - (1/V) Xi H^+ Xi, Xi = -d(F^T f)/dE (Lemaitre and Maloney, J. Stat. Phys. 123, 415).
    values, vectors = np.linalg.eigh(0.5 * (hessian + hessian.T))
    return relaxed_stiffness(response, (values, vectors), volume, dimension=dimension, step=step)


def relaxed_stiffness(
    response: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
    modes: tuple[FloatArray, FloatArray],
    volume: float,
    *,
    dimension: int,
    step: float,
    differences: Differences = SIXTH_ORDER,
) -> FloatArray:
    """Compute `strained_stiffness` from known eigenvalues and eigenvectors (columns) of the Hessian."""
    rates = [_rates(response, dimension, component, step, differences) for component in VOIGT[dimension]]
    affine = np.array([stress for stress, _ in rates])
    fields = np.array([field for _, field in rates])
    values, vectors = modes
    relaxing = np.abs(values) > ZERO_MODE * np.abs(values).max()
    along = fields @ vectors[:, relaxing]
    stiffness = affine - (along / values[relaxing]) @ along.T / volume
    return np.asarray(0.5 * (stiffness + stiffness.T))


def _rates(
    response: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
    dimension: int,
    component: tuple[int, int],
    step: float,
    differences: Differences,
) -> tuple[FloatArray, FloatArray]:
    """Derivatives of S, in Voigt order, and of F^T f with respect to a strain component."""
    stress = np.zeros(len(VOIGT[dimension]))
    field: FloatArray = np.zeros(1)
    for multiple, weight in differences:
        for sign in (1.0, -1.0):
            deformation = _deformation(dimension, component, sign * multiple * step)
            cauchy, forces = response(deformation)
            inverse = np.linalg.inv(deformation)
            second = np.linalg.det(deformation) * inverse @ cauchy @ inverse.T
            stress += sign * weight / step * np.array([second[a, b] for a, b in VOIGT[dimension]])
            field = field - sign * weight / step * (forces @ deformation).ravel()
    return stress, field


def _deformation(dimension: int, component: tuple[int, int], amount: float) -> FloatArray:
    """Upper triangular F with F^T F = 1 + 2 E; a Voigt shear strain is the sum of both equal components of E."""
    strain = np.zeros((dimension, dimension))
    strain[component] += 0.5 * amount
    strain[component[::-1]] += 0.5 * amount
    return np.asarray(np.linalg.cholesky(np.eye(dimension) + 2.0 * strain).T)
