"""Parts of single-precision kernels for vector units: gathered loads, tapers, nearest images, LLVM intrinsics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

try:
    from bosonpeak.generators.particles import intrinsics
except ImportError:
    _native: Any = None
else:
    _native = intrinsics

HAS_INTRINSICS = _native is not None

Rows = NDArray[np.float32]
Identities = NDArray[np.uint32]
Scratch = NDArray[np.float32]

LANES = 16

SMALLEST_GAP = 0.0144
"""Of the exponential taper, in units of the cutoff: nearer the cutoff it is not a number in single precision."""

_STEP = np.uint64(LANES)
_U4 = np.uint64(4)
_SMALLEST_GAP = np.float32(SMALLEST_GAP)
_ZERO, _HALF, _ONE = (np.float32(value) for value in (0.0, 0.5, 1.0))

if HAS_INTRINSICS:
    gather_sixteen, whole_part, power_of_two, prefer_wide_vectors, prefetch = (
        _native.gather_sixteen,
        _native.whole_part,
        _native.power_of_two,
        _native.prefer_wide_vectors,
        _native.prefetch,
    )
    _LOG2_E = np.float32(1.0 / math.log(2.0))
    # coefficients of 2^f on [0, 1], accurate to 8e-8
    _A0, _A1, _A2 = np.float32(0.99999993), np.float32(0.69315307), np.float32(0.24015362)
    _A3, _A4, _A5 = np.float32(0.0558263), np.float32(0.00898936), np.float32(0.00187757)

    @njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
    def exponential_taper(inverse_gap: np.float32) -> Any:
        """exp(1/2 - 1/(2 gap)), 2^whole from its bits and 2^rest from a polynomial."""
        exponent = (_HALF - _HALF * inverse_gap) * _LOG2_E
        whole = whole_part(exponent)
        rest = exponent - whole
        series = ((((_A5 * rest + _A4) * rest + _A3) * rest + _A2) * rest + _A1) * rest + _A0
        return series * power_of_two(whole)

else:
    _ONE_64TH = np.float32(1.0 / 64.0)
    _B2, _B3, _B4, _B5 = (np.float32(1.0 / math.factorial(k)) for k in (2, 3, 4, 5))

    @njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
    def gather_sixteen(rows: Rows, identities: Identities, line: np.uint64, place: np.uint64, scratch: Scratch) -> None:
        """Copy the rows of sixteen list entries into columns."""
        for lane in range(_STEP):
            j = identities[line, place + lane]
            for component in range(_U4):
                scratch[_STEP * component + lane] = rows[j, component]

    @njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
    def exponential_taper(inverse_gap: np.float32) -> Any:
        """exp(1/2 - 1/(2 gap)) as the 64th power of a polynomial, good to 1e-5."""
        small = (_HALF - _HALF * inverse_gap) * _ONE_64TH
        root = ((((_B5 * small + _B4) * small + _B3) * small + _HALF) * small + _ONE) * small + _ONE
        for _ in range(6):
            root *= root
        return root

    @njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
    def prefer_wide_vectors() -> None:
        """Leave vector widths to the compiler."""

    @njit(cache=True, nogil=True)
    def prefetch(identities: Identities, line: np.uint64, place: np.uint64) -> None:
        """Leave the cache to the processor."""


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def taper_factor(square: np.float32, order: Any) -> Any:
    """T_m of a squared reduced distance, zero beyond the cutoff; tag 0 selects the exponential taper."""
    if len(order) == 0:
        return exponential_taper(_ONE / max(_ONE - np.sqrt(square), _SMALLEST_GAP))
    base = max(_ONE - square, _ZERO)
    if len(order) == 2:
        return base * base
    if len(order) == 3:
        return base * base * base
    return base * base * base * base


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def nearest_image(separation: np.float32, length: np.float32, inverse_length: np.float32) -> Any:
    """Separation along one axis, folded to the nearest image."""
    return separation - length * np.rint(separation * inverse_length)
