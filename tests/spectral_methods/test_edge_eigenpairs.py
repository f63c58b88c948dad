"""Eigenpairs at the ends of spectra against dense diagonalisation, by products with blocks alone."""

import numpy as np
import pytest
import scipy.sparse as sparse
from scipy.sparse.linalg import aslinearoperator

from bosonpeak.spectral_methods.chebyshev_filter import SpectralOutline
from bosonpeak.spectral_methods.edge_eigenpairs import edge_eigenpairs
from bosonpeak.spectral_methods.operators import as_operator

SIZE = 900


def disordered_chain(lowest=0.0):
    """Springs of random strengths in an open chain, held at one end; a negative site makes a mode unstable."""
    strength = np.random.default_rng(8).uniform(0.2, 1.0, SIZE)
    diagonal = strength + np.append(strength[1:], 0.0)
    diagonal[SIZE // 2] += lowest
    off = -strength[1:]
    return sparse.csr_array(sparse.diags_array([off, diagonal, off], offsets=[-1, 0, 1]))


FORMS = {"sparse": lambda values: values, "dense": lambda values: values.toarray(), "operator": aslinearoperator}


@pytest.mark.parametrize("which", ["lowest", "highest"])
@pytest.mark.parametrize("form", FORMS)
def test_pairs_are_those_of_the_whole_spectrum(form, which):
    matrix = disordered_chain()
    operator = as_operator(FORMS[form](matrix))
    generator = np.random.default_rng(1)
    outline = SpectralOutline.of_matrix(operator, generator.standard_normal(SIZE))
    found = edge_eigenpairs(operator, outline, which, 20, generator=generator)
    values, modes = np.linalg.eigh(matrix.toarray())
    chosen = slice(20) if which == "lowest" else slice(SIZE - 20, None)
    np.testing.assert_allclose(found.values, values[chosen], rtol=0, atol=1e-13)
    overlap = np.abs(np.einsum("in,in->n", found.vectors, modes[:, chosen]))
    np.testing.assert_allclose(overlap, 1.0, atol=1e-6)
    assert found.residual < 1e-11


def test_an_unstable_mode_is_the_lowest():
    matrix = disordered_chain(lowest=-0.5)
    generator = np.random.default_rng(1)
    outline = SpectralOutline.of_matrix(matrix, generator.standard_normal(SIZE))
    found = edge_eigenpairs(matrix, outline, "lowest", 5, generator=generator, lowest=float(outline.values[0]))
    values = np.linalg.eigvalsh(matrix.toarray())
    assert values[0] < -0.1
    np.testing.assert_allclose(found.values, values[:5], rtol=0, atol=1e-12)
