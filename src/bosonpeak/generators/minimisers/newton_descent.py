"""Newton steps to a minimum, taken only where the choice of minimum is beyond doubt."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.generators.minimisers.descent import ENERGY_ROUND_OFF, Descent
from bosonpeak.generators.minimisers.newton_direction import newton_direction
from bosonpeak.generators.particles.forces import System, energy_and_gradient
from bosonpeak.generators.particles.near_pairs import fold, largest_norm, near_pairs_at
from bosonpeak.generators.particles.whole_arrays import combined, scaled

_LONGEST_STEP = 0.02
_CONTRACTION = 0.5
_REDUCTION = 1e-2
_MOST_STEPS = 12
_MOST_PRODUCTS = 1000


@njit(cache=True, error_model="numpy")
def newton_descent(positions: FloatArray, system: System, tolerance: float) -> Descent:
    """Take Newton steps to a residual force; stuck, with unchanged `positions`, at the first doubt.

    All curvatures met must be positive, the first step must be a small part of a diameter, each step at most half as
    long as the previous step, and no step may raise the energy.
    """
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
