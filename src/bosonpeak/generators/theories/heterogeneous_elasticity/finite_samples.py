"""Heterogeneous-elasticity theory of a finite periodic sample, k = 2 pi n / L only, without and with stresses.

Below the first transverse wave every term of the self-consistent equation is real. The solution is therefore real up to
an edge lambda_c: the density of states has a gap.

Stresses enter the same equation as in generalised heterogeneous-elasticity theory, with units as in
`self_consistent_born`. G0 is the modulus after subtraction of the static softening by the stresses, so that gamma_c is
the critical disorder of the medium without stresses.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from bosonpeak.datasets.arguments import require_numbers
from bosonpeak.datasets.array_types import ComplexArray, FloatArray
from bosonpeak.datasets.errors import ConvergenceError, RecipeError
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import (
    critical_disorder,
    longitudinal_stretch,
    require_dimension,
)

LARGEST_SAMPLE = 400.0
"""Longest box in units of 1/k_xi: 10^8 wave vectors are too many to count one by one."""

_DEEPEST_SIGMA = -10.0
_CLOSE_TO_POLE = 1e-12
_PRECISION = 4.0 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class SpectralGap:
    """Lower edge of the spectrum of a finite sample."""

    eigenvalue: float  # lambda_c = omega_c^2
    self_energy: float  # Sigma / G0 at the edge
    amplitude: float  # Im Sigma / sqrt(lambda - lambda_c) just above the edge
    first_wave: float  # (2 pi / L)^2 (1 - Sigma(0)), of a homogeneous medium of this static modulus
    expanded: float  # the edge to first order in gamma_c - gamma, after eq. 40, corrected


def wave_number_shells(box: float, *, dimension: int = 3) -> tuple[FloatArray, FloatArray]:
    """Lengths k / k_xi of the wave vectors of length 1 and less, and their shares, (shells,) each; box k_xi L."""
    require_dimension(dimension)
    if not 2.0 * math.pi < box <= LARGEST_SAMPLE:
        raise RecipeError(
            "the box of the finite sample cannot be used",
            expected=f"k_xi L above 2 pi, at most {LARGEST_SAMPLE:g}",
            got=str(box),
        )
    step = 2.0 * math.pi / box
    reach = int(1.0 / step)
    axis = np.arange(-reach, reach + 1) ** 2
    norm = axis
    for _ in range(dimension - 1):
        norm = np.add.outer(norm, axis)
    squares, count = np.unique(norm[(norm > 0) & (norm * step**2 <= 1.0)], return_counts=True)
    return step * np.sqrt(squares.astype(np.float64)), count / count.sum()


def spectral_gap(disorder: float, bulk_modulus: float, box: float, *, dimension: int = 3) -> SpectralGap:
    """Edge of the gap of a finite sample.

    Parameters
    ----------
    disorder : float
        gamma, above 0 and below the critical value.
    bulk_modulus : float
        K / G0.
    box : float
        k_xi L.
    dimension : int
        Dimension of space d, 2 or 3.

    Returns
    -------
    gap : SpectralGap

    Raises
    ------
    RecipeError
        If the medium is not stable, or the box cannot be used.

    Notes
    -----
    For real z below the waves T(Sigma) - Sigma is convex in Sigma: there are two real solutions while its minimum,
    where T' = 1, is negative. The minimum rises with lambda and crosses zero at the edge, beyond which Im Sigma =
    sqrt(2 (dT/dlambda) (lambda - lambda_c) / T''). Schirmacher et al., Nat. Commun. 15, 3107 (2024), eq. 40, give
    lambda_c = (gamma~_c - gamma~) / G_0(0), from B(z) = B(0); the expansion of the equation itself is lambda_c =
    (gamma_c - gamma) share / (gamma_c C), with C = <q^-2> (mu^-2 + (2/d) M^-2) and share = 1/mu + (2/d)/M.

    Examples
    --------
    The gap in omega^2 is proportional to the distance from the instability.

    >>> import math
    >>> wide, narrow = (spectral_gap(0.25 - distance, math.inf, 40.0) for distance in (2e-4, 1e-4))
    >>> round(wide.eigenvalue / narrow.eigenvalue, 1)
    2.0
    """
    require_numbers(RecipeError, disorder=disorder, bulk_modulus=bulk_modulus, box=box)
    point = critical_disorder(bulk_modulus, dimension=dimension)
    if not 0.0 < disorder < point.disorder:
        raise RecipeError(
            "the finite sample has no gap", expected=f"0 < gamma < {point.disorder:.6g}", got=f"gamma = {disorder:g}"
        )
    # T on the shells of the sample; real Sigma exists below the first wave.
    wave_number, weight = wave_number_shells(box, dimension=dimension)
    lowest = float(wave_number[0] ** 2)
    born = _real_map(disorder, bulk_modulus, wave_number**2, weight, dimension)

    # Minimum of T - Sigma, where T' = 1, between the deepest Sigma and the pole at the first wave.
    def fold(eigenvalue: float) -> float:
        ceiling = 1.0 - eigenvalue / lowest
        return _root(lambda sigma: born(sigma, eigenvalue)[1] - 1.0, _DEEPEST_SIGMA, ceiling - _CLOSE_TO_POLE)

    def depth(eigenvalue: float) -> float:
        sigma = fold(eigenvalue)
        return born(sigma, eigenvalue)[0] - sigma

    # The edge is the eigenvalue with a zero minimum; both real solutions merge there.
    edge = _root(depth, 0.0, lowest * (1.0 - 1e-9))
    sigma = fold(edge)
    _, _, curvature, rise = born(sigma, edge)
    # Static solution, and the terms of the expansion around the marginal point.
    static = _root(lambda value: born(value, 0.0)[0] - value, 0.0, fold(0.0))
    shear = 1.0 - point.self_energy
    longitudinal = bulk_modulus + longitudinal_stretch(dimension) * shear
    share = 1.0 / shear + 2.0 / dimension / longitudinal
    inverse_square = float(np.sum(weight / wave_number**2))
    source = inverse_square * (shear**-2 + 2.0 / dimension * longitudinal**-2)
    return SpectralGap(
        eigenvalue=edge,
        self_energy=sigma,
        amplitude=math.sqrt(2.0 * rise / curvature),
        first_wave=lowest * (1.0 - static),
        expanded=(point.disorder - disorder) * share / (point.disorder * source),
    )


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(function, low, high, xtol=1e-300, rtol=_PRECISION))


def _real_map(
    disorder: float, bulk_modulus: float, square: FloatArray, weight: FloatArray, dimension: int
) -> Callable[[float, float], tuple[float, float, float, float]]:
    """T, dT/dSigma, d2T/dSigma2 and dT/dlambda for real arguments below the waves."""
    coefficient = longitudinal_stretch(dimension)

    def born(sigma: float, eigenvalue: float) -> tuple[float, float, float, float]:
        shear = 1.0 - sigma
        branches = [(1.0, 1.0, shear)]
        if not math.isinf(bulk_modulus):
            branches.append((2.0 / dimension, coefficient, bulk_modulus + coefficient * shear))
        value = slope = curvature = rise = 0.0
        for share, stretch, modulus in branches:
            inverse = 1.0 / (square * modulus - eigenvalue)
            mean = weight * square
            value += share * float(np.sum(mean * inverse))
            slope += share * stretch * float(np.sum(mean * square * inverse**2))
            curvature += share * stretch**2 * float(np.sum(2.0 * mean * square**2 * inverse**3))
            rise += share * float(np.sum(mean * inverse**2))
        return disorder * value, disorder * slope, disorder * curvature, disorder * rise

    return born


_OFFSETS = np.concatenate([4.0 * 0.5 ** np.arange(60), [0.0]])
"""Imaginary parts of z down which the solution is followed, 4 to 1e-17 and the limit."""

_NEWTON_STEPS = 40
_TOLERANCE = 1e-12


@dataclass(frozen=True)
class CombinedSpectrum:
    """Solution with elastic disorder and stresses, all arrays (frequencies,)."""

    frequency: FloatArray
    self_energy: ComplexArray  # Sigma(omega^2 + i0) / G0 of disorder and stresses
    density_of_states: FloatArray  # g(omega), normalised to 1 over three branches


def combined_spectrum(
    disorder: float, bulk_modulus: float, frequency: ArrayLike, stress_self_energy: ArrayLike, *, box: float
) -> CombinedSpectrum:
    """Spectrum of a finite sample of box k_xi L with a fluctuating shear modulus and local stresses."""
    # `stress_self_energy`: (frequencies,), contribution of the stresses to Sigma / G0 minus its static value.
    # Schirmacher et al., Nat. Commun. 15, 3107 (2024), the replacement between eqs 83 and 84 put into eqs 33-35: Sigma
    # = T(Sigma) + E, with T of `heterogeneous_elasticity` and E of `generalised_heterogeneous_elasticity`. T + E maps
    # the upper half plane into its interior, so that the only fixed point with Im Sigma > 0 is the physical solution.
    omega = np.asarray(frequency, dtype=np.float64)
    added = np.asarray(stress_self_energy, dtype=np.complex128)
    _check(disorder, bulk_modulus, omega, added)
    wave_number, weight = wave_number_shells(box)
    medium = _Medium(disorder, bulk_modulus, wave_number[:, None] ** 2, weight[:, None])
    sigma: ComplexArray = np.full(omega.shape, 0.1j, dtype=np.complex128)
    for offset in _OFFSETS:
        sigma = medium.solved(sigma, omega**2 + 1j * offset, added)
    value, _, response = medium.response(sigma, (omega**2).astype(np.complex128))
    error = np.abs((value + added - sigma).imag) / sigma.imag + np.abs((value + added - sigma).real)
    if not error.max() < 1e-6:
        raise ConvergenceError(
            "no solution of the self-consistent equation with stresses was found",
            expected="a relative error below 1e-6",
            got=f"{error.max():.2g}",
            where=f"gamma = {disorder:g}, omega = {omega[int(error.argmax())]:g}",
        )
    return CombinedSpectrum(omega, sigma, 2.0 * omega / (3.0 * math.pi) * response.imag)


@dataclass(frozen=True)
class _Medium:
    """Map T of one sample; squared wave numbers and weights have shape (shells, 1)."""

    disorder: float
    bulk_modulus: float
    square: FloatArray
    weight: FloatArray

    def solved(self, sigma: ComplexArray, z: ComplexArray, added: ComplexArray) -> ComplexArray:
        """Fixed points near given starting points, by Newton's method confined to the upper half plane."""
        for _ in range(_NEWTON_STEPS):
            value, slope, _ = self.response(sigma, z)
            step = (value + added - sigma) / (1.0 - slope)
            step *= np.minimum(1.0, 0.2 / np.maximum(np.abs(step), 1e-300))
            moved = sigma + step
            # A step across the real axis is shortened: Im Sigma keeps a tenth of its value.
            sigma = np.where(moved.imag > 0.0, moved, moved.real + 0.1j * sigma.imag)
            if np.all((np.abs(step.imag) <= _TOLERANCE * sigma.imag) & (np.abs(step) <= _TOLERANCE)):
                break
        return sigma

    def response(self, sigma: ComplexArray, z: ComplexArray) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
        """T, dT/dSigma and G_L + 2 G_T."""
        shear = 1.0 - sigma
        value, slope, green = self._branch(z, shear)
        green = 2.0 * green
        if not math.isinf(self.bulk_modulus):
            along, slope_along, green_along = self._branch(z, self.bulk_modulus + 4.0 / 3.0 * shear)
            value, slope, green = value + 2.0 / 3.0 * along, slope + 8.0 / 9.0 * slope_along, green + green_along
        return self.disorder * value, self.disorder * slope, green

    def _branch(self, z: ComplexArray, modulus: ComplexArray) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
        inverse = 1.0 / (self.square * modulus - z)
        first = np.sum(self.weight * self.square * inverse, axis=0)
        second = np.sum(self.weight * (self.square * inverse) ** 2, axis=0)
        return first, second, np.sum(self.weight * inverse, axis=0)


def _check(disorder: float, bulk_modulus: float, omega: FloatArray, added: ComplexArray) -> None:
    problems = [
        ("disorder gamma", "a finite number, 0 or more", 0.0 <= disorder < math.inf),
        ("bulk modulus K/G0", "a positive number", bulk_modulus > 0.0),
        ("frequencies", "positive and finite", omega.ndim == 1 and omega.size > 0 and 0.0 < omega.min() < math.inf),
        (
            "self energy of the stresses",
            "one finite value per frequency, with a positive imaginary part",
            added.shape == omega.shape and bool(np.isfinite(added).all()) and bool((added.imag > 0.0).all()),
        ),
    ]
    for name, expected, holds in problems:
        if not holds:
            raise RecipeError(f"the {name} cannot be used", expected=expected)
