"""Minimisation by limited-memory BFGS, with Newton steps near the end."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
from numba import njit

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.generators.minimisers.newton import newton_descent
from bosonpeak.generators.minimisers.result import ENERGY_ROUND_OFF, LONGEST_STEP, Descent, Trial
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

_SUFFICIENT_DECREASE = 1e-4
_HISTORY = 12
_SHORTEST_STEP = 1e-10
_FLATTER = 0.9
_NEWTON_BELOW = 1e-2
_NEWTON_AGAIN = 0.2

NEWTON, NO_NEWTON = (0,), ()
"""Ends of the descent; Newton steps are compiled for the first only, because tuple lengths are types."""


@njit(cache=True, error_model="numpy")
def limited_memory_bfgs(
    positions: FloatArray, system: System, tolerance: float, max_iterations: int, end: tuple[int, ...]
) -> Descent:
    """Follow the energy down, in place from (particles, dimension), until the largest force is at most `tolerance`."""
    # `end`: `NEWTON` or `NO_NEWTON`.
    steps, changes = np.empty((_HISTORY, *positions.shape)), np.empty((_HISTORY, *positions.shape))
    products = np.empty(_HISTORY)
    gradient, direction = np.empty_like(positions), np.empty_like(positions)
    trial, trial_gradient = np.empty_like(positions), np.empty_like(positions)
    near = near_pairs_at(positions, system, WIDE_SKIN)
    energy = energy_and_gradient(positions, system, near.start, near.neighbour, gradient)
    residual = largest_norm(gradient)
    evaluations, kept, newest, iteration = 1, 0, -1, 0
    newton_below = _NEWTON_BELOW
    while residual > tolerance and math.isfinite(energy) and iteration < max_iterations:
        # Near the end try Newton steps; after a failure, again at a smaller residual.
        if len(end) == 1 and residual <= newton_below:
            newton_below = _NEWTON_AGAIN * residual
            newton = newton_descent(positions, system, tolerance)
            evaluations += newton.evaluations
            if not newton.stuck:
                return Descent(newton.energy, newton.residual, iteration + newton.iterations, evaluations, False)
        # Quasi-Newton direction and line search.
        kept = _search_direction(gradient, steps, changes, products, kept, newest, direction)
        found = _line_search(positions, energy, gradient, direction, system, near, trial, trial_gradient)
        near = found.near
        evaluations += found.evaluations
        iteration += 1
        # Store step and gradient change in the ring buffer, unless their product (the curvature) is not positive.
        if found.accepted:
            newest = (newest + 1) % _HISTORY
            scaled(steps[newest], found.length, direction)
            combined(changes[newest], 1.0, trial_gradient, -1.0, gradient)
            products[newest] = inner_product(steps[newest], changes[newest])
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
    history = len(products)
    weights = np.empty(history)
    scaled(direction, -1.0, gradient)
    for back in range(kept):
        k = (newest - back) % history
        weights[k] = inner_product(steps[k], direction) / products[k]
        combined(direction, 1.0, direction, -weights[k], changes[k])
    if kept > 0:
        scaled(direction, products[newest] / inner_product(changes[newest], changes[newest]), direction)
    for back in range(kept - 1, -1, -1):
        k = (newest - back) % history
        weight = weights[k] - inner_product(changes[k], direction) / products[k]
        combined(direction, 1.0, direction, weight, steps[k])
    if inner_product(direction, gradient) < 0.0:
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
    slope = inner_product(direction, gradient)
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
            level and abs(inner_product(direction, trial_gradient)) <= _FLATTER * abs(slope)
        ):
            return Trial(True, length, trial_energy, evaluations, near)
        length *= shrinkage(decrease, slope, length)
    return Trial(False, length, trial_energy, evaluations, near)


@njit(cache=True)
def shrinkage(decrease: float, slope: float, length: float) -> float:
    """Factor to the minimum of the parabola through both energies and the first slope, clipped to [0.1, 0.5]."""
    curvature = decrease - length * slope
    return min(max(-0.5 * length * slope / curvature, 0.1), 0.5) if curvature > 0.0 else 0.5


def _uncompiled(function: Any, **names: Any) -> Callable[..., Any]:
    """Python function behind a compiled one, in which some names have other meanings."""
    plain = function.py_func
    return FunctionType(plain.__code__, {**plain.__globals__, **names}, argdefs=plain.__defaults__)


_listed = {"near_pairs_at": near_pairs_at.py_func}
_searched = _uncompiled(_line_search, have_strayed=have_strayed.py_func, renewed=_uncompiled(renewed, **_listed))
loosely_relaxed = _uncompiled(limited_memory_bfgs, _line_search=_searched, **_listed)
"""The same descent, bit for bit, with uncompiled loops, whose compilation takes longer than a loose relaxation."""
