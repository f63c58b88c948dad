"""Minimisation by limited-memory BFGS, with Newton steps near the end."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.generators.minimisers.newton import newton_descent
from bosonpeak.generators.minimisers.result import ENERGY_ROUND_OFF, LONGEST_STEP, Descent, Trial
from bosonpeak.generators.particles.array_kernels import combined, scaled
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

_SUFFICIENT_DECREASE = 1e-4
_HISTORY = 12
_SHORTEST_STEP = 1e-10
_FLATTER = 0.9
_NEWTON_BELOW = 1e-2
_NEWTON_AGAIN = 0.2


@njit(cache=True, error_model="numpy")
def limited_memory_bfgs(positions: FloatArray, system: System, tolerance: float, max_iterations: int) -> Descent:
    """Follow the energy down, in place from (particles, dimension), until the largest force is at most `tolerance`."""
    size = positions.size
    steps, changes, products = np.empty((_HISTORY, size)), np.empty((_HISTORY, size)), np.empty(_HISTORY)
    gradient, direction = np.empty_like(positions), np.empty_like(positions)
    trial, trial_gradient = np.empty_like(positions), np.empty_like(positions)
    near = near_pairs_at(positions, system, WIDE_SKIN)
    energy = energy_and_gradient(positions, system, near.start, near.neighbour, gradient)
    residual = largest_norm(gradient)
    evaluations, kept, newest, iteration = 1, 0, -1, 0
    newton_below = _NEWTON_BELOW
    while residual > tolerance and math.isfinite(energy) and iteration < max_iterations:
        # Near the end try Newton steps; after a failure, again at a smaller residual.
        if residual <= newton_below:
            newton_below = _NEWTON_AGAIN * residual
            end = newton_descent(positions, system, tolerance)
            evaluations += end.evaluations
            if not end.stuck:
                return Descent(end.energy, end.residual, iteration + end.iterations, evaluations, False)
        # Quasi-Newton direction and line search.
        kept = _search_direction(gradient, steps, changes, products, kept, newest, direction)
        found = _line_search(positions, energy, gradient, direction, system, near, trial, trial_gradient)
        near = found.near
        evaluations += found.evaluations
        iteration += 1
        # Store step and gradient change in the ring buffer, unless their product (the curvature) is not positive.
        if found.accepted:
            newest = (newest + 1) % _HISTORY
            scaled(steps[newest].reshape(positions.shape), found.length, direction)
            combined(changes[newest].reshape(positions.shape), 1.0, trial_gradient, -1.0, gradient)
            products[newest] = np.dot(steps[newest], changes[newest])
            kept, newest = (min(kept + 1, _HISTORY), newest) if products[newest] > 0.0 else (kept, newest - 1)
            scaled(positions, 1.0, trial)
            scaled(gradient, 1.0, trial_gradient)
            energy, residual = found.energy, largest_norm(gradient)
        # Without an acceptable step: give up on the steepest descent, otherwise restart from it.
        elif kept == 0:
            return Descent(energy, residual, iteration, evaluations, True)
        else:
            kept = 0
    return Descent(energy, residual, iteration, evaluations, False)


@njit(cache=True)
def _search_direction(
    gradient: FloatArray,
    steps: FloatArray,
    changes: FloatArray,
    products: FloatArray,
    kept: int,
    newest: int,
    direction: FloatArray,
) -> int:
    """Two-loop recursion (Nocedal, Math. Comp. 35, 773) over a ring buffer; returns the number of pairs kept."""
    # If the recursion leads uphill, the direction becomes the steepest descent and no pair is kept.
    downhill, flat = direction.reshape(direction.size), gradient.reshape(gradient.size)
    history = len(products)
    weights = np.empty(history)
    scaled(direction, -1.0, gradient)
    for back in range(kept):
        k = (newest - back) % history
        weights[k] = np.dot(steps[k], downhill) / products[k]
        combined(direction, 1.0, direction, -weights[k], changes[k].reshape(direction.shape))
    if kept > 0:
        scaled(direction, products[newest] / np.dot(changes[newest], changes[newest]), direction)
    for back in range(kept - 1, -1, -1):
        k = (newest - back) % history
        weight = weights[k] - np.dot(changes[k], downhill) / products[k]
        combined(direction, 1.0, direction, weight, steps[k].reshape(direction.shape))
    if np.dot(downhill, flat) < 0.0:
        return kept
    scaled(direction, -1.0, gradient)
    return 0


@njit(cache=True, error_model="numpy")
def _line_search(
    positions: FloatArray,
    energy: float,
    gradient: FloatArray,
    direction: FloatArray,
    system: System,
    near: NearPairs,
    trial: FloatArray,
    trial_gradient: FloatArray,
) -> Trial:
    """Shorten a step until the energy, or below round-off of the energy the slope at the end, accepts the step."""
    flat = direction.reshape(direction.size)
    slope = np.dot(flat, gradient.reshape(gradient.size))
    length = min(1.0, LONGEST_STEP / largest_norm(direction))
    shortest = _SHORTEST_STEP * length
    evaluations, trial_energy = 0, energy
    while length > shortest:
        combined(trial, 1.0, positions, length, direction)
        if have_strayed(near, trial, system):
            fold(positions, system.box)
            combined(trial, 1.0, positions, length, direction)
            near = renewed(near, trial, system)
        trial_energy = energy_and_gradient(trial, system, near.start, near.neighbour, trial_gradient)
        evaluations += 1
        decrease = trial_energy - energy
        level = abs(decrease) <= ENERGY_ROUND_OFF * abs(energy)
        if decrease <= _SUFFICIENT_DECREASE * length * slope or (
            level and abs(np.dot(flat, trial_gradient.reshape(flat.size))) <= _FLATTER * abs(slope)
        ):
            return Trial(True, length, trial_energy, evaluations, near)
        length *= _shrinkage(decrease, slope, length)
    return Trial(False, length, trial_energy, evaluations, near)


@njit(cache=True)
def _shrinkage(decrease: float, slope: float, length: float) -> float:
    """Factor to the minimum of the parabola through both energies and the first slope, clipped to [0.1, 0.5]."""
    curvature = decrease - length * slope
    return min(max(-0.5 * length * slope / curvature, 0.1), 0.5) if curvature > 0.0 else 0.5
