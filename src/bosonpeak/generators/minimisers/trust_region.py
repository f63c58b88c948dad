"""Newton's method with a trust radius: never refused, and downhill also where a curvature is negative."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.generators.minimisers.newton import (
    advance,
    apply_blocks,
    apply_pairs,
    combine,
    inverse_blocks,
    stiff_pairs,
)
from bosonpeak.generators.minimisers.result import ENERGY_ROUND_OFF, LONGEST_STEP, Descent
from bosonpeak.generators.particles.array_kernels import combined, inner_product, scaled
from bosonpeak.generators.particles.forces import System, energy_and_gradient
from bosonpeak.generators.particles.near_pairs import (
    WIDE_SKIN,
    NearPairs,
    fold,
    have_strayed,
    largest_norm,
    near_pairs_at,
    renewed,
)

_REDUCTION = 1e-2
_MOST_PRODUCTS = 1000
_FIRST_RADIUS = 30.0  # in units of the preconditioned steepest descent
_ACCEPTED, _POOR, _GOOD = 1e-4, 0.25, 0.75
_SMALLEST_RADIUS = 1e-14


@njit(cache=True, error_model="numpy")
def trusted_step(
    positions: FloatArray,
    system: System,
    near: NearPairs,
    gradient: FloatArray,
    reduction: float,
    radius: float,
    step: FloatArray,
) -> tuple[float, float]:
    """Minimise the quadratic model by conjugate gradients within a radius; predicted decrease and length of `step`."""
    # Steihaug, SIAM J. Numer. Anal. 20, 626 (1983): at a curvature that is not positive, or where the path leaves the
    # ball, the step ends on the sphere. Lengths are in the norm of the preconditioner, by the recursions of Conn, Gould
    # and Toint, Trust-Region Methods (2000), section 7.5.
    count, dimension = positions.shape
    row_start, partner, stiffness = stiff_pairs(positions, system, near.start, near.neighbour)
    inverse = np.zeros((count, 3, 3))
    if not inverse_blocks(row_start, partner, stiffness, dimension, inverse):
        inverse.fill(0.0)
        for i in range(count):
            for axis in range(3):
                inverse[i, axis, axis] = 1.0
    solution, residual = np.zeros((count, 3)), np.zeros((count, 3))
    for i in range(count):
        for axis in range(dimension):
            residual[i, axis] = -gradient[i, axis]
    along, image, conditioned = np.zeros((count, 3)), np.zeros((count, 3)), np.empty((count, 3))
    target = reduction * reduction * inner_product(residual, residual)
    apply_blocks(inverse, residual, conditioned)
    current = inner_product(residual, conditioned)
    combine(along, conditioned, 0.0)
    radius = radius if radius > 0.0 else _FIRST_RADIUS * math.sqrt(current)
    square, mixed, along_square = 0.0, 0.0, current
    predicted = 0.0
    for _ in range(_MOST_PRODUCTS):
        apply_pairs(row_start, partner, stiffness, along, image)
        curvature = inner_product(along, image)
        length = current / curvature
        grown = square + 2.0 * length * mixed + length * length * along_square
        if not curvature > 0.0 or grown >= radius * radius:
            # Go to the sphere along the last direction.
            length = (-mixed + math.sqrt(mixed * mixed + along_square * (radius * radius - square))) / along_square
            predicted += length * current - 0.5 * length * length * curvature
            advance(solution, residual, along, image, length)
            square = radius * radius
            break
        predicted += length * current - 0.5 * length * length * curvature
        square = grown
        if advance(solution, residual, along, image, length) <= target:
            break
        apply_blocks(inverse, residual, conditioned)
        share = inner_product(residual, conditioned) / current
        current *= share
        mixed = share * (mixed + length * along_square)
        along_square = current + share * share * along_square
        combine(along, conditioned, share)
    for i in range(count):
        for axis in range(dimension):
            step[i, axis] = solution[i, axis]
    return predicted, math.sqrt(square)


@njit(cache=True, error_model="numpy")
def trust_region_newton(positions: FloatArray, system: System, tolerance: float, max_iterations: int) -> Descent:
    """Take Newton steps within a trust radius, in place, until the largest force is at most `tolerance`."""
    gradient, trial_gradient = np.empty_like(positions), np.empty_like(positions)
    step, trial = np.empty_like(positions), np.empty_like(positions)
    fold(positions, system.box)
    near = near_pairs_at(positions, system, WIDE_SKIN)
    energy = energy_and_gradient(positions, system, near.start, near.neighbour, gradient)
    residual = largest_norm(gradient)
    evaluations, iteration, radius = 1, 0, 0.0
    while residual > tolerance and iteration < max_iterations:
        iteration += 1
        reduction = max(0.1 * tolerance / residual, min(_REDUCTION, residual))
        predicted, length = trusted_step(positions, system, near, gradient, reduction, radius, step)
        longest = largest_norm(step)
        if not longest <= LONGEST_STEP:
            # Beyond the model's validity in any case.
            radius = 0.5 * length * LONGEST_STEP / longest
            continue
        combined(trial, 1.0, positions, 1.0, step)
        if have_strayed(near, trial, system):
            fold(positions, system.box)
            combined(trial, 1.0, positions, 1.0, step)
            near = renewed(near, trial, system)
        trial_energy = energy_and_gradient(trial, system, near.start, near.neighbour, trial_gradient)
        evaluations += 1
        decrease = energy - trial_energy
        # Both decreases are uncertain by the round-off of the energy, below which the forces decide.
        noise = ENERGY_ROUND_OFF * abs(energy)
        share = (decrease + noise) / (predicted + noise)
        if predicted <= noise and inner_product(trial_gradient, trial_gradient) > inner_product(gradient, gradient):
            share = 0.0
        if share < _POOR:
            radius = 0.25 * length
        elif share > _GOOD and length >= 0.99 * radius:
            radius = 2.0 * radius
        if share > _ACCEPTED:
            scaled(positions, 1.0, trial)
            scaled(gradient, 1.0, trial_gradient)
            energy, residual = trial_energy, largest_norm(gradient)
        elif not radius > _SMALLEST_RADIUS:
            return Descent(energy, residual, iteration, evaluations, True)
    return Descent(energy, residual, iteration, evaluations, False)
