"""Products with a matrix of dense blocks against those with the same matrix in plain rows."""

import numpy as np
import pytest
import scipy.sparse as sparse

from bosonpeak.spectral_methods.block_matrix import BLOCK_SIZES, BlockMatrix


@pytest.fixture(params=BLOCK_SIZES)
def matrix_and_size(request):
    size = request.param
    random = sparse.random_array((10 * size, 10 * size), density=0.2, rng=np.random.default_rng(4), format="csr")
    return sparse.csr_array(random + random.T), size


@pytest.mark.parametrize("vectors", [1, 3, 6, 16])
def test_products_are_those_of_the_matrix(matrix_and_size, vectors):
    matrix, size = matrix_and_size
    columns = np.random.default_rng(5).standard_normal((matrix.shape[0], vectors))
    assert np.allclose(BlockMatrix.of_matrix(matrix, size).multiply(columns), matrix @ columns, rtol=0, atol=1e-13)


def test_an_update_keeps_a_share_of_the_target(matrix_and_size):
    matrix, size = matrix_and_size
    columns, target = np.random.default_rng(6).standard_normal((2, matrix.shape[0], 4))
    expected = 0.5 * (matrix @ columns) - 2.0 * target
    BlockMatrix.of_matrix(matrix, size).update(columns, target, 0.5, -2.0)
    assert np.allclose(target, expected, rtol=0, atol=1e-13)


def test_what_is_not_kept_is_not_read(matrix_and_size):
    matrix, size = matrix_and_size
    columns = np.random.default_rng(7).standard_normal((matrix.shape[0], 2))
    target = np.full_like(columns, np.nan)
    BlockMatrix.of_matrix(matrix, size).update(columns, target, 1.0, 0.0)
    assert np.allclose(target, matrix @ columns, rtol=0, atol=1e-13)


def test_diagonal_blocks_are_found_where_they_are_stored(matrix_and_size):
    matrix, size = matrix_and_size
    blocks = BlockMatrix.of_matrix(matrix, size).diagonal_blocks
    dense = matrix.toarray()
    for place, block in enumerate(blocks):
        rows = slice(size * place, size * (place + 1))
        assert np.array_equal(block, dense[rows, rows])
