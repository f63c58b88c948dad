"""Chebyshev filters against the polynomial that they stand for."""

import numpy as np
import pytest
import scipy.sparse as sparse

from bosonpeak.spectral_methods.chebyshev_filter import VECTORS_AT_ONCE, ChebyshevFilter, SpectralOutline

SIZE = 400


def chain(size=SIZE):
    """Springs in a ring: eigenvalues 2 - 2 cos(2 pi k / size)."""
    off = -np.ones(size - 1)
    matrix = sparse.diags_array([off, 2.0 * np.ones(size), off], offsets=[-1, 0, 1]).tolil()
    matrix[0, -1] = matrix[-1, 0] = -1.0
    return sparse.csr_array(matrix)


def outline_of(matrix):
    return SpectralOutline.of_matrix(matrix, np.random.default_rng(3).standard_normal(matrix.shape[0]))


def test_an_outline_counts_eigenvalues():
    outline = outline_of(chain())
    assert np.all(np.diff(outline.values) > 0)
    assert 3.99 < outline.values[-1] < 4.0 + 1e-9
    exact = np.sort(2.0 - 2.0 * np.cos(2.0 * np.pi * np.arange(SIZE) / SIZE))
    counts = np.searchsorted(exact, outline.values)
    assert np.abs(outline.counts - counts).max() < 0.1 * SIZE


def test_an_outline_of_few_distinct_eigenvalues_is_exact():
    outline = outline_of(sparse.csr_array(sparse.diags_array(np.repeat([1.0, 2.0, 5.0], 7))))
    assert np.allclose(outline.values, [1.0, 2.0, 5.0], rtol=1e-10)


@pytest.mark.parametrize("degree", [1, 3, 9])
def test_a_filter_is_its_polynomial(degree):
    mapped = (chain() - 2.0 * sparse.eye_array(SIZE)) / 1.5
    vectors = np.random.default_rng(0).standard_normal((SIZE, VECTORS_AT_ONCE))
    values, modes = np.linalg.eigh(mapped.toarray())
    expected = modes @ (np.polynomial.Chebyshev.basis(degree)(values)[:, None] * (modes.T @ vectors))
    before = vectors.copy()
    filtered = ChebyshevFilter(sparse.csr_array(mapped), degree, near=1.0, far=-1.0)(vectors)
    assert np.allclose(filtered, expected, atol=1e-12 * np.abs(expected).max())
    assert np.array_equal(vectors, before)


@pytest.mark.parametrize("end", ["lowest", "highest"])
def test_a_filter_lifts_the_end_that_it_is_made_for(end):
    matrix = chain()
    prepare = ChebyshevFilter.for_lowest if end == "lowest" else ChebyshevFilter.for_highest
    chosen = prepare(matrix, outline_of(matrix), 20)
    values, modes = np.linalg.eigh(matrix.toarray())
    mapped = np.einsum("ik,ik->k", modes, chosen.matrix @ modes)
    gain = np.polynomial.Chebyshev.basis(chosen.degree)(mapped)
    gain = gain if end == "lowest" else gain[::-1]
    assert chosen.degree % 2 == 1
    assert gain[:20].min() > 2.0
    assert np.all(np.diff(gain[:20]) < 1e-9)
    assert np.abs(gain[100:]).max() < 1.0 + 1e-9
    assert np.all(np.diff(values) > -1e-12)


def test_eigenvalues_beyond_the_far_end_stay_below_all_others():
    chosen = ChebyshevFilter(sparse.csr_array(sparse.diags_array([2.0, 0.0, -2.0])), 5, near=1.0, far=-1.0)
    filtered = chosen(np.ones((3, VECTORS_AT_ONCE)))
    assert filtered[0, 0] > 1.0 > filtered[1, 0] > -1.0 > filtered[2, 0]


def test_a_filter_says_when_an_eigenvalue_lies_where_it_oscillates():
    exact = np.sort(2.0 - 2.0 * np.cos(2.0 * np.pi * np.arange(SIZE) / SIZE))
    lowest = ChebyshevFilter.for_lowest(chain(), outline_of(chain()), 20)
    highest = ChebyshevFilter.for_highest(chain(), outline_of(chain()), 20)
    assert lowest.lifts(exact[:20])
    assert not lowest.lifts(exact[-20:])
    assert not lowest.lifts(exact[:200])
    assert highest.lifts(exact[-20:])
    assert not highest.lifts(exact[:20])
