"""Algebra of the quasi-equilibrium theory, repeated on a grid of points.

The theory requires a mean potential energy without gradient (eq. 2), hence (eq. 5, up to a factor)

    1/G(r) = sum_n [k_n^2 alpha_n^2 + (grad alpha_n)^2],

and inserts alpha_n ~ i exp(-i k_G.r/2), whose transform is a delta function at q = -k_G/2, to obtain the delta function
of 1/G at q = -k_G. The amplitude is then the square root of the inverse of the factor of this delta function.

- Printed factor (eqs 8, D5): k^2 - (3/4) k_G^2. Used for the density of states (eqs 16, 20): k^2 + (3/4) k_G^2.
- Result of the derivation: k^2 - (1/4) k_G^2. D4 has both gradient terms with the wrong sign (D3 gives
  -[q a] * [q a] = (k_G.q/2 + k_G^2/4) delta) and is then read at q = +k_G instead of -k_G.
- This reading takes the transform of alpha* for the conjugate of the transform of alpha. With the true alpha*,
  alpha alpha* is uniform: k^2 + (1/4) k_G^2 multiplies q = 0, nothing is left at -k_G, and the modulus is uniform.
- For a real amplitude A cos(k_G.r/2), the only choice with a real 1/G, (A^2/2)(k^2 + k_G^2/4) is the mean of 1/G and
  (A^2/2)(k^2 - k_G^2/4) its modulation: below k = k_G/2 the amplitude is small where the modulus is small.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.arrays import ComplexArray, FloatArray

_POINTS = 32


class Denominators(NamedTuple):
    """Factors of the delta functions of 1/G, for an amplitude of modulus 1."""

    modulation: float
    """At q = -k_G, with the transform of alpha* taken for the conjugate of that of alpha, as the theory does."""
    modulation_of_modulus: float
    """At q = -k_G, with alpha* the complex conjugate of alpha."""
    mean_of_modulus: float
    """At q = 0, with alpha* the complex conjugate of alpha."""


def amplitude_denominators(mode_wavenumber: float, modulation_wavenumber: float) -> Denominators:
    """Fourier components of k^2 alpha^2 + (grad alpha)^2 for alpha = i exp(-i k_G x / 2), by discrete transforms.

    k and k_G > 0 in the same unit; the result is in the square of this unit.
    """
    # One period of alpha; the modulation of 1/G is its second harmonic.
    phase = 2.0 * np.pi * np.arange(_POINTS) / _POINTS
    alpha = 1j * np.exp(-1j * phase)
    partner = -1j * np.exp(-1j * phase)
    unit = 0.5 * modulation_wavenumber
    read = _energy(alpha, partner, mode_wavenumber, unit)
    true = _energy(alpha, alpha.conj(), mode_wavenumber, unit)
    return Denominators(_component(read, -2), _component(true, -2), _component(true, 0))


def inverse_modulus(amplitude: FloatArray, length: float, mode_wavenumber: float) -> FloatArray:
    """Inverse modulus 1/G(x) = k^2 a^2 + (da/dx)^2, for which the amplitude alpha = i a satisfies eq. 5 with one mode.

    `amplitude`: (points,), a(x) at equidistant points of a periodic line of the given length; returns (points,).
    """
    return np.asarray(_energy(amplitude, amplitude, mode_wavenumber, 2.0 * np.pi / length).real)


def amplitude_slope(mode_wavenumber: float, modulation_wavenumber: float) -> float:
    """Slope of a^2 / <a^2> on 1/G over its mean, as required by eq. 5 for a = cos(k_G x / 2).

    (k^2 + k_G^2/4) / (k^2 - k_G^2/4), positive if the amplitude is large where the modulus is small. 1/G is uniform at
    k = k_G/2, which is excluded.
    """
    phase = 2.0 * np.pi * np.arange(_POINTS) / _POINTS
    amplitude = np.cos(phase)
    inverse = inverse_modulus(amplitude, 4.0 * np.pi / modulation_wavenumber, mode_wavenumber)
    modulation = inverse / inverse.mean() - 1.0
    return float(modulation @ (2.0 * amplitude**2 - 1.0) / (modulation @ modulation))


def _energy(
    field: NDArray[np.inexact], partner: NDArray[np.inexact], mode_wavenumber: float, unit: float
) -> ComplexArray:
    return np.asarray(mode_wavenumber**2 * field * partner + _gradient(field, unit) * _gradient(partner, unit))


def _gradient(field: NDArray[np.inexact], unit: float) -> ComplexArray:
    """Derivative of a field over one period, in multiples ``unit`` of the lowest wavenumber."""
    wavenumbers = unit * np.fft.fftfreq(len(field), 1.0 / len(field))
    return np.asarray(np.fft.ifft(1j * wavenumbers * np.fft.fft(field)))


def _component(field: ComplexArray, harmonic: int) -> float:
    return float((np.fft.fft(field)[harmonic] / len(field)).real)
