"""What projecting out translations leaves of a Hessian."""

import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
from bosonpeak.generators.particles.configuration import interactions
from bosonpeak.generators.particles.diameters import sample_diameters
from bosonpeak.generators.particles.potentials import Harmonic, InversePower, LennardJones, evaluate


def stressed_configuration(potential, dimension, seed=2):
    """A half-relaxed configuration, so that phi' matters as much as phi''."""
    rng = np.random.default_rng(seed)
    box = 5.2 if dimension == 3 else 7.0
    count = round(box**dimension)
    diameters = np.ones(count) if isinstance(potential, LennardJones) else sample_diameters(count, rng)
    start = rng.random((count, dimension)) * box
    return minimise(start, diameters, box, potential, tolerance=0.5).positions, diameters, box


@pytest.mark.parametrize("dimension", [2, 3])
def test_projection_keeps_every_other_eigenvalue(dimension):
    positions, diameters, box = stressed_configuration(InversePower(), dimension)
    projected = ProjectedHessian.of_configuration(positions, diameters, box, InversePower())
    full = np.linalg.eigvalsh(projected.matrix.toarray())
    lower = projected.dense()
    reduced = np.linalg.eigvalsh(lower, UPLO="L")
    zeros = np.argsort(np.abs(full))[:dimension]
    assert projected.zero_mode_count == dimension
    assert np.allclose(np.delete(full, zeros), reduced, atol=1e-11 * full.max())


def separate_pairs():
    """Two touching pairs and one lonely sphere."""
    positions = np.array([[1, 1, 1], [1.9, 1, 1], [4, 4, 4], [4, 4.9, 4], [1, 4, 1]], dtype=float)
    return positions, np.ones(5), 6.0


def test_every_separate_group_has_its_own_translations():
    positions, diameters, box = separate_pairs()
    found = interactions(positions, diameters, box, Harmonic())
    assert found.zero_mode_groups.tolist() == [0, 0, 1, 1, 2]
    projected = ProjectedHessian.of_configuration(positions, diameters, box, Harmonic())
    assert projected.zero_mode_count == 9
    first = evaluate(Harmonic(), 0.9, 1.0, 1.0)[1]
    values = np.linalg.eigvalsh(projected.dense(), UPLO="L")
    assert np.allclose(values, np.sort([2.0, 2.0] + 4 * [2 * float(first) / 0.9]), atol=1e-13)


def test_expansion_is_orthonormal_and_free_of_translations():
    positions, diameters, box = stressed_configuration(InversePower(), 3)
    projected = ProjectedHessian.of_configuration(positions, diameters, box, InversePower())
    full = projected.expand(np.eye(projected.size))
    assert np.allclose(full.T @ full, np.eye(projected.size), atol=1e-13)
    assert np.abs(np.tile(np.eye(3), (len(positions), 1)).T @ full).max() < 1e-13
    assert np.allclose(projected.reduce(full), np.eye(projected.size), atol=1e-13)


def test_solution_inverts_the_hessian_on_balanced_forces():
    positions, diameters, box = stressed_configuration(InversePower(), 3)
    positions = minimise(positions, diameters, box, InversePower()).positions
    projected = ProjectedHessian.of_configuration(positions, diameters, box, InversePower())
    forces = np.random.default_rng(1).standard_normal((projected.matrix.shape[0], 2))
    forces -= np.tile(forces.reshape(-1, 3, 2).mean(axis=0), (len(positions), 1))
    assert np.allclose(projected.matrix @ projected.solve(forces), forces, atol=1e-9)


def test_a_saddle_has_no_cholesky_factor():
    positions, diameters, box = separate_pairs()
    with pytest.raises(NotApplicableError, match="positive definite"):
        _ = ProjectedHessian.of_configuration(positions, diameters, box, Harmonic()).factor
