"""All ways down to a minimum: that they arrive, that they go down, and what tells them apart."""

import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import ConvergenceError, RecipeError
from bosonpeak.generators.glasses.inherent_structure import HAND_OVER, MINIMISERS, minimise, minimum_of
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
from bosonpeak.generators.liquids.swap_monte_carlo import random_configuration, swap_monte_carlo
from bosonpeak.generators.minimisers.gradient_flow import FLOW_ERROR, followed_flow
from bosonpeak.generators.minimisers.newton import newton_descent
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.forces import energy_and_forces, system_of
from bosonpeak.generators.particles.potentials import Harmonic, InversePower, LennardJones

CASES = [
    (InversePower(), 2, 60),
    (InversePower(), 3, 120),
    (InversePower(taper=math.inf), 3, 120),
    (LennardJones(truncation="tapered"), 3, 150),
    (Harmonic(), 2, 60),
]


def liquid(potential, dimension, count, seed=1, temperature=1.0):
    soft = isinstance(potential, InversePower)
    sizes = None if soft else np.where(np.arange(count) % 2 == 0, 1.0, 0.9)
    positions, diameters, box = random_configuration(count, dimension, potential, seed=seed, diameters=sizes)
    if isinstance(potential, Harmonic):
        return Configuration.checked(positions, diameters, box, potential)
    run = swap_monte_carlo(positions, diameters, box, potential, temperature, sweeps=100, seed=seed)
    return Configuration.checked(run.positions, run.diameters, box, potential)


def apart(first, second, box):
    """Largest distance between two configurations, less their shift as a whole."""
    step = first - second
    step -= box * np.rint(step / box)
    return np.abs(step - step.mean(axis=0)).max()


@pytest.mark.parametrize(
    ("method", "potential", "dimension", "count"),
    [
        # Each method and each potential is in the default run; compiling all their pairs takes longer than minimising.
        pytest.param(method, *case, marks=pytest.mark.slow if other and method != "l-bfgs" else ())
        for method in MINIMISERS
        for case in CASES
        if not (other := not isinstance(case[0], InversePower)) or method != "mixed-precision"
    ],
)
def test_each_way_down_reaches_a_minimum(method, potential, dimension, count):
    start = liquid(potential, dimension, count)
    found = minimum_of(start, method=method)
    given = (start.diameters, start.box, potential)
    energy, forces = energy_and_forces(found.positions, *given)
    assert np.linalg.norm(forces, axis=1).max() <= 1.5e-10
    assert found.residual_force <= 1e-10
    assert energy == pytest.approx(found.energy, rel=1e-12, abs=1e-20)
    assert energy < energy_and_forces(start.positions, *given)[0]
    assert np.all((found.positions >= 0) & (found.positions < start.box))
    if not isinstance(potential, Harmonic):
        assert np.all(np.diag(ProjectedHessian.of_configuration(found.positions, *given).factor) > 0)


@pytest.mark.parametrize("method", MINIMISERS)
def test_each_comes_back_to_the_minimum_that_it_is_pushed_out_of(method):
    start = liquid(InversePower(), 3, 120)
    given = (start.diameters, start.box, start.potential)
    bottom = minimise(start.positions, *given)
    pushed = bottom.positions + np.random.default_rng(3).uniform(-0.01, 0.01, bottom.positions.shape)
    found = minimise(pushed, *given, method=method)
    assert found.energy == pytest.approx(bottom.energy, rel=1e-12)
    assert apart(found.positions, bottom.positions, start.box) < 1e-8


@pytest.mark.parametrize("method", MINIMISERS)
def test_a_loose_tolerance_is_met_without_going_on_to_the_end(method):
    start = liquid(InversePower(), 3, 120)
    found = minimum_of(start, tolerance=0.1, method=method)
    assert 1e-6 < found.residual_force <= 0.1
    assert found.iterations < minimum_of(start, method=method).iterations


@pytest.mark.parametrize("method", MINIMISERS)
def test_each_gives_the_same_bits_again_and_says_if_it_did_not_arrive(method):
    start = liquid(InversePower(), 3, 120)
    first, second = (minimum_of(start, method=method) for _ in range(2))
    assert np.array_equal(first.positions, second.positions)
    with pytest.raises(ConvergenceError, match="inherent structure"):
        minimum_of(start, method=method, max_iterations=3)
    with pytest.raises(ConvergenceError, match="inherent structure"):
        minimum_of(start, method=method, tolerance=1e-18, max_iterations=600)


def test_an_unknown_way_down_is_refused():
    start = liquid(InversePower(), 2, 60)
    with pytest.raises(RecipeError, match="unknown minimiser"):
        minimum_of(start, method="newton")


def test_faster_ways_down_end_elsewhere_now_and_then():
    """Of liquids as hot as these; what differs is the minimum, not how well it is reached."""
    starts = [liquid(InversePower(), 3, 120, seed) for seed in range(6)]
    flow = [minimum_of(start, method="descent").energy for start in starts]
    for method in ("l-bfgs", "fire", "conjugate-gradients"):
        found = [minimum_of(start, method=method).energy for start in starts]
        assert not np.allclose(found, flow, rtol=1e-9, atol=0)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))])
def test_the_minimum_of_the_flow_depends_neither_on_the_hand_over_nor_on_the_allowed_error(seed):
    start = liquid(InversePower(), 3, 120, seed)
    system, ends = system_of(start), []
    for down_to, error in ((HAND_OVER, FLOW_ERROR), (0.1 * HAND_OVER, FLOW_ERROR), (HAND_OVER, 0.1 * FLOW_ERROR)):
        points = start.positions.copy()
        followed_flow(points, system, down_to, 20000, error, math.inf)
        assert not newton_descent(points, system, 1e-10).stuck
        ends.append(points)
    assert max(apart(ends[0], end, start.box) for end in ends[1:]) < 1e-8
