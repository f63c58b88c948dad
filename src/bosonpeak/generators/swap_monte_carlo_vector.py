"""Swap Monte Carlo of inverse-power spheres (n = 12) in single precision, written for vector units.

Each particle has a list of those that can come within the cutoff; lists are patched one at a time, and only after an
accepted move has carried a particle further than the margin from where it was listed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

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

try:
    from bosonpeak.generators import swap_monte_carlo_intrinsics
except ImportError:
    _native: Any = None
else:
    _native = swap_monte_carlo_intrinsics

HAS_INTRINSICS = _native is not None

IntegerArray = NDArray[np.int64]

SKIN = 0.55
DONE, OVERFLOWED = 0, 1

_STEP = np.uint64(LANES)
_ZERO, _HALF, _ONE, _TWO = (np.float32(value) for value in (0.0, 0.5, 1.0, 2.0))
# squared reduced distance below which pairs are not told apart: sixth powers of two such still multiply to a number
_CLOSEST = np.float32(2e-3)
_SMALLEST_GAP = np.float32(0.0144)
_U0, _U1, _U21, _U32, _U42 = (np.uint64(value) for value in (0, 1, 21, 32, 42))
_LOW_21, _LOW_32 = np.uint64((1 << 21) - 1), np.uint64((1 << 32) - 1)
_TWO_TO_MINUS_20, _TWO_TO_MINUS_32 = 2.0**-20, 2.0**-32
_HOPELESS = 40.0

if HAS_INTRINSICS:
    gather_sixteen, whole_part, power_of_two, prefer_wide_vectors = (
        _native.gather_sixteen,
        _native.whole_part,
        _native.power_of_two,
        _native.prefer_wide_vectors,
    )
    _LOG2_E = np.float32(1.0 / math.log(2.0))
    # 2^f on [0, 1] to 8e-8
    _A0, _A1, _A2 = np.float32(0.99999993), np.float32(0.69315307), np.float32(0.24015362)
    _A3, _A4, _A5 = np.float32(0.0558263), np.float32(0.00898936), np.float32(0.00187757)

    @njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
    def gather(rows: Rows, identity: Identities, listed: np.uint64, scratch: Rows) -> None:
        """Copy the rows of a list into columns, sixteen at a time."""
        place = _U0
        while place < listed:
            gather_sixteen(rows, identity, place, scratch)
            place += _STEP

    @njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
    def _exponential_taper(gap: np.float32) -> Any:
        """exp(1/2 - 1/(2 gap)), 2^whole from its bits and 2^rest from a polynomial."""
        exponent = (_HALF - _HALF / gap) * _LOG2_E
        whole = whole_part(exponent)
        rest = exponent - whole
        series = ((((_A5 * rest + _A4) * rest + _A3) * rest + _A2) * rest + _A1) * rest + _A0
        return series * power_of_two(whole)

else:
    _ONE_64TH = np.float32(1.0 / 64.0)
    _B2, _B3, _B4, _B5 = (np.float32(1.0 / math.factorial(k)) for k in (2, 3, 4, 5))

    @njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
    def gather(rows: Rows, identity: Identities, listed: np.uint64, scratch: Rows) -> None:
        """Copy the rows of a list into columns."""
        x, y, z, a = scratch[0], scratch[1], scratch[2], scratch[3]
        for place in range(listed):
            j = identity[place]
            x[place] = rows[j, 0]
            y[place] = rows[j, 1]
            z[place] = rows[j, 2]
            a[place] = rows[j, 3]

    @njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
    def _exponential_taper(gap: np.float32) -> Any:
        """exp(1/2 - 1/(2 gap)) as the 64th power of a polynomial, good to 1e-5."""
        small = (_HALF - _HALF / gap) * _ONE_64TH
        root = ((((_B5 * small + _B4) * small + _B3) * small + _HALF) * small + _ONE) * small + _ONE
        for _ in range(6):
            root *= root
        return root

    @njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
    def prefer_wide_vectors() -> None:
        """Leave vector widths to the compiler."""


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _sixth_power(value: np.float32) -> Any:
    square = value * value
    return square * square * square


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def taper_factor(square: np.float32, order: int) -> Any:
    """T_m of a squared reduced distance, zero beyond the cutoff; order 0 is the exponential taper."""
    if order == 0:
        return _exponential_taper(max(_ONE - np.sqrt(square), _SMALLEST_GAP))
    base = max(_ONE - square, _ZERO)
    if order == 2:
        return base * base
    if order == 3:
        return base * base * base
    return base * base * base * base


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
    inverse_cutoff: np.float32,
    order: int,
) -> Any:
    """Energy at the new place less that at the old one, with one division for both: 1/p - 1/q = (q - p)/(p q)."""
    prefer_wide_vectors()
    x_all, y_all, z_all, a_all = scratch[0], scratch[1], scratch[2], scratch[3]
    x0, y0, z0 = old
    x1, y1, z1 = new
    width, height, depth = box
    scale = inverse_cutoff * inverse_cutoff
    half = _HALF * inverse_cutoff
    total = _ZERO
    for k in range(listed):
        x, y, z = x_all[k], y_all[k], z_all[k]
        before = max(square_distance(x - x0, y - y0, z - z0, width, height, depth) * scale, _CLOSEST)
        after = max(square_distance(x - x1, y - y1, z - z1, width, height, depth) * scale, _CLOSEST)
        p, q = _sixth_power(before), _sixth_power(after)
        amplitude = _sixth_power((a_all[k] + diameter) * half)
        difference = (_ONE - q) * p * taper_factor(after, order) - (_ONE - p) * q * taper_factor(before, order)
        pair = amplitude * amplitude * difference / (p * q)
        total += _ZERO if identity[k] == particle else pair
    return total


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
    inverse_cutoff: np.float32,
    order: int,
) -> Any:
    """Energy change of one particle with all but its partner when it takes the partner's diameter."""
    prefer_wide_vectors()
    x_all, y_all, z_all, a_all = scratch[0], scratch[1], scratch[2], scratch[3]
    x0, y0, z0 = place
    width, height, depth = box
    scale = inverse_cutoff * inverse_cutoff
    half = _HALF * inverse_cutoff
    total = _ZERO
    for k in range(listed):
        square = square_distance(x_all[k] - x0, y_all[k] - y0, z_all[k] - z0, width, height, depth)
        square = max(square * scale, _CLOSEST)
        p = _sixth_power(square)
        old = _sixth_power((a_all[k] + old_diameter) * half)
        new = _sixth_power((a_all[k] + new_diameter) * half)
        pair = (new * new - old * old) * (_ONE - p) * taper_factor(square, order) / p
        excluded = (identity[k] == particle) | (identity[k] == partner)
        total += _ZERO if excluded else pair
    return total


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def vector_moves(
    rows: Rows,
    lists: Lists,
    box: tuple[np.float32, np.float32, np.float32],
    dimension: int,
    cutoff: float,
    order: int,
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
        From `empty_lists`: identities (particles, capacity), their padded numbers, and places when listed.
    box : tuple of float32
        Box lengths; the third is 1 in two dimensions.
    dimension : int
        2 or 3.
    cutoff : float
        r_c of the potential.
    order : int
        Order of the taper: 2, 3, 4, or 0 for the exponential.
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
    inverse_cutoff = np.float32(1.0 / cutoff)
    scratch = np.empty((4, lists[0].shape[1]), np.float32)
    workspace = workspace_for(lists)
    reach = (np.float32(cutoff + SKIN), _ZERO)
    longest = displacement * math.sqrt(dimension)
    margin = np.float32(0.5 * (SKIN - longest))
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
            change = _swap_energy(i, j, rows, lists, scratch, box, inverse_cutoff, order)
            accepted = is_accepted(change, temperature, state)
            counts[SWAPS] += 1
            if accepted:
                counts[SWAPS + 1] += 1
                rows[i, 3], rows[j, 3] = rows[j, 3], rows[i, 3]
                total += change
        else:
            new = trial_place((rows[i, 0], rows[i, 1], rows[i, 2]), box, dimension, displacement, state)
            change = _displacement_energy(i, new, rows, lists, scratch, box, inverse_cutoff, order)
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
def _displacement_energy(
    i: np.uint64, new: Any, rows: Rows, lists: Lists, scratch: Rows, box: Any, inverse_cutoff: Any, order: int
) -> float:
    prefer_wide_vectors()
    identity, listed = lists[0][i], lists[1][i]
    old = (rows[i, 0], rows[i, 1], rows[i, 2])
    gather(rows, identity, listed, scratch)
    return float(
        _displacement_change(identity, listed, scratch, np.uint32(i), rows[i, 3], old, new, box, inverse_cutoff, order)
    )


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _swap_energy(
    i: np.uint64, j: np.uint64, rows: Rows, lists: Lists, scratch: Rows, box: Any, inverse_cutoff: Any, order: int
) -> float:
    prefer_wide_vectors()
    change = 0.0
    for own, partner in ((i, j), (j, i)):
        identity, listed = lists[0][own], lists[1][own]
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
                inverse_cutoff,
                order,
            )
        )
    return change


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def is_accepted(change: float, temperature: float, state: RandomState) -> bool:
    """Metropolis' rule; no random number is drawn where the answer is known."""
    if change <= 0.0:
        return True
    reduced = change / temperature
    if reduced > _HOPELESS:
        return False
    return float(next_bits(state) >> _U32) * _TWO_TO_MINUS_32 < math.exp(-reduced)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def trial_place(old: Any, box: Any, dimension: int, displacement: float, state: RandomState) -> Any:
    """A place uniformly drawn from the cube around the old one, 21 bits a coordinate, folded into the box."""
    bits = next_bits(state)
    x = _folded(old[0] + _step(bits >> _U42, displacement), box[0])
    y = _folded(old[1] + _step(bits >> _U21, displacement), box[1])
    z = _folded(old[2] + _step(bits, displacement), box[2]) if dimension == 3 else old[2]
    return x, y, z


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _step(bits: np.uint64, displacement: float) -> Any:
    centred = float(bits & _LOW_21) + 0.5
    return np.float32(displacement * (centred * _TWO_TO_MINUS_20 - 1.0))


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _folded(value: np.float32, length: np.float32) -> Any:
    value = value + length if value < _ZERO else value
    return value - length if value >= length else value
