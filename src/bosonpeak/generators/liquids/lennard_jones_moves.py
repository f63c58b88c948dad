"""Swap Monte Carlo of Lennard-Jones particles in single precision, written for vector units.

Neighbour lists have a separate range for every pair, and serve diameters that are somewhat larger than the particle's
own. A swap that makes a particle larger still is rejected if its energy is too high whatever lies beyond the list.
Otherwise it builds a temporary list, and lists the particle anew on acceptance; the particle that shrinks keeps its
longer list.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from bosonpeak.datasets.array_types import IntegerArray
from bosonpeak.generators.liquids.particle_lists import (
    Lists,
    list_all,
    most_near,
    name_near,
    pad,
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
    tag,
    trial_move,
)
from bosonpeak.generators.particles.potentials import TRUNCATIONS, LennardJones
from bosonpeak.generators.particles.vector_units import (
    LANES,
    Identities,
    Rows,
    Scratch,
    gather_sixteen,
    nearest_image,
    prefer_wide_vectors,
    taper_factor,
)

Model = tuple[Any, Any, bool, np.float32, np.float32, np.float32]

LENNARD_JONES_SKIN = 0.6
HEADROOM = np.float32(0.25)
"""Excess of the diameter that a list serves over the diameter of its particle."""

_FORCE_SHIFTED, _TAPERED = TRUNCATIONS.index("force-shifted"), TRUNCATIONS.index("tapered")

_ZERO, _ONE, _FOUR = (np.float32(value) for value in (0.0, 1.0, 4.0))
# squared distances in units of sigma are bounded from below: their inverse powers stay finite in single precision
_CLOSEST = np.float32(0.02)
_PAST_MINIMUM = np.float32(1.3)
_BOTTOMLESS = np.float32(-1e30)
# smaller diameters denote the minority species of the Kob-Andersen mixture
_BETWEEN_SPECIES = np.float32(0.94)
_AB, _BB = np.float32(0.8**-2.0), np.float32(0.88**-2.0)
_U0, _U1, _U32 = np.uint64(0), np.uint64(1), np.uint64(32)
_SAFETY = 1.01
_STEP = np.uint64(LANES)
_Y, _Z, _A, _SUM = (np.uint64(LANES * column) for column in (1, 2, 3, 4))
_LOW_32 = np.uint64((1 << 32) - 1)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _pair(square: np.float32, model: Model) -> Any:
    """Phi / (4 eps) from the squared distance in units of sigma."""
    truncation, order, _, inverse_square_cutoff, shift, slope = model
    square = max(square, _CLOSEST)
    reduced = square * inverse_square_cutoff
    inverse = _ONE / square
    sixth = inverse * inverse * inverse
    energy = sixth * sixth - sixth + shift
    if len(truncation) == _FORCE_SHIFTED:
        energy += slope * (_ONE - np.sqrt(reduced))
    elif len(truncation) == _TAPERED:
        energy *= taper_factor(reduced, order)
    return energy if reduced < _ONE else _ZERO


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _species_pairs(diameter: np.float32) -> Any:
    """Kob-Andersen sigma^-2 and eps of a particle with the majority species, then with the minority species."""
    if diameter < _BETWEEN_SPECIES:
        return _AB, np.float32(1.5), _BB, np.float32(0.5)
    return _ONE, _ONE, _AB, np.float32(1.5)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _inverse_size_and_strength(a: np.float32, diameter: np.float32, species: Any, mixture: bool) -> Any:
    """sigma^-2 and eps of a pair."""
    if mixture:
        major, eps_major, minor, eps_minor = species
        return (minor if a < _BETWEEN_SPECIES else major), (eps_minor if a < _BETWEEN_SPECIES else eps_major)
    both = a + diameter
    return _FOUR / (both * both), _ONE


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _displacement_change(
    identities: Identities,
    i: np.uint64,
    listed: np.uint64,
    rows: Rows,
    scratch: Scratch,
    move: Any,
    frame: Any,
    model: Model,
) -> Any:
    """Energy of particle i at the new position minus the energy at the old position."""
    prefer_wide_vectors()
    x0, y0, z0, diameter = rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3]
    dx, dy, dz = move
    width, height, depth, per_width, per_height, per_depth, foldings = frame
    mixture = model[2]
    species = _species_pairs(diameter)
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
            per_size, strength = _inverse_size_and_strength(scratch[_A + k], diameter, species, mixture)
            before = (x * x + y * y + z * z) * per_size
            after = (u * u + v * v + w * w) * per_size
            pair = strength * (_pair(after, model) - _pair(before, model))
            scratch[_SUM + k] += _ZERO if identities[i, place + k] == particle else pair
    return _FOUR * sum_of(scratch)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _swap_change(
    identities: Identities,
    line: np.uint64,
    i: np.uint64,
    j: np.uint64,
    listed: np.uint64,
    rows: Rows,
    scratch: Scratch,
    frame: Any,
    model: Model,
) -> Any:
    """Energy change of particle i with the particles of a list line except j when i takes the diameter of j."""
    prefer_wide_vectors()
    x0, y0, z0, old, new = rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3], rows[j, 3]
    width, height, depth, per_width, per_height, per_depth, _ = frame
    mixture = model[2]
    old_species, new_species = _species_pairs(old), _species_pairs(new)
    particle, partner = np.uint32(i), np.uint32(j)
    clear(scratch)
    for place in range(_U0, listed, _STEP):
        gather_sixteen(rows, identities, line, place, scratch)
        for k in range(_STEP):
            x = nearest_image(scratch[k] - x0, width, per_width)
            y = nearest_image(scratch[_Y + k] - y0, height, per_height)
            z = nearest_image(scratch[_Z + k] - z0, depth, per_depth)
            square = x * x + y * y + z * z
            per_old, old_strength = _inverse_size_and_strength(scratch[_A + k], old, old_species, mixture)
            per_new, new_strength = _inverse_size_and_strength(scratch[_A + k], new, new_species, mixture)
            pair = new_strength * _pair(square * per_new, model) - old_strength * _pair(square * per_old, model)
            excluded = (identities[line, place + k] == particle) | (identities[line, place + k] == partner)
            scratch[_SUM + k] += _ZERO if excluded else pair
    return _FOUR * sum_of(scratch)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _served(diameter: np.float32, largest: np.float32) -> Any:
    """Diameter for which a particle is listed."""
    return min(diameter + HEADROOM, largest)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def lowest_beyond(listed: np.float32, diameter: np.float32, smallest: np.float32, most: np.uint64, model: Model) -> Any:
    """Lower bound of the energy that a particle has with `most` others beyond the list of the diameter `listed`."""
    # Pairs that are not listed are at least the cutoff of the listed diameter apart, in units of the pair's sigma after
    # the swap the more the larger the other particle. Beyond the minimum of the potential the energy increases.
    reduced = (listed + smallest) / (diameter + smallest)
    square = reduced * reduced / model[3]
    return _FOUR * np.float32(most) * _pair(square, model) if square > _PAST_MINIMUM else _BOTTOMLESS


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def lennard_jones_moves(
    rows: Rows,
    lists: Lists,
    box: tuple[np.float32, np.float32, np.float32],
    dimension: int,
    model: Model,
    foldings: Any,
    temperature: float,
    attempts: int,
    swap_probability: float,
    displacement: float,
    state: RandomState,
    counts: IntegerArray,
) -> tuple[float, int]:
    """Attempt Monte Carlo moves in place, as in `vector_moves`; `model` comes from `lennard_jones_model`."""
    prefer_wide_vectors()
    count = np.uint64(len(rows))
    identities, lengths, listed_rows, _ = lists
    scratch = np.empty(5 * LANES, np.float32)
    workspace = workspace_for(lists)
    names = workspace[1]
    longest = displacement * math.sqrt(dimension)
    skin = skin_for(longest, LENNARD_JONES_SKIN)
    # Range of additive diameters: pairs of the mixture reach no further. The skin covers a trial move and the drift.
    slope = 0.5 / math.sqrt(model[3])
    reach = (np.float32(skin), np.float32(slope))
    margin = margin_of(skin, longest)
    frame = frame_of(box, foldings)
    smallest, largest = rows[_U0, 3], rows[_U0, 3]
    for i in range(count):
        smallest, largest = min(smallest, rows[i, 3]), max(largest, rows[i, 3])
    for i in range(count):
        listed_rows[3, i] = _served(rows[i, 3], largest)
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
            # Swap with another particle j: the larger particle shrinks, so that its list is long enough.
            j = swapped_partner(words, count)
            larger, smaller = (i, j) if rows[i, 3] > rows[j, 3] else (j, i)
            change = float(
                _swap_change(identities, larger, larger, smaller, lengths[larger], rows, scratch, frame, model)
            )
            # The smaller particle grows, possibly beyond its list: then sum over a temporary list, unless its own list
            # decides already.
            grown = float(
                _swap_change(identities, smaller, smaller, larger, lengths[smaller], rows, scratch, frame, model)
            )
            outgrows = rows[larger, 3] > listed_rows[3, smaller]
            if outgrows:
                most = most_near(smaller, lists)
                lowest = float(lowest_beyond(listed_rows[3, smaller], rows[larger, 3], smallest, most, model))
                if change + grown + _SAFETY * lowest <= affordable:
                    found = name_near(smaller, rows[larger, 3], lists, box, reach, workspace)
                    length = pad(smaller, _U0, found, names)
                    grown = float(_swap_change(names, _U0, smaller, larger, length, rows, scratch, frame, model))
            change += grown
            # Accept or reject; a particle that has outgrown its list is listed anew.
            counts[SWAPS] += 1
            if change <= affordable:
                counts[SWAPS + 1] += 1
                rows[i, 3], rows[j, 3] = rows[j, 3], rows[i, 3]
                total += change
                if outgrows and not patch(
                    smaller, _served(rows[smaller, 3], largest), rows, lists, box, reach, workspace
                ):
                    return total, OVERFLOWED
        else:
            # Displacement of particle i; its list is patched only after a drift beyond the margin.
            move = trial_move(dimension, displacement, words[1])
            change = float(_displacement_change(identities, i, lengths[i], rows, scratch, move, frame, model))
            counts[DISPLACEMENTS] += 1
            if change <= affordable:
                counts[DISPLACEMENTS + 1] += 1
                make_move(i, rows, move, box)
                total += change
                if strayed(i, rows, lists, box, margin) and not patch(
                    i, _served(rows[i, 3], largest), rows, lists, box, reach, workspace
                ):
                    return total, OVERFLOWED
    return total, DONE


def lennard_jones_model(potential: LennardJones) -> Model:
    """Parameters of a potential with pairwise cutoffs, in the form that the compiled kernel reads."""
    cutoff, truncation, order, mixture, _ = potential.parameters()
    sixth = cutoff**-6.0
    shift = 0.0 if potential.truncation == "hard" else sixth - sixth**2
    return (
        tag(truncation),
        tag(order),
        bool(mixture),
        np.float32(cutoff**-2.0),
        np.float32(shift),
        np.float32(6.0 * sixth - 12.0 * sixth**2),
    )
