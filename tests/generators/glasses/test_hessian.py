"""The sparse Hessian against finite differences and symmetries."""

import math

import numpy as np
import pytest

from bosonpeak.generators.glasses.hessian import hessian
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.particles.diameters import sample_diameters
from bosonpeak.generators.particles.forces import energy_and_forces
from bosonpeak.generators.particles.potentials import Harmonic, InversePower, LennardJones, evaluate

POTENTIALS = [
    InversePower(),
    InversePower(taper=math.inf),
    InversePower(n=10, taper=4),
    LennardJones(),
    LennardJones(truncation="tapered", taper=3),
    Harmonic(),
]


def stressed_configuration(potential, dimension, seed=2):
    """A half-relaxed configuration, so that phi' matters as much as phi''."""
    rng = np.random.default_rng(seed)
    box = 5.2 if dimension == 3 else 7.0
    count = round(box**dimension)
    diameters = np.ones(count) if isinstance(potential, LennardJones) else sample_diameters(count, rng)
    start = rng.random((count, dimension)) * box
    return minimise(start, diameters, box, potential, tolerance=0.5).positions, diameters, box


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("potential", POTENTIALS, ids=repr)
def test_hessian_is_the_derivative_of_the_forces(potential, dimension):
    positions, diameters, box = stressed_configuration(potential, dimension)
    matrix = hessian(positions, diameters, box, potential).toarray()
    step = 1e-5
    for coordinate in (0, 7, matrix.shape[0] - 1):
        forces = []
        for sign in (1, -1):
            moved = positions.copy().ravel()
            moved[coordinate] += sign * step
            forces.append(energy_and_forces(moved.reshape(positions.shape), diameters, box, potential)[1].ravel())
        column = -(forces[0] - forces[1]) / (2 * step)
        assert np.abs(matrix[:, coordinate] - column).max() <= 1e-6 * np.abs(column).max()


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("potential", POTENTIALS, ids=repr)
def test_hessian_is_symmetric_and_blind_to_translations(potential, dimension):
    positions, diameters, box = stressed_configuration(potential, dimension)
    matrix = hessian(positions, diameters, box, potential)
    assert abs(matrix - matrix.T).max() == 0
    translations = np.tile(np.eye(dimension), (len(positions), 1))
    assert np.abs(matrix @ translations).max() < 1e-12 * abs(matrix).max() * 10
    matrix.check_format(full_check=True)
    assert matrix.has_sorted_indices


def test_two_particles_have_the_textbook_eigenvalues():
    potential = InversePower(taper=math.inf)
    separation = np.array([0.7, -0.5, 0.6])
    positions = np.array([np.ones(3), 1.0 + separation])
    r = np.linalg.norm(separation)
    _, first, second = evaluate(potential, r, 1.0, 1.2)
    expected = np.sort([0, 0, 0, 2 * second, 2 * first / r, 2 * first / r])
    values = np.linalg.eigvalsh(hessian(positions, [1.0, 1.2], 5.0, potential).toarray())
    assert np.allclose(values, expected, atol=1e-12 * abs(second))
