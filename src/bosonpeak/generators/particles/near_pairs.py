"""Neighbour lists with a skin for moving particles, renewed from a wider list."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from bosonpeak.datasets.array_types import FloatArray, IndexArray, IntegerArray
from bosonpeak.generators.particles.forces import System, nearest_image_along, three_coordinates
from bosonpeak.generators.particles.neighbours import half_neighbour_list
from bosonpeak.generators.particles.pair_kernels import pair_range

StartArray = IntegerArray

WIDE_SKIN = 1.0
SKIN = 0.3


class NearPairs(NamedTuple):
    """Pairs that interact, or may interact before particles have moved too far from their listed positions."""

    start: StartArray  # neighbours j > i of particle i, ascending: ``neighbour[start[i]:start[i + 1]]``
    neighbour: IndexArray
    listed: FloatArray  # (particles, dimension), positions at the time of listing
    wide_start: StartArray  # the same with a wider skin, the source of the next list
    wide_neighbour: IndexArray
    widely_listed: FloatArray


@njit(cache=True)
def near_pairs_at(positions: FloatArray, system: System, wide_skin: float) -> NearPairs:
    """Neighbour lists at the given positions."""
    wide_start, wide_neighbour = half_neighbour_list(positions, system.box, system.reach + SKIN + wide_skin)
    start, neighbour = _within_skin(positions, system, wide_start, wide_neighbour)
    return NearPairs(start, neighbour, positions.copy(), wide_start, wide_neighbour, positions.copy())


@njit(cache=True)
def have_strayed(near: NearPairs, positions: FloatArray, system: System) -> bool:
    """Return whether an unlisted pair may interact; folding particles into the box does not count as motion."""
    return 2.0 * largest_displacement(positions, near.listed, system.box) > SKIN


@njit(cache=True)
def renewed(near: NearPairs, positions: FloatArray, system: System) -> NearPairs:
    """Neighbour lists at new positions, from the wide list where the particles are still within its skin."""
    if 2.0 * largest_displacement(positions, near.widely_listed, system.box) > WIDE_SKIN:
        return near_pairs_at(positions, system, WIDE_SKIN)
    start, neighbour = _within_skin(positions, system, near.wide_start, near.wide_neighbour)
    return NearPairs(start, neighbour, positions.copy(), near.wide_start, near.wide_neighbour, near.widely_listed)


@njit(cache=True)
def largest_norm(vectors: FloatArray) -> float:
    """Largest norm of the rows."""
    largest = 0.0
    for i in range(len(vectors)):
        square = 0.0
        for axis in range(vectors.shape[1]):
            square += vectors[i, axis] * vectors[i, axis]
        if not square <= largest:
            largest = square
    return math.sqrt(largest)


@njit(cache=True)
def largest_displacement(positions: FloatArray, before: FloatArray, box: FloatArray) -> float:
    """Largest displacement of a particle, by the nearest image."""
    moved = np.empty_like(positions)
    for i in range(len(moved)):
        for axis in range(len(box)):
            step = positions[i, axis] - before[i, axis]
            moved[i, axis] = step - box[axis] * math.floor(step / box[axis] + 0.5)
    return largest_norm(moved)


@njit(cache=True)
def fold(positions: FloatArray, box: FloatArray) -> None:
    """Fold positions into the box, in place."""
    for i in range(len(positions)):
        for axis in range(len(box)):
            positions[i, axis] -= box[axis] * math.floor(positions[i, axis] / box[axis])


@njit(cache=True)
def _within_skin(
    positions: FloatArray, system: System, wide_start: StartArray, wide_neighbour: IndexArray
) -> tuple[StartArray, IndexArray]:
    """Pairs of a wider list that interact, or may interact once both particles have moved by half the skin."""
    coordinates, lengths = three_coordinates(positions, system.box)
    x, y, z = coordinates[0], coordinates[1], coordinates[2]
    width, height, depth = lengths[0], lengths[1], lengths[2]
    diameters = system.diameters
    start, neighbour = np.zeros_like(wide_start), np.empty_like(wide_neighbour)
    kept = 0
    for i in range(len(positions)):
        for k in range(wide_start[i], wide_start[i + 1]):
            j = wide_neighbour[k]
            furthest = pair_range(system.code, system.parameters, system.reach, diameters[i], diameters[j]) + SKIN
            dx = nearest_image_along(x[i] - x[j], width)
            dy = nearest_image_along(y[i] - y[j], height)
            dz = nearest_image_along(z[i] - z[j], depth)
            neighbour[kept] = j
            kept += dx * dx + dy * dy + dz * dz < furthest * furthest
        start[i + 1] = kept
    return start, neighbour[:kept].copy()
