"""Block Lanczos against matrices whose eigenvalues are known by construction."""

import numpy as np
import pytest

from bosonpeak.datasets.errors import ConvergenceError
from bosonpeak.spectral_methods.block_lanczos import largest_eigenvectors, orthonormal

SIZE, BLOCK = 300, 8


def with_eigenvalues(values):
    rotation, _ = np.linalg.qr(np.random.default_rng(4).standard_normal((len(values), len(values))))
    return (rotation * values) @ rotation.T, rotation


def largest(values, count):
    matrix, rotation = with_eigenvalues(np.asarray(values))
    vectors = largest_eigenvectors(lambda block: matrix @ block, SIZE, BLOCK, count, np.random.default_rng(0))
    return vectors, rotation


@pytest.mark.parametrize(
    "values",
    [
        np.linspace(0.1, 2.0, SIZE) ** 6,
        np.repeat(np.linspace(0.1, 2.0, SIZE // BLOCK + 1), BLOCK)[:SIZE] ** 6,
        np.concatenate([np.linspace(-1, 1, SIZE - 12), 2.0 + 1e-9 * np.arange(4), [3.0] * 7, [1e5]]),
        np.concatenate([np.zeros(SIZE - 20), np.arange(1, 21)]),
    ],
    ids=["simple", "multiple", "clustered", "low rank"],
)
def test_the_span_of_the_largest_eigenvectors_is_found(values):
    values = np.sort(values)
    vectors, rotation = largest(values, 12)
    assert np.allclose(vectors.T @ vectors, np.eye(12), atol=1e-11)
    beyond = rotation[:, values < values[-12] - 1e-12 * values[-1]]
    assert np.abs(beyond.T @ vectors).max() < 1e-10


def test_a_basis_that_grows_too_large_is_an_error():
    with pytest.raises(ConvergenceError, match="basis vectors"):
        largest(np.linspace(0.99999, 1.0, SIZE), 3)


def test_orthonormal_blocks_give_back_what_they_came_from():
    generator = np.random.default_rng(1)
    regular = generator.standard_normal((50, 6))
    deficient = regular @ np.diag([1.0, 1.0, 1e-9, 1.0, 0.0, 1.0])
    for vectors in (regular, deficient):
        orthogonal, triangle = orthonormal(vectors)
        assert np.allclose(orthogonal.T @ orthogonal, np.eye(6), atol=1e-13)
        assert np.allclose(orthogonal @ triangle, vectors, atol=1e-13)
