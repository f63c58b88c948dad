"""Plane waves at particles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def phase_factors(
    positions: NDArray[np.float64], box: NDArray[np.float64], wave_numbers: NDArray[np.int64]
) -> NDArray[np.complex128]:
    """Values exp(i k.r) of plane waves of a periodic box, k = 2 pi n / L.

    Sines and cosines are taken of the powers along each axis only; waves are products of these.

    Parameters
    ----------
    positions : ndarray of float64, shape (particles, dimension)
    box : ndarray of float64, shape (dimension,)
    wave_numbers : ndarray of int64, shape (waves, dimension)

    Returns
    -------
    ndarray of complex128, shape (waves, particles)
    """
    factors = np.ones((len(wave_numbers), len(positions)), complex)
    for numbers, angle in zip(wave_numbers.T, (2.0 * np.pi * positions / box).T, strict=True):
        reach = int(np.abs(numbers).max(initial=0))
        powers = np.exp(1j * np.outer(np.arange(-reach, reach + 1), angle))
        factors *= powers[numbers + reach]
    return factors
