"""Parts of the single-precision kernels: sums, trial moves, acceptance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from bosonpeak.generators.liquids.plain_moves import RandomState, next_bits
from bosonpeak.generators.particles.vector_units import LANES, Rows, Scratch

DONE, OVERFLOWED = 0, 1

_STEP = np.uint64(LANES)
_SUM = np.uint64(4 * LANES)
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_U11, _U21, _U42 = (np.uint64(value) for value in (11, 21, 42))
_LOW_21 = np.uint64((1 << 21) - 1)
_TWO_TO_MINUS_20, _TWO_TO_MINUS_53 = 2.0**-20, 2.0**-53
_ROUND_OFF = 1e-4
_SHORTEST_SPARE = 0.3


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
