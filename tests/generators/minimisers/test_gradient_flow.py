"""The flow of overdamped descent, against closed forms and small steps."""

import math

import numpy as np
import pytest
from numpy.polynomial import Chebyshev

from bosonpeak.generators.glasses.hessian import hessian
from bosonpeak.generators.liquids.swap_monte_carlo import random_configuration, swap_monte_carlo
from bosonpeak.generators.minimisers.gradient_flow import chebyshev, curvature_bound, followed_flow
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.forces import energy_and_forces, system_of
from bosonpeak.generators.particles.near_pairs import WIDE_SKIN, near_pairs_at
from bosonpeak.generators.particles.potentials import Harmonic, InversePower


def liquid(dimension, count, seed=1):
    potential = InversePower()
    positions, diameters, box = random_configuration(count, dimension, potential, seed=seed)
    run = swap_monte_carlo(positions, diameters, box, potential, 1.0, sweeps=100, seed=seed)
    return Configuration.checked(run.positions, run.diameters, box, potential)


def at_time(start, time, error):
    points = start.positions.copy()
    end = followed_flow(points, system_of(start), 0.0, 100000, error, time)
    return points, end


def displacement(points, start):
    step = points - start.positions
    return step - start.box * np.rint(step / start.box)


def small_steps(start, time, steps):
    """Classical Runge-Kutta of fourth order."""
    points, h = start.positions.copy(), time / steps
    given = (start.diameters, start.box, start.potential)

    def force(at):
        return energy_and_forces(at, *given)[1]

    for _ in range(steps):
        k1 = force(points)
        k2 = force(points + 0.5 * h * k1)
        k3 = force(points + 0.5 * h * k2)
        k4 = force(points + h * k3)
        points = points + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return points


@pytest.mark.parametrize("error", [1e-5, 1e-7, 1e-9])
def test_two_harmonic_spheres_part_exponentially(error):
    """Their overlap u obeys du/dt = -2 u / sigma^2; at second order errors of steps add up to their power 2/3."""
    start = Configuration.checked([[1.0, 1.0], [1.6, 1.0]], np.ones(2), 5.0, Harmonic())
    for time in (0.3, 1.0, 3.0):
        points, _ = at_time(start, time, error)
        assert 1.0 - (points[1, 0] - points[0, 0]) == pytest.approx(
            0.4 * math.exp(-2.0 * time), abs=5 * error ** (2 / 3)
        )


@pytest.mark.parametrize("dimension", [2, 3])
def test_the_path_is_that_of_small_steps(dimension):
    start = liquid(dimension, {2: 16, 3: 60}[dimension])
    exact = displacement(small_steps(start, 0.05, 2000), start)
    finer = displacement(small_steps(start, 0.05, 1000), start)
    assert np.abs(exact - finer).max() < 1e-9
    errors = [
        np.abs(displacement(at_time(start, 0.05, allowed)[0], start) - exact).max() for allowed in (1e-5, 1e-7, 1e-9)
    ]
    assert errors[0] < 5e-5
    assert errors[1] < 0.2 * errors[0]
    assert errors[2] < 0.2 * errors[1]


def test_energy_and_force_fall_along_the_flow_and_stages_spare_evaluations():
    start = liquid(3, 120)
    times = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)
    ends = [at_time(start, time, 1e-6)[1] for time in times]
    energies = [end.energy for end in ends]
    assert energies == sorted(energies, reverse=True)
    assert ends[-1].residual < 0.1 * ends[0].residual
    points, system = at_time(start, 10.0, 1e-6)[0], system_of(start)
    shortest_explicit = 90.0 * curvature_bound(points, system, lists_at(points, system)) / 4.0
    assert ends[-1].evaluations - ends[-2].evaluations < 0.5 * shortest_explicit


def lists_at(points, system):
    return near_pairs_at(points, system, WIDE_SKIN)


@pytest.mark.parametrize("dimension", [2, 3])
def test_the_bound_of_the_curvature_holds_and_is_not_far_off(dimension):
    start = liquid(dimension, 64)
    system = system_of(start)
    matrix = hessian(start.positions, start.diameters, start.box, start.potential).toarray()
    largest = np.linalg.eigvalsh(matrix)[-1]
    assert largest <= curvature_bound(start.positions, system, lists_at(start.positions, system)) <= 3.0 * largest


def test_chebyshev_polynomials_and_derivatives():
    x = 1.0 + (2.0 / 13.0) / 40**2
    known = [[p(x), p.deriv(1)(x), p.deriv(2)(x)] for p in map(Chebyshev.basis, range(41))]
    assert np.allclose(np.transpose(chebyshev(40, x)), known, rtol=1e-10, atol=0)
