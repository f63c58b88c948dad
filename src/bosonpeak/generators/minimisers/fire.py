"""The fast inertial relaxation engine: molecular dynamics steered downhill, and stopped on moving uphill.

Bitzek, Koskinen, Gaehler, Moseler and Gumbsch, Phys. Rev. Lett. 97, 170201 (2006), in the form and with the parameters
of Guenole, Noehring, Vaid, Houlle, Xie, Prakash and Bitzek, Comput. Mater. Sci. 175, 109584 (2020) (FIRE 2.0).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.generators.minimisers.result import LONGEST_STEP, Descent
from bosonpeak.generators.particles.array_kernels import combined, scaled, squared_length
from bosonpeak.generators.particles.forces import System, energy_and_gradient
from bosonpeak.generators.particles.near_pairs import (
    WIDE_SKIN,
    fold,
    have_strayed,
    largest_norm,
    near_pairs_at,
    renewed,
)

FIRST_TIME_STEP = 0.005
"""In the unit sqrt(m a^2/epsilon): a tenth of a radian of the fastest vibrations of soft-sphere glasses, omega = 20."""

_LONGEST, _SHORTEST = 10.0 * FIRST_TIME_STEP, 0.02 * FIRST_TIME_STEP
_DELAY = 20
_FASTER, _SLOWER = 1.1, 0.5
_STEERING, _LESS_STEERING = 0.25, 0.99
_MOST_STEPS_UPHILL = 2000


@njit(cache=True, error_model="numpy")
def fire(positions: FloatArray, system: System, tolerance: float, max_iterations: int) -> Descent:
    """Relax to a residual force in steps of at most `LONGEST_STEP` per particle; see `limited_memory_bfgs`."""
    gradient, velocity, step = np.empty_like(positions), np.zeros_like(positions), np.empty_like(positions)
    near = near_pairs_at(positions, system, WIDE_SKIN)
    energy = energy_and_gradient(positions, system, near.start, near.neighbour, gradient)
    residual = largest_norm(gradient)
    time_step, steering, downhill, uphill, iteration = FIRST_TIME_STEP, _STEERING, 0, 0, 0
    while residual > tolerance and math.isfinite(energy) and iteration < max_iterations:
        # Speed up while the power F.v is positive; after a move uphill go back half a step, stop and slow down.
        power = -np.dot(gradient.reshape(gradient.size), velocity.reshape(gradient.size))
        if power > 0.0:
            downhill, uphill = downhill + 1, 0
            if downhill > _DELAY:
                time_step, steering = min(_FASTER * time_step, _LONGEST), _LESS_STEERING * steering
        else:
            downhill, uphill = 0, uphill + 1
            if uphill > _MOST_STEPS_UPHILL:
                return Descent(energy, residual, iteration, iteration + 1, True)
            if iteration >= _DELAY:
                time_step, steering = max(_SLOWER * time_step, _SHORTEST), _STEERING
            combined(positions, 1.0, positions, -0.5 * time_step, velocity)
            velocity.fill(0.0)
        # Semi-implicit Euler step of the velocity, then rotation of the velocity towards the force.
        combined(velocity, 1.0, velocity, -time_step, gradient)
        speed, force = math.sqrt(squared_length(velocity)), math.sqrt(squared_length(gradient))
        combined(velocity, 1.0 - steering, velocity, -steering * speed / force, gradient)
        # Move, with the step limited to LONGEST_STEP, and renew lists where necessary.
        scaled(step, time_step, velocity)
        longest = largest_norm(step)
        combined(positions, 1.0, positions, min(1.0, LONGEST_STEP / longest) if longest > 0.0 else 1.0, step)
        if have_strayed(near, positions, system):
            fold(positions, system.box)
            near = renewed(near, positions, system)
        energy = energy_and_gradient(positions, system, near.start, near.neighbour, gradient)
        residual = largest_norm(gradient)
        iteration += 1
    return Descent(energy, residual, iteration, iteration + 1, False)
