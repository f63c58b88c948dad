"""Cells of listed particles: in large boxes, neighbours are searched in the surroundings of a particle only.

Every cell keeps the listed positions and diameters of its members side by side, so that distances are computed in
vector loops. Neighbours come out in ascending order, as from a search of all particles.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import BooleanArray, FloatArray, IntegerArray
from bosonpeak.generators.particles.neighbours import cell_counts, surrounding_cells
from bosonpeak.generators.particles.vector_units import LANES, Identities, Rows, nearest_image, prefer_wide_vectors

Marks = tuple[BooleanArray, NDArray[np.uint64], NDArray[np.uint64]]

FEWEST_PARTICLES = 1500
"""Number of particles from which cells find neighbours faster than a search of all particles."""

_U0, _U1, _U4, _U6, _U12, _U58 = (np.uint64(value) for value in (0, 1, 4, 6, 12, 58))
_LANES, _LAST_BIT = np.uint64(LANES), np.uint64(63)
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_POSITIONS = np.zeros(64, np.uint64)
for _bit in range(64):
    _POSITIONS[((int(_DE_BRUIJN) << _bit) & (2**64 - 1)) >> 58] = _bit
_ONE = np.float32(1.0)
# cells are wider than the range by more than single-precision rounding of a coordinate
_WIDER = 1.0001


class Cells(NamedTuple):
    """Cells of a box, or none of a small box."""

    around: IntegerArray  # (cells, 27 or 9), each cell and the cells that touch it
    counts: IntegerArray  # (3,), cells along each axis
    per_length: Rows  # (3,), cells per length along each axis
    occupation: NDArray[np.uint64]  # (cells,)
    members: Identities  # (cells, capacity)
    columns: Rows  # (4, cells, capacity), listed positions and diameters of the members
    places: NDArray[np.uint64]  # (2, particles), cell and slot of each particle


def cells_for(count: int, box: FloatArray, furthest: float, capacity: int) -> Cells:
    """Cells at least as wide as the range `furthest`, for `capacity` particles each; none if all cells would touch."""
    axes = cell_counts(count, box, _WIDER * furthest)
    counts, per_length = np.ones(3, np.int64), np.zeros(3, np.float32)
    if count < FEWEST_PARTICLES or axes.min() < 4:
        return Cells(*_empty(np.zeros((0, 27), np.int64), counts, per_length, 0, capacity))
    counts[: len(box)], per_length[: len(box)] = axes, axes / box
    return Cells(*_empty(surrounding_cells(axes), counts, per_length, count, capacity))


def _empty(around: IntegerArray, counts: IntegerArray, per_length: Rows, count: int, capacity: int) -> tuple[Any, ...]:
    total = len(around)
    occupation, places = np.zeros(total, np.uint64), np.zeros((2, count), np.uint64)
    members, columns = np.zeros((total, capacity), np.uint32), np.zeros((4, total, capacity), np.float32)
    return around, counts, per_length, occupation, members, columns, places


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def fill_cells(listed: Rows, cells: Cells) -> bool:
    """Put all particles into cells anew; False if a cell is full."""
    for cell in range(len(cells.occupation)):
        cells.occupation[cell] = _U0
    enough = True
    for i in range(np.uint64(cells.places.shape[1])):
        enough = enough and _enter(i, _cell_at(i, listed, cells), listed, cells)
    return enough


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def change_cell(i: np.uint64, listed: Rows, cells: Cells) -> Any:
    """Note that particle i is listed at another position or with another diameter; False if a cell is full."""
    old, slot = cells.places[0, i], cells.places[1, i]
    last = cells.occupation[old] - _U1
    # The last member takes the place of the particle that leaves.
    moved = np.uint64(cells.members[old, last])
    cells.members[old, slot] = cells.members[old, last]
    for component in range(_U4):
        cells.columns[component, old, slot] = cells.columns[component, old, last]
    cells.places[1, moved] = slot
    cells.occupation[old] = last
    return _enter(i, _cell_at(i, listed, cells), listed, cells)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _cell_at(i: Any, listed: Rows, cells: Cells) -> Any:
    index = 0
    for axis in range(3):
        place = min(int(listed[axis, i] * cells.per_length[axis]), cells.counts[axis] - 1)
        index = index * cells.counts[axis] + place
    return np.uint64(index)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _enter(i: Any, cell: Any, listed: Rows, cells: Cells) -> Any:
    slot = cells.occupation[cell]
    if slot == np.uint64(cells.members.shape[1]):
        return False
    cells.members[cell, slot] = np.uint32(i)
    for component in range(_U4):
        cells.columns[component, cell, slot] = listed[component, i]
    cells.places[0, i], cells.places[1, i] = cell, slot
    cells.occupation[cell] = slot + _U1
    return True


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def name_near_in_cells(
    i: np.uint64,
    diameter: np.float32,
    listed: Rows,
    box: Any,
    reach: Any,
    cells: Cells,
    names: Identities,
    marks: Marks,
) -> Any:
    """Write the neighbours that particle i has with this diameter to `names`, ascending, and return their number."""
    prefer_wide_vectors()
    flags = marks[0]
    x, y, z = listed[0, i], listed[1, i], listed[2, i]
    width, height, depth = box
    per_width, per_height, per_depth = _ONE / width, _ONE / height, _ONE / depth
    base, slope = reach
    own, slot = cells.places[0, i], cells.places[1, i]
    found = _U0
    for touching in range(cells.around.shape[1]):
        cell = np.uint64(cells.around[own, touching])
        occupation = cells.occupation[cell]
        # Whole vectors: flags beyond the occupation are computed from former members and never read.
        for block in range(_U0, occupation, _LANES):
            for k in range(_LANES):
                dx = nearest_image(cells.columns[0, cell, block + k] - x, width, per_width)
                dy = nearest_image(cells.columns[1, cell, block + k] - y, height, per_height)
                dz = nearest_image(cells.columns[2, cell, block + k] - z, depth, per_depth)
                limit = base + slope * (diameter + cells.columns[3, cell, block + k])
                flags[block + k] = dx * dx + dy * dy + dz * dz < limit * limit
        if cell == own:
            flags[slot] = False
        for k in range(occupation):
            names[0, found] = cells.members[cell, k]
            found += np.uint64(flags[k])
    _sort(names, found, marks)
    return found


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _sort(names: Identities, found: np.uint64, marks: Marks) -> None:
    """Sort different names by a set of bits, and a set of bits for the words of the first that are not empty."""
    _, bits, words = marks
    for k in range(found):
        name = np.uint64(names[0, k])
        bits[name >> _U6] |= _U1 << (name & _LAST_BIT)
        words[name >> _U12] |= _U1 << ((name >> _U6) & _LAST_BIT)
    place = _U0
    for group in range(np.uint64(len(words))):
        while words[group] != _U0:
            word = (group << _U6) + _lowest_bit(words[group])
            words[group] &= words[group] - _U1
            remaining = bits[word]
            while remaining != _U0:
                names[0, place] = np.uint32((word << _U6) + _lowest_bit(remaining))
                place += _U1
                remaining &= remaining - _U1
            bits[word] = _U0


@njit(cache=True)
def _lowest_bit(word: np.uint64) -> Any:
    """Position of the lowest bit of a word that is not 0 (Leiserson, Prokop and Randall, 1998)."""
    return _POSITIONS[((word & (~word + _U1)) * _DE_BRUIJN) >> _U58]
