"""Newton directions against a dense solver, and where there is none."""

import math

import numpy as np
import pytest

from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
from bosonpeak.generators.minimisers.newton import newton_direction
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.diameters import sample_diameters
from bosonpeak.generators.particles.forces import energy_and_forces, system_of
from bosonpeak.generators.particles.neighbours import half_neighbour_list
from bosonpeak.generators.particles.potentials import InversePower


def system(dimension, taper, tolerance):
    count = 120
    rng = np.random.default_rng(8)
    box, potential = count ** (1 / dimension), InversePower(taper=taper)
    diameters = sample_diameters(count, rng)
    found = minimise(rng.random((count, dimension)) * box, diameters, box, potential, tolerance=tolerance)
    return found.positions, diameters, np.full(dimension, box), potential


def direction_of(positions, diameters, box, potential, gradient, *, reduction=1e-10, most_steps=1000):
    fixed = system_of(Configuration.checked(positions, diameters, box, potential))
    listed = half_neighbour_list(positions, box, fixed.reach)
    direction = np.full_like(positions, np.nan)
    found = newton_direction(positions, fixed, *listed, gradient, reduction, most_steps, direction)
    return found, direction


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("taper", [2, math.inf])
def test_the_direction_solves_the_hessian(dimension, taper):
    glass = system(dimension, taper, 1e-10)
    gradient = np.random.default_rng(9).standard_normal(glass[0].shape)
    gradient -= gradient.mean(axis=0)
    found, direction = direction_of(*glass, gradient)
    exact = ProjectedHessian.of_configuration(*glass).solve(-gradient.reshape(-1, 1)).reshape(gradient.shape)
    direction -= direction.mean(axis=0)
    assert found
    assert np.allclose(direction, exact, rtol=0, atol=1e-7 * np.abs(exact).max())


@pytest.mark.parametrize("dimension", [2, 3])
def test_there_is_none_at_a_saddle_or_after_too_few_steps(dimension):
    saddle = system(dimension, 2, 3.0)
    assert np.linalg.eigvalsh(ProjectedHessian.of_configuration(*saddle).matrix.toarray())[0] < -1.0
    gradient = -energy_and_forces(*saddle)[1]
    assert not direction_of(*saddle, gradient)[0]
    glass = system(dimension, 2, 1e-10)
    assert not direction_of(*glass, gradient - gradient.mean(axis=0), most_steps=3)[0]
