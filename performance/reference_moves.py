"""A Monte Carlo kernel to measure the package's own against: as fast as plain numba got, and nothing else.

Inverse-power spheres (n = 12, r_c = 1.955) in a cubic box in three dimensions, tapers m = 2 and m = infinity, single
precision. Lists have a fixed number of lines, nothing is audited, and neither small boxes nor overlaps are cared for.
`reference_moves` compiles the moves of one taper, in half a minute, and they are not kept.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

CUTOFF, SKIN = 1.955, 0.5
ROOM, COLUMN = 160, 192

_FAST = {"fastmath": True, "error_model": "numpy", "boundscheck": False, "nogil": True}
_ZERO, _ONE, _FAR = np.float32(0.0), np.float32(1.0), np.float32(100.0)
_SCALE = np.float32(1.0 / CUTOFF**2)
_HALF_LOG2_E = np.float32(0.5 / math.log(2.0))
_NEAREST_ROOT = np.float32(1.0 + 0.5 / math.log(2.0) / 50.0)
_TAYLOR = tuple(np.float32(math.log(2.0) ** k / math.factorial(k)) for k in range(6))
_C0, _C1, _C2, _C3, _C4, _C5 = _TAYLOR
_BIAS, _MANTISSA = np.int32(127), np.int32(23)
_U0, _U1, _U2, _U3, _U4, _U8, _U11, _U15, _U17, _U19, _U32, _U45 = (
    np.uint64(value) for value in (0, 1, 2, 3, 4, 8, 11, 15, 17, 19, 32, 45)
)
_ROOM, _Y, _Z, _A = (np.uint64(value) for value in (ROOM, COLUMN, 2 * COLUMN, 3 * COLUMN))
_LOW_32 = np.uint64(0xFFFFFFFF)

_FLOAT, _INT32, _INT64 = ir.FloatType(), ir.IntType(32), ir.IntType(64)


@intrinsic
def _wide_vectors(context: Any) -> Any:
    """Let the function that calls this use vectors of 512 bits."""

    def generate(target: Any, builder: Any, call: Any, arguments: Any) -> Any:
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return target.get_dummy_value()

    return types.void(), generate


@intrinsic
def _sixteen(context: Any, names: Any, first: Any, rows: Any, columns: Any, place: Any) -> Any:
    """Copy rows of four, named by sixteen entries of a list, into four columns."""

    def generate(target: Any, builder: Any, call: Any, arguments: Any) -> Any:
        names, rows, columns = (target.make_array(call.args[k])(target, builder, arguments[k]).data for k in (0, 2, 3))
        loaded = []
        for lane in range(16):
            name = builder.load(builder.gep(names, [builder.add(arguments[1], _INT64(lane))]))
            row = builder.gep(rows, [builder.shl(builder.zext(name, _INT64), _INT64(2))])
            loaded.append(builder.load(builder.bitcast(row, ir.VectorType(_FLOAT, 4).as_pointer()), align=4))
        for component, vector in enumerate(_transposed(builder, loaded)):
            there = builder.gep(columns, [builder.add(arguments[4], _INT64(COLUMN * component))])
            builder.store(vector, builder.bitcast(there, ir.VectorType(_FLOAT, 16).as_pointer()), align=4)
        return target.get_dummy_value()

    return types.void(names, first, rows, columns, place), generate


def _transposed(builder: Any, rows: list[Any]) -> list[Any]:
    """Four vectors of sixteen from sixteen of four, as four transpositions of four by four."""

    def shuffled(first: Any, second: Any, lanes: list[int]) -> Any:
        mask = ir.Constant(ir.VectorType(_INT32, len(lanes)), lanes)
        return builder.shuffle_vector(first, second, mask)

    eight, sixteen = list(range(8)), list(range(16))
    joined = [
        shuffled(shuffled(rows[k], rows[4 + k], eight), shuffled(rows[8 + k], rows[12 + k], eight), sixteen)
        for k in range(4)
    ]
    low, high, front, back = (
        [lane + base for base in range(0, 16, 4) for lane in lanes]
        for lanes in ((0, 16, 1, 17), (2, 18, 3, 19), (0, 1, 16, 17), (2, 3, 18, 19))
    )
    halves = [shuffled(joined[k], joined[k + 1], lanes) for k in (0, 2) for lanes in (low, high)]
    return [shuffled(halves[k], halves[k + 2], lanes) for k in (0, 1) for lanes in (front, back)]


@njit(**_FAST)
def _next_bits(state: Any) -> Any:
    """xoshiro256+."""
    s0, s1, s2, s3 = state[_U0], state[_U1], state[_U2], state[_U3]
    bits, shifted = s0 + s3, s1 << _U17
    s2 ^= s0
    s3 ^= s1
    state[_U1], state[_U0] = s1 ^ s2, s0 ^ s3
    state[_U2], state[_U3] = s2 ^ shifted, (s3 << _U45) | (s3 >> _U19)
    return bits


@njit(**_FAST)
def _uniform(state: Any) -> Any:
    return np.float64(_next_bits(state) >> _U11) * 2.0**-53


@njit(**_FAST)
def _twelfth_power(value: Any) -> Any:
    square = value * value
    sixth = square * square * square
    return sixth * sixth


@njit(**_FAST)
def _second_order_pair(square: Any) -> Any:
    """(x^-12 - 1) (1 - x^2)^2 from the squared distance."""
    reduced = square * _SCALE
    gap, inverse = max(_ZERO, _ONE - reduced), _ONE / reduced
    sixth = inverse * inverse * inverse
    return (sixth * sixth - _ONE) * (gap * gap)


@njit(**_FAST)
def _exponential_pair(square: Any) -> Any:
    """(x^-12 - 1) exp(x / (2 (x - 1))) from the squared distance."""
    root = _ONE / np.sqrt(square * _SCALE)
    sixth = root * root * root
    sixth = sixth * sixth
    exponent = _HALF_LOG2_E / (_ONE - max(root, _NEAREST_ROOT))
    whole = np.rint(exponent)
    rest = exponent - whole
    series = _C0 + rest * (_C1 + rest * (_C2 + rest * (_C3 + rest * (_C4 + rest * _C5))))
    power = np.int32((np.int32(whole) + _BIAS) << _MANTISSA).view(np.float32)
    return (sixth * sixth - _ONE) * (power * series)


@njit(**_FAST)
def _mark(i: Any, places: Any, length: Any, inverse: Any, square_reach: Any, near: Any) -> None:
    """Mark the particles that belong in a list."""
    _wide_vectors()
    x, y, z = places[0, i], places[1, i], places[2, i]
    for j in range(np.uint64(places.shape[1])):
        dx, dy, dz = x - places[0, j], y - places[1, j], z - places[2, j]
        dx -= length * np.rint(dx * inverse)
        dy -= length * np.rint(dy * inverse)
        dz -= length * np.rint(dz * inverse)
        near[j] = dx * dx + dy * dy + dz * dz < square_reach
    near[i] = False


@njit(**_FAST)
def _write_list(i: Any, names: Any, lengths: Any, near: Any) -> Any:
    """Write the marked particles into a list, eight flags at a time, and fill its line with its own name."""
    first, found, eights = i * _ROOM, _U0, near.view(np.uint64)
    for eight in range(np.uint64(len(eights))):
        if eights[eight] != _U0:
            for j in range(eight << _U3, (eight << _U3) + _U8):
                names[first + found] = np.uint32(j)
                found += np.uint64(near[j])
    lengths[i] = found
    for k in range(found, _ROOM):
        names[first + k] = np.uint32(i)
    return found


@njit(**_FAST)
def _relist(
    i: Any, places: Any, names: Any, lengths: Any, length: Any, inverse: Any, square_reach: Any, near: Any
) -> None:
    """Take a particle out of all the lists that have it, list it anew, and put it into those that should."""
    first, own = i * _ROOM, np.uint32(i)
    for k in range(lengths[i]):
        j = np.uint64(names[first + k])
        last = j * _ROOM + lengths[j] - _U1
        for place in range(j * _ROOM, last + _U1):
            if names[place] == own:
                names[place], names[last] = names[last], np.uint32(j)
                break
        lengths[j] -= _U1
    _mark(i, places, length, inverse, square_reach, near)
    for k in range(_write_list(i, names, lengths, near)):
        j = np.uint64(names[first + k])
        names[j * _ROOM + lengths[j]] = own
        lengths[j] += _U1


@functools.cache
def reference_moves(taper: float) -> Callable[..., tuple[float, np.ndarray]]:
    """Compile the moves for one taper.

    Parameters
    ----------
    taper : {2, inf}
        Order m of the taper.

    Returns
    -------
    moves : callable
        Of positions (particles, 3) and diameters (particles,), both changed in place, box length, temperature, sweeps,
        share of swaps, half the side of the cube of displacements, and a random state of four uint64. Returns the sum
        of the accepted energy changes, and displacements tried and accepted, swaps tried and accepted.
    """
    pair = {2: _second_order_pair, math.inf: _exponential_pair}[taper]

    @njit(**_FAST)
    def displacement_change(names, first, listed, rows, columns, i, move, length, inverse):
        _wide_vectors()
        own, row = np.uint32(i), i << _U2
        x, y, z, size = rows[row], rows[row + _U1], rows[row + _U2], rows[row + _U3]
        tx, ty, tz = move
        padded = (listed + _U15) >> _U4 << _U4
        for block in range(padded >> _U4):
            _sixteen(names, first + (block << _U4), rows, columns, block << _U4)
        total = _ZERO
        for k in range(padded):
            dx, dy, dz = x - columns[k], y - columns[_Y + k], z - columns[_Z + k]
            dx -= length * np.rint(dx * inverse)
            dy -= length * np.rint(dy * inverse)
            dz -= length * np.rint(dz * inverse)
            ex, ey, ez = dx + tx, dy + ty, dz + tz
            before, after = dx * dx + dy * dy + dz * dz, ex * ex + ey * ey + ez * ez
            other = names[first + k] != own
            before, after = before if other else _FAR, after if other else _FAR
            total += _twelfth_power(size + columns[_A + k]) * (pair(after) - pair(before))
        return np.float64(total)

    @njit(**_FAST)
    def swap_change(names, first, listed, rows, columns, i, partner, new_size, length, inverse):
        _wide_vectors()
        own, row = np.uint32(i), i << _U2
        x, y, z, size = rows[row], rows[row + _U1], rows[row + _U2], rows[row + _U3]
        padded = (listed + _U15) >> _U4 << _U4
        for block in range(padded >> _U4):
            _sixteen(names, first + (block << _U4), rows, columns, block << _U4)
        total = _ZERO
        for k in range(padded):
            dx, dy, dz = x - columns[k], y - columns[_Y + k], z - columns[_Z + k]
            dx -= length * np.rint(dx * inverse)
            dy -= length * np.rint(dy * inverse)
            dz -= length * np.rint(dz * inverse)
            square = dx * dx + dy * dy + dz * dz
            square = square if (names[first + k] != own) & (names[first + k] != partner) else _FAR
            strength = _twelfth_power(new_size + columns[_A + k]) - _twelfth_power(size + columns[_A + k])
            total += strength * pair(square)
        return np.float64(total)

    @njit(**_FAST)
    def moves(positions, diameters, box_length, temperature, sweeps, swap_probability, displacement, state):
        _wide_vectors()
        particles = len(positions)
        count = np.uint64(particles)
        length, inverse = np.float32(box_length), np.float32(1.0 / box_length)
        margin = 0.5 * (SKIN - 1e-4 - displacement * math.sqrt(3.0))
        square_reach = np.float32((CUTOFF + SKIN) ** 2)
        listed_at = positions.copy()
        places, rows = np.empty((3, particles), np.float32), np.zeros(4 * particles + 64, np.float32)
        columns = np.zeros(4 * COLUMN, np.float32)
        for i in range(particles):
            for axis in range(3):
                places[axis, i] = positions[i, axis] - box_length * np.floor(positions[i, axis] / box_length)
                rows[4 * i + axis] = places[axis, i]
            rows[4 * i + 3] = 0.5 / CUTOFF * diameters[i]
        names, lengths = np.zeros(particles * ROOM + 64, np.uint32), np.zeros(particles, np.uint64)
        near = np.zeros((particles + 7) // 8 * 8, np.bool_)
        for i in range(count):
            _mark(i, places, length, inverse, square_reach, near)
            _write_list(i, names, lengths, near)
        tried = np.zeros(4, np.int64)
        total = 0.0
        for _attempt in range(sweeps * particles):
            bits = _next_bits(state)
            i = ((bits >> _U32) * count) >> _U32
            row = i << _U2
            if np.float64(bits & _LOW_32) * 2.0**-32 < swap_probability:
                j = ((_next_bits(state) >> _U32) * count) >> _U32
                tried[2] += 1
                if i == j:
                    continue
                affordable = -temperature * math.log(_uniform(state) + 1e-300)
                mine, theirs = row + _U3, (j << _U2) + _U3
                change = swap_change(
                    names, i * _ROOM, lengths[i], rows, columns, i, np.uint32(j), rows[theirs], length, inverse
                ) + swap_change(
                    names, j * _ROOM, lengths[j], rows, columns, j, np.uint32(i), rows[mine], length, inverse
                )
                if change <= affordable:
                    diameters[i], diameters[j] = diameters[j], diameters[i]
                    rows[mine], rows[theirs] = rows[theirs], rows[mine]
                    tried[3] += 1
                    total += change
                continue
            tried[0] += 1
            dx = displacement * (2.0 * _uniform(state) - 1.0)
            dy = displacement * (2.0 * _uniform(state) - 1.0)
            dz = displacement * (2.0 * _uniform(state) - 1.0)
            move = (np.float32(dx), np.float32(dy), np.float32(dz))
            affordable = -temperature * math.log(_uniform(state) + 1e-300)
            change = displacement_change(names, i * _ROOM, lengths[i], rows, columns, i, move, length, inverse)
            if change > affordable:
                continue
            tried[1] += 1
            total += change
            positions[i, _U0] += dx
            positions[i, _U1] += dy
            positions[i, _U2] += dz
            rows[row] += move[0]
            rows[row + _U1] += move[1]
            rows[row + _U2] += move[2]
            strayed = 0.0
            for axis in range(3):
                strayed += (positions[i, axis] - listed_at[i, axis]) ** 2
            if strayed > margin * margin:
                for axis in range(3):
                    listed_at[i, axis] = positions[i, axis]
                    places[axis, i] = positions[i, axis] - box_length * np.floor(positions[i, axis] / box_length)
                    rows[row + np.uint64(axis)] = places[axis, i]
                _relist(i, places, names, lengths, length, inverse, square_reach, near)
        return total, tried

    return moves
