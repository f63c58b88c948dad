"""Inherent structures: the nearest minimum of the potential energy, to a residual force near round-off."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.errors import ConvergenceError, RecipeError
from bosonpeak.generators.glasses.newton_direction import newton_direction
from bosonpeak.generators.particles.neighbours import checked_configuration, half_neighbour_list, neighbour_pairs
from bosonpeak.generators.particles.potentials import (
    LENNARD_JONES,
    PairPotential,
    evaluate,
    many_pair_slopes,
    pair_range,
)

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int32]
StartArray = NDArray[np.int64]

_HISTORY = 12
_PORTION = 512
_SKIN = 0.3
_WIDE_SKIN = 1.0
_LONGEST_STEP = 0.1
_SUFFICIENT_DECREASE = 1e-4
_ENERGY_ROUND_OFF = 1e-12
_SHORTEST_STEP = 1e-10

_NEWTON_BELOW = 1e-2
_NEWTON_AGAIN = 0.2
_LONGEST_NEWTON_STEP = 0.02
_NEWTON_CONTRACTION = 0.5
_NEWTON_REDUCTION = 1e-2
_NEWTON_STEPS = 12
_NEWTON_PRODUCTS = 1000

_CONVERGED, _OUT_OF_ITERATIONS, _STUCK = range(3)


@dataclass(frozen=True)
class InherentStructure:
    """A minimum of the potential energy and how well it was reached.

    Parameters
    ----------
    positions : ndarray of float64, shape (particles, dimension)
        Inside the box.
    energy : float
        Total potential energy.
    residual_force : float
        Largest force on any particle.
    iterations, evaluations : int
        Steps of the minimiser, Newton steps included, and evaluations of energy and forces.
    """

    positions: FloatArray
    energy: float
    residual_force: float
    iterations: int
    evaluations: int


def energy_and_forces(
    positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential
) -> tuple[float, FloatArray]:
    """Total potential energy, and the force on every particle.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
        Particle positions.
    diameters : array_like, shape (particles,)
        Particle diameters.
    box : array_like
        Length of the periodic box, one number or one an axis.
    potential : PairPotential
        Interaction.

    Returns
    -------
    energy : float
        Sum over pairs.
    forces : ndarray of float64, shape (particles, dimension)
        Minus the gradient.

    Raises
    ------
    RecipeError
        If the configuration does not make sense.
    """
    sizes, points, lengths, reach = prepared(positions, diameters, box, potential)
    start, neighbour = half_neighbour_list(points, lengths, reach)
    gradient = np.zeros_like(points)
    interaction = (potential.code, potential.parameters(), reach)
    energy = _energy_and_gradient(points, sizes, lengths, interaction, start, neighbour, gradient)
    return energy, -gradient


def minimise(
    positions: ArrayLike,
    diameters: ArrayLike,
    box: ArrayLike,
    potential: PairPotential,
    *,
    tolerance: float = 1e-10,
    max_iterations: int = 20000,
) -> InherentStructure:
    """Follow the energy down to its minimum with limited-memory BFGS, and finish with Newton steps.

    Steps are accepted by a sufficient decrease of the energy or, where energy differences drown in round-off, by
    the slope along the step, so that the residual force can fall far below the square root of the precision.
    Newton steps are taken only where they leave no doubt about the minimum: all curvature that they meet is positive,
    the first is a small part of a diameter, each is at most half as long as the one before, and none raises the
    energy. They replace a third of the work, not the path to the minimum.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
        Start, usually an equilibrated liquid.
    diameters : array_like, shape (particles,)
        Particle diameters.
    box : array_like
        Length of the periodic box, one number or one an axis.
    potential : PairPotential
        Interaction.
    tolerance : float
        Largest force allowed on any particle at the end; 1e-13 is out of reach in double precision.
    max_iterations : int
        Steps after which to give up.

    Returns
    -------
    structure : InherentStructure
        The minimum.

    Raises
    ------
    RecipeError
        If the configuration or a parameter does not make sense.
    ConvergenceError
        If the tolerance was not reached.

    Notes
    -----
    The second derivative of a potential must be continuous for a minimum to mean what the Hessian says of it:
    hard and shifted cutoffs are minimised, but may stall at a pair that straddles the cutoff.
    """
    if not 0 < tolerance < math.inf:
        raise RecipeError("the tolerance of the residual force cannot be used", expected="> 0", got=str(tolerance))
    sizes, points, lengths, reach = prepared(positions, diameters, box, potential)
    interaction = (potential.code, potential.parameters(), reach)
    status, energy, residual, iterations, evaluations = _limited_memory_bfgs(
        points, sizes, lengths, interaction, tolerance, max_iterations
    )
    if status != _CONVERGED or not math.isfinite(energy):
        raise ConvergenceError(
            "the inherent structure was not reached",
            expected=f"a residual force of at most {tolerance:.3g}",
            got=f"{residual:.3g} after {iterations} steps",
            likely_cause=_failure(status),
            done="no configuration was returned; the start is untouched",
        )
    points -= lengths * np.floor(points / lengths)
    return InherentStructure(points, energy, residual, iterations, evaluations)


def contact_numbers(
    positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential
) -> NDArray[np.int64]:
    """Number of particles with which each particle interacts (pairs inside the potential's range).

    Parameters
    ----------
    positions, diameters, box, potential
        As for `energy_and_forces`.

    Returns
    -------
    contacts : ndarray of int64, shape (particles,)
        Interacting neighbours of each particle.
    """
    sizes, points, lengths, reach = prepared(positions, diameters, box, potential)
    pairs = _interacting_pairs(points, sizes, lengths, potential, reach)
    return contacts_of_pairs(pairs, len(points))


def contacts_of_pairs(pairs: IndexArray, particle_count: int) -> NDArray[np.int64]:
    """Contact numbers, shape (particles,), from interacting pairs that are already known."""
    return np.bincount(pairs.ravel(), minlength=particle_count)


def rattlers(positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential) -> NDArray[np.bool_]:
    """Particles that cannot be held in place: fewer than dimension + 1 contacts, found recursively.

    Parameters
    ----------
    positions, diameters, box, potential
        As for `energy_and_forces`.

    Returns
    -------
    loose : ndarray of bool, shape (particles,)
        True for rattlers.
    """
    sizes, points, lengths, reach = prepared(positions, diameters, box, potential)
    pairs = _interacting_pairs(points, sizes, lengths, potential, reach)
    return rattlers_of_pairs(pairs, *points.shape)


def rattlers_of_pairs(pairs: IndexArray, particle_count: int, dimension: int) -> NDArray[np.bool_]:
    """Rattlers, shape (particles,), from interacting pairs that are already known; see `rattlers`."""
    loose = np.zeros(particle_count, dtype=bool)
    while True:
        held = ~loose[pairs].any(axis=1)
        contacts = np.bincount(pairs[held].ravel(), minlength=particle_count)
        found = contacts < dimension + 1
        if np.array_equal(found, loose):
            return loose
        loose = found


def prepared(
    positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Check a configuration against a potential and return diameters, folded positions, box and range.

    Raises
    ------
    RecipeError
        If they do not make sense, alone or together.
    """
    sizes = potential.check(diameters)
    reach = potential.largest_range(sizes)
    points, lengths = checked_configuration(positions, box, reach)
    if len(points) != len(sizes):
        raise RecipeError("positions and diameters disagree", expected=f"{len(points)} diameters", got=f"{len(sizes)}")
    return sizes, points, lengths, reach


def _interacting_pairs(
    points: FloatArray, sizes: FloatArray, lengths: FloatArray, potential: PairPotential, reach: float
) -> IndexArray:
    pairs = neighbour_pairs(points, lengths, reach)
    separation = points[pairs[:, 0]] - points[pairs[:, 1]]
    separation -= lengths * np.rint(separation / lengths)
    distance = np.sqrt(np.sum(separation**2, axis=1))
    _, first, second = evaluate(potential, distance, sizes[pairs[:, 0]], sizes[pairs[:, 1]])
    interacting: IndexArray = pairs[(first != 0) | (second != 0)]
    return interacting


def _failure(status: int) -> str:
    if status == _OUT_OF_ITERATIONS:
        return "too few iterations, or a tolerance below round-off"
    return "no downhill step was found: the tolerance is below round-off, or forces jump at a cutoff"


@njit(cache=True, error_model="numpy")
def _energy_and_gradient(
    positions: FloatArray,
    diameters: FloatArray,
    box: FloatArray,
    interaction: tuple[int, FloatArray, float],
    start: StartArray,
    neighbour: IndexArray,
    gradient: FloatArray,
) -> float:
    """Walk over the rows of the pair list in portions that stay in the fastest cache."""
    code, parameters, reach = interaction
    count, dimension = positions.shape
    coordinates, lengths = _three_coordinates(positions, box)
    forces = np.zeros((3, count))
    portion = _PORTION
    for i in range(count):
        portion = max(portion, start[i + 1] - start[i] + 1)
    separation, members = np.empty((3, portion)), np.empty((2, portion), np.int32)
    a_i, a_j, distance = np.empty(portion), np.empty(portion), np.empty(portion)
    pair_energy, slope = np.empty(portion), np.empty(portion)
    energy = 0.0
    row = 0
    while row < count:
        end = row + 1
        while end < count and start[end + 1] - start[row] < portion:
            end += 1
        n = _pairs_in_range(row, end, coordinates, lengths, reach, start, neighbour, separation, members, distance)
        for k in range(n):
            a_i[k] = diameters[members[0, k]]
            a_j[k] = diameters[members[1, k]]
        many_pair_slopes(code, parameters, a_i[:n], a_j[:n], distance[:n], pair_energy[:n], slope[:n])
        energy += _add_pair_forces(members[:, :n], separation[:, :n], slope[:n], pair_energy[:n], forces)
        row = end
    gradient[:] = forces[:dimension].T
    return energy


@njit(cache=True)
def _three_coordinates(positions: FloatArray, box: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Coordinates as three rows; in two dimensions the third is 0 in a box of length 1."""
    coordinates = np.zeros((3, len(positions)))
    lengths = np.ones(3)
    coordinates[: len(box)] = positions.T
    lengths[: len(box)] = box
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
    """Separations, members and distances of the pairs of some rows that are closer than `reach`."""
    x, y, z = coordinates[0], coordinates[1], coordinates[2]
    width, height, depth = lengths[0], lengths[1], lengths[2]
    limit = reach * reach
    found = 0
    for i in range(row, end):
        for k in range(start[i], start[i + 1]):
            j = neighbour[k]
            dx = _nearest_image(x[i] - x[j], width)
            dy = _nearest_image(y[i] - y[j], height)
            dz = _nearest_image(z[i] - z[j], depth)
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
def _nearest_image(separation: float, length: float) -> float:
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


@njit(cache=True)
def _largest_norm(vectors: FloatArray) -> float:
    largest = 0.0
    for i in range(len(vectors)):
        square = 0.0
        for axis in range(vectors.shape[1]):
            square += vectors[i, axis] * vectors[i, axis]
        if not square <= largest:
            largest = square
    return math.sqrt(largest)


@njit(cache=True)
def _fold(positions: FloatArray, box: FloatArray) -> None:
    for i in range(len(positions)):
        for axis in range(len(box)):
            positions[i, axis] -= box[axis] * math.floor(positions[i, axis] / box[axis])


@njit(cache=True)
def _search_direction(
    gradient: FloatArray,
    steps: FloatArray,
    changes: FloatArray,
    products: FloatArray,
    kept: int,
    newest: int,
    direction: FloatArray,
) -> None:
    """Two-loop recursion (Nocedal, Math. Comp. 35, 773); flat arrays, ring buffer of `kept` pairs."""
    history = len(products)
    weights = np.empty(history)
    direction[:] = -gradient
    for back in range(kept):
        k = (newest - back) % history
        weights[k] = np.dot(steps[k], direction) / products[k]
        direction -= weights[k] * changes[k]
    if kept > 0:
        direction *= products[newest] / np.dot(changes[newest], changes[newest])
    for back in range(kept - 1, -1, -1):
        k = (newest - back) % history
        direction += (weights[k] - np.dot(changes[k], direction) / products[k]) * steps[k]


@njit(cache=True, error_model="numpy")
def _limited_memory_bfgs(
    positions: FloatArray,
    diameters: FloatArray,
    box: FloatArray,
    interaction: tuple[int, FloatArray, float],
    tolerance: float,
    max_iterations: int,
) -> tuple[int, float, float, int, int]:
    size = positions.size
    steps, changes = np.empty((_HISTORY, size)), np.empty((_HISTORY, size))
    products = np.empty(_HISTORY)
    gradient, new_gradient = np.empty_like(positions), np.empty_like(positions)
    direction = np.empty(size)
    listed, widely_listed = positions.copy(), positions.copy()
    wide = half_neighbour_list(positions, box, interaction[2] + _SKIN + _WIDE_SKIN)
    start, neighbour = _near_pairs(positions, diameters, box, interaction, wide)
    energy = _energy_and_gradient(positions, diameters, box, interaction, start, neighbour, gradient)
    evaluations, kept, newest = 1, 0, -1
    newton_below = _NEWTON_BELOW
    for iteration in range(max_iterations):
        residual = _largest_norm(gradient)
        if residual <= tolerance:
            return _CONVERGED, energy, residual, iteration, evaluations
        if residual <= newton_below:
            newton_below = _NEWTON_AGAIN * residual
            reached, last_energy, last_residual, taken = _newton_descent(
                positions, diameters, box, interaction, tolerance
            )
            if reached:
                return _CONVERGED, last_energy, last_residual, iteration + taken, evaluations + taken + 1
            evaluations += taken + 1
        if not math.isfinite(energy):
            return _STUCK, energy, residual, iteration, evaluations
        flat = gradient.reshape(size)
        _search_direction(flat, steps, changes, products, kept, newest, direction)
        slope = np.dot(direction, flat)
        if slope >= 0.0:
            kept = 0
            direction[:] = -flat
            slope = -np.dot(flat, flat)
        moves = direction.reshape(positions.shape)
        length = min(1.0, _LONGEST_STEP / _largest_norm(moves))
        shortest = _SHORTEST_STEP * length
        accepted = False
        while not accepted and length > shortest:
            trial = positions + length * moves
            if 2.0 * _largest_norm(trial - listed) > _SKIN:
                _fold(positions, box)
                trial = positions + length * moves
                listed = trial.copy()
                if 2.0 * _largest_displacement(trial, widely_listed, box) > _WIDE_SKIN:
                    widely_listed = trial.copy()
                    wide = half_neighbour_list(trial, box, interaction[2] + _SKIN + _WIDE_SKIN)
                start, neighbour = _near_pairs(trial, diameters, box, interaction, wide)
            new_energy = _energy_and_gradient(trial, diameters, box, interaction, start, neighbour, new_gradient)
            evaluations += 1
            new_slope = np.dot(direction, new_gradient.reshape(size))
            decrease = new_energy - energy
            flat_to_round_off = abs(decrease) <= _ENERGY_ROUND_OFF * abs(energy)
            accepted = decrease <= _SUFFICIENT_DECREASE * length * slope or (
                flat_to_round_off and abs(new_slope) <= 0.9 * abs(slope)
            )
            if not accepted:
                length *= _shrinkage(decrease, slope, length)
        if not accepted:
            if kept == 0:
                return _STUCK, energy, residual, iteration, evaluations
            kept = 0
            continue
        newest = (newest + 1) % _HISTORY
        steps[newest] = length * direction
        changes[newest] = (new_gradient - gradient).reshape(size)
        products[newest] = np.dot(steps[newest], changes[newest])
        if products[newest] > 0.0:
            kept = min(kept + 1, _HISTORY)
        else:
            newest = (newest - 1) % _HISTORY
        positions[:] = trial
        gradient[:] = new_gradient
        energy = new_energy
    return _OUT_OF_ITERATIONS, energy, _largest_norm(gradient), max_iterations, evaluations


@njit(cache=True, error_model="numpy")
def _newton_descent(
    positions: FloatArray,
    diameters: FloatArray,
    box: FloatArray,
    interaction: tuple[int, FloatArray, float],
    tolerance: float,
) -> tuple[bool, float, float, int]:
    """Newton steps to the minimum; positions are overwritten only if it was reached without any doubt."""
    moved, gradient, direction = positions.copy(), np.empty_like(positions), np.empty_like(positions)
    _fold(moved, box)
    around = half_neighbour_list(moved, box, interaction[2] + _SKIN)
    start, neighbour = _near_pairs(moved, diameters, box, interaction, around)
    energy = _energy_and_gradient(moved, diameters, box, interaction, start, neighbour, gradient)
    longest = _LONGEST_NEWTON_STEP
    for taken in range(_NEWTON_STEPS):
        residual = _largest_norm(gradient)
        if residual <= tolerance:
            positions[:] = moved
            return True, energy, residual, taken
        reduction = max(0.1 * tolerance / residual, min(_NEWTON_REDUCTION, residual))
        listed = (start, neighbour)
        found = newton_direction(
            moved, diameters, box, interaction, *listed, gradient, reduction, _NEWTON_PRODUCTS, direction
        )
        step = _largest_norm(direction) if found else math.inf
        if not step <= longest:
            return False, energy, residual, taken
        longest = _NEWTON_CONTRACTION * step
        moved += direction
        new_energy = _energy_and_gradient(moved, diameters, box, interaction, start, neighbour, gradient)
        if not new_energy - energy <= _ENERGY_ROUND_OFF * abs(energy):
            return False, energy, residual, taken
        energy = new_energy
    return False, energy, _largest_norm(gradient), _NEWTON_STEPS


@njit(cache=True)
def _near_pairs(
    positions: FloatArray,
    diameters: FloatArray,
    box: FloatArray,
    interaction: tuple[int, FloatArray, float],
    wide: tuple[StartArray, IndexArray],
) -> tuple[StartArray, IndexArray]:
    """Of a wider list, the pairs that interact, or will once both have moved by half the skin."""
    code, parameters, reach = interaction
    wide_start, wide_neighbour = wide
    coordinates, lengths = _three_coordinates(positions, box)
    x, y, z = coordinates[0], coordinates[1], coordinates[2]
    width, height, depth = lengths[0], lengths[1], lengths[2]
    start, neighbour = np.zeros_like(wide_start), np.empty_like(wide_neighbour)
    limit = (reach + _SKIN) ** 2
    kept = 0
    for i in range(len(positions)):
        for k in range(wide_start[i], wide_start[i + 1]):
            j = wide_neighbour[k]
            if code == LENNARD_JONES:
                limit = (pair_range(code, parameters, reach, diameters[i], diameters[j]) + _SKIN) ** 2
            dx = _nearest_image(x[i] - x[j], width)
            dy = _nearest_image(y[i] - y[j], height)
            dz = _nearest_image(z[i] - z[j], depth)
            neighbour[kept] = j
            kept += dx * dx + dy * dy + dz * dz < limit
        start[i + 1] = kept
    return start, neighbour[:kept].copy()


@njit(cache=True)
def _largest_displacement(positions: FloatArray, before: FloatArray, box: FloatArray) -> float:
    """Largest distance that a particle has moved, by the nearest image."""
    moved = positions - before
    for i in range(len(moved)):
        for axis in range(len(box)):
            moved[i, axis] -= box[axis] * math.floor(moved[i, axis] / box[axis] + 0.5)
    return _largest_norm(moved)


@njit(cache=True)
def _shrinkage(decrease: float, slope: float, length: float) -> float:
    """Factor to the minimum of the parabola through the energies and the first slope, kept in [0.1, 0.5]."""
    curvature = decrease - length * slope
    return min(max(-0.5 * length * slope / curvature, 0.1), 0.5) if curvature > 0.0 else 0.5
