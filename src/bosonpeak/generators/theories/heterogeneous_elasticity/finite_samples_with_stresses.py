"""Generalised heterogeneous-elasticity theory of a finite sample: elastic disorder and stresses in one equation.

Units as in `self_consistent_born`. G0 is the modulus after subtraction of the static softening by the stresses, so that
gamma_c is the critical disorder of the medium without stresses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arrays import ComplexArray, FloatArray
from bosonpeak.datasets.errors import ConvergenceError, RecipeError
from bosonpeak.generators.theories.heterogeneous_elasticity.finite_samples import wave_number_shells

_OFFSETS = np.concatenate([4.0 * 0.5 ** np.arange(60), [0.0]])
"""Imaginary parts of z down which the solution is followed, 4 to 1e-17 and the limit."""

_NEWTON_STEPS = 40
_TOLERANCE = 1e-12


@dataclass(frozen=True)
class CombinedSpectrum:
    """Solution with elastic disorder and stresses.

    All arrays (frequencies,): `frequency` omega; `self_energy` Sigma(omega^2 + i0) / G0 of disorder and stresses;
    `density_of_states` g(omega), normalised to 1 over one longitudinal and two transverse branches.
    """

    frequency: FloatArray
    self_energy: ComplexArray
    density_of_states: FloatArray


def combined_spectrum(
    disorder: float, bulk_modulus: float, frequency: ArrayLike, stress_self_energy: ArrayLike, *, box: float
) -> CombinedSpectrum:
    """Spectrum of a finite sample with a fluctuating shear modulus and local stresses.

    `disorder`: gamma >= 0; `bulk_modulus`: K / G0 > 0, ``math.inf`` if incompressible; `frequency`: (frequencies,),
    positive; `stress_self_energy`: (frequencies,), contribution of the stresses to Sigma / G0 minus its static value,
    with positive imaginary part; `box`: k_xi L.

    Schirmacher et al., Nat. Commun. 15, 3107 (2024), the replacement between eqs 83 and 84 put into eqs 33-35: Sigma =
    T(Sigma) + E, with T of `heterogeneous_elasticity` and E of `generalised_heterogeneous_elasticity`. T + E maps the
    upper half plane into its interior, so that the only fixed point with Im Sigma > 0 is the physical solution.
    """
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
            "the self-consistent equation with stresses has no solution that could be found",
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
            "one finite value a frequency, with a positive imaginary part",
            added.shape == omega.shape and bool(np.isfinite(added).all()) and bool((added.imag > 0.0).all()),
        ),
    ]
    for name, expected, holds in problems:
        if not holds:
            raise RecipeError(f"the {name} cannot be used", expected=expected)
