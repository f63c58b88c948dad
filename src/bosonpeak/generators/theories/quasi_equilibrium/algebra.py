r"""The algebra of the quasi-equilibrium theory, done again on a grid of points.

The theory asks for a mean potential energy without gradient (eq. 2), hence (eq. 5, up to a factor)

    1/G(r) = sum_n [k_n^2 alpha_n^2 + (grad alpha_n)^2],

and inserts alpha_n ~ i exp(-i k_G.r/2), whose transform is a delta function at q = -k_G/2, to obtain the one at
q = -k_G of 1/G. The amplitude is then the square root of the inverse of what multiplies that delta function.

- Printed (eqs 8, D5): k^2 - (3/4) k_G^2. Used for the density of states (eqs 16, 20): k^2 + (3/4) k_G^2.
- What follows: k^2 - (1/4) k_G^2. D4 carries the signs of both gradient terms wrong (D3 gives
  -[q a] * [q a] = (k_G.q/2 + k_G^2/4) delta) and is then read at q = +k_G instead of -k_G.
- That reading takes the transform of alpha* for the conjugate of the transform of alpha. With the true alpha*,
  alpha alpha* is uniform: k^2 + (1/4) k_G^2 multiplies q = 0, nothing is left at -k_G, and the modulus is uniform.
- For a real amplitude A cos(k_G.r/2), the only one that keeps 1/G real, (A^2/2)(k^2 + k_G^2/4) is the mean of 1/G and
  (A^2/2)(k^2 - k_G^2/4) its modulation: below k = k_G/2 the amplitude is small where the modulus is small.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.arrays import ComplexArray, FloatArray

_POINTS = 32


class Denominators(NamedTuple):
    """What multiplies the delta functions of 1/G, for an amplitude of modulus one."""

    modulation: float
    """At q = -k_G, with the transform of alpha* taken for the conjugate of that of alpha, as the theory does."""
    modulation_of_modulus: float
    """At q = -k_G, with alpha* the complex conjugate of alpha."""
    mean_of_modulus: float
    """At q = 0, with alpha* the complex conjugate of alpha."""


def amplitude_denominators(mode_wavenumber: float, modulation_wavenumber: float) -> Denominators:
    """Fourier components of k^2 alpha^2 + (grad alpha)^2 for alpha = i exp(-i k_G x / 2), by discrete transforms.

    Parameters
    ----------
    mode_wavenumber, modulation_wavenumber : float
        k and k_G, in the same unit; k_G above zero.

    Returns
    -------
    Denominators
        In the square of that unit.
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
    """Inverse modulus 1/G(x) for which a real amplitude satisfies eq. 5 with a single mode.

    Parameters
    ----------
    amplitude : ndarray of float, shape (points,)
        Amplitude a(x), alpha = i a, on equidistant points of a periodic line; resolved by them.
    length : float
        Period of the line.
    mode_wavenumber : float
        k of the mode.

    Returns
    -------
    ndarray, shape (points,)
        k^2 a^2 + (da/dx)^2.
    """
    return np.asarray(_energy(amplitude, amplitude, mode_wavenumber, 2.0 * np.pi / length).real)


def amplitude_slope(mode_wavenumber: float, modulation_wavenumber: float) -> float:
    """Slope of a^2, over its mean, on the 1/G that eq. 5 asks for, over its mean, with a = cos(k_G x / 2).

    Parameters
    ----------
    mode_wavenumber, modulation_wavenumber : float
        k and k_G above zero, k other than k_G/2, at which 1/G is uniform.

    Returns
    -------
    float
        (k^2 + k_G^2/4) / (k^2 - k_G^2/4): above zero if the amplitude is large where the modulus is small.
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
