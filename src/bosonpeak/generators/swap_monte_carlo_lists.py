"""Neighbour lists of single-precision Monte Carlo, mended one particle at a time.

Particles are rows of four float32 (x, y, z, diameter), in two dimensions with z = 0. Two particles are in each other's
lists if their places when listed are closer than ``reach = (base, slope)`` says, base + slope (a_i + a_j), with their
diameters when listed. Lists stay complete as long as no particle has strayed further than half of what base has to
spare, and none is larger than when it was listed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Rows = NDArray[np.float32]
Identities = NDArray[np.uint32]
Lists = tuple[Identities, NDArray[np.uint64], Rows]
Reach = tuple[np.float32, np.float32]
Workspace = tuple[NDArray[np.bool_], Identities, Identities, NDArray[np.bool_]]

LANES = 16

_STEP = np.uint64(LANES)
_U0, _U1, _U4 = np.uint64(0), np.uint64(1), np.uint64(4)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def square_distance(dx: np.float32, dy: np.float32, dz: np.float32, width: Any, height: Any, depth: Any) -> Any:
    """Squared length of a separation inside the box, through the nearest image."""
    dx, dy, dz = abs(dx), abs(dy), abs(dz)
    dx, dy, dz = min(dx, width - dx), min(dy, height - dy), min(dz, depth - dz)
    return dx * dx + dy * dy + dz * dz


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def strayed(i: np.uint64, rows: Rows, lists: Lists, box: Any, margin: np.float32) -> Any:
    """Whether particle i is further than the margin from its place when listed."""
    listed = lists[2]
    square = square_distance(
        rows[i, 0] - listed[0, i], rows[i, 1] - listed[1, i], rows[i, 2] - listed[2, i], box[0], box[1], box[2]
    )
    return square > margin * margin


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def list_from_scratch(i: Any, lists: Lists, box: Any, reach: Reach, workspace: Workspace) -> Any:
    """List every particle near particle i by places and diameters when listed; False if there is no room."""
    identities, lengths, _ = lists
    near, names = workspace[0], workspace[1]
    _mark_near(i, lists, box, reach, near)
    found = _U0
    for j in range(np.uint64(len(near))):
        # written whether near or not: a branch that cannot be foretold costs more
        names[found] = np.uint32(j)
        found += np.uint64(near[j])
    if found > np.uint64(identities.shape[1]):
        return False
    for k in range(found):
        identities[i, k] = names[k]
    return _pad(i, found, identities, lengths)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _mark_near(i: Any, lists: Lists, box: Any, reach: Reach, near: NDArray[np.bool_]) -> None:
    """Mark the particles that belong in the list of particle i."""
    x_all, y_all, z_all, a_all = lists[2][0], lists[2][1], lists[2][2], lists[2][3]
    x, y, z, a = x_all[i], y_all[i], z_all[i], a_all[i]
    width, height, depth = box
    base, slope = reach
    for j in range(np.uint64(len(near))):
        square = square_distance(x_all[j] - x, y_all[j] - y, z_all[j] - z, width, height, depth)
        limit = base + slope * (a + a_all[j])
        near[j] = square < limit * limit
    near[i] = False


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _pad(i: np.uint64, found: Any, identities: Identities, lengths: NDArray[np.uint64]) -> bool:
    """Fill a list to a multiple of the lanes with the particle's own identity."""
    padded = (found + _STEP - _U1) // _STEP * _STEP
    for k in range(found, padded):
        identities[i, k] = np.uint32(i)
    lengths[i] = padded
    return True


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def patch(i: np.uint64, rows: Rows, lists: Lists, box: Any, reach: Reach, workspace: Workspace) -> bool:
    """List particle i anew where it is now, and mend the lists of those that gained or lost it."""
    identities, lengths, listed = lists
    former, stale = workspace[2], workspace[3]
    mine, before = np.uint32(i), lengths[i]
    for k in range(before):
        former[k] = identities[i, k]
        stale[former[k]] = True
    for component in range(_U4):
        listed[component, i] = rows[i, component]
    if not list_from_scratch(i, lists, box, reach, workspace):
        return False
    for k in range(lengths[i]):
        j = np.uint64(identities[i, k])
        if j != i and not stale[j] and not _add(j, mine, identities, lengths):
            return False
        stale[j] = False
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
    return _pad(j, last + _U1, identities, lengths)


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
    _pad(j, last - _U1, identities, lengths)


def empty_lists(rows: Rows, capacity: int) -> Lists:
    """Room for neighbour lists, with the present places and diameters as those when listed.

    Parameters
    ----------
    rows : ndarray of float32, shape (particles, 4)
        Particles.
    capacity : int
        Largest number of entries a list, a multiple of the lanes.

    Returns
    -------
    lists : tuple
        Identities uint32 (particles, capacity), padded lengths uint64 (particles,), places and diameters when listed,
        one a row: (4, particles).
    """
    columns = np.ascontiguousarray(rows.T)
    return np.zeros((len(rows), capacity), np.uint32), np.zeros(len(rows), np.uint64), columns


@njit(cache=True, nogil=True)
def workspace_for(lists: Lists) -> Workspace:
    """Arrays that listing and patching write to: who is near, their names, a former list, and who is left of it."""
    count, capacity = lists[0].shape
    return (
        np.empty(count, np.bool_),
        np.empty(count, np.uint32),
        np.empty(capacity, np.uint32),
        np.zeros(count, np.bool_),
    )
