"""Neighbour lists of single-precision Monte Carlo, updated particle by particle, of rows (x, y, z, diameter).

Two particles are in each other's lists if their listed positions are closer than base + slope (a_i + a_j), ``reach =
(base, slope)``. Lists are complete as long as no particle has moved further than half of the spare distance in base and
none is larger than its listed diameter.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import BooleanArray, FloatArray
from bosonpeak.generators.liquids.listing_cells import (
    Cells,
    Marks,
    cells_for,
    change_cell,
    fill_cells,
    name_near_in_cells,
)
from bosonpeak.generators.particles.vector_units import LANES, Identities, Rows, nearest_image

Lists = tuple[Identities, NDArray[np.uint64], Rows, Cells]
Reach = tuple[np.float32, np.float32]
Workspace = tuple[BooleanArray, Identities, Identities, BooleanArray, Marks]

_STEP = np.uint64(LANES)
_U0, _U1, _U3, _U4, _U8 = (np.uint64(value) for value in (0, 1, 3, 4, 8))
_ONE = np.float32(1.0)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def strayed(i: np.uint64, rows: Rows, lists: Lists, box: Any, margin: np.float32) -> Any:
    """Return whether particle i is further than the margin from its listed position."""
    listed = lists[2]
    dx = nearest_image(rows[i, 0] - listed[0, i], box[0], _ONE / box[0])
    dy = nearest_image(rows[i, 1] - listed[1, i], box[1], _ONE / box[1])
    dz = nearest_image(rows[i, 2] - listed[2, i], box[2], _ONE / box[2])
    return dx * dx + dy * dy + dz * dz > margin * margin


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def list_all(lists: Lists, box: Any, reach: Reach, workspace: Workspace) -> Any:
    """Build the lists of all particles from listed positions and diameters; False if a capacity is too small."""
    _, lengths, listed, cells = lists
    enough = fill_cells(listed, cells)
    for i in range(np.uint64(len(lengths))):
        enough = enough and list_from_scratch(i, lists, box, reach, workspace)
    return enough


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def list_from_scratch(i: Any, lists: Lists, box: Any, reach: Reach, workspace: Workspace) -> Any:
    """Rebuild the list of particle i from listed positions and diameters; False if the capacity is too small."""
    identities, lengths, listed, _ = lists
    names = workspace[1]
    found = name_near(i, listed[3, i], lists, box, reach, workspace)
    if found > np.uint64(identities.shape[1]):
        return False
    for k in range(found):
        identities[i, k] = names[0, k]
    lengths[i] = pad(i, i, found, identities)
    return True


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def name_near(i: Any, diameter: np.float32, lists: Lists, box: Any, reach: Reach, workspace: Workspace) -> Any:
    """Write the neighbours that particle i has with this diameter to the workspace, and return their number."""
    near, names = workspace[0], workspace[1]
    if len(lists[3].around) > 0:
        return name_near_in_cells(i, diameter, lists[2], box, reach, lists[3], names, workspace[4])
    _mark_near(i, diameter, lists[2], box, reach, near)
    eights = near.view(np.uint64)
    found = _U0
    for eight in range(np.uint64(len(eights))):
        if eights[eight] == _U0:
            continue
        for j in range(eight << _U3, (eight << _U3) + _U8):
            # unconditional write: an unpredictable branch costs more
            names[0, found] = np.uint32(j)
            found += np.uint64(near[j])
    return found


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def most_near(i: Any, lists: Lists) -> Any:
    """Return a number of particles that no list of particle i exceeds."""
    cells = lists[3]
    if len(cells.around) == 0:
        return np.uint64(len(lists[1]))
    count = _U0
    for touching in range(cells.around.shape[1]):
        count += cells.occupation[cells.around[cells.places[0, i], touching]]
    return count


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _mark_near(i: Any, diameter: np.float32, listed: Rows, box: Any, reach: Reach, near: BooleanArray) -> None:
    """Mark the particles that belong in the list of particle i."""
    x, y, z = listed[0, i], listed[1, i], listed[2, i]
    width, height, depth = box
    per_width, per_height, per_depth = _ONE / width, _ONE / height, _ONE / depth
    base, slope = reach
    for j in range(np.uint64(listed.shape[1])):
        dx = nearest_image(listed[0, j] - x, width, per_width)
        dy = nearest_image(listed[1, j] - y, height, per_height)
        dz = nearest_image(listed[2, j] - z, depth, per_depth)
        limit = base + slope * (diameter + listed[3, j])
        near[j] = dx * dx + dy * dy + dz * dz < limit * limit
    near[i] = False


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def pad(i: Any, line: Any, found: Any, identities: Identities) -> Any:
    """Pad a list of particle i, a row of identities, with i itself to a multiple of the lanes; returns the length."""
    padded = (found + _STEP - _U1) // _STEP * _STEP
    for k in range(found, padded):
        identities[line, k] = np.uint32(i)
    return padded


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def patch(
    i: np.uint64, diameter: np.float32, rows: Rows, lists: Lists, box: Any, reach: Reach, workspace: Workspace
) -> bool:
    """List particle i at its present position for a diameter, and update the lists of neighbours gained or lost."""
    identities, lengths, listed, cells = lists
    former, stale = workspace[2], workspace[3]
    mine, before = np.uint32(i), lengths[i]
    # Remember the former list, and mark its members.
    for k in range(before):
        former[k] = identities[i, k]
        stale[former[k]] = True
    for component in range(_U3):
        listed[component, i] = rows[i, component]
    listed[3, i] = diameter
    if len(cells.around) > 0 and not change_cell(i, listed, cells):
        return False
    if not list_from_scratch(i, lists, box, reach, workspace):
        return False
    # Add i to the lists of new neighbours, and unmark the members that remain.
    for k in range(lengths[i]):
        j = np.uint64(identities[i, k])
        if j != i and not stale[j] and not _add(j, mine, identities, lengths):
            return False
        stale[j] = False
    # Remove i from the lists of members that are still marked.
    for k in range(before):
        j = np.uint64(former[k])
        if stale[j] and j != i:
            _remove(j, mine, identities, lengths)
        stale[j] = False
    return True


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _add(j: np.uint64, identity: np.uint32, identities: Identities, lengths: NDArray[np.uint64]) -> Any:
    own = np.uint32(j)
    last = lengths[j]
    while last > _U0 and identities[j, last - _U1] == own:
        last -= _U1
    if last == np.uint64(identities.shape[1]):
        return False
    identities[j, last] = identity
    lengths[j] = pad(j, j, last + _U1, identities)
    return True


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _remove(j: Any, identity: np.uint32, identities: Identities, lengths: NDArray[np.uint64]) -> None:
    own = np.uint32(j)
    last = lengths[j]
    while identities[j, last - _U1] == own:
        last -= _U1
    place = _U0
    while identities[j, place] != identity:
        place += _U1
    identities[j, place] = identities[j, last - _U1]
    lengths[j] = pad(j, j, last - _U1, identities)


def empty_lists(rows: Rows, capacity: int) -> Lists:
    """Empty lists for `rows` (particles, 4) float32 that are searched for among all particles."""
    return lists_with_cells(rows, np.ones(3), np.inf, capacity)


def lists_with_cells(rows: Rows, box: FloatArray, furthest: float, capacity: int) -> Lists:
    """Empty lists: identities, padded lengths, listed positions and diameters, cells for ranges up to `furthest`."""
    columns = np.ascontiguousarray(rows.T)
    cells = cells_for(len(rows), box, furthest, capacity)
    return np.zeros((len(rows), capacity), np.uint32), np.zeros(len(rows), np.uint64), columns, cells


@njit(cache=True, nogil=True)
def workspace_for(lists: Lists) -> Workspace:
    """Scratch arrays for listing and patching: neighbour mask and names, former list, mask of lost ones, marks."""
    count, capacity = lists[0].shape
    words = count // 64 + 1
    return (
        np.zeros((count + 7) // 8 * 8, np.bool_),
        np.empty((1, count + LANES), np.uint32),
        np.empty(capacity, np.uint32),
        np.zeros(count, np.bool_),
        (np.zeros(capacity, np.bool_), np.zeros(words, np.uint64), np.zeros(words // 64 + 1, np.uint64)),
    )
