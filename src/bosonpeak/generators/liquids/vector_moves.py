"""Parts of the single-precision kernels: gathered loads, tapers, sums, trial moves, acceptance, LLVM intrinsics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bosonpeak.generators.liquids.particle_lists import LANES, Identities, Rows
from bosonpeak.generators.liquids.plain_moves import RandomState, next_bits

try:
    from bosonpeak.generators.liquids import intrinsics as swap_monte_carlo_intrinsics
except ImportError:
    _native: Any = None
else:
    _native = swap_monte_carlo_intrinsics

HAS_INTRINSICS = _native is not None

Scratch = NDArray[np.float32]

DONE, OVERFLOWED = 0, 1

SMALLEST_GAP = 0.0144
"""Of the exponential taper, in units of the cutoff: nearer the cutoff it is no number in single precision."""

_STEP = np.uint64(LANES)
_SUM = np.uint64(4 * LANES)
_SMALLEST_GAP = np.float32(SMALLEST_GAP)
_ZERO, _HALF, _ONE = (np.float32(value) for value in (0.0, 0.5, 1.0))
_U4, _U11, _U21, _U32, _U42 = (np.uint64(value) for value in (4, 11, 21, 32, 42))
_LOW_21 = np.uint64((1 << 21) - 1)
_TWO_TO_MINUS_20, _TWO_TO_MINUS_53 = 2.0**-20, 2.0**-53
_ROUND_OFF = 1e-4
_SHORTEST_SPARE = 0.3

if HAS_INTRINSICS:
    gather_sixteen, whole_part, power_of_two, prefer_wide_vectors = (
        _native.gather_sixteen,
        _native.whole_part,
        _native.power_of_two,
        _native.prefer_wide_vectors,
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
def clear(scratch: Scratch) -> None:
    """Set the sum of every lane to zero."""
    for k in range(_STEP):
        scratch[_SUM + k] = _ZERO


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def sum_of(scratch: Scratch) -> Any:
    """Sum over the lanes."""
    total = _ZERO
    for k in range(_STEP):
        total += scratch[_SUM + k]
    return total


@njit(cache=True)
def skin_for(longest: float, usual: float) -> Any:
    """Excess of the list range over the cutoff, for trial displacements of at most `longest`."""
    return max(usual, longest + _SHORTEST_SPARE)


@njit(cache=True)
def margin_of(skin: float, longest: float) -> Any:
    """Largest drift of a particle for which every pair within the cutoff after a trial is still listed."""
    return np.float32(0.5 * (skin - longest) - _ROUND_OFF)


@njit(cache=True)
def frame_of(box: Any, foldings: Any) -> Any:
    """Box lengths, their inverses, and the number of foldings."""
    return box[0], box[1], box[2], _ONE / box[0], _ONE / box[1], _ONE / box[2], foldings


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def affordable_energy(temperature: float, state: RandomState) -> float:
    """Largest energy change that Metropolis' rule accepts, drawn before the change is known."""
    return -temperature * math.log((float(next_bits(state) >> _U11) + 1.0) * _TWO_TO_MINUS_53)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def trial_move(dimension: int, displacement: float, state: RandomState) -> Any:
    """Displacement drawn uniformly from a cube, 21 random bits per coordinate."""
    bits = next_bits(state)
    z = _step(bits, displacement) if dimension == 3 else _ZERO
    return _step(bits >> _U42, displacement), _step(bits >> _U21, displacement), z


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _step(bits: np.uint64, displacement: float) -> Any:
    centred = float(bits & _LOW_21) + 0.5
    return np.float32(displacement * (centred * _TWO_TO_MINUS_20 - 1.0))


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def make_move(i: np.uint64, rows: Rows, move: Any, box: Any) -> None:
    """Displace a particle and fold it into the box."""
    rows[i, 0] = _folded(rows[i, 0] + move[0], box[0])
    rows[i, 1] = _folded(rows[i, 1] + move[1], box[1])
    rows[i, 2] = _folded(rows[i, 2] + move[2], box[2])


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _folded(value: np.float32, length: np.float32) -> Any:
    value = value + length if value < _ZERO else value
    return value - length if value >= length else value


def tag(number: float) -> tuple[int, ...]:
    """Tuple of length `number`: compiled code treats tuple lengths as types, so that branches on them cost nothing."""
    return (0,) * int(number)
