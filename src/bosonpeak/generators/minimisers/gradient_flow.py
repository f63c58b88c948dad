"""Overdamped descent: the flow dr/dt = F from a liquid to the minimum of its basin of attraction.

The flow is stiff, so that steps are Runge-Kutta-Chebyshev of second order (Sommeijer, Shampine and Verwer, J. Comput.
Appl. Math. 88, 315 (1998)), stable over lengths that grow with the square of the number of stages.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.generators.minimisers.newton import stiff_pairs
from bosonpeak.generators.minimisers.result import ENERGY_ROUND_OFF, Descent
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

FLOW_ERROR = 1e-7
"""Largest local error of a particle's position in one step times the largest force, in the unit of energy.

The flow leaves the liquid along many unstable directions, which make an early error grow by orders of magnitude; by
the time that forces are small it has little left to leave. Hence errors are kept small where forces are large."""

_SMALL_FORCE = 1e-3
_MOST_STAGES = 200
_DAMPING = 2.0 / 13.0
_SAFETY = 0.8
_SHRINK, _GROW = 0.1, 5.0
_SHORTEST_STEP = 1e-8
_STAGES_OF_A_STEP = 1.54


@njit(cache=True, error_model="numpy")
def gradient_flow(positions: FloatArray, system: System, tolerance: float, max_iterations: int) -> Descent:
    """Follow the flow until the residual force is below the tolerance; see `limited_memory_bfgs`."""
    return followed_flow(positions, system, tolerance, max_iterations, FLOW_ERROR, math.inf)


@njit(cache=True, error_model="numpy")
def followed_flow(
    positions: FloatArray, system: System, tolerance: float, max_iterations: int, error: float, until: float
) -> Descent:
    """Follow the flow of (particles, dimension) positions, in place, to a residual force or to the time `until`."""
    # `error`, the largest local error of a position per step and largest force, sets the step; an upper bound of the
    # curvature sets the number of stages.
    end, gradient, end_gradient = np.empty_like(positions), np.empty_like(positions), np.empty_like(positions)
    near = near_pairs_at(positions, system, WIDE_SKIN)
    energy = energy_and_gradient(positions, system, near.start, near.neighbour, gradient)
    residual = largest_norm(gradient)
    evaluations, iteration, time = 1, 0, 0.0
    curvature = curvature_bound(positions, system, near)
    step = 1.0 / curvature
    while residual > tolerance and math.isfinite(energy) and iteration < max_iterations and time < until:
        # Limit the step by the stability of the largest number of stages, and by the end of the flow.
        step = min(step, _longest_stable_step(curvature))
        if step < _SHORTEST_STEP / curvature:
            return Descent(energy, residual, iteration, evaluations, True)
        step = min(step, until - time)
        # Try the step, and estimate its local error.
        near, stages = _chebyshev_step(positions, system, near, gradient, step, curvature, end, end_gradient)
        end_energy, near = _energy_at(end, system, near, end_gradient)
        evaluations += stages
        iteration += 1
        missed = _largest_error(positions, end, gradient, end_gradient, step)
        wrong = missed * max(residual, _SMALL_FORCE) / error
        uphill = not end_energy - energy <= ENERGY_ROUND_OFF * abs(energy)
        # Accept the step only if it is accurate and leads downhill.
        if wrong <= 1.0 and not uphill:
            time += step
            scaled(positions, 1.0, end)
            fold(positions, system.box)
            scaled(gradient, 1.0, end_gradient)
            energy, residual = end_energy, largest_norm(gradient)
            curvature = curvature_bound(positions, system, near)
        # The local error is of third order in the step.
        step *= _SHRINK if uphill else min(max(_SAFETY * max(wrong, 1e-9) ** (-1.0 / 3.0), _SHRINK), _GROW)
    return Descent(energy, residual, iteration, evaluations, False)


@njit(cache=True, error_model="numpy")
def _chebyshev_step(
    positions: FloatArray,
    system: System,
    near: NearPairs,
    gradient: FloatArray,
    step: float,
    curvature: float,
    end: FloatArray,
    stage_gradient: FloatArray,
) -> tuple[NearPairs, int]:
    """Step to `end` with as many stages as stability requires; returns updated lists and the number of stages."""
    # Number of stages and coefficients (Sommeijer, Shampine and Verwer).
    stages = max(2, 1 + int(math.sqrt(1.0 + _STAGES_OF_A_STEP * step * curvature)))
    centre = 1.0 + _DAMPING / stages**2
    value, slope, bend = chebyshev(stages, centre)
    scale = slope[stages] / bend[stages]
    weight = np.empty_like(bend)
    for j in range(2, stages + 1):
        weight[j] = bend[j] / (slope[j] * slope[j])
    weight[0] = weight[1] = weight[2]
    # First stage, then the three-term recursion of the following stages.
    before, last = positions.copy(), positions.copy()
    combined(last, 1.0, positions, -weight[1] * scale * step, gradient)
    for j in range(2, stages + 1):
        _, near = _energy_at(last, system, near, stage_gradient)
        along, back = 2.0 * centre * weight[j] / weight[j - 1], -weight[j] / weight[j - 2]
        pull = 2.0 * scale * step * weight[j] / weight[j - 1]
        first_pull = (1.0 - weight[j - 1] * value[j - 1]) * pull
        for i in range(len(end)):
            for axis in range(end.shape[1]):
                place = (1.0 - along - back) * positions[i, axis] + along * last[i, axis] + back * before[i, axis]
                end[i, axis] = place + (first_pull * gradient[i, axis] - pull * stage_gradient[i, axis])
        scaled(before, 1.0, last)
        scaled(last, 1.0, end)
    return near, stages


@njit(cache=True)
def _largest_error(
    positions: FloatArray, end: FloatArray, gradient: FloatArray, end_gradient: FloatArray, step: float
) -> float:
    """Largest local error of a particle in one step, by the embedded estimate."""
    error = np.empty_like(positions)
    for i in range(len(error)):
        for axis in range(error.shape[1]):
            error[i, axis] = 0.8 * (positions[i, axis] - end[i, axis])
            error[i, axis] -= 0.4 * step * (gradient[i, axis] + end_gradient[i, axis])
    return largest_norm(error)


@njit(cache=True)
def chebyshev(degree: int, x: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Chebyshev polynomials up to a degree, and their first two derivatives, each of shape (degree + 1,)."""
    value, slope, bend = np.zeros(degree + 1), np.zeros(degree + 1), np.zeros(degree + 1)
    value[0], value[1], slope[1] = 1.0, x, 1.0
    for j in range(2, degree + 1):
        value[j] = 2.0 * x * value[j - 1] - value[j - 2]
        slope[j] = 2.0 * x * slope[j - 1] - slope[j - 2] + 2.0 * value[j - 1]
        bend[j] = 2.0 * x * bend[j - 1] - bend[j - 2] + 4.0 * slope[j - 1]
    return value, slope, bend


@njit(cache=True)
def _longest_stable_step(curvature: float) -> float:
    return (float(_MOST_STAGES - 1) ** 2 - 1.0) / (_STAGES_OF_A_STEP * curvature)


@njit(cache=True, error_model="numpy")
def _energy_at(positions: FloatArray, system: System, near: NearPairs, gradient: FloatArray) -> tuple[float, NearPairs]:
    """Energy and gradient, with neighbour lists renewed where necessary."""
    if have_strayed(near, positions, system):
        near = renewed(near, positions, system)
    return energy_and_gradient(positions, system, near.start, near.neighbour, gradient), near


@njit(cache=True)
def curvature_bound(positions: FloatArray, system: System, near: NearPairs) -> float:
    """Upper bound of the Hessian's eigenvalues by Gershgorin's circles, one block per particle."""
    row_start, partner, stiffness = stiff_pairs(positions, system, near.start, near.neighbour)
    radius = np.zeros(len(positions))
    block = np.zeros((len(positions), 3, 3))
    for i in range(len(positions)):
        for k in range(row_start[i], row_start[i + 1]):
            j = partner[k]
            stretching, bending = stiffness[k, 3], stiffness[k, 4]
            norm = max(abs(stretching + bending), abs(bending))
            radius[i] += norm
            radius[j] += norm
            for a in range(3):
                for b in range(3):
                    value = stretching * stiffness[k, a] * stiffness[k, b] + (bending if a == b else 0.0)
                    block[i, a, b] += value
                    block[j, a, b] += value
    largest = 0.0
    for i in range(len(positions)):
        for a in range(3):
            row = abs(block[i, a, 0]) + abs(block[i, a, 1]) + abs(block[i, a, 2])
            largest = max(largest, radius[i] + row)
    return largest
