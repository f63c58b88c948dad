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

from bosonpeak.generators.liquids.particle_lists import (
    LANES,
    Identities,
    Lists,
    Rows,
    list_from_scratch,
    nearest_image,
    patch,
    strayed,
    workspace_for,
)
from bosonpeak.generators.liquids.plain_moves import (
    DISPLACEMENTS,
    SWAPS,
    RandomState,
    next_bits,
)

try:
    from bosonpeak.generators.liquids import intrinsics as swap_monte_carlo_intrinsics
except ImportError:
    _native: Any = None
else:
    _native = swap_monte_carlo_intrinsics

HAS_INTRINSICS = _native is not None

IntegerArray = NDArray[np.int64]
Scratch = NDArray[np.float32]

SKIN = 0.55
DONE, OVERFLOWED = 0, 1

_STEP = np.uint64(LANES)
_Y, _Z, _A, _SUM = (np.uint64(LANES * column) for column in (1, 2, 3, 4))
_ZERO, _HALF, _ONE = (np.float32(value) for value in (0.0, 0.5, 1.0))
# squared reduced distance below which pairs are not told apart: sixth powers of two such still multiply to a number
_CLOSEST = np.float32(2e-3)
_SMALLEST_GAP = np.float32(0.0144)
_FURTHEST = np.float32(1.0 / (1.0 - 0.0144))
_U0, _U1, _U4, _U11, _U21, _U32, _U42 = (np.uint64(value) for value in (0, 1, 4, 11, 21, 32, 42))
_LOW_21, _LOW_32 = np.uint64((1 << 21) - 1), np.uint64((1 << 32) - 1)
_TWO_TO_MINUS_20, _TWO_TO_MINUS_53 = 2.0**-20, 2.0**-53
_ROUND_OFF = 1e-4
_SHORTEST_SPARE = 0.3

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
    def _exponential_taper(inverse_gap: np.float32) -> Any:
        """exp(1/2 - 1/(2 gap)), 2^whole from its bits and 2^rest from a polynomial."""
        exponent = (_HALF - _HALF * inverse_gap) * _LOG2_E
        whole = whole_part(exponent)
        rest = exponent - whole
        series = ((((_A5 * rest + _A4) * rest + _A3) * rest + _A2) * rest + _A1) * rest + _A0
        return series * power_of_two(whole)

else:
    _ONE_64TH = np.float32(1.0 / 64.0)
    _B2, _B3, _B4, _B5 = (np.float32(1.0 / math.factorial(k)) for k in (2, 3, 4, 5))

    @njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
    def gather_sixteen(rows: Rows, identities: Identities, line: np.uint64, place: np.uint64, scratch: Scratch) -> None:
        """Copy the rows of sixteen entries of a list into columns."""
        for lane in range(_STEP):
            j = identities[line, place + lane]
            for component in range(_U4):
                scratch[_STEP * component + lane] = rows[j, component]

    @njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
    def _exponential_taper(inverse_gap: np.float32) -> Any:
        """exp(1/2 - 1/(2 gap)) as the 64th power of a polynomial, good to 1e-5."""
        small = (_HALF - _HALF * inverse_gap) * _ONE_64TH
        root = ((((_B5 * small + _B4) * small + _B3) * small + _HALF) * small + _ONE) * small + _ONE
        for _ in range(6):
            root *= root
        return root

    @njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
    def prefer_wide_vectors() -> None:
        """Leave vector widths to the compiler."""


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def taper_factor(square: np.float32, order: Any) -> Any:
    """T_m of a squared reduced distance, zero beyond the cutoff; the tag of 0 is the exponential taper."""
    if len(order) == 0:
        return _exponential_taper(_ONE / max(_ONE - np.sqrt(square), _SMALLEST_GAP))
    base = max(_ONE - square, _ZERO)
    if len(order) == 2:
        return base * base
    if len(order) == 3:
        return base * base * base
    return base * base * base * base


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _pair(square: np.float32, order: Any) -> Any:
    """(x^-12 - 1) T_m(x) from the squared reduced distance."""
    square = max(square, _CLOSEST)
    if len(order) == 0:
        root = _ONE / np.sqrt(square)
        inverse = root * root
        taper = _exponential_taper(_ONE - _ONE / (_ONE - max(root, _FURTHEST)))
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
def clear(scratch: Scratch) -> None:
    """Begin a sum in every lane."""
    for k in range(_STEP):
        scratch[_SUM + k] = _ZERO


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def sum_of(scratch: Scratch) -> Any:
    """Sum over the lanes."""
    total = _ZERO
    for k in range(_STEP):
        total += scratch[_SUM + k]
    return total


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
    """Energy of particle i at the new place less that at the old one."""
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
    """Energy change of particle i with all but particle j when it takes the diameter of that."""
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
    order : tuple
        The `tag` of the order of the taper: 2, 3, 4, or 0 for the exponential.
    foldings : tuple
        The `tag` of 1 if one folding finds the nearest image both before and after a trial, which it does where the
        cutoff and the displacement together are within half the box; else of 2.
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
    identities, lengths, _ = lists
    scratch = np.empty(5 * LANES, np.float32)
    workspace = workspace_for(lists)
    longest = displacement * math.sqrt(dimension)
    skin = skin_for(longest, SKIN)
    reach = (np.float32(cutoff + skin), _ZERO)
    margin = margin_of(skin, longest)
    frame = frame_of(box, foldings)
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
            affordable = affordable_energy(temperature, state)
            change = float(
                _swap_change(identities, i, j, lengths[i], rows, scratch, frame, inverse_cutoff, order)
            ) + float(_swap_change(identities, j, i, lengths[j], rows, scratch, frame, inverse_cutoff, order))
            counts[SWAPS] += 1
            if change <= affordable:
                counts[SWAPS + 1] += 1
                rows[i, 3], rows[j, 3] = rows[j, 3], rows[i, 3]
                total += change
        else:
            move = trial_move(dimension, displacement, state)
            affordable = affordable_energy(temperature, state)
            change = float(
                _displacement_change(identities, i, lengths[i], rows, scratch, move, frame, inverse_cutoff, order)
            )
            counts[DISPLACEMENTS] += 1
            if change <= affordable:
                counts[DISPLACEMENTS + 1] += 1
                make_move(i, rows, move, box)
                total += change
                if strayed(i, rows, lists, box, margin) and not patch(i, rows, lists, box, reach, workspace):
                    return total, OVERFLOWED
    return total, DONE


@njit(cache=True)
def skin_for(longest: float, usual: float) -> Any:
    """How much further than the cutoff lists reach when no trial is longer than this."""
    return max(usual, longest + _SHORTEST_SPARE)


@njit(cache=True)
def margin_of(skin: float, longest: float) -> Any:
    """How far two particles may each stray so that a pair within the cutoff after a trial is still listed."""
    return np.float32(0.5 * (skin - longest) - _ROUND_OFF)


@njit(cache=True)
def frame_of(box: Any, foldings: Any) -> Any:
    """Box lengths, their inverses, and how often to fold."""
    return box[0], box[1], box[2], _ONE / box[0], _ONE / box[1], _ONE / box[2], foldings


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def affordable_energy(temperature: float, state: RandomState) -> float:
    """The largest energy change that Metropolis' rule accepts, drawn before the change is known."""
    return -temperature * math.log((float(next_bits(state) >> _U11) + 1.0) * _TWO_TO_MINUS_53)


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def trial_move(dimension: int, displacement: float, state: RandomState) -> Any:
    """A displacement uniformly drawn from a cube, 21 bits a coordinate."""
    bits = next_bits(state)
    z = _step(bits, displacement) if dimension == 3 else _ZERO
    return _step(bits >> _U42, displacement), _step(bits >> _U21, displacement), z


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _step(bits: np.uint64, displacement: float) -> Any:
    centred = float(bits & _LOW_21) + 0.5
    return np.float32(displacement * (centred * _TWO_TO_MINUS_20 - 1.0))


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def make_move(i: np.uint64, rows: Rows, move: Any, box: Any) -> None:
    """Displace a particle and fold it into the box."""
    rows[i, 0] = _folded(rows[i, 0] + move[0], box[0])
    rows[i, 1] = _folded(rows[i, 1] + move[1], box[1])
    rows[i, 2] = _folded(rows[i, 2] + move[2], box[2])


@njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _folded(value: np.float32, length: np.float32) -> Any:
    value = value + length if value < _ZERO else value
    return value - length if value >= length else value


def tag(number: float) -> tuple[int, ...]:
    """Return a tuple as long as a small number: compiled code knows lengths of tuples, each of which is a type."""
    return (0,) * int(number)
