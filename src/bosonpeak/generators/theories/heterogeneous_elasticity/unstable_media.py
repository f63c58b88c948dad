"""Levels of heterogeneous-elasticity theory at any eigenvalue, those below zero of unstable media included.

Beyond the critical disorder gamma_c the self-consistent Born approximation has levels at lambda = omega^2 < 0: too many
local moduli are negative (W. Schirmacher et al., Nat. Commun. 15, 3107 (2024), text after eq. 39).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import doubles, require_numbers
from bosonpeak.datasets.array_types import ComplexArray, FloatArray
from bosonpeak.datasets.errors import ConvergenceError, RecipeError
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import (
    longitudinal_stretch,
    static_self_energy,
)

_OFFSETS = np.concatenate([4.0 * 0.6 ** np.arange(64), [0.0]])
_STEPS = 40
_ACCURACY = 1e-9


@dataclass(frozen=True)
class LevelSpectrum:
    """Solution on a grid of eigenvalues, all arrays (eigenvalues,)."""

    eigenvalue: FloatArray
    self_energy: ComplexArray  # Sigma(lambda + i0) / G0
    level_density: FloatArray  # rho(lambda), normalised to 1 over the d branches


def level_density(disorder: float, bulk_modulus: float, eigenvalue: ArrayLike, *, dimension: int = 3) -> LevelSpectrum:
    """Density of levels rho(lambda) of a stable or unstable medium; lambda = omega^2 of either sign, but not 0.

    Parameters
    ----------
    disorder : float
        gamma, not below 0.
    bulk_modulus : float
        K / G0, finite and not below 0.
    eigenvalue : array_like, shape (eigenvalues,)
        lambda in units of G0 k_xi^2 / rho_m, not 0.
    dimension : int
        Dimension of space d, 2 or 3.

    Returns
    -------
    spectrum : LevelSpectrum

    Raises
    ------
    RecipeError
        If a parameter is out of range.
    ConvergenceError
        If some eigenvalue has no solution.

    Notes
    -----
    Eqs 33-35 of the source with z = lambda + i0, as in `heterogeneous_elasticity`, which has omega > 0 alone. The
    fixed point in the upper half plane is followed down from large Im z.

    Examples
    --------
    Beyond gamma_c = 0.2089 (K = G0, d = 3) some levels are negative.

    >>> stable, unstable = (level_density(gamma, 1.0, [-0.01]) for gamma in (0.2, 0.25))
    >>> bool(stable.level_density[0] < 1e-9), bool(unstable.level_density[0] > 0.01)
    (True, True)
    """
    require_numbers(RecipeError, disorder=disorder, bulk_modulus=bulk_modulus)
    places = np.atleast_1d(doubles(eigenvalue, "eigenvalues"))
    if not (
        0.0 <= disorder < math.inf and 0.0 <= bulk_modulus < math.inf and np.all(np.isfinite(places) & (places != 0))
    ):
        raise RecipeError(
            "the medium or the eigenvalues cannot be used",
            expected="gamma and K/G0 of 0 or more, finite eigenvalues other than 0",
            got=f"gamma = {disorder:g}, K/G0 = {bulk_modulus:g}",
        )
    stretch = longitudinal_stretch(dimension)
    sigma: ComplexArray = np.full(places.shape, 0.1j + 0.5 * static_self_energy(disorder, bulk_modulus).real)
    for offset in _OFFSETS:
        z = places + 1j * max(offset, 1e-14)
        for _ in range(_STEPS):
            value, slope, _ = _born(sigma, z, disorder, bulk_modulus, stretch, dimension)
            step = (value - sigma) / (1.0 - slope)
            size = np.abs(step)
            step *= np.minimum(1.0, 0.1 / np.maximum(size, 1e-300))
            sigma = sigma + step
            sigma = sigma.real + 1j * np.maximum(sigma.imag, 0.0)
            if float(size.max()) < 1e-13:
                break
    value, _, response = _born(sigma, z, disorder, bulk_modulus, stretch, dimension)
    error = float(np.abs(value - sigma).max())
    if not error < _ACCURACY:
        raise ConvergenceError(
            "no solution of the self-consistent equation was found",
            expected=f"a residual below {_ACCURACY:g}",
            got=f"{error:.2g}",
            where=f"gamma = {disorder:g}, K/G0 = {bulk_modulus:g}, d = {dimension}",
        )
    return LevelSpectrum(places, sigma, np.asarray(response.imag / (dimension * math.pi)))


def _born(
    sigma: ComplexArray, z: ComplexArray, disorder: float, bulk_modulus: float, stretch: float, dimension: int
) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
    """T(Sigma), T'(Sigma) and G_L + (d - 1) G_T, all (eigenvalues,)."""
    shear = 1.0 - sigma
    value, slope, response = np.zeros_like(sigma), np.zeros_like(sigma), np.zeros_like(sigma)
    for share, factor, count, modulus in (
        (1.0, 1.0, dimension - 1.0, shear),
        (2.0 / dimension, stretch, 1.0, bulk_modulus + stretch * shear),
    ):
        u = z / modulus
        mean, second = _means(u, dimension)
        value += share * (1.0 + u * mean) / modulus
        slope += share * factor * (1.0 + 2.0 * u * mean + u * u * second) / modulus**2
        response += count * mean / modulus
    return disorder * value, disorder * slope, response


def _means(u: ComplexArray, dimension: int) -> tuple[ComplexArray, ComplexArray]:
    """<1/(q^2 - u)> and <1/(q^2 - u)^2> over the unit ball, off the positive real axis."""
    if dimension == 2:
        logarithm: ComplexArray = np.log((u - 1.0) / u)
        return logarithm, -1.0 / (u * (1.0 - u))
    # With w = sqrt(u): <1/(q^2 - u)> = 3 [1 + (w/2) ln((w - 1)/(w + 1))], on the principal branch of the logarithm.
    root = np.sqrt(u)
    logarithm = np.log((root - 1.0) / (root + 1.0))
    mean = 3.0 * (1.0 + 0.5 * root * logarithm)
    return mean, 3.0 * (0.25 * logarithm / root - 0.5 / (1.0 - u))
