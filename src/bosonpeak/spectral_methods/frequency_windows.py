"""Vectors filtered to frequency windows: averages over the modes of a window without computing any mode.

A random vector z of independent signs, filtered by f(omega) = exp(-(omega - omega_0)^2 / (4 sigma^2)), has components
f(omega_n) <n|z> on the modes. The mean over z of any product of its elements is the sum over modes with the weight f^2,
a Gaussian of rms width sigma: sum_n f^2 phi_n(i) phi_n(j). The filter is a Chebyshev expansion in omega^2.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft
from scipy.sparse import csr_array

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import SchemaError

_SAMPLES_PER_DEGREE = 4
_TERMS_AT_ONCE = 16


def windowed_vectors(
    matrix: csr_array, starts: ArrayLike, frequencies: ArrayLike, width: float, spectral_bound: float
) -> FloatArray:
    """Vectors (vectors, nodes) filtered to windows of rms `width` in omega, shape (windows, vectors, nodes)."""
    centres = np.atleast_1d(np.asarray(frequencies, dtype=np.float64))
    vectors = np.atleast_2d(np.asarray(starts, dtype=np.float64)).T.copy()
    if not (width > 0.0 and spectral_bound > 0.0 and (centres >= 0.0).all()) or vectors.shape[0] != matrix.shape[0]:
        raise SchemaError(
            "impossible windows of frequency",
            expected="a width and a bound above 0, centres not below 0, vectors as long as the matrix",
            got=f"width {width:g}, bound {spectral_bound:g}, vectors {vectors.T.shape}",
        )
    coefficients = window_coefficients(centres, width, spectral_bound)
    scaled = (2.0 / spectral_bound) * matrix
    filtered = np.zeros((len(centres), vectors.size))
    waiting = np.empty((_TERMS_AT_ONCE, vectors.size))
    previous, current = vectors, scaled @ vectors - vectors
    for degree in range(coefficients.shape[1]):
        waiting[degree % _TERMS_AT_ONCE] = previous.ravel()
        previous, current = current, _next(scaled, current, previous)
        held = degree % _TERMS_AT_ONCE + 1
        if held == _TERMS_AT_ONCE or degree + 1 == coefficients.shape[1]:
            filtered += coefficients[:, degree + 1 - held : degree + 1] @ waiting[:held]
    return np.asarray(filtered.reshape(len(centres), *vectors.shape).transpose(0, 2, 1))


def _next(scaled: csr_array, current: FloatArray, previous: FloatArray) -> FloatArray:
    """T_{n+1} from T_n and T_{n-1}."""
    following = scaled @ current
    following -= current
    following *= 2.0
    following -= previous
    return np.asarray(following)


def window_coefficients(centres: FloatArray, width: float, spectral_bound: float) -> FloatArray:
    """Chebyshev coefficients (windows, degrees) of the filters, up to the degree beyond which all are negligible."""
    # As a function of theta, omega = Omega cos(theta / 2), the filter is a Gaussian of rms width sqrt(2) sigma 2/Omega.
    limit = math.sqrt(spectral_bound)
    reach = math.ceil(6.0 / (math.sqrt(2.0) * width * 2.0 / limit)) + 2
    points = _SAMPLES_PER_DEGREE * reach
    theta = math.pi * (np.arange(points) + 0.5) / points
    omega = limit * np.cos(0.5 * theta)
    values = np.exp(-((omega - centres[:, None]) ** 2) / (4.0 * width**2))
    coefficients = np.asarray(fft.dct(values, type=2, axis=1)) / points
    coefficients[:, 0] *= 0.5
    return np.asarray(coefficients[:, :reach])
