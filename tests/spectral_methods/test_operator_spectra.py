import numpy as np
import pytest
import scipy.sparse as sparse

from bosonpeak.datasets.errors import SchemaError
from bosonpeak.generators.networks.dynamical_matrix import laplacian
from bosonpeak.generators.networks.spring_network import SpringNetwork
from bosonpeak.spectral_methods.chebyshev_moments import chebyshev_moments
from bosonpeak.spectral_methods.ellpack import blocked_rows
from bosonpeak.spectral_methods.operator_spectra import binned_spectrum, operator_bound, operator_moments


def system():
    network = SpringNetwork.build(12, displacement=0.3, situation=2, seed=1)
    return network, laplacian(network.bonds, network.stiffness, network.node_count)


@pytest.mark.parametrize("block", [1, 2, 3])
def test_moments_are_those_of_the_eigenvectors(block):
    _, matrix = system()
    bound = operator_bound(matrix)
    squared, modes = np.linalg.eigh(matrix.toarray())
    assert squared[-1] < bound < 1.05 * squared[-1]
    starts = np.random.default_rng(2).normal(size=(11, matrix.shape[0]))
    angle = np.arccos(np.clip(2.0 * squared / bound - 1.0, -1.0, 1.0))
    expected = np.stack([((starts @ modes) ** 2) @ np.cos(n * angle) for n in range(20)], axis=1)
    np.testing.assert_allclose(operator_moments(matrix, starts, 20, bound, block=block), expected, rtol=1e-9, atol=1e-9)


def test_moments_of_a_network_come_out_the_same_by_its_own_recursion():
    network, matrix = system()
    starts = np.random.default_rng(3).normal(size=(2, network.node_count))
    rows = blocked_rows(network.bonds, network.stiffness, network.node_count)
    one, other = chebyshev_moments(rows, starts, 16, 20.0), operator_moments(matrix, starts, 16, 20.0)
    np.testing.assert_allclose(one, other, rtol=1e-9)


def test_a_spectrum_adds_up_to_one_and_has_its_lines_in_place():
    matrix = sparse.csr_array(sparse.diags_array([0.25, 1.0, 2.25, 4.0]))
    edges = np.arange(0.0, 2.2, 0.1)
    spectrum = binned_spectrum(operator_moments(matrix, np.eye(4)[1:3], 4096, 4.4), 4.4, edges)
    np.testing.assert_allclose(spectrum.sum(axis=1) * 0.1, 1.0, atol=1e-9)
    assert edges[np.argmax(spectrum, axis=1)] == pytest.approx([0.9, 1.5], abs=0.11)


def test_impossible_moments_are_refused():
    _, matrix = system()
    with pytest.raises(SchemaError, match="impossible moments"):
        operator_moments(matrix, np.ones((1, 3)), 4, 20.0)
    with pytest.raises(SchemaError, match="diverges"):
        operator_moments(matrix, np.random.default_rng(0).normal(size=(1, 144)), 60, 4.0)
