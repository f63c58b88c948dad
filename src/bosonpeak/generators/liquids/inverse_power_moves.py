"""Swap Monte Carlo of inverse-power spheres (n = 12) in single precision, written for vector units."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from bosonpeak.datasets.array_types import IntegerArray
from bosonpeak.generators.liquids.particle_lists import (
    Lists,
    list_all,
    patch,
    strayed,
    workspace_for,
)
from bosonpeak.generators.liquids.plain_moves import DISPLACEMENTS, SWAPS, RandomState
from bosonpeak.generators.liquids.vector_moves import (
    DONE,
    OVERFLOWED,
    affordable_energy,
    clear,
    drawn_words,
    frame_of,
    is_swap,
    make_move,
    margin_of,
    moved_particle,
    prefetch_lists,
    skin_for,
    sum_of,
    swapped_partner,
    trial_move,
)
from bosonpeak.generators.particles.vector_units import (
    LANES,
    SMALLEST_GAP,
    Identities,
    Rows,
    Scratch,
    exponential_taper,
    gather_sixteen,
    nearest_image,
    prefer_wide_vectors,
    taper_factor,
)

SKIN = 0.55

_STEP = np.uint64(LANES)
_Y, _Z, _A, _SUM = (np.uint64(LANES * column) for column in (1, 2, 3, 4))
_ZERO, _HALF, _ONE = (np.float32(value) for value in (0.0, 0.5, 1.0))
# squared reduced distances are bounded from below: the product of two sixth powers stays finite in single precision
_CLOSEST = np.float32(2e-3)
_FURTHEST = np.float32(1.0 / (1.0 - SMALLEST_GAP))
_U0, _U1, _U32 = (np.uint64(value) for value in (0, 1, 32))
_LOW_32 = np.uint64((1 << 32) - 1)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _pair(square: np.float32, order: Any) -> Any:
    """(x^-12 - 1) T_m(x) from the squared reduced distance."""
    square = max(square, _CLOSEST)
    if len(order) == 0:
        root = _ONE / np.sqrt(square)
        inverse = root * root
        taper = exponential_taper(_ONE - _ONE / (_ONE - max(root, _FURTHEST)))
    else:
        inverse = _ONE / square
        taper = taper_factor(square, order)
    sixth = inverse * inverse * inverse
    return (sixth * sixth - _ONE) * taper


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _twelfth_power(value: np.float32) -> Any:
    square = value * value
    sixth = square * square * square
    return sixth * sixth


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _displacement_change(
    identities: Identities,
    i: np.uint64,
    listed: np.uint64,
    rows: Rows,
    scratch: Scratch,
    move: Any,
    frame: Any,
    inverse_cutoff: np.float32,
    order: Any,
) -> Any:
    """Energy of particle i at the new position minus the energy at the old position."""
    prefer_wide_vectors()
    x0, y0, z0, diameter = rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3]
    dx, dy, dz = move
    width, height, depth, per_width, per_height, per_depth, foldings = frame
    scale = inverse_cutoff * inverse_cutoff
    half = _HALF * inverse_cutoff
    own = half * diameter
    particle = np.uint32(i)
    clear(scratch)
    for place in range(_U0, listed, _STEP):
        gather_sixteen(rows, identities, i, place, scratch)
        for k in range(_STEP):
            x = nearest_image(scratch[k] - x0, width, per_width)
            y = nearest_image(scratch[_Y + k] - y0, height, per_height)
            z = nearest_image(scratch[_Z + k] - z0, depth, per_depth)
            u, v, w = x - dx, y - dy, z - dz
            if len(foldings) == 2:
                u = nearest_image(u, width, per_width)
                v = nearest_image(v, height, per_height)
                w = nearest_image(w, depth, per_depth)
            before = (x * x + y * y + z * z) * scale
            after = (u * u + v * v + w * w) * scale
            pair = _twelfth_power(half * scratch[_A + k] + own) * (_pair(after, order) - _pair(before, order))
            scratch[_SUM + k] += _ZERO if identities[i, place + k] == particle else pair
    return sum_of(scratch)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _swap_change(
    identities: Identities,
    i: np.uint64,
    j: np.uint64,
    listed: np.uint64,
    rows: Rows,
    scratch: Scratch,
    frame: Any,
    inverse_cutoff: np.float32,
    order: Any,
) -> Any:
    """Energy change of particle i with all others except particle j when i takes the diameter of j."""
    prefer_wide_vectors()
    x0, y0, z0 = rows[i, 0], rows[i, 1], rows[i, 2]
    width, height, depth, per_width, per_height, per_depth, _ = frame
    scale = inverse_cutoff * inverse_cutoff
    half = _HALF * inverse_cutoff
    old, new = half * rows[i, 3], half * rows[j, 3]
    particle, partner = np.uint32(i), np.uint32(j)
    clear(scratch)
    for place in range(_U0, listed, _STEP):
        gather_sixteen(rows, identities, i, place, scratch)
        for k in range(_STEP):
            x = nearest_image(scratch[k] - x0, width, per_width)
            y = nearest_image(scratch[_Y + k] - y0, height, per_height)
            z = nearest_image(scratch[_Z + k] - z0, depth, per_depth)
            size = half * scratch[_A + k]
            pair = (_twelfth_power(size + new) - _twelfth_power(size + old)) * _pair(
                (x * x + y * y + z * z) * scale, order
            )
            excluded = (identities[i, place + k] == particle) | (identities[i, place + k] == partner)
            scratch[_SUM + k] += _ZERO if excluded else pair
    return sum_of(scratch)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def vector_moves(
    rows: Rows,
    lists: Lists,
    box: tuple[np.float32, np.float32, np.float32],
    dimension: int,
    cutoff: float,
    order: Any,
    foldings: Any,
    temperature: float,
    attempts: int,
    swap_probability: float,
    displacement: float,
    state: RandomState,
    counts: IntegerArray,
) -> tuple[float, int]:
    """Attempt Monte Carlo moves in place as in `plain_moves`; returns the sum of the energy changes and a status."""
    # `rows`: (particles, 4) float32, x, y, z, diameter; `box`: the third length is 1 in two dimensions; `order`: `tag`
    # of the taper order 2, 3, 4, or 0 for the exponential; `foldings`: `tag` of 1 if cutoff plus displacement is within
    # half the box, else of 2. OVERFLOWED: repeat the moves with larger lists.
    prefer_wide_vectors()
    count = np.uint64(len(rows))
    inverse_cutoff = np.float32(1.0 / cutoff)
    identities, lengths, _, _ = lists
    scratch = np.empty(5 * LANES, np.float32)
    workspace = workspace_for(lists)
    # Lists reach further than the cutoff by a skin that covers a trial move and twice the margin of drift.
    longest = displacement * math.sqrt(dimension)
    skin = skin_for(longest, SKIN)
    reach = (np.float32(cutoff + skin), _ZERO)
    margin = margin_of(skin, longest)
    frame = frame_of(box, foldings)
    if not list_all(lists, box, reach, workspace):
        return 0.0, OVERFLOWED
    swap_below = np.uint64(swap_probability * 4294967296.0)
    total = 0.0
    # In large systems the next move is drawn early, because its lists may be far away in memory.
    is_large = len(lists[3].around) > 0
    following = drawn_words(state)
    for attempt in range(attempts):
        words = following
        if attempt + 1 < attempts:
            following = drawn_words(state)
            if is_large:
                prefetch_lists(following, count, swap_below, lists)
        i = moved_particle(words, count)
        affordable = affordable_energy(temperature, words[2])
        if is_swap(words, swap_below):
            # Swap with another particle j: the pair (i, j) itself keeps its energy and is left out of both sums.
            j = swapped_partner(words, count)
            change = float(
                _swap_change(identities, i, j, lengths[i], rows, scratch, frame, inverse_cutoff, order)
            ) + float(_swap_change(identities, j, i, lengths[j], rows, scratch, frame, inverse_cutoff, order))
            counts[SWAPS] += 1
            if change <= affordable:
                counts[SWAPS + 1] += 1
                rows[i, 3], rows[j, 3] = rows[j, 3], rows[i, 3]
                total += change
        else:
            # Displacement of particle i; its list is patched only after a drift beyond the margin.
            move = trial_move(dimension, displacement, words[1])
            change = float(
                _displacement_change(identities, i, lengths[i], rows, scratch, move, frame, inverse_cutoff, order)
            )
            counts[DISPLACEMENTS] += 1
            if change <= affordable:
                counts[DISPLACEMENTS + 1] += 1
                make_move(i, rows, move, box)
                total += change
                if strayed(i, rows, lists, box, margin) and not patch(
                    i, rows[i, 3], rows, lists, box, reach, workspace
                ):
                    return total, OVERFLOWED
    return total, DONE
