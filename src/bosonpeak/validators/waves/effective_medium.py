"""Current correlations of a medium with a complex shear modulus, as theories give it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arrays import FloatArray

_POINTS = 4000


def effective_medium_current(wavenumber: ArrayLike, frequency: ArrayLike, self_energy: ArrayLike) -> FloatArray:
    """Transverse current correlation C(q, omega) of a medium with the modulus 1 - Sigma(omega).

    Parameters
    ----------
    wavenumber : array_like, shape (wavenumbers,)
        q, in units in which the bare modulus and the density are 1.
    frequency : array_like, shape (frequencies,)
        omega, positive.
    self_energy : array_like of complex, shape (frequencies,)
        Sigma over the bare modulus.

    Returns
    -------
    ndarray of float64, shape (wavenumbers, frequencies)
        (2 omega/pi) Im 1/(q^2 (1 - Sigma) - omega^2), of which the integral over omega is 1.
    """
    omega = np.asarray(frequency, dtype=np.float64)
    square = np.asarray(wavenumber, dtype=np.float64)[:, None] ** 2
    green = 1.0 / (square * (1.0 - np.asarray(self_energy, dtype=np.complex128)) - omega**2)
    return np.asarray(2.0 * omega / math.pi * green.imag)


def effective_medium_band(wavenumber: ArrayLike, frequency: ArrayLike, self_energy: ArrayLike) -> FloatArray:
    """Frequency at which C(q, omega)/omega^2 is largest, shape (wavenumbers,); parameters as for the current.

    The self energy is taken to be linear between the frequencies, of which lines may be narrower than the steps.
    """
    omega, sigma = np.asarray(frequency, dtype=np.float64), np.asarray(self_energy, dtype=np.complex128)
    fine = np.geomspace(omega[0], omega[-1], _POINTS)
    between = np.interp(fine, omega, sigma.real) + 1j * np.interp(fine, omega, sigma.imag)
    reduced = effective_medium_current(wavenumber, fine, between) / fine**2
    return np.asarray(fine[np.argmax(reduced, axis=1)])
