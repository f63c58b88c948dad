"""Current correlations of a medium with a complex shear modulus, as predicted by theories."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arrays import FloatArray

_POINTS = 4000


def effective_medium_current(wavenumber: ArrayLike, frequency: ArrayLike, self_energy: ArrayLike) -> FloatArray:
    """Transverse current correlation C(q, omega) of a medium with the modulus 1 - Sigma(omega).

    (2 omega/pi) Im 1/(q^2 (1 - Sigma) - omega^2), of unit integral, in units with bare modulus and density 1; shape
    (wavenumbers, frequencies).
    """
    omega = np.asarray(frequency, dtype=np.float64)
    square = np.asarray(wavenumber, dtype=np.float64)[:, None] ** 2
    green = 1.0 / (square * (1.0 - np.asarray(self_energy, dtype=np.complex128)) - omega**2)
    return np.asarray(2.0 * omega / math.pi * green.imag)


def effective_medium_band(wavenumber: ArrayLike, frequency: ArrayLike, self_energy: ArrayLike) -> FloatArray:
    """Frequency of the maximum of C(q, omega)/omega^2 per wave number, with linearly interpolated self energy."""
    omega, sigma = np.asarray(frequency, dtype=np.float64), np.asarray(self_energy, dtype=np.complex128)
    fine = np.geomspace(omega[0], omega[-1], _POINTS)
    between = np.interp(fine, omega, sigma.real) + 1j * np.interp(fine, omega, sigma.imag)
    reduced = effective_medium_current(wavenumber, fine, between) / fine**2
    return np.asarray(fine[np.argmax(reduced, axis=1)])
