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

LANES = 16

_STEP = np.uint64(LANES)
_U0, _U1 = np.uint64(0), np.uint64(1)


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
        rows[i, 0] - listed[i, 0], rows[i, 1] - listed[i, 1], rows[i, 2] - listed[i, 2], box[0], box[1], box[2]
    )
    return square > margin * margin


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def list_from_scratch(i: Any, rows: Rows, lists: Lists, box: Any, reach: Reach) -> Any:
    """List every particle near particle i by places and diameters when listed; False if there is no room."""
    identities, lengths, listed = lists
    base, slope = reach
    capacity = np.uint64(identities.shape[1])
    x, y, z, a = listed[i, 0], listed[i, 1], listed[i, 2], listed[i, 3]
    found = _U0
    for j in range(np.uint64(len(rows))):
        square = square_distance(listed[j, 0] - x, listed[j, 1] - y, listed[j, 2] - z, box[0], box[1], box[2])
        limit = base + slope * (a + listed[j, 3])
        if square < limit * limit and j != i:
            if found == capacity:
                return False
            identities[i, found] = np.uint32(j)
            found += _U1
    return _pad(i, found, identities, lengths)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _pad(i: np.uint64, found: Any, identities: Identities, lengths: NDArray[np.uint64]) -> bool:
    """Fill a list to a multiple of the lanes with the particle's own identity."""
    padded = (found + _STEP - _U1) // _STEP * _STEP
    for k in range(found, padded):
        identities[i, k] = np.uint32(i)
    lengths[i] = padded
    return True


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def patch(i: np.uint64, rows: Rows, lists: Lists, box: Any, reach: Reach, stale: NDArray[np.bool_]) -> bool:
    """List particle i anew where it is now, and mend the lists of those that gained or lost it."""
    identities, lengths, listed = lists
    mine = np.uint32(i)
    stale[:] = False
    for k in range(lengths[i]):
        stale[identities[i, k]] = True
    listed[i] = rows[i]
    if not list_from_scratch(i, rows, lists, box, reach):
        return False
    for place in range(lengths[i]):
        j = np.uint64(identities[i, place])
        if j != i and not stale[j] and not _add(j, mine, identities, lengths):
            return False
        stale[j] = False
    for former in range(np.uint64(len(rows))):
        if stale[former] and former != i:
            _remove(former, mine, identities, lengths)
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
        Identities uint32 (particles, capacity), padded lengths uint64 (particles,), rows when listed.
    """
    return np.zeros((len(rows), capacity), np.uint32), np.zeros(len(rows), np.uint64), rows.copy()
