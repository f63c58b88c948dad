"""Block conjugate gradients against the dense factor, and what they notice of a Hessian that is not positive."""

import numpy as np
import pytest
import scipy.sparse as sparse

from bosonpeak.datasets.errors import ConvergenceError, NotApplicableError
from bosonpeak.generators.glasses.conjugate_gradients import RELATIVE_RESIDUAL, positive_solution
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
from bosonpeak.generators.particles.diameters import sample_diameters
from bosonpeak.generators.particles.potentials import InversePower, LennardJones


@pytest.fixture(scope="module", params=[(2, 200, 2), (3, 300, np.inf)], ids=["2d", "3d"])
def glass(request):
    dimension, count, taper = request.param
    rng = np.random.default_rng(12)
    box, potential = count ** (1 / dimension), InversePower(taper=taper)
    diameters = sample_diameters(count, rng)
    found = minimise(rng.random((count, dimension)) * box, diameters, box, potential)
    return ProjectedHessian.of_configuration(found.positions, diameters, box, potential)


def fields_of(hessian, columns):
    drawn = np.random.default_rng(1).standard_normal((hessian.matrix.shape[0], columns))
    return hessian.without_translations(drawn)


@pytest.mark.parametrize("columns", [1, 3, 6])
def test_solutions_are_those_of_the_dense_factor(glass, columns):
    fields = fields_of(glass, columns)
    found, exact = positive_solution(glass, fields, 1.0), glass.solve(fields)
    residual = np.linalg.norm(fields - glass.matrix @ found, axis=0) / np.linalg.norm(fields, axis=0)
    assert residual.max() <= 2 * RELATIVE_RESIDUAL
    assert np.allclose(found, exact, rtol=0, atol=1e-4 * np.abs(exact).max())
    form, error = fields.T @ exact, (found - exact).T @ (glass.matrix @ (found - exact))
    assert np.abs(error).max() < 1e-10 * np.abs(form).max()


def test_solutions_hold_no_translations_and_repeat_themselves(glass):
    fields = fields_of(glass, 4)
    first, second = (positive_solution(glass, fields, 1.0) for _ in range(2))
    assert np.array_equal(first, second)
    sums = first.reshape(glass.particle_count, glass.dimension, -1).sum(axis=0)
    assert np.abs(sums).max() < 1e-10 * np.abs(first).sum()


def test_dependent_and_vanishing_fields_are_solved(glass):
    fields = fields_of(glass, 1) * [1.0, -2.0, 0.0]
    found, exact = positive_solution(glass, fields, 1.0), glass.solve(fields)
    assert np.allclose(found, exact, rtol=0, atol=1e-4 * np.abs(exact).max())


def test_separate_groups_and_free_particles_are_solved(glass):
    dimension, count = glass.dimension, glass.particle_count
    matrix = sparse.block_diag([glass.matrix, glass.matrix, sparse.csr_array((dimension, dimension))], format="csr")
    groups = np.repeat([0, 1, 2], [count, count, 1]).astype(np.int32)
    joined = ProjectedHessian(sparse.csr_array(matrix), groups)
    fields = fields_of(joined, 3)
    found, exact = positive_solution(joined, fields, 1.0), joined.solve(fields)
    assert np.allclose(found, exact, rtol=0, atol=1e-4 * np.abs(exact).max())


def softened(hessian, values, vectors, mode, value):
    """The same Hessian, dense, but for the eigenvalue of one mode."""
    vector = vectors[:, mode]
    matrix = hessian.matrix.toarray() + (value - values[mode]) * np.outer(vector, vector)
    return ProjectedHessian(sparse.csr_array(matrix), np.zeros(hessian.particle_count, np.int32))


@pytest.mark.parametrize("mode", [0, 7, 60])
@pytest.mark.parametrize("value", [-1e-3, -0.1, -100.0])
def test_one_negative_mode_is_noticed_whatever_the_fields(glass, mode, value):
    values, vectors = np.linalg.eigh(glass.matrix.toarray())
    saddle = softened(glass, values, vectors, glass.dimension + mode, value)
    blind = fields_of(glass, 3)
    vector = vectors[:, [glass.dimension + mode]]
    blind -= vector @ (vector.T @ blind)
    with pytest.raises(NotApplicableError, match="minimum"):
        positive_solution(saddle, blind, 1.0)


def test_a_saddle_whose_symmetry_leaves_no_fields_is_noticed():
    places = np.stack(np.meshgrid(*3 * [np.arange(6.0)], indexing="ij"), axis=-1).reshape(-1, 3)
    cubic = ProjectedHessian.of_configuration(places * 1.1, np.ones(len(places)), 6.6, LennardJones())
    assert np.linalg.eigvalsh(cubic.matrix.toarray())[0] < -1.0
    with pytest.raises(NotApplicableError, match="minimum"):
        positive_solution(cubic, np.zeros((cubic.matrix.shape[0], 6)), 1.0)


def test_a_mode_without_restoring_force_is_no_solution(glass):
    values, vectors = np.linalg.eigh(glass.matrix.toarray())
    loose = softened(glass, values, vectors, glass.dimension, 0.0)
    with pytest.raises((ConvergenceError, NotApplicableError)):
        positive_solution(loose, fields_of(glass, 3), 1.0)


def test_too_few_steps_are_an_error(glass):
    with pytest.raises(ConvergenceError, match="after 5 steps"):
        positive_solution(glass, fields_of(glass, 2), 1.0, most_steps=5)
