"""Newton's method for the energy of a configuration: directions by conjugate gradients, and the descent."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from bosonpeak.datasets.array_types import FloatArray, IndexArray, IntegerArray
from bosonpeak.generators.minimisers.result import ENERGY_ROUND_OFF, Descent
from bosonpeak.generators.particles.array_kernels import combined, inner_product, scaled
from bosonpeak.generators.particles.forces import System, energy_and_gradient
from bosonpeak.generators.particles.near_pairs import fold, largest_norm, near_pairs_at
from bosonpeak.generators.particles.pair_kernels import pair_terms

StartArray = IntegerArray


@njit(cache=True, error_model="numpy")
def newton_direction(
    positions: FloatArray,
    system: System,
    start: StartArray,
    neighbour: IndexArray,
    gradient: FloatArray,
    reduction: float,
    most_steps: int,
    direction: FloatArray,
) -> bool:
    """Solve H x = -g by preconditioned conjugate gradients to a relative residual; overwrites `direction`."""
    # Returns False if a curvature on the way is not positive, or `most_steps` do not suffice.
    count, dimension = positions.shape
    # Hessian as a list of pairs, and its inverse diagonal blocks as the preconditioner.
    row_start, partner, stiffness = stiff_pairs(positions, system, start, neighbour)
    inverse = np.zeros((count, 3, 3))
    if not inverse_blocks(row_start, partner, stiffness, dimension, inverse):
        return False
    solution, residual = np.zeros((count, 3)), np.zeros((count, 3))
    for i in range(count):
        for axis in range(dimension):
            residual[i, axis] = -gradient[i, axis]
    along, image, conditioned = np.zeros((count, 3)), np.zeros((count, 3)), np.empty((count, 3))
    target = reduction * reduction * inner_product(residual, residual)
    previous = 1.0
    # Preconditioned conjugate gradients; a curvature that is not positive rules out a minimum.
    for step in range(most_steps):
        apply_blocks(inverse, residual, conditioned)
        current = inner_product(residual, conditioned)
        combine(along, conditioned, current / previous if step > 0 else 0.0)
        previous = current
        apply_pairs(row_start, partner, stiffness, along, image)
        for i in system.pinned:
            for axis in range(3):
                image[i, axis] = 0.0
        curvature = inner_product(along, image)
        if not curvature > 0.0:
            return False
        length = current / curvature
        if advance(solution, residual, along, image, length) <= target:
            for i in range(count):
                for axis in range(dimension):
                    direction[i, axis] = solution[i, axis]
            return True
    return False


@njit(cache=True, error_model="numpy")
def stiff_pairs(
    positions: FloatArray, system: System, start: StartArray, neighbour: IndexArray
) -> tuple[StartArray, IndexArray, FloatArray]:
    """Interacting pairs as compressed rows, with e (three components), phi'' - phi'/r and phi'/r of each pair."""
    box, diameters = system.box, system.diameters
    count, dimension = positions.shape
    row_start = np.zeros(count + 1, np.int64)
    partner = np.empty(len(neighbour), np.int32)
    stiffness = np.zeros((len(neighbour), 5))
    separation = np.zeros(3)
    kept = 0
    for i in range(count):
        for k in range(start[i], start[i + 1]):
            j = neighbour[k]
            # Separation by the minimum image.
            square = 0.0
            for axis in range(dimension):
                apart = positions[i, axis] - positions[j, axis]
                separation[axis] = apart - box[axis] * math.floor(apart / box[axis] + 0.5)
                square += separation[axis] * separation[axis]
            if square >= system.reach * system.reach:
                continue
            distance = math.sqrt(square)
            _, first, second = pair_terms(system.code, system.parameters, distance, diameters[i], diameters[j])
            if first == 0.0 and second == 0.0:
                continue
            # Unit vector and the two stiffnesses of the pair.
            partner[kept] = j
            for axis in range(dimension):
                stiffness[kept, axis] = separation[axis] / distance
            stiffness[kept, 3] = second - first / distance
            stiffness[kept, 4] = first / distance
            kept += 1
        row_start[i + 1] = kept
    return row_start, partner[:kept], stiffness[:kept]


@njit(cache=True)
def inverse_blocks(
    row_start: StartArray, partner: IndexArray, stiffness: FloatArray, dimension: int, inverse: FloatArray
) -> bool:
    """Inverse diagonal blocks of the Hessian, zero for free particles; False if a block is not positive."""
    for i in range(len(inverse)):
        for k in range(row_start[i], row_start[i + 1]):
            j = partner[k]
            for a in range(dimension):
                for b in range(dimension):
                    value = stiffness[k, 3] * stiffness[k, a] * stiffness[k, b]
                    value += stiffness[k, 4] if a == b else 0.0
                    inverse[i, a, b] += value
                    inverse[j, a, b] += value
    for i in range(len(inverse)):
        block = inverse[i]
        if not block.any():
            continue
        if dimension == 2:
            block[2, 2] = 1.0
        if not _invert(block):
            return False
    return True


@njit(cache=True, error_model="numpy")
def _invert(block: FloatArray) -> bool:
    """Invert a symmetric 3 x 3 matrix in place; False if a leading minor is not positive."""
    a, b, c = block[0, 0], block[0, 1], block[0, 2]
    d, e, f = block[1, 1], block[1, 2], block[2, 2]
    determinant = a * (d * f - e * e) - b * (b * f - c * e) + c * (b * e - c * d)
    if not (a > 0.0 and a * d - b * b > 0.0 and determinant > 0.0):
        return False
    block[0, 0], block[1, 1], block[2, 2] = d * f - e * e, a * f - c * c, a * d - b * b
    block[0, 1] = block[1, 0] = c * e - b * f
    block[0, 2] = block[2, 0] = b * e - c * d
    block[1, 2] = block[2, 1] = b * c - a * e
    for row in range(3):
        for column in range(3):
            block[row, column] /= determinant
    return True


@njit(cache=True)
def apply_blocks(blocks: FloatArray, vector: FloatArray, image: FloatArray) -> None:
    """Product of a matrix of diagonal blocks (particles, 3, 3) with a vector."""
    for i in range(len(vector)):
        x, y, z = vector[i, 0], vector[i, 1], vector[i, 2]
        for a in range(3):
            image[i, a] = blocks[i, a, 0] * x + blocks[i, a, 1] * y + blocks[i, a, 2] * z


@njit(cache=True)
def apply_pairs(
    row_start: StartArray, partner: IndexArray, stiffness: FloatArray, vector: FloatArray, image: FloatArray
) -> None:
    """Product of the Hessian with a vector."""
    image.fill(0.0)
    for i in range(len(vector)):
        x, y, z = vector[i, 0], vector[i, 1], vector[i, 2]
        sum_x, sum_y, sum_z = 0.0, 0.0, 0.0
        for k in range(row_start[i], row_start[i + 1]):
            j = partner[k]
            dx, dy, dz = x - vector[j, 0], y - vector[j, 1], z - vector[j, 2]
            ex, ey, ez = stiffness[k, 0], stiffness[k, 1], stiffness[k, 2]
            stretch = stiffness[k, 3] * (ex * dx + ey * dy + ez * dz)
            bending = stiffness[k, 4]
            fx, fy, fz = stretch * ex + bending * dx, stretch * ey + bending * dy, stretch * ez + bending * dz
            sum_x += fx
            sum_y += fy
            sum_z += fz
            image[j, 0] -= fx
            image[j, 1] -= fy
            image[j, 2] -= fz
        image[i, 0] += sum_x
        image[i, 1] += sum_y
        image[i, 2] += sum_z


@njit(cache=True)
def combine(along: FloatArray, conditioned: FloatArray, share: float) -> None:
    """Next direction of conjugate gradients, from a share of the last direction."""
    for i in range(len(along)):
        for a in range(3):
            along[i, a] = conditioned[i, a] + share * along[i, a]


@njit(cache=True)
def advance(solution: FloatArray, residual: FloatArray, along: FloatArray, image: FloatArray, length: float) -> float:
    """Step along a direction, and return the squared norm of the new residual."""
    square = 0.0
    for i in range(len(solution)):
        for a in range(3):
            solution[i, a] += length * along[i, a]
            residual[i, a] -= length * image[i, a]
            square += residual[i, a] * residual[i, a]
    return square


_LONGEST_STEP = 0.02
_CONTRACTION = 0.5
_REDUCTION = 1e-2
_MOST_STEPS = 12
_MOST_PRODUCTS = 1000


@njit(cache=True, error_model="numpy")
def newton_descent(positions: FloatArray, system: System, tolerance: float) -> Descent:
    """Take Newton steps to a residual force; stuck, with unchanged `positions`, at the first doubt."""
    # All curvatures must be positive, each step at most half as long as the previous step, and no step may raise the
    # energy.
    moved, gradient, direction = positions.copy(), np.empty_like(positions), np.empty_like(positions)
    fold(moved, system.box)
    near = near_pairs_at(moved, system, 0.0)
    energy = energy_and_gradient(moved, system, near.start, near.neighbour, gradient)
    longest = _LONGEST_STEP
    for taken in range(_MOST_STEPS):
        residual = largest_norm(gradient)
        if residual <= tolerance:
            scaled(positions, 1.0, moved)
            return Descent(energy, residual, taken, taken + 1, False)
        reduction = max(0.1 * tolerance / residual, min(_REDUCTION, residual))
        found = newton_direction(
            moved, system, near.start, near.neighbour, gradient, reduction, _MOST_PRODUCTS, direction
        )
        step = largest_norm(direction) if found else math.inf
        if not step <= longest:
            return Descent(energy, residual, taken, taken + 1, True)
        longest = _CONTRACTION * step
        combined(moved, 1.0, moved, 1.0, direction)
        new_energy = energy_and_gradient(moved, system, near.start, near.neighbour, gradient)
        if not new_energy - energy <= ENERGY_ROUND_OFF * abs(energy):
            return Descent(energy, residual, taken, taken + 1, True)
        energy = new_energy
    return Descent(energy, largest_norm(gradient), _MOST_STEPS, _MOST_STEPS + 1, True)
