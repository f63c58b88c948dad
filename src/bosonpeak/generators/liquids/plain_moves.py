"""Swap Monte Carlo in double precision for any pair potential: the plain reference loop for the faster kernels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.generators.particles.neighbours import cell_counts, cell_index, surrounding_cells
from bosonpeak.generators.particles.pair_kernels import Code, pair_terms

RandomState = NDArray[np.uint64]
Potential = tuple[Code, FloatArray, float]
System = tuple[FloatArray, FloatArray, FloatArray, Potential]
CellLists = tuple[IntegerArray, IntegerArray, IntegerArray, IntegerArray, IntegerArray]

DISPLACEMENTS, DISPLACEMENTS_ACCEPTED, SWAPS, SWAPS_ACCEPTED = range(4)

_U17, _U23, _U41, _U45, _U19, _U11, _U32 = (np.uint64(bits) for bits in (17, 23, 41, 45, 19, 11, 32))
_TWO_TO_MINUS_53 = 2.0**-53


def random_state(seed: np.random.SeedSequence) -> RandomState:
    """State of the generator, shape (4,), from a seed sequence."""
    return np.asarray(seed.generate_state(4, np.uint64), dtype=np.uint64)


@njit(cache=True)
def next_bits(state: RandomState) -> Any:
    """Advance the generator and return 64 random bits."""
    total = state[0] + state[3]
    bits = ((total << _U23) | (total >> _U41)) + state[0]
    shifted = state[1] << _U17
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= shifted
    state[3] = (state[3] << _U45) | (state[3] >> _U19)
    return bits


@njit(cache=True)
def uniform(state: RandomState) -> float:
    """Uniform number in [0, 1)."""
    return float(next_bits(state) >> _U11) * _TWO_TO_MINUS_53


@njit(cache=True)
def choose(count: int, state: RandomState) -> int:
    """Uniform integer below `count` (the bias, count / 2^32, is beyond any measurement)."""
    return int(((next_bits(state) >> _U32) * np.uint64(count)) >> _U32)


@njit(cache=True)
def plain_moves(
    positions: FloatArray,
    diameters: FloatArray,
    box: FloatArray,
    potential: Potential,
    temperature: float,
    attempts: int,
    swap_probability: float,
    displacement: float,
    state: RandomState,
    counts: IntegerArray,
) -> float:
    """Attempt Monte Carlo moves of positions (particles, dimension) in place; returns the sum of the energy changes."""
    # `displacement`: half the side of the cube of trials; `counts`: (4,), displacements and swaps, each tried and
    # accepted.
    system = (positions, diameters, box, potential)
    lists = _cell_lists(positions, box, potential[2])
    trial = np.empty(positions.shape[1])
    total = 0.0
    for _attempt in range(attempts):
        if uniform(state) < swap_probability:
            kind = SWAPS
            change, accepted = _try_swap(system, lists, temperature, state)
        else:
            kind = DISPLACEMENTS
            change, accepted = _try_displacement(system, lists, temperature, displacement, trial, state)
        counts[kind] += 1
        if accepted:
            counts[kind + 1] += 1
            total += change
    return total


@njit(cache=True)
def _try_swap(system: System, lists: CellLists, temperature: float, state: RandomState) -> tuple[float, bool]:
    positions, diameters = system[0], system[1]
    cell_of = lists[0]
    i = choose(len(positions), state)
    j = (i + 1 + choose(len(positions) - 1, state)) % len(positions)
    before = _energy_of(i, positions[i], cell_of[i], system, lists)
    before += _energy_of(j, positions[j], cell_of[j], system, lists)
    diameters[i], diameters[j] = diameters[j], diameters[i]
    after = _energy_of(i, positions[i], cell_of[i], system, lists)
    after += _energy_of(j, positions[j], cell_of[j], system, lists)
    accepted = metropolis(after - before, temperature, state)
    if not accepted:
        diameters[i], diameters[j] = diameters[j], diameters[i]
    return after - before, accepted


@njit(cache=True)
def _try_displacement(
    system: System, lists: CellLists, temperature: float, displacement: float, trial: FloatArray, state: RandomState
) -> tuple[float, bool]:
    positions, box = system[0], system[2]
    cell_of, _, first, following, cells = lists
    i = choose(len(positions), state)
    for axis in range(len(trial)):
        moved = positions[i, axis] + displacement * (2.0 * uniform(state) - 1.0)
        trial[axis] = moved - box[axis] * math.floor(moved / box[axis])
    new_cell = cell_index(trial, box, cells)
    change = _energy_of(i, trial, new_cell, system, lists) - _energy_of(i, positions[i], cell_of[i], system, lists)
    accepted = metropolis(change, temperature, state)
    if accepted:
        positions[i] = trial
        _change_cell(i, cell_of[i], new_cell, first, following)
        cell_of[i] = new_cell
    return change, accepted


@njit(cache=True)
def metropolis(change: float, temperature: float, state: RandomState) -> bool:
    """Return whether Metropolis' rule accepts a move with this energy change."""
    return change <= 0.0 or uniform(state) < math.exp(-change / temperature)


@njit(cache=True, error_model="numpy")
def _energy_of(i: int, place: FloatArray, cell: int, system: System, lists: CellLists) -> float:
    """Energy of particle i, placed at `place`, with all others."""
    positions, diameters, box, (code, parameters, reach) = system
    around, first, following = lists[1], lists[2], lists[3]
    limit = reach * reach
    energy = 0.0
    for close_cell in around[cell]:
        j = first[close_cell]
        while j >= 0:
            square = 0.0
            for axis in range(len(box)):
                separation = abs(positions[j, axis] - place[axis])
                separation = min(separation, box[axis] - separation)
                square += separation * separation
            if j != i and square < limit:
                energy += pair_terms(code, parameters, math.sqrt(square), diameters[i], diameters[j])[0]
            j = following[j]
    return energy


@njit(cache=True)
def _cell_lists(positions: FloatArray, box: FloatArray, reach: float) -> CellLists:
    cells = cell_counts(len(positions), box, reach)
    around = surrounding_cells(cells)
    cell_of = np.empty(len(positions), np.int64)
    first = np.full(len(around), -1, np.int64)
    following = np.empty(len(positions), np.int64)
    for i in range(len(positions)):
        cell_of[i] = cell_index(positions[i], box, cells)
        following[i] = first[cell_of[i]]
        first[cell_of[i]] = i
    return cell_of, around, first, following, cells


@njit(cache=True)
def _change_cell(i: int, old: int, new: int, first: IntegerArray, following: IntegerArray) -> None:
    if old == new:
        return
    if first[old] == i:
        first[old] = following[i]
    else:
        previous = first[old]
        while following[previous] != i:
            previous = following[previous]
        following[previous] = following[i]
    following[i] = first[new]
    first[new] = i
