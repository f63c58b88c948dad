import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import block_diag, csr_array, diags_array

from bosonpeak.datasets.errors import ConvergenceError, SchemaError
from bosonpeak.generators.networks.dynamical_matrix import connected_component_labels, laplacian
from bosonpeak.generators.networks.mode_counts import count_below, count_below_matrix
from bosonpeak.generators.networks.spring_network import SpringNetwork


def arrays_of(network):
    return network.bonds, network.stiffness, network.node_count


@pytest.mark.parametrize(
    "parameters",
    [
        {"displacement": 0.2, "situation": 2},
        {"displacement": 0.3, "situation": 3},
        {"bond_probability": 0.7},
        {"weak_fraction": 0.3, "weak_stiffness": 0.01},
        {"strength_shape": 0.3},
    ],
)
def test_counts_of_disordered_networks_are_those_of_the_full_spectrum(parameters):
    network = arrays_of(SpringNetwork.build(18, seed=4, **parameters))
    values = np.linalg.eigvalsh(laplacian(*network).toarray())
    gaps = np.diff(values)
    wide = np.flatnonzero(gaps > 1e-5)
    middle = np.sqrt(values[wide] + 0.5 * gaps[wide])
    np.testing.assert_array_equal(count_below(*network, middle[:: len(middle) // 40]), wide[:: len(middle) // 40] + 1)


def test_degenerate_levels_of_the_crystal_are_not_below_themselves():
    size = 12
    wave = 2.0 - 2.0 * np.cos(2.0 * np.pi * np.arange(size) / size)
    values = np.round((wave[:, None] + wave[None, :]).ravel(), 9)
    levels = np.unique(values)
    crystal = arrays_of(SpringNetwork.build(size))
    expected = [np.sum(values < level) for level in levels]
    np.testing.assert_array_equal(count_below(*crystal, np.sqrt(levels)), expected)
    assert np.sum(values == 4.0) > 20


@pytest.mark.parametrize("frequency", [1.0, np.sqrt(2.0), np.sqrt(3.0), 2.0])
def test_integer_levels_of_diluted_lattices(frequency):
    network = arrays_of(SpringNetwork.build(16, bond_probability=0.6, seed=1))
    values = np.linalg.eigvalsh(laplacian(*network).toarray())
    assert count_below(*network, [frequency])[0] == np.sum(values < frequency**2 - 1e-9)


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 30), st.floats(0.02, 0.5), st.floats(0.05, 3.0), st.integers(0, 2**32 - 1))
def test_any_network(node_count, density, frequency, seed):
    generator = np.random.default_rng(seed)
    pairs = np.argwhere(np.tri(node_count, k=-1, dtype=bool))
    bonds = pairs[generator.random(len(pairs)) < density]
    network = bonds, generator.uniform(0.1, 2.0, len(bonds)), node_count
    values = np.linalg.eigvalsh(laplacian(*network).toarray())
    tolerance = 1e-6 * max(1.0, values[-1])
    count = count_below(*network, frequency)
    assert np.sum(values < frequency**2 - tolerance) <= count <= np.sum(values < frequency**2 + 1e-12)


def test_zero_modes_are_counted_above_zero_frequency():
    network = arrays_of(SpringNetwork.build(20, bond_probability=0.5, seed=0))
    components = connected_component_labels(network[0], network[2]).max() + 1
    assert components > 20
    np.testing.assert_array_equal(count_below(*network, [0.0, 1e-5]), [0, components])


def test_all_modes_lie_below_the_bound():
    network = SpringNetwork.build(20, displacement=0.3, situation=2, seed=0)
    highest = np.sqrt(2.0 * network.laplacian().diagonal().max())
    assert count_below(*arrays_of(network), [highest])[0] == 400


def test_matrices_with_negative_eigenvalues():
    toeplitz = diags_array([np.ones(29), -0.5 * np.ones(30), np.ones(29)], offsets=[-1, 0, 1])
    values = -0.5 + 2.0 * np.cos(np.pi * np.arange(1, 31) / 31)
    where = np.array([[-3.0, -1.0, 0.0], [0.5, 1.0, 2.0]])
    expected = np.sum(values[:, None, None] < where, axis=0)
    np.testing.assert_array_equal(count_below_matrix(toeplitz, where), expected)


def test_sylvesters_law():
    """A congruence changes the eigenvalues and leaves their signs."""
    matrix = laplacian(*arrays_of(SpringNetwork.build(10, displacement=0.2, situation=2, seed=0)))
    shifted = csr_array(matrix - 1.3 * diags_array(np.ones(100)))
    scale = diags_array(np.exp(np.sin(np.arange(100.0))))
    congruent = csr_array(scale @ shifted @ scale)
    congruent = 0.5 * (congruent + congruent.T)
    assert count_below_matrix(shifted, 0.0) == count_below_matrix(congruent, 0.0)


def test_bad_input():
    network = arrays_of(SpringNetwork.build(5))
    with pytest.raises(SchemaError, match="frequencies"):
        count_below(*network, [-1.0])
    with pytest.raises(SchemaError, match="frequencies"):
        count_below(*network, [np.nan])
    with pytest.raises(SchemaError, match="square"):
        count_below_matrix(csr_array((2, 3)), [0.0])
    with pytest.raises(SchemaError, match="symmetric"):
        count_below_matrix(csr_array([[1.0, 2.0], [0.0, 1.0]]), [0.0])


def test_a_count_that_cannot_be_trusted_is_refused():
    """Leading parts that are singular at every displacement: a zero diagonal, and no room to move."""
    swap = block_diag([csr_array([[0.0, 1.0], [1.0, 0.0]])] * 4, format="csr")
    with pytest.raises(ConvergenceError, match="counted reliably"):
        count_below_matrix(swap, [0.0], tolerance=1e-18)
    assert count_below_matrix(swap, 0.0) == 4
