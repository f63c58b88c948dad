"""Energy of a configuration and the force on every particle, compiled for vector units."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import BooleanArray, FloatArray, IndexArray, IntegerArray
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.neighbours import half_neighbour_list
from bosonpeak.generators.particles.pair_kernels import Code, many_pair_slopes
from bosonpeak.generators.particles.potentials import PairPotential

StartArray = IntegerArray

_PORTION = 512


class System(NamedTuple):
    """Quantities that stay constant while particles move, in the form that compiled code reads."""

    diameters: FloatArray  # (particles,)
    box: FloatArray  # (dimension,)
    code: Code  # of the potential, as in `pair_terms`
    parameters: FloatArray  # of the potential, as in `pair_terms`
    reach: float  # distance beyond which no two particles interact
    pinned: IndexArray  # indices of particles that cannot move


def system_of(configuration: Configuration, pinned: BooleanArray | None = None) -> System:
    """The `System` of a configuration; `pinned` (particles,) marks particles that cannot move."""
    potential, diameters = configuration.potential, configuration.diameters
    held = np.flatnonzero(pinned) if pinned is not None else np.empty(0)
    return System(
        diameters,
        configuration.box,
        potential.code,
        potential.parameters_for(diameters),
        configuration.reach,
        held.astype(np.int32),
    )


def energy_and_forces(
    positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential
) -> tuple[float, FloatArray]:
    """Total energy and the forces (particles, dimension); arguments and RecipeError as in `Configuration.checked`."""
    return forces_of_configuration(Configuration.checked(positions, diameters, box, potential))


def forces_of_configuration(configuration: Configuration) -> tuple[float, FloatArray]:
    """Energy and forces of a checked configuration; see `energy_and_forces`."""
    points, system = configuration.positions, system_of(configuration)
    start, neighbour = half_neighbour_list(points, system.box, system.reach)
    gradient = np.zeros_like(points)
    energy = energy_and_gradient(points, system, start, neighbour, gradient)
    return energy, -gradient


@njit(cache=True, error_model="numpy")
def energy_and_gradient(
    positions: FloatArray, system: System, start: StartArray, neighbour: IndexArray, gradient: FloatArray
) -> float:
    """Energy of the listed pairs j > i within the reach; overwrites `gradient` (particles, dimension), 0 if pinned."""
    # The list is processed in portions that fit the fastest cache.
    count, dimension = positions.shape
    coordinates, lengths = three_coordinates(positions, system.box)
    forces = np.zeros((3, count))
    # Work arrays for a portion of the list; a portion is at least as long as the longest row.
    portion = _PORTION
    for i in range(count):
        portion = max(portion, start[i + 1] - start[i] + 1)
    separation, members = np.empty((3, portion)), np.empty((2, portion), np.int32)
    a_i, a_j, distance = np.empty(portion), np.empty(portion), np.empty(portion)
    pair_energy, slope = np.empty(portion), np.empty(portion)
    energy = 0.0
    row = 0
    while row < count:
        # Take as many whole rows as fit: pairs in range, energies and slopes in vector loops, then forces.
        end = row + 1
        while end < count and start[end + 1] - start[row] < portion:
            end += 1
        n = _pairs_in_range(
            row, end, coordinates, lengths, system.reach, start, neighbour, separation, members, distance
        )
        for k in range(n):
            a_i[k] = system.diameters[members[0, k]]
            a_j[k] = system.diameters[members[1, k]]
        many_pair_slopes(system.code, system.parameters, a_i[:n], a_j[:n], distance[:n], pair_energy[:n], slope[:n])
        energy += _add_pair_forces(members[:, :n], separation[:, :n], slope[:n], pair_energy[:n], forces)
        row = end
    for i in range(count):
        for axis in range(dimension):
            gradient[i, axis] = forces[axis, i]
    for i in system.pinned:
        for axis in range(dimension):
            gradient[i, axis] = 0.0
    return energy


@njit(cache=True)
def three_coordinates(positions: FloatArray, box: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Coordinates as three rows, and three box lengths; in two dimensions the third row is 0 in a box of length 1."""
    coordinates = np.zeros((3, len(positions)))
    lengths = np.ones(3)
    for axis in range(len(box)):
        lengths[axis] = box[axis]
        for i in range(len(positions)):
            coordinates[axis, i] = positions[i, axis]
    return coordinates, lengths


@njit(cache=True, error_model="numpy")
def _pairs_in_range(
    row: int,
    end: int,
    coordinates: FloatArray,
    lengths: FloatArray,
    reach: float,
    start: StartArray,
    neighbour: IndexArray,
    separation: FloatArray,
    members: IndexArray,
    distance: FloatArray,
) -> int:
    """Separations, members and distances of pairs closer than `reach` in some rows of a list; returns their number."""
    x, y, z = coordinates[0], coordinates[1], coordinates[2]
    width, height, depth = lengths[0], lengths[1], lengths[2]
    limit = reach * reach
    found = 0
    for i in range(row, end):
        for k in range(start[i], start[i + 1]):
            j = neighbour[k]
            dx = nearest_image_along(x[i] - x[j], width)
            dy = nearest_image_along(y[i] - y[j], height)
            dz = nearest_image_along(z[i] - z[j], depth)
            square = dx * dx + dy * dy + dz * dz
            separation[0, found] = dx
            separation[1, found] = dy
            separation[2, found] = dz
            members[0, found] = i
            members[1, found] = j
            distance[found] = square
            found += square < limit
    for k in range(found):
        distance[k] = math.sqrt(distance[k])
    return found


@njit(cache=True)
def nearest_image_along(separation: float, length: float) -> float:
    """Separation to the nearest image along one axis, for particles less than one and a half box lengths apart."""
    separation -= length if separation > 0.5 * length else 0.0
    return separation + (length if separation < -0.5 * length else 0.0)


@njit(cache=True)
def _add_pair_forces(
    members: IndexArray, separation: FloatArray, slope: FloatArray, pair_energy: FloatArray, gradient: FloatArray
) -> float:
    x, y, z = gradient[0], gradient[1], gradient[2]
    energy = 0.0
    for k in range(len(slope)):
        i, j = members[0, k], members[1, k]
        fx, fy, fz = slope[k] * separation[0, k], slope[k] * separation[1, k], slope[k] * separation[2, k]
        x[i] += fx
        y[i] += fy
        z[i] += fz
        x[j] -= fx
        y[j] -= fy
        z[j] -= fz
        energy += pair_energy[k]
    return energy
