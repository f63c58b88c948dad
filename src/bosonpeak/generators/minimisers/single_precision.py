"""Limited-memory BFGS in single precision for inverse-power spheres (n = 12), sixteen particles to a vector.

Rows (x, y, z, diameter) are float32. The list of each particle contains all its neighbours, so that a lane adds up the
force on its own particle and nothing is scattered; entries of a block of sixteen particles alternate between them.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.generators.minimisers.limited_memory_bfgs import shrinkage
from bosonpeak.generators.minimisers.result import LONGEST_STEP, Descent
from bosonpeak.generators.particles.forces import System
from bosonpeak.generators.particles.near_pairs import SKIN, WIDE_SKIN, NearPairs, fold, near_pairs_at, renewed
from bosonpeak.generators.particles.vector_units import (
    LANES,
    SMALLEST_GAP,
    Identities,
    Rows,
    exponential_taper,
    gather_sixteen,
    nearest_image,
    prefer_wide_vectors,
)

SINGLE_ROUND_OFF = 1e-6
"""Energy differences below this share of the energy have no sign in single precision."""

_SUFFICIENT_DECREASE, _FLATTER = 1e-4, 0.9
_HISTORY = 8
_STRAY = np.float32(0.5 * SKIN - 1e-4)
_SHORTEST_STEP = 1e-4
_STEP = np.uint64(LANES)
_Y, _Z, _A = (np.uint64(LANES * column) for column in (1, 2, 3))
_ZERO, _HALF, _ONE, _TWO, _TWELVE = (np.float32(value) for value in (0.0, 0.5, 1.0, 2.0, 12.0))
# squared reduced distances are bounded from below: the product of the powers stays finite in single precision
_CLOSEST = np.float32(5e-3)
_LARGEST_ROOT = np.float32(1.0 - SMALLEST_GAP)


class FullLists(NamedTuple):
    """All neighbours of every particle, in blocks of sixteen particles."""

    identities: Identities  # (blocks, entries), lane by lane; the own index of the particle where it has no more
    lengths: NDArray[np.uint64]  # (blocks,), used entries
    listed: Rows  # (particles, 4), at the time of listing


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def pair_slope(square: np.float32, order: Any) -> Any:
    """(x^-12 - 1) T_m(x) and its derivative by x divided by x, from the squared reduced distance."""
    near = max(square, _CLOSEST)
    inverse = _ONE / near
    sixth = inverse * inverse * inverse
    twelfth = sixth * sixth
    shape, slope = twelfth - _ONE, -_TWELVE * twelfth * inverse
    if len(order) == 0:
        root = min(np.sqrt(near), _LARGEST_ROOT)
        gap = _ONE / (_ONE - root)
        taper = exponential_taper(gap) if square < _ONE else _ZERO
        return shape * taper, slope * taper - shape * taper * _HALF * gap * gap / root
    base = max(_ONE - near, _ZERO)
    lower = base
    if len(order) == 3:
        lower = base * base
    if len(order) == 4:
        lower = base * base * base
    taper = lower * base
    return shape * taper, slope * taper - shape * lower * (_TWO * np.float32(len(order)))


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def energy_and_slopes(
    rows: Rows, lists: FullLists, box: Any, inverse_cutoff: np.float32, order: Any, slopes: Rows
) -> Any:
    """Energy of all pairs in double precision; writes its derivatives to the first three columns of `slopes`."""
    prefer_wide_vectors()
    identities, lengths = lists.identities, lists.lengths
    count = np.uint64(len(rows))
    width, height, depth = box
    per_width, per_height, per_depth = _ONE / width, _ONE / height, _ONE / depth
    scale, half = inverse_cutoff * inverse_cutoff, _HALF * inverse_cutoff
    columns, own = np.empty(4 * LANES, np.float32), np.empty(4 * LANES, np.float32)
    sums = np.empty(4 * LANES, np.float32)
    energy = 0.0
    for block in range(np.uint64(len(lengths))):
        for k in range(_STEP):
            i = min(block * _STEP + k, count - np.uint64(1))
            own[k], own[_Y + k], own[_Z + k], own[_A + k] = rows[i, 0], rows[i, 1], rows[i, 2], half * rows[i, 3]
            sums[k], sums[_Y + k], sums[_Z + k], sums[_A + k] = _ZERO, _ZERO, _ZERO, _ZERO
        for place in range(np.uint64(0), lengths[block], _STEP):
            gather_sixteen(rows, identities, block, place, columns)
            for k in range(_STEP):
                x = nearest_image(own[k] - columns[k], width, per_width)
                y = nearest_image(own[_Y + k] - columns[_Y + k], height, per_height)
                z = nearest_image(own[_Z + k] - columns[_Z + k], depth, per_depth)
                square = (x * x + y * y + z * z) * scale
                size = half * columns[_A + k] + own[_A + k]
                power = size * size * size
                power = power * power
                power = power * power
                value, slope = pair_slope(square, order)
                # a particle is its own neighbour where a list is padded
                power = power if square > _ZERO else _ZERO
                slope = slope * power * scale
                sums[k] += slope * x
                sums[_Y + k] += slope * y
                sums[_Z + k] += slope * z
                sums[_A + k] += value * power
        for k in range(min(_STEP, count - block * _STEP)):
            i = block * _STEP + k
            slopes[i, 0], slopes[i, 1], slopes[i, 2] = sums[k], sums[_Y + k], sums[_Z + k]
            energy += float(sums[_A + k])
    return 0.5 * energy


@njit(cache=True)
def full_lists(rows: Rows, near: NearPairs) -> FullLists:
    """Lists of all neighbours of the particles, from the pairs that are near at the places of the rows."""
    count = len(rows)
    start, neighbour = near.start, near.neighbour
    found = np.zeros(count, np.int64)
    for i in range(count):
        found[i] += start[i + 1] - start[i]
        for k in range(start[i], start[i + 1]):
            found[neighbour[k]] += 1
    longest = 0
    blocks = (count + LANES - 1) // LANES
    lengths = np.zeros(blocks, np.uint64)
    for i in range(count):
        longest = max(longest, found[i])
        lengths[i // LANES] = max(lengths[i // LANES], np.uint64(LANES * found[i]))
    identities = np.empty((blocks, LANES * longest), np.uint32)
    for block in range(blocks):
        for k in range(identities.shape[1]):
            identities[block, k] = np.uint32(min(block * LANES + k % LANES, count - 1))
    for i in range(count):
        found[i] = 0
    for i in range(count):
        for k in range(start[i], start[i + 1]):
            j = neighbour[k]
            identities[i // LANES, LANES * found[i] + i % LANES] = np.uint32(j)
            identities[j // LANES, LANES * found[j] + j % LANES] = np.uint32(i)
            found[i] += 1
            found[j] += 1
    return FullLists(identities, lengths, rows.copy())


@njit(cache=True)
def places_of(rows: Rows, box: FloatArray) -> FloatArray:
    """Positions in double precision, folded into the box."""
    places = np.empty((len(rows), len(box)))
    for i in range(len(rows)):
        for axis in range(len(box)):
            places[i, axis] = rows[i, axis]
    fold(places, box)
    return places


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _largest_square(vectors: Rows) -> Any:
    largest = _ZERO
    for i in range(len(vectors)):
        square = vectors[i, 0] * vectors[i, 0] + vectors[i, 1] * vectors[i, 1] + vectors[i, 2] * vectors[i, 2]
        largest = max(largest, square)
    return largest


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _moved(rows: Rows, length: np.float32, direction: Rows, listed: Rows, trial: Rows) -> Any:
    """Write the trial rows; returns the square of the largest displacement since the listing."""
    largest = _ZERO
    for i in range(len(rows)):
        square = _ZERO
        for axis in range(4):
            trial[i, axis] = rows[i, axis] + length * direction[i, axis]
            apart = trial[i, axis] - listed[i, axis]
            square += apart * apart
        largest = max(largest, square)
    return largest


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _inner(left: Rows, right: Rows) -> float:
    a, b = left.reshape(left.size), right.reshape(right.size)
    total = _ZERO
    for k in range(len(a)):
        total += a[k] * b[k]
    return float(total)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _mixed(into: Rows, factor: float, array: Rows, other_factor: float, other: Rows) -> None:
    a, b, c = into.reshape(into.size), array.reshape(into.size), other.reshape(into.size)
    first, second = np.float32(factor), np.float32(other_factor)
    for k in range(len(a)):
        a[k] = first * b[k] + second * c[k]


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _shifted(into: Rows, factor: float, array: Rows, next_array: Rows) -> float:
    """Add factor * array to `into`; returns the inner product of the sum with the next array."""
    a, b, c = into.reshape(into.size), array.reshape(into.size), next_array.reshape(into.size)
    first, total = np.float32(factor), _ZERO
    for k in range(len(a)):
        a[k] += first * b[k]
        total += a[k] * c[k]
    return float(total)


@njit(cache=True, error_model="numpy", nogil=True)
def _search_direction(
    slopes: Rows, steps: Any, changes: Any, products: FloatArray, kept: int, newest: int, direction: Rows
) -> int:
    """Two-loop recursion as in `limited_memory_bfgs`; returns the number of pairs kept."""
    history = len(products)
    weights = np.empty(history)
    _mixed(direction, -1.0, slopes, 0.0, slopes)
    if kept == 0:
        return 0
    # Each pass adds a vector and takes the inner product with the next vector.
    inner = _inner(steps[newest], direction)
    for back in range(kept):
        k = (newest - back) % history
        weights[k] = inner / products[k]
        inner = _shifted(direction, -weights[k], changes[k], steps[k - 1])
    _mixed(direction, products[newest] / _inner(changes[newest], changes[newest]), direction, 0.0, direction)
    inner = _inner(changes[(newest - kept + 1) % history], direction)
    for back in range(kept - 1, -1, -1):
        k = (newest - back) % history
        inner = _shifted(direction, weights[k] - inner / products[k], steps[k], changes[(k + 1) % history])
    if _inner(direction, slopes) < 0.0:
        return kept
    _mixed(direction, -1.0, slopes, 0.0, slopes)
    return 0


@njit(cache=True, error_model="numpy", nogil=True)
def single_precision_descent(
    positions: FloatArray, system: System, order: Any, tolerance: float, max_iterations: int
) -> Descent:
    """Follow the energy down in single precision, in place, until the largest force is at most `tolerance`."""
    # `order`: tag of the taper order 2, 3, 4, or 0 for the exponential. Energies differ from double precision by about
    # 1e-6: a descent that is stuck has reached the round-off.
    count, dimension = positions.shape
    rows = np.zeros((count, 4), np.float32)
    for i in range(count):
        for axis in range(dimension):
            rows[i, axis] = positions[i, axis]
        rows[i, 3] = system.diameters[i]
    box = (
        np.float32(system.box[0]),
        np.float32(system.box[1]),
        np.float32(system.box[dimension - 1] if dimension == 3 else 1.0),
    )
    inverse_cutoff = np.float32(1.0 / system.reach)
    steps, changes = np.zeros((_HISTORY, count, 4), np.float32), np.zeros((_HISTORY, count, 4), np.float32)
    products = np.empty(_HISTORY)
    slopes, trial_slopes = np.zeros((count, 4), np.float32), np.zeros((count, 4), np.float32)
    direction, trial = np.zeros((count, 4), np.float32), np.zeros((count, 4), np.float32)
    near = near_pairs_at(positions, system, WIDE_SKIN)
    lists = full_lists(rows, near)
    energy = energy_and_slopes(rows, lists, box, inverse_cutoff, order, slopes)
    residual = math.sqrt(_largest_square(slopes))
    evaluations, kept, newest, iteration, stuck = 1, 0, -1, 0, False
    while residual > tolerance and iteration < max_iterations:
        kept = _search_direction(slopes, steps, changes, products, kept, newest, direction)
        iteration += 1
        slope = _inner(direction, slopes)
        length = min(1.0, LONGEST_STEP / math.sqrt(_largest_square(direction)))
        shortest, accepted, trial_energy = _SHORTEST_STEP * length, False, energy
        while not accepted and length > shortest:
            if _moved(rows, np.float32(length), direction, lists.listed, trial) > _STRAY * _STRAY:
                near = renewed(near, places_of(trial, system.box), system)
                lists = full_lists(trial, near)
            trial_energy = energy_and_slopes(trial, lists, box, inverse_cutoff, order, trial_slopes)
            evaluations += 1
            decrease = trial_energy - energy
            level = abs(decrease) <= SINGLE_ROUND_OFF * abs(energy)
            accepted = decrease <= _SUFFICIENT_DECREASE * length * slope or (
                level and abs(_inner(direction, trial_slopes)) <= _FLATTER * abs(slope)
            )
            if not accepted:
                length *= shrinkage(decrease, slope, length)
        if accepted:
            newest = (newest + 1) % _HISTORY
            _mixed(steps[newest], length, direction, 0.0, direction)
            _mixed(changes[newest], 1.0, trial_slopes, -1.0, slopes)
            products[newest] = _inner(steps[newest], changes[newest])
            kept, newest = (min(kept + 1, _HISTORY), newest) if products[newest] > 0.0 else (kept, newest - 1)
            rows, trial = trial, rows
            slopes, trial_slopes = trial_slopes, slopes
            energy, residual = trial_energy, math.sqrt(_largest_square(slopes))
        elif kept == 0:
            stuck = True
            break
        else:
            kept = 0
    for i in range(count):
        for axis in range(dimension):
            positions[i, axis] = rows[i, axis]
    return Descent(energy, residual, iteration, evaluations, stuck)
