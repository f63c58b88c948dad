"""Parts of the single-precision kernels: sums, trial moves, acceptance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from bosonpeak.generators.liquids.plain_moves import RandomState, next_bits
from bosonpeak.generators.particles.vector_units import LANES, Rows, Scratch, prefetch

DONE, OVERFLOWED = 0, 1

_STEP = np.uint64(LANES)
_SUM = np.uint64(4 * LANES)
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_U0, _U1, _U11, _U21, _U32, _U42 = (np.uint64(value) for value in (0, 1, 11, 21, 32, 42))
_LOW_32 = np.uint64((1 << 32) - 1)
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
def drawn_words(state: RandomState) -> Any:
    """Three random words, which decide about a move: its kind and particle, its size or partner, its acceptance."""
    first = next_bits(state)
    second = next_bits(state)
    return first, second, next_bits(state)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def prefetch_lists(words: Any, count: np.uint64, swap_below: np.uint64, lists: Any) -> None:
    """Request the lists that a move will read from memory, while the move before it is computed."""
    i = moved_particle(words, count)
    for place in range(_U0, lists[1][i], _STEP):
        prefetch(lists[0], i, place)
    if is_swap(words, swap_below):
        j = swapped_partner(words, count)
        for place in range(_U0, lists[1][j], _STEP):
            prefetch(lists[0], j, place)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def is_swap(words: Any, swap_below: np.uint64) -> Any:
    """Return whether a move is a swap, by the lower half of its first word."""
    return (words[0] & _LOW_32) < swap_below


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def moved_particle(words: Any, count: np.uint64) -> Any:
    """Particle of a move, by the upper half of its first word."""
    return ((words[0] >> _U32) * count) >> _U32


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def swapped_partner(words: Any, count: np.uint64) -> Any:
    """Another particle, with which the first exchanges its diameter."""
    j = moved_particle(words, count) + _U1 + (((words[1] >> _U32) * (count - _U1)) >> _U32)
    return j - count if j >= count else j


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def affordable_energy(temperature: float, bits: np.uint64) -> float:
    """Largest energy change that Metropolis' rule accepts, drawn before the change is known."""
    return -temperature * math.log((float(bits >> _U11) + 1.0) * _TWO_TO_MINUS_53)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def trial_move(dimension: int, displacement: float, bits: np.uint64) -> Any:
    """Displacement drawn uniformly from a cube, 21 random bits per coordinate."""
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
