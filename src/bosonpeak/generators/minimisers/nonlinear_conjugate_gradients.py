"""Nonlinear conjugate gradients: Polak-Ribiere directions, restarted after a loss of conjugacy."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from bosonpeak.datasets.array_types import FloatArray
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
_FLATTER = 0.1
_STRETCH = 4.0
_MOST_TRIALS = 30


@njit(cache=True, error_model="numpy")
def nonlinear_conjugate_gradients(
    positions: FloatArray, system: System, tolerance: float, max_iterations: int
) -> Descent:
    """Follow conjugate directions (PR+; Gilbert and Nocedal, SIAM J. Optim. 2, 21 (1992)) down to a residual force."""
    gradient, direction = np.empty_like(positions), np.empty_like(positions)
    trial, trial_gradient, change = np.empty_like(positions), np.empty_like(positions), np.empty_like(positions)
    near = near_pairs_at(positions, system, WIDE_SKIN)
    energy = energy_and_gradient(positions, system, near.start, near.neighbour, gradient)
    residual = largest_norm(gradient)
    evaluations, iteration, straight = 1, 0, True
    scaled(direction, -1.0, gradient)
    length = LONGEST_STEP / residual
    while residual > tolerance and math.isfinite(energy) and iteration < max_iterations:
        slope = inner_product(direction, gradient)
        # Restart from the steepest descent if the direction leads uphill.
        if slope >= 0.0:
            scaled(direction, -1.0, gradient)
            slope, straight = -inner_product(gradient, gradient), True
        length = min(length, LONGEST_STEP / largest_norm(direction))
        found = _line_search(positions, energy, slope, length, direction, system, near, trial, trial_gradient)
        near = found.near
        evaluations += found.evaluations
        iteration += 1
        if found.accepted:
            # Polak-Ribiere share of the old direction; a negative share is replaced by zero (PR+), a restart.
            combined(change, 1.0, trial_gradient, -1.0, gradient)
            share = max(inner_product(trial_gradient, change) / inner_product(gradient, gradient), 0.0)
            scaled(positions, 1.0, trial)
            scaled(gradient, 1.0, trial_gradient)
            combined(direction, share, direction, -1.0, gradient)
            energy, residual = found.energy, largest_norm(gradient)
            straight = share == 0.0
            # First length of the next search: the same decrease to first order.
            new_slope = inner_product(direction, gradient)
            length = found.length * slope / new_slope if new_slope < 0.0 else LONGEST_STEP / residual
        # Without an acceptable step: give up on the steepest descent, otherwise restart from it.
        elif straight:
            return Descent(energy, residual, iteration, evaluations, True)
        else:
            scaled(direction, -1.0, gradient)
            straight = True
    return Descent(energy, residual, iteration, evaluations, False)


@njit(cache=True, error_model="numpy")
def _line_search(
    positions: FloatArray,
    energy: float,
    slope: float,
    length: float,
    direction: FloatArray,
    system: System,
    near: NearPairs,
    trial: FloatArray,
    trial_gradient: FloatArray,
) -> Trial:
    """Secant steps on the slope between brackets, until energy decrease and a slope of at most a tenth are reached."""
    longest = LONGEST_STEP / largest_norm(direction)
    low, low_slope, high, high_slope = 0.0, slope, math.inf, math.inf
    trial_energy = energy
    for evaluations in range(1, _MOST_TRIALS + 1):
        # Energy and slope at the trial length.
        combined(trial, 1.0, positions, length, direction)
        if have_strayed(near, trial, system):
            fold(positions, system.box)
            combined(trial, 1.0, positions, length, direction)
            near = renewed(near, trial, system)
        trial_energy = energy_and_gradient(trial, system, near.start, near.neighbour, trial_gradient)
        trial_slope = inner_product(direction, trial_gradient)
        decrease = trial_energy - energy
        # Accept a sufficient decrease with a flat slope, or the longest permitted step.
        fallen = decrease <= _SUFFICIENT_DECREASE * length * slope or abs(decrease) <= ENERGY_ROUND_OFF * abs(energy)
        if fallen and (abs(trial_slope) <= -_FLATTER * slope or (trial_slope < 0.0 and length >= longest)):
            return Trial(True, length, trial_energy, evaluations, near)
        # Update the bracket: still downhill raises the lower end, otherwise the trial is the upper end.
        if fallen and trial_slope < 0.0:
            secant = length + (length - low) * trial_slope / (low_slope - trial_slope)
            further = secant if trial_slope > low_slope else math.inf
            low, low_slope = length, trial_slope
            if high == math.inf:
                length = min(max(further, 1.1 * low), _STRETCH * low, longest)
                continue
        else:
            high, high_slope = length, trial_slope
        # Next length inside the bracket: the secant of the slopes, or the middle, away from both ends.
        middle = 0.5 * (low + high)
        if high_slope > 0.0:
            middle = low - low_slope * (high - low) / (high_slope - low_slope)
        margin = 0.1 * (high - low)
        length = min(max(middle, low + margin), high - margin)
    return Trial(False, length, trial_energy, _MOST_TRIALS, near)
