"""Plane waves at particles, and Fourier sums over particles, S(n) = sum_j q_j exp(-i k_n.r_j), at linear cost.

Values are spread onto a fine grid with a Kaiser-Bessel kernel, transformed, and divided by the kernel's transform
(Barnett et al., SIAM J. Sci. Comput. 41, C479, 2019), with a relative error of about 1e-9.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numba import njit
from scipy.special import i0, i0e

from bosonpeak.datasets.array_types import ComplexArray, FloatArray, IntegerArray

_WAVES_AT_ONCE = 32
"""So many that they stay in the processor's cache while they are multiplied."""

_WIDTH = 10
_OVERSAMPLING = 2.0
# Optimal for this width and oversampling: Beatty, Nishimura and Pauly, IEEE Trans. Med. Imaging 24, 799 (2005), eq. 5.
_SHAPE = np.pi * np.sqrt((_WIDTH / _OVERSAMPLING * (_OVERSAMPLING - 0.5)) ** 2 - 0.8)


def phase_factors(positions: FloatArray, box: FloatArray, wave_numbers: IntegerArray) -> ComplexArray:
    """Values exp(i k.r) of plane waves k = 2 pi n / L at particles, shape (waves, particles)."""
    reach = np.abs(wave_numbers).max(axis=0, initial=0)
    angles = (2.0 * np.pi * positions / box).T
    powers = [np.exp(1j * np.outer(np.arange(-n, n + 1), angle)) for n, angle in zip(reach, angles, strict=True)]
    factors = np.ones((len(wave_numbers), len(positions)), complex)
    for start in range(0, len(factors), _WAVES_AT_ONCE):
        here = slice(start, start + _WAVES_AT_ONCE)
        for along, place in zip(powers, (wave_numbers[here] + reach).T, strict=True):
            factors[here] *= along[place]
    return factors


class FourierSums:
    """Fourier sums on fixed positions in [0, L), for k_n = 2 pi n / L with |n| up to `reach` along each axis."""

    def __init__(self, positions: FloatArray, box: FloatArray, reach: tuple[int, ...]) -> None:
        self.reach = reach
        self._sizes = tuple(
            scipy.fft.next_fast_len(max(int(_OVERSAMPLING * (2 * n + 1)), 2 * _WIDTH), real=True) for n in reach
        )
        self._starts, self._weights = _kernel_weights(positions / box, self._sizes)
        self._numbers = wave_number_grid(reach)
        self._correction = _correction(self._numbers, self._sizes)

    def __call__(self, values: FloatArray) -> ComplexArray:
        """Sums over particles for n = 0, ..., n, -n, ..., -1 along each axis, but 0, ..., n along the last."""
        grid = np.zeros(self._sizes + (1,) * (3 - len(self._sizes)))
        _spread(grid, self._starts, self._weights, np.ascontiguousarray(values))
        spectrum = scipy.fft.rfftn(grid.reshape(self._sizes))
        return np.asarray(spectrum[np.ix_(*self._numbers)] * self._correction)


def wave_number_grid(reach: tuple[int, ...]) -> tuple[IntegerArray, ...]:
    """Wave numbers along each axis in the order of `FourierSums`."""
    full = [np.concatenate([np.arange(n + 1), np.arange(-n, 0)]) for n in reach[:-1]]
    return (*full, np.arange(reach[-1] + 1))


def _kernel_weights(fractions: FloatArray, sizes: tuple[int, ...]) -> tuple[IntegerArray, FloatArray]:
    """First grid point and kernel values of each particle on three axes; a missing axis has one point of weight 1."""
    particles, dimension = fractions.shape
    starts = np.zeros((particles, 3), dtype=np.int64)
    weights = np.ones((particles, 3, _WIDTH))
    for axis in range(dimension):
        place = fractions[:, axis] * sizes[axis]
        starts[:, axis] = np.ceil(place - 0.5 * _WIDTH)
        distance = (starts[:, axis] - place)[:, None] + np.arange(_WIDTH)
        inside = np.maximum(1.0 - (2.0 * distance / _WIDTH) ** 2, 0.0)
        weights[:, axis] = i0(_SHAPE * np.sqrt(inside)) / i0(_SHAPE)
        starts[:, axis] %= sizes[axis]
    return starts, weights


def _correction(numbers: tuple[IntegerArray, ...], sizes: tuple[int, ...]) -> FloatArray:
    """Inverse of the kernel's transform on the grid of wave numbers."""
    correction = np.ones(())
    for number, size in zip(numbers, sizes, strict=True):
        root = np.sqrt(_SHAPE**2 - (_WIDTH * np.pi * number / size) ** 2)
        transform = _WIDTH * np.exp(root - _SHAPE) * -np.expm1(-2.0 * root) / (2.0 * root * i0e(_SHAPE))
        correction = correction[..., None] / transform
    return correction


@njit(cache=True)
def _spread(grid: FloatArray, starts: IntegerArray, weights: FloatArray, values: FloatArray) -> None:
    # Add each value to the box of grid points within the kernel width, with periodic wrap along each axis.
    sizes = grid.shape
    depth = _WIDTH if sizes[2] > 1 else 1
    for particle in range(len(values)):
        for a in range(_WIDTH):
            x = (starts[particle, 0] + a) % sizes[0]
            along_x = values[particle] * weights[particle, 0, a]
            for b in range(_WIDTH):
                y = (starts[particle, 1] + b) % sizes[1]
                along_y = along_x * weights[particle, 1, b]
                z = starts[particle, 2]
                for c in range(depth):
                    grid[x, y, z] += along_y * weights[particle, 2, c]
                    z = z + 1 if z + 1 < sizes[2] else 0
