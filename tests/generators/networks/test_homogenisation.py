import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.datasets.errors import ConvergenceError, SchemaError
from bosonpeak.generators.networks.homogenisation import effective_stiffness
from bosonpeak.generators.networks.spring_network import SpringNetwork


def periodic_lattice(shape):
    """Bonds and bond vectors of a lattice of any dimension, axis after axis, site by site."""
    node_count = math.prod(shape)
    sites = np.arange(node_count).reshape(shape[::-1])
    bonds, vectors = [], []
    for axis in range(len(shape)):
        partner = np.roll(sites, -1, axis=len(shape) - 1 - axis)
        bonds.append(np.stack([sites.ravel(), partner.ravel()], axis=-1))
        vectors.append(np.tile(np.eye(len(shape))[axis], (node_count, 1)))
    return np.concatenate(bonds), np.concatenate(vectors), node_count


def stiffness_of(network, vectors=None, **options):
    vectors = network.site_vectors if vectors is None else vectors
    arrays = (network.bonds, network.stiffness, network.node_count)
    return effective_stiffness(*arrays, vectors, lattice_shape=network.lattice_shape, **options)[0]


def is_positive(matrix, slack=1e-9):
    return np.linalg.eigvalsh(matrix).min() >= -slack


@pytest.mark.parametrize("shape", [(9,), (6, 5), (4, 3, 5)])
def test_uniform_lattice(shape):
    bonds, vectors, node_count = periodic_lattice(shape)
    for lattice_shape in (shape, None):
        tensor, iterations = effective_stiffness(
            bonds, np.full(len(bonds), 0.3), node_count, vectors, lattice_shape=lattice_shape
        )
        np.testing.assert_allclose(tensor, 0.3 * np.eye(len(shape)), atol=1e-15)
        assert iterations == 0


def test_volume_per_node():
    bonds, vectors, node_count = periodic_lattice((4, 5))
    tensor, _ = effective_stiffness(bonds, np.ones(len(bonds)), node_count, 2.0 * vectors, volume_per_node=4.0)
    np.testing.assert_allclose(tensor, np.eye(2), atol=1e-15)


def test_chain_is_the_harmonic_mean():
    bonds, vectors, node_count = periodic_lattice((50,))
    springs = np.exp(np.sin(np.arange(50.0)))
    for shape in ((50,), None):
        tensor, _ = effective_stiffness(bonds, springs, node_count, vectors, lattice_shape=shape)
        assert tensor[0, 0] == pytest.approx(1.0 / np.mean(1.0 / springs), rel=1e-10)


@pytest.mark.parametrize("shape", [(12, 7), (5, 6, 4)])
def test_layers_are_harmonic_across_and_arithmetic_along(shape):
    bonds, vectors, node_count = periodic_lattice(shape)
    springs = 1.0 + (bonds[:, 0] % shape[0]) ** 1.5
    layers = 1.0 + np.arange(shape[0]) ** 1.5
    tensor, _ = effective_stiffness(bonds, springs, node_count, vectors, lattice_shape=shape)
    expected = np.diag([1.0 / np.mean(1.0 / layers)] + [layers.mean()] * (len(shape) - 1))
    np.testing.assert_allclose(tensor, expected, rtol=1e-9, atol=1e-9)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 999), st.floats(0.1, 3.0))
def test_exact_duality_of_the_square_lattice(seed, spread):
    """Springs turned by 90 degrees with inverted strengths have C / det C, sample by sample."""
    size = 8
    bonds, vectors, node_count = periodic_lattice((size, size))
    springs = np.exp(spread * np.random.default_rng(seed).standard_normal(len(bonds)))
    across, along = springs.reshape(2, size, size)
    dual = 1.0 / np.stack([np.roll(along, -1, axis=1), np.roll(across, -1, axis=0)])
    tensor, _ = effective_stiffness(bonds, springs, node_count, vectors, lattice_shape=(size, size))
    turned, _ = effective_stiffness(bonds, dual.ravel(), node_count, vectors, lattice_shape=(size, size))
    np.testing.assert_allclose(turned, tensor / np.linalg.det(tensor), rtol=1e-7, atol=1e-8)


def test_equal_parts_of_two_strengths_give_the_geometric_mean():
    """Dykhne and Keller; the scatter over samples is the yardstick."""
    roots = []
    for seed in range(12):
        network = SpringNetwork.build(32, weak_fraction=0.5, weak_stiffness=0.25, seed=seed)
        roots.append(np.sqrt(np.linalg.det(stiffness_of(network))))
    assert np.mean(roots) == pytest.approx(0.5, abs=3.5 * np.std(roots, ddof=1) / np.sqrt(12))
    assert np.std(roots, ddof=1) < 0.02


def test_effective_medium_theory_of_the_square_lattice():
    """Few weak springs: p (1 - c)/(1 + c) = (1 - p) (c - w)/(c + w), exact to first order in the fraction."""
    fraction, weak = 0.05, 0.1
    samples = [
        np.trace(stiffness_of(SpringNetwork.build(40, weak_fraction=fraction, weak_stiffness=weak, seed=seed))) / 2
        for seed in range(6)
    ]
    balance = (1.0 - 2.0 * fraction) * (1.0 - weak)
    expected = 0.5 * (balance + math.sqrt(balance**2 + 4.0 * weak))
    assert np.mean(samples) == pytest.approx(expected, abs=0.01)
    diluted = [
        np.trace(stiffness_of(SpringNetwork.build(40, bond_probability=0.95, seed=seed))) / 2 for seed in range(6)
    ]
    assert np.mean(diluted) == pytest.approx(2.0 * 0.95 - 1.0, abs=0.01)


@pytest.mark.parametrize("situation", [1, 2, 3])
def test_positions_or_sites_make_no_difference(situation):
    network = SpringNetwork.build(15, displacement=0.3, situation=situation, seed=6)
    vectors = np.diff(network.positions[network.bonds], axis=1)[:, 0]
    vectors -= network.box * np.round(vectors / network.box)
    assert np.abs(vectors - network.site_vectors).max() > 0.3
    np.testing.assert_allclose(stiffness_of(network, vectors), stiffness_of(network), atol=1e-9)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 999), st.floats(0.05, 3.0), st.floats(0.1, 10.0))
def test_bounds_scaling_and_monotony(seed, spread, factor):
    shape = (6, 5)
    bonds, vectors, node_count = periodic_lattice(shape)
    generator = np.random.default_rng(seed)
    springs = np.exp(spread * generator.standard_normal(len(bonds)))

    def solved(strengths):
        return effective_stiffness(bonds, strengths, node_count, vectors, lattice_shape=shape)[0]

    tensor = solved(springs)
    by_axis = springs.reshape(2, -1)
    slack = 1e-8 * springs.max()
    assert is_positive(np.diag(by_axis.mean(axis=1)) - tensor, slack)
    assert is_positive(tensor - np.diag(1.0 / np.mean(1.0 / by_axis, axis=1)), slack)
    np.testing.assert_allclose(solved(factor * springs), factor * tensor, rtol=1e-7, atol=slack)
    stiffened = springs * np.where(generator.random(len(springs)) < 0.2, 1.5, 1.0)
    assert is_positive(solved(stiffened) - tensor, slack)


def test_the_preconditioner_does_not_matter():
    network = SpringNetwork.build(20, displacement=0.2, situation=2, bond_probability=0.85, seed=0)
    arrays = (network.bonds, network.stiffness, network.node_count, network.site_vectors)
    by_lattice, few = effective_stiffness(*arrays, lattice_shape=network.lattice_shape)
    by_diagonal, many = effective_stiffness(*arrays)
    np.testing.assert_allclose(by_lattice, by_diagonal, atol=1e-10)
    assert few < many


def test_corrector_against_a_dense_solution():
    network = SpringNetwork.build(9, displacement=0.3, situation=2, seed=2)
    difference = np.zeros((len(network.bonds), network.node_count))
    rows = np.arange(len(network.bonds))
    difference[rows, network.bonds[:, 0]], difference[rows, network.bonds[:, 1]] = -1.0, 1.0
    weighted = np.sqrt(network.stiffness)[:, None]
    relaxed = np.linalg.lstsq(weighted * difference, -weighted * network.site_vectors, rcond=None)[0]
    elongation = weighted * (network.site_vectors + difference @ relaxed)
    expected = elongation.T @ elongation / network.node_count
    np.testing.assert_allclose(stiffness_of(network), expected, rtol=1e-9, atol=1e-10)


def test_the_first_coordinate_varies_fastest():
    shape = (4, 25)
    bonds, vectors, node_count = periodic_lattice(shape)
    springs = 1.0 + 0.1 * np.sin(np.arange(len(bonds)) ** 2)
    right, few = effective_stiffness(bonds, springs, node_count, vectors, lattice_shape=shape)
    swapped, many = effective_stiffness(bonds, springs, node_count, vectors, lattice_shape=shape[::-1])
    np.testing.assert_allclose(right, swapped, atol=1e-9)
    assert few < many


def test_clusters_that_do_not_span_contribute_nothing():
    bonds, vectors, node_count = periodic_lattice((6, 6))
    springs = 1.0 + 0.5 * np.sin(np.arange(len(bonds)))
    alone, _ = effective_stiffness(bonds, springs, node_count, vectors)
    triangle = node_count + np.array([(0, 1), (1, 2), (2, 0)])
    arms = np.array([(0.5, 0.0), (-0.25, 0.4), (-0.25, -0.4)])
    more, _ = effective_stiffness(
        np.concatenate([bonds, triangle]),
        np.append(springs, [1.0, 2.0, 3.0]),
        node_count + 5,
        np.concatenate([vectors, arms]),
    )
    np.testing.assert_allclose((node_count + 5) * more, node_count * alone, atol=1e-8)


def test_a_network_that_has_fallen_apart_has_no_stiffness():
    network = SpringNetwork.build(30, bond_probability=0.3, seed=0)
    np.testing.assert_allclose(stiffness_of(network), 0.0, atol=1e-12)
    nothing, iterations = effective_stiffness(np.empty((0, 2), int), [], 4, np.empty((0, 2)))
    np.testing.assert_array_equal(nothing, np.zeros((2, 2)))
    assert iterations == 0


def test_bad_input():
    bonds, vectors, node_count = periodic_lattice((4, 4))
    springs = 1.0 + np.arange(32.0)
    with pytest.raises(SchemaError, match="bond vectors"):
        effective_stiffness(bonds, springs, node_count, vectors[1:])
    with pytest.raises(SchemaError, match="bond vectors"):
        effective_stiffness(bonds, springs, node_count, vectors * np.nan)
    with pytest.raises(SchemaError, match="16 sites"):
        effective_stiffness(bonds, springs, node_count, vectors, lattice_shape=(4, 5))
    with pytest.raises(ConvergenceError, match="corrector"):
        effective_stiffness(bonds, springs, node_count, vectors, max_iterations=3)
