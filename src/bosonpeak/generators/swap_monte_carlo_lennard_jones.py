"""Swap Monte Carlo of Lennard-Jones particles in single precision, written for vector units.

Neighbour lists are those of inverse-power spheres, but with a range for every pair: 2.5 sigma_ij or whatever the
potential says. A swap that makes a particle larger than it was listed needs neighbours beyond its list. Such a trial
looks at all particles, and only if it is accepted is the particle listed anew; the one that shrinks keeps its list,
which is merely longer than it need be.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bosonpeak.generators.potentials import TRUNCATIONS, LennardJones
from bosonpeak.generators.swap_monte_carlo_kernels import (
    DISPLACEMENTS,
    SWAPS,
    RandomState,
    next_bits,
)
from bosonpeak.generators.swap_monte_carlo_lists import (
    LANES,
    Identities,
    Lists,
    Rows,
    list_from_scratch,
    patch,
    square_distance,
    strayed,
    workspace_for,
)
from bosonpeak.generators.swap_monte_carlo_vector import (
    DONE,
    OVERFLOWED,
    gather,
    is_accepted,
    prefer_wide_vectors,
    taper_factor,
    trial_place,
)

IntegerArray = NDArray[np.int64]
Model = tuple[int, int, bool, np.float32, np.float32, np.float32]

LENNARD_JONES_SKIN = 0.6

_FORCE_SHIFTED, _TAPERED = TRUNCATIONS.index("force-shifted"), TRUNCATIONS.index("tapered")

_ZERO, _HALF, _ONE, _FOUR = (np.float32(value) for value in (0.0, 0.5, 1.0, 4.0))
# squared distance below which pairs are not told apart: products of powers of two such are still normal numbers
_CLOSEST = np.float32(0.02)
# smaller diameters belong to the minority species of the Kob-Andersen mixture
_BETWEEN_SPECIES = np.float32(0.94)
_U1, _U32 = np.uint64(1), np.uint64(32)
_LOW_32 = np.uint64((1 << 32) - 1)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _cube(value: np.float32) -> Any:
    return value * value * value


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _pair_energy(attraction: np.float32, reduced: np.float32, model: Model) -> Any:
    """Phi / (4 eps) from (sigma/r)^6 and the squared distance in units of the cutoff."""
    truncation, order, _, _, shift, slope = model
    energy = attraction * attraction - attraction + shift
    if truncation == _FORCE_SHIFTED:
        energy += slope * (_ONE - np.sqrt(reduced))
    elif truncation == _TAPERED:
        energy *= taper_factor(reduced, order)
    return energy if reduced < _ONE else _ZERO


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _species_pairs(diameter: np.float32) -> Any:
    """Kob-Andersen sigma and eps of a particle with the majority, then with the minority species."""
    if diameter < _BETWEEN_SPECIES:
        return np.float32(0.8), np.float32(1.5), np.float32(0.88), np.float32(0.5)
    return np.float32(1.0), np.float32(1.0), np.float32(0.8), np.float32(1.5)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _displacement_change(
    identity: Identities,
    listed: np.uint64,
    scratch: Rows,
    particle: np.uint32,
    diameter: np.float32,
    old: Any,
    new: Any,
    box: Any,
    model: Model,
) -> Any:
    """Energy at the new place less that at the old one, with one division for both and for the reduced distances."""
    prefer_wide_vectors()
    x_all, y_all, z_all, a_all = scratch[0], scratch[1], scratch[2], scratch[3]
    x0, y0, z0 = old
    x1, y1, z1 = new
    width, height, depth = box
    mixture, inverse_square_cutoff = model[2], model[3]
    sigma_major, eps_major, sigma_minor, eps_minor = _species_pairs(diameter)
    total = _ZERO
    for k in range(listed):
        x, y, z, a = x_all[k], y_all[k], z_all[k], a_all[k]
        sigma, strength = _HALF * (a + diameter), _ONE
        if mixture:
            sigma = sigma_minor if a < _BETWEEN_SPECIES else sigma_major
            strength = eps_minor if a < _BETWEEN_SPECIES else eps_major
        before = max(square_distance(x - x0, y - y0, z - z0, width, height, depth), _CLOSEST)
        after = max(square_distance(x - x1, y - y1, z - z1, width, height, depth), _CLOSEST)
        p, q, size = _cube(before), _cube(after), sigma * sigma
        inverse = _ONE / (p * q * size)
        scale = p * q * inverse * inverse_square_cutoff
        attraction = _cube(size) * size * inverse
        change = _pair_energy(attraction * p, after * scale, model) - _pair_energy(
            attraction * q, before * scale, model
        )
        total += _ZERO if identity[k] == particle else strength * change
    return _FOUR * total


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _swap_change(
    identity: Identities,
    listed: np.uint64,
    scratch: Rows,
    particle: np.uint32,
    partner: np.uint32,
    old_diameter: np.float32,
    new_diameter: np.float32,
    place: Any,
    box: Any,
    model: Model,
) -> Any:
    """Energy change of one particle with all but its partner when it takes the partner's diameter."""
    prefer_wide_vectors()
    x_all, y_all, z_all, a_all = scratch[0], scratch[1], scratch[2], scratch[3]
    x0, y0, z0 = place
    width, height, depth = box
    mixture, inverse_square_cutoff = model[2], model[3]
    old_major, old_eps_major, old_minor, old_eps_minor = _species_pairs(old_diameter)
    new_major, new_eps_major, new_minor, new_eps_minor = _species_pairs(new_diameter)
    total = _ZERO
    for k in range(listed):
        a = a_all[k]
        old_sigma, old_strength = _HALF * (a + old_diameter), _ONE
        new_sigma, new_strength = _HALF * (a + new_diameter), _ONE
        if mixture:
            old_sigma = old_minor if a < _BETWEEN_SPECIES else old_major
            old_strength = old_eps_minor if a < _BETWEEN_SPECIES else old_eps_major
            new_sigma = new_minor if a < _BETWEEN_SPECIES else new_major
            new_strength = new_eps_minor if a < _BETWEEN_SPECIES else new_eps_major
        square = square_distance(x_all[k] - x0, y_all[k] - y0, z_all[k] - z0, width, height, depth)
        square = max(square, _CLOSEST)
        old_size, new_size = old_sigma * old_sigma, new_sigma * new_sigma
        sizes, p = old_size * new_size, _cube(square)
        inverse = _ONE / (p * sizes)
        attraction, scale = sizes * inverse, p * inverse * square * inverse_square_cutoff
        before = old_strength * _pair_energy(attraction * _cube(old_size), scale * new_size, model)
        after = new_strength * _pair_energy(attraction * _cube(new_size), scale * old_size, model)
        excluded = (identity[k] == particle) | (identity[k] == partner)
        total += _ZERO if excluded else after - before
    return _FOUR * total


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def lennard_jones_moves(
    rows: Rows,
    lists: Lists,
    box: tuple[np.float32, np.float32, np.float32],
    dimension: int,
    model: Model,
    temperature: float,
    attempts: int,
    swap_probability: float,
    displacement: float,
    state: RandomState,
    counts: IntegerArray,
) -> tuple[float, int]:
    """Attempt moves in place.

    Parameters
    ----------
    rows : ndarray of float32, shape (particles, 4)
        x, y, z and diameter; changed in place.
    lists : tuple
        From `empty_lists`.
    box : tuple of float32
        Box lengths; the third is 1 in two dimensions.
    dimension : int
        2 or 3.
    model : tuple
        From `lennard_jones_model`.
    temperature, attempts, swap_probability, displacement, state, counts
        As for `plain_moves`.

    Returns
    -------
    energy_change : float
        Sum of the accepted energy changes.
    status : int
        DONE, or OVERFLOWED if a list outgrew its capacity; the moves must then be repeated with larger lists.
    """
    prefer_wide_vectors()
    count = np.uint64(len(rows))
    everyone = np.arange(-(-len(rows) // LANES) * LANES).astype(np.uint32)
    scratch = np.empty((4, max(lists[0].shape[1], len(everyone))), np.float32)
    workspace = workspace_for(lists)
    # of the additive diameters: those of the mixture reach no further
    reach = (np.float32(LENNARD_JONES_SKIN), np.float32(0.5 / np.sqrt(model[3])))
    margin = np.float32(0.5 * (LENNARD_JONES_SKIN - displacement * np.sqrt(dimension)))
    for i in range(count):
        if not list_from_scratch(i, lists, box, reach, workspace):
            return 0.0, OVERFLOWED
    swap_below = np.uint64(swap_probability * 4294967296.0)
    total = 0.0
    for _attempt in range(attempts):
        bits = next_bits(state)
        i = ((bits >> _U32) * count) >> _U32
        if (bits & _LOW_32) < swap_below:
            j = i + _U1 + (((next_bits(state) >> _U32) * (count - _U1)) >> _U32)
            j = j - count if j >= count else j
            change = _swap_energy(i, j, rows, lists, everyone, scratch, box, model)
            accepted = is_accepted(change, temperature, state)
            counts[SWAPS] += 1
            if accepted:
                counts[SWAPS + 1] += 1
                rows[i, 3], rows[j, 3] = rows[j, 3], rows[i, 3]
                total += change
                larger = i if rows[i, 3] > rows[j, 3] else j
                grown = rows[larger, 3] > lists[2][3, larger]
                if grown and not patch(larger, rows, lists, box, reach, workspace):
                    return total, OVERFLOWED
        else:
            new = trial_place((rows[i, 0], rows[i, 1], rows[i, 2]), box, dimension, displacement, state)
            old = (rows[i, 0], rows[i, 1], rows[i, 2])
            identity, listed = lists[0][i], lists[1][i]
            gather(rows, identity, listed, scratch)
            change = float(
                _displacement_change(identity, listed, scratch, np.uint32(i), rows[i, 3], old, new, box, model)
            )
            accepted = is_accepted(change, temperature, state)
            counts[DISPLACEMENTS] += 1
            if accepted:
                counts[DISPLACEMENTS + 1] += 1
                rows[i, 0], rows[i, 1], rows[i, 2] = new
                total += change
                if strayed(i, rows, lists, box, margin) and not patch(i, rows, lists, box, reach, workspace):
                    return total, OVERFLOWED
    return total, DONE


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _swap_energy(
    i: np.uint64,
    j: np.uint64,
    rows: Rows,
    lists: Lists,
    everyone: Identities,
    scratch: Rows,
    box: Any,
    model: Model,
) -> float:
    """Energy change of a swap; a particle that outgrows its list is compared with all the others."""
    prefer_wide_vectors()
    change = 0.0
    for own, partner in ((i, j), (j, i)):
        identity, listed = lists[0][own], lists[1][own]
        if rows[partner, 3] > lists[2][3, own]:
            identity, listed = everyone, np.uint64(len(everyone))
            everyone[len(rows) :] = np.uint32(own)
        place = (rows[own, 0], rows[own, 1], rows[own, 2])
        gather(rows, identity, listed, scratch)
        change += float(
            _swap_change(
                identity,
                listed,
                scratch,
                np.uint32(own),
                np.uint32(partner),
                rows[own, 3],
                rows[partner, 3],
                place,
                box,
                model,
            )
        )
    return change


def lennard_jones_model(potential: LennardJones) -> Model:
    """Return what the kernel reads of a potential.

    Parameters
    ----------
    potential : LennardJones
        Any truncation and mixture.

    Returns
    -------
    model : tuple
        Truncation, order of the taper, whether it is the Kob-Andersen mixture, the inverse square of the cutoff in
        units of sigma_ij, and in units of 4 eps the shift and the slope times distance at the cutoff.
    """
    cutoff, truncation, order, mixture = potential.parameters()
    sixth = cutoff**-6.0
    shift = 0.0 if potential.truncation == "hard" else sixth - sixth**2
    return (
        int(truncation),
        int(order),
        bool(mixture),
        np.float32(cutoff**-2.0),
        np.float32(shift),
        np.float32(6.0 * sixth - 12.0 * sixth**2),
    )
