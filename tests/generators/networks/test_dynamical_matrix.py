import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.datasets.errors import SchemaError
from bosonpeak.generators.networks.dynamical_matrix import (
    checked_network,
    connected_component_labels,
    laplacian,
    without_null_space,
)
from bosonpeak.generators.networks.spectral_bound import spectral_upper_bound


@st.composite
def small_networks(draw):
    node_count = draw(st.integers(2, 12))
    pairs = [(i, j) for i in range(node_count) for j in range(i)]
    bonds = draw(st.lists(st.sampled_from(pairs), min_size=1, unique=True))
    stiffness = draw(st.lists(st.floats(1e-3, 1e3), min_size=len(bonds), max_size=len(bonds)))
    return np.array(bonds, dtype=np.int32), np.array(stiffness), node_count


def square_lattice_bonds(size):
    sites = np.arange(size * size).reshape(size, size)
    return np.concatenate(
        [np.stack([sites.ravel(), np.roll(sites, -1, axis).ravel()], axis=-1) for axis in (1, 0)]
    ).astype(np.int32)


def test_eigenvalues_of_the_square_lattice():
    size = 7
    wave = 2.0 - 2.0 * np.cos(2.0 * np.pi * np.arange(size) / size)
    expected = np.sort((wave[:, None] + wave[None, :]).ravel())
    bonds = square_lattice_bonds(size)
    matrix = laplacian(bonds, np.ones(len(bonds)), size * size)
    np.testing.assert_allclose(np.linalg.eigvalsh(matrix.toarray()), expected, atol=1e-13)


@given(small_networks())
def test_the_matrix_is_the_energy(network):
    bonds, stiffness, node_count = network
    matrix = laplacian(*network)
    displacement = np.cos(np.arange(node_count) ** 2)
    energy = np.sum(stiffness * np.diff(displacement[bonds], axis=1)[:, 0] ** 2)
    assert displacement @ (matrix @ displacement) == pytest.approx(energy, rel=1e-9, abs=1e-9)
    assert (matrix != matrix.T).nnz == 0


def test_springs_between_the_same_nodes_add_up():
    matrix = laplacian([(0, 1), (1, 0)], [1.0, 2.0], 2)
    np.testing.assert_array_equal(matrix.toarray(), [[3.0, -3.0], [-3.0, 3.0]])


@given(small_networks())
def test_components_are_the_zero_modes(network):
    bonds, _, node_count = network
    labels = connected_component_labels(bonds, node_count)
    assert sorted(set(labels)) == list(range(labels.max() + 1))
    assert (labels[bonds[:, 0]] == labels[bonds[:, 1]]).all()
    unit = laplacian(bonds, np.ones(len(bonds)), node_count).toarray()
    assert node_count - np.linalg.matrix_rank(unit) == labels.max() + 1


def test_isolated_nodes_are_components():
    np.testing.assert_array_equal(connected_component_labels([(1, 3)], 4), [0, 1, 2, 1])
    np.testing.assert_array_equal(connected_component_labels([], 3), [0, 1, 2])


@given(small_networks())
def test_projection_removes_the_null_space_and_nothing_else(network):
    bonds, _, node_count = network
    labels = connected_component_labels(bonds, node_count)
    fields = np.sin(np.arange(3 * node_count) ** 2).reshape(3, node_count)
    projected = without_null_space(fields, labels)
    for label in range(labels.max() + 1):
        np.testing.assert_allclose(projected[:, labels == label].sum(axis=1), 0.0, atol=1e-13)
        assert np.ptp((fields - projected)[:, labels == label], axis=1).max() < 1e-14
    np.testing.assert_allclose(without_null_space(projected, labels), projected, atol=1e-15)


@settings(deadline=None)
@given(small_networks(), st.integers(0, 20))
def test_spectral_bound_holds_and_improves(network, refinements):
    largest = np.linalg.eigvalsh(laplacian(*network).toarray())[-1]
    bound = spectral_upper_bound(*network, refinements=refinements)
    assert largest <= bound
    assert bound <= spectral_upper_bound(*network, refinements=0)
    assert spectral_upper_bound(*network, refinements=refinements + 1) <= bound


def test_spectral_bound_is_sharp_on_a_bipartite_lattice():
    bonds = square_lattice_bonds(6)
    assert spectral_upper_bound(bonds, np.full(len(bonds), 0.5), 36) == pytest.approx(4.0, rel=1e-11)


@pytest.mark.parametrize(
    ("bonds", "stiffness", "node_count", "complaint"),
    [
        ([(0, 1)], [0.0], 2, "stiffness 0.0"),
        ([(0, 1)], [np.nan], 2, "stiffness nan"),
        ([(0, 1)], [-1.0], 2, "stiffness -1.0"),
        ([(0, 1)], [1.0, 2.0], 2, "1 bonds but"),
        ([(0, 2)], [1.0], 2, "node indices from 0 to 2"),
        ([(-1, 0)], [1.0], 2, "node indices from -1"),
        ([(1, 1)], [1.0], 2, "bond 0 joins a node to itself"),
        ([(0.0, 1.0)], [1.0], 2, "type float64"),
        ([0, 1], [1.0, 1.0], 2, "shape"),
        ([(0, 1)], [1.0], 0, "node_count = 0"),
    ],
)
def test_impossible_networks_are_refused(bonds, stiffness, node_count, complaint):
    with pytest.raises(SchemaError, match=complaint):
        checked_network(bonds, stiffness, node_count)
