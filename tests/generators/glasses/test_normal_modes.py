"""All three routes to the modes against each other and against a dense solver."""

import numpy as np
import pytest
import scipy.sparse as sparse

from bosonpeak.datasets.errors import NotApplicableError, RecipeError
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.glasses.normal_modes import glass_normal_modes, participation_ratios
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
from bosonpeak.generators.particles.diameters import sample_diameters
from bosonpeak.generators.particles.potentials import InversePower, LennardJones


@pytest.fixture(scope="module", params=[(2, 150), (3, 210)], ids=["2d: all routes dense", "3d: edges by Lanczos"])
def small_glass(request):
    dimension, count = request.param
    rng = np.random.default_rng(11)
    box = count ** (1 / dimension)
    diameters = sample_diameters(count, rng)
    found = minimise(rng.random((count, dimension)) * box, diameters, box, InversePower())
    return ProjectedHessian.of_configuration(found.positions, diameters, box, InversePower())


def test_all_modes_are_those_of_the_full_matrix_without_translations(small_glass):
    modes = glass_normal_modes(small_glass)
    full = np.linalg.eigvalsh(small_glass.matrix.toarray())
    assert modes.zero_mode_count == small_glass.dimension
    assert modes.eigenvectors is None
    assert np.allclose(modes.eigenvalues, full[small_glass.dimension :], rtol=0, atol=1e-11 * full[-1])
    assert np.array_equal(modes.frequencies, np.sqrt(modes.eigenvalues))


@pytest.mark.parametrize("which", ["lowest", "highest"])
@pytest.mark.parametrize("count", [1, 20, 50, 150])
def test_partial_routes_agree_with_all_modes(small_glass, which, count):
    modes = glass_normal_modes(small_glass, which, count=count)
    every = glass_normal_modes(small_glass, eigenvectors=True)
    part = slice(None, count) if which == "lowest" else slice(small_glass.size - count, None)
    assert np.allclose(modes.eigenvalues, every.eigenvalues[part], rtol=0, atol=1e-11 * every.eigenvalues[-1])
    overlap = np.linalg.svd(every.eigenvectors[:, part].T @ modes.eigenvectors, compute_uv=False)
    assert overlap.min() > 1 - 1e-9
    assert modes.residual < 1e-11 * every.eigenvalues[-1]


@pytest.mark.parametrize("which", ["all", "lowest", "highest"])
def test_eigenvectors_are_orthonormal_without_translations(small_glass, which):
    vectors = glass_normal_modes(small_glass, which, count=30, eigenvectors=True).eigenvectors
    translations = np.tile(np.eye(small_glass.dimension), (small_glass.particle_count, 1))
    assert np.allclose(vectors.T @ vectors, np.eye(vectors.shape[1]), atol=1e-12)
    assert np.abs(translations.T @ vectors).max() < 1e-9


def test_partial_routes_repeat_themselves(small_glass):
    for which in ("lowest", "highest"):
        first, second = (glass_normal_modes(small_glass, which, count=20) for _ in range(2))
        assert np.array_equal(first.eigenvalues, second.eigenvalues)
        assert np.array_equal(first.eigenvectors, second.eigenvectors)


def test_trace_is_kept(small_glass):
    values = glass_normal_modes(small_glass).eigenvalues
    assert values.sum() == pytest.approx(small_glass.matrix.trace(), rel=1e-12)


def test_negative_eigenvalues_show_as_negative_frequencies():
    rng = np.random.default_rng(5)
    diameters = sample_diameters(64, rng)
    liquid = minimise(rng.random((64, 3)) * 4, diameters, 4.0, InversePower(), tolerance=3.0, method="l-bfgs").positions
    matrix = ProjectedHessian.of_configuration(liquid, diameters, 4.0, InversePower())
    modes = glass_normal_modes(matrix)
    assert modes.eigenvalues[0] < 0
    assert modes.frequencies[0] == -np.sqrt(-modes.eigenvalues[0])
    with pytest.raises(NotApplicableError, match="minimum"):
        glass_normal_modes(matrix, "lowest", count=5)


def fcc(cells):
    """A crystal: its eigenvalues are up to 48-fold."""
    corner = np.stack(np.meshgrid(*3 * [np.arange(cells)], indexing="ij"), axis=-1).reshape(-1, 1, 3)
    face = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    positions = 1.55 * (corner + face).reshape(-1, 3)
    return ProjectedHessian.of_configuration(positions, np.ones(len(positions)), 1.55 * cells, LennardJones())


@pytest.mark.parametrize("which", ["lowest", "highest"])
@pytest.mark.parametrize("count", [5, 20, 50])
def test_no_mode_of_a_crystal_is_missed(which, count):
    crystal = fcc(4)
    modes = glass_normal_modes(crystal, which, count=count)
    every = glass_normal_modes(crystal).eigenvalues
    part = every[:count] if which == "lowest" else every[-count:]
    assert np.allclose(modes.eigenvalues, part, rtol=0, atol=1e-12 * every[-1])
    assert modes.residual < 1e-11 * every[-1]


def copies(glass, number, coupling):
    """Copies of a glass that are joined by three weak springs each, or not at all with a coupling of 0."""
    size = number * glass.matrix.shape[0]
    matrix = sparse.lil_array(sparse.block_diag([glass.matrix] * number))
    for place in range(size - glass.matrix.shape[0]):
        following = place + glass.matrix.shape[0]
        if coupling > 0 and place % glass.matrix.shape[0] < 9:
            for row, column, sign in ((place, place, 1), (following, following, 1), (place, following, -1)):
                matrix[row, column] += sign * coupling
            matrix[following, place] -= coupling
    groups = np.repeat(np.arange(number) if coupling == 0 else np.zeros(number, int), glass.particle_count)
    return ProjectedHessian(sparse.csr_array(matrix), groups.astype(np.int32))


@pytest.fixture(scope="module")
def tiny_glass():
    rng = np.random.default_rng(3)
    diameters = sample_diameters(24, rng)
    found = minimise(rng.random((24, 2)) * np.sqrt(24), diameters, np.sqrt(24), InversePower(), method="l-bfgs")
    return ProjectedHessian.of_configuration(found.positions, diameters, np.sqrt(24), InversePower())


@pytest.mark.parametrize("number", [13, 17])
@pytest.mark.parametrize("coupling", [0.0, 1e-6])
@pytest.mark.parametrize("which", ["lowest", "highest"])
def test_no_mode_of_a_cluster_is_missed(tiny_glass, number, coupling, which):
    cluster = copies(tiny_glass, number, coupling)
    every = glass_normal_modes(cluster).eigenvalues
    modes = glass_normal_modes(cluster, which, count=50)
    part = every[:50] if which == "lowest" else every[-50:]
    assert np.allclose(modes.eigenvalues, part, rtol=0, atol=1e-12 * every[-1])
    assert np.allclose(modes.eigenvectors.T @ modes.eigenvectors, np.eye(50), atol=1e-12)
    assert modes.residual < 1e-11 * every[-1]


@pytest.mark.parametrize("coupling", [-1e-3, -1.0])
def test_a_large_saddle_has_highest_but_no_lowest_modes(tiny_glass, coupling):
    joined = copies(tiny_glass, 14, 1e-6)
    joined.matrix[0, 0] += coupling
    with pytest.raises(NotApplicableError, match="minimum"):
        glass_normal_modes(joined, "lowest", count=5)
    every = np.linalg.eigvalsh(joined.matrix.toarray())
    assert np.allclose(glass_normal_modes(joined, "highest", count=5).eigenvalues, every[-5:], rtol=1e-12)


def test_participation_ratio_of_known_vectors():
    uniform = np.tile([1.0, 0.0, 0.0], 50) / np.sqrt(50)
    single = np.eye(150)[30]
    pair = (np.eye(150)[0] + np.eye(150)[30]) / np.sqrt(2)
    ratios = participation_ratios(np.column_stack([uniform, single, pair]), 3)
    assert np.allclose(ratios, [1, 1 / 50, 2 / 50], rtol=1e-14)


def test_impossible_selections_are_refused(small_glass):
    with pytest.raises(RecipeError, match="selection"):
        glass_normal_modes(small_glass, "middle")
    with pytest.raises(RecipeError, match="number of modes"):
        glass_normal_modes(small_glass, "lowest", count=0)
    with pytest.raises(RecipeError, match="number of modes"):
        glass_normal_modes(small_glass, "highest", count=10**6)


def test_a_plain_hessian_is_refused_in_words(small_glass):
    with pytest.raises(NotApplicableError, match="with its translations projected out"):
        glass_normal_modes(small_glass.matrix)
