"""Minimisation in single, then double precision: forces against double precision, minima, trust radius, refusals."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.glasses.inherent_structure import minimise, minimum_of
from bosonpeak.generators.liquids.swap_monte_carlo import random_configuration, swap_monte_carlo
from bosonpeak.generators.liquids.vector_moves import tag
from bosonpeak.generators.minimisers.mixed_precision import mixed_precision_descent
from bosonpeak.generators.minimisers.newton import newton_descent, newton_direction
from bosonpeak.generators.minimisers.single_precision import (
    energy_and_slopes,
    full_lists,
    pair_slope,
    single_precision_descent,
)
from bosonpeak.generators.minimisers.trust_region import trust_region_newton, trusted_step
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.forces import energy_and_forces, energy_and_gradient, system_of
from bosonpeak.generators.particles.near_pairs import near_pairs_at
from bosonpeak.generators.particles.potentials import Harmonic, InversePower, LennardJones

TAPERS = (2, 3, 4, math.inf)


def order_of(taper):
    return tag(0 if math.isinf(taper) else taper)


def liquid(taper=2, dimension=3, count=150, seed=1, temperature=0.5):
    potential = InversePower(taper=taper)
    start = random_configuration(count, dimension, potential, seed=seed)
    run = swap_monte_carlo(*start, potential, temperature, sweeps=60, seed=seed)
    return Configuration.checked(run.positions, run.diameters, start[2], potential)


@pytest.mark.parametrize("taper", TAPERS)
def test_a_pair_has_the_energy_and_the_slope_of_its_formula(taper):
    for x in (0.4, 0.6, 0.9, 0.97):
        base = math.exp(x / (2 * (x - 1))) if math.isinf(taper) else (1 - x * x) ** taper
        slope = -base / (2 * (1 - x) ** 2) if math.isinf(taper) else -2 * taper * x * (1 - x * x) ** (taper - 1)
        shape = x**-12 - 1
        value, ratio = pair_slope(np.float32(x * x), order_of(taper))
        assert value == pytest.approx(shape * base, rel=2e-4)
        assert ratio == pytest.approx((-12 * x**-13 * base + shape * slope) / x, rel=2e-4)
    assert tuple(pair_slope(np.float32(1.02), order_of(taper))) == (0.0, 0.0)


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("taper", TAPERS)
def test_energy_and_forces_agree_with_double_precision_and_add_up_to_zero(taper, dimension):
    start = liquid(taper, dimension, 151)
    rows = np.zeros((151, 4), np.float32)
    rows[:, :dimension], rows[:, 3] = start.positions, start.diameters
    box = tuple(np.float32(length) for length in (*start.box, 1.0)[:3])
    slopes = np.zeros_like(rows)
    lists = full_lists(rows, near_pairs_at(start.positions, system_of(start), 1.0))
    found = energy_and_slopes(rows, lists, box, np.float32(1 / start.reach), order_of(taper), slopes)
    energy, forces = energy_and_forces(start.positions, start.diameters, start.box, start.potential)
    largest = np.abs(forces).max()
    assert found == pytest.approx(energy, rel=3e-6)
    assert np.abs(slopes[:, :dimension] + forces).max() < 2e-5 * largest
    assert np.abs(slopes.sum(axis=0)).max() < 1e-4 * largest
    assert not slopes[:, dimension:].any()


@pytest.mark.parametrize("taper", [2, math.inf])
def test_the_descent_in_single_precision_goes_down_to_small_forces(taper):
    start = liquid(taper)
    points = start.positions.copy()
    end = single_precision_descent(points, system_of(start), order_of(taper), 1e-2, 5000)
    given = (start.diameters, start.box, start.potential)
    energy, forces = energy_and_forces(points, *given)
    assert end.residual <= 1e-2
    assert np.linalg.norm(forces, axis=1).max() < 1.1e-2
    assert energy == pytest.approx(end.energy, rel=3e-6)
    assert energy < energy_and_forces(start.positions, *given)[0]


@pytest.mark.parametrize("taper", [2, math.inf])
def test_minima_in_a_cold_liquid_are_those_of_double_precision(taper):
    start = liquid(taper, temperature=0.1)
    bottom = minimum_of(start)
    pushed = bottom.positions + np.random.default_rng(2).uniform(-0.03, 0.03, bottom.positions.shape)
    given = (start.diameters, start.box, start.potential)
    found = minimise(pushed, *given, method="mixed-precision")
    assert found.residual_force <= 7e-11
    assert found.energy == pytest.approx(bottom.energy, rel=1e-11)
    assert np.linalg.norm(energy_and_forces(found.positions, *given)[1], axis=1).max() <= 1e-10


@pytest.mark.parametrize("seed", range(4))
def test_the_trust_radius_ends_in_a_minimum_where_newton_steps_are_refused(seed):
    start = liquid(seed=seed, temperature=1.0)
    system, points = system_of(start), start.positions.copy()
    single_precision_descent(points, system, order_of(2), 2.0, 5000)
    assert newton_descent(points.copy(), system, 1e-10).stuck
    before = energy_and_forces(points, start.diameters, start.box, start.potential)[0]
    end = trust_region_newton(points, system, 1e-10, 1000)
    assert not end.stuck
    assert end.residual <= 1e-10
    assert end.energy < before


def test_a_step_inside_the_radius_is_newtons_and_otherwise_ends_on_the_sphere():
    start = liquid()
    bottom = minimum_of(start, tolerance=1e-9).positions
    points = bottom + np.random.default_rng(3).uniform(-1e-4, 1e-4, bottom.shape)
    system, near = system_of(start), near_pairs_at(points, system_of(start), 1.0)
    gradient, newton, step = np.empty_like(points), np.empty_like(points), np.empty_like(points)
    energy_and_gradient(points, system, near.start, near.neighbour, gradient)
    assert newton_direction(points, system, near.start, near.neighbour, gradient, 1e-8, 1000, newton)
    predicted, length = trusted_step(points, system, near, gradient, 1e-8, 1e9, step)
    assert np.abs(step - newton).max() < 1e-6 * np.abs(newton).max()
    assert predicted == pytest.approx(-0.5 * np.sum(gradient * newton), rel=1e-6)
    shorter, radius = trusted_step(points, system, near, gradient, 1e-8, 0.3 * length, step)
    assert radius == pytest.approx(0.3 * length)
    assert 0.0 < shorter < predicted


@pytest.mark.parametrize("potential", [InversePower(n=10), InversePower(taper=5), LennardJones(cutoff=1.5), Harmonic()])
def test_other_potentials_are_refused_by_name(potential):
    points = np.random.default_rng(1).random((100, 3)) * 5.0
    with pytest.raises(RecipeError, match=r"mixed-precision does not support(.|\n)*InversePower\(n=12\)"):
        minimise(points, np.full(100, 0.9), 5.0, potential, method="mixed-precision")


PORTABLE_RUN = """
import sys
sys.modules["bosonpeak.generators.particles.intrinsics"] = None
from bosonpeak.generators.particles.vector_units import HAS_INTRINSICS
from bosonpeak.generators import InversePower, minimise, random_configuration
assert not HAS_INTRINSICS
for taper in (2, float("inf")):
    start = random_configuration(120, 3, InversePower(taper=taper), seed=2)
    print(minimise(*start, InversePower(taper=taper), method="mixed-precision").residual_force)
"""


@pytest.mark.slow
def test_it_works_without_the_intrinsics(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", PORTABLE_RUN], env=environment, check=True, capture_output=True, text=True
    )
    assert all(float(line) <= 7e-11 for line in done.stdout.split())
    assert len(done.stdout.split()) == 2


def test_iterations_are_limited_in_all_phases():
    start = liquid()
    points = start.positions.copy()
    end = mixed_precision_descent(points, system_of(start), 1e-10, 5)
    assert end.iterations == 5
    assert end.residual > 1e-2
