import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.networks.spring_network import CUTOFF_SLACK, SpringNetwork


def pairs(bonds):
    return {tuple(sorted(bond)) for bond in bonds.tolist()}


@given(st.integers(7, 14), st.floats(0.0, 0.45), st.integers(0, 2**63), st.floats(0.0, 2.0))
@settings(max_examples=40)
def test_cutoff_bonds_are_all_pairs_within_the_cutoff(size, displacement, seed, factor):
    network = SpringNetwork.build(size, displacement=displacement, situation=2, cutoff_factor=factor, seed=seed)
    tree = cKDTree(np.mod(network.positions, network.box), boxsize=network.box)
    cutoff = (1.0 + factor * displacement) * (1.0 + CUTOFF_SLACK)
    assert pairs(network.bonds) == tree.query_pairs(cutoff)
    assert len(pairs(network.bonds)) == len(network.bonds)


@pytest.mark.parametrize("situation", [1, 2, 3])
def test_without_displacement_every_situation_is_the_square_lattice(situation):
    network = SpringNetwork.build(6, situation=situation)
    assert (network.coordination_number == 4).all()
    band = 4.0 * np.sin(np.pi * np.arange(6) / 6) ** 2
    exact = np.sort((band[:, None] + band[None, :]).ravel())
    assert np.linalg.eigvalsh(network.laplacian().toarray()) == pytest.approx(exact, abs=1e-12)


@given(st.floats(0.0, 0.9), st.integers(0, 2**63))
def test_every_node_is_displaced_by_exactly_delta(displacement, seed):
    network = SpringNetwork.build(5, displacement=displacement, seed=seed)
    index = np.arange(25)
    sites = np.stack([index % 5, index // 5], axis=-1)
    shift = network.positions - sites
    shift -= 5 * np.round(shift / 5)
    assert np.hypot(*shift.T) == pytest.approx(displacement, abs=1e-12)


def test_situations_share_their_displacements():
    built = [SpringNetwork.build(9, displacement=0.3, situation=s, seed=7) for s in (1, 2, 3)]
    assert all((network.positions == built[0].positions).all() for network in built)
    assert (built[1].bonds == built[2].bonds).all()
    assert (built[2].stiffness == 1.0).all()


def test_stiffness_is_the_inverse_distance():
    network = SpringNetwork.build(8, displacement=0.2, situation=2, seed=3)
    separation = network.positions[network.bonds[:, 1]] - network.positions[network.bonds[:, 0]]
    separation -= network.box * np.round(separation / network.box)
    assert network.stiffness == pytest.approx(1.0 / np.hypot(*separation.T))


@given(st.integers(0, 2**63))
@settings(max_examples=20)
def test_dynamical_matrix_is_symmetric_with_zero_row_sums_and_non_negative(seed):
    matrix = SpringNetwork.build(7, displacement=0.3, situation=2, seed=seed).laplacian().toarray()
    assert (matrix == matrix.T).all()
    assert matrix.sum(axis=1) == pytest.approx(0.0, abs=1e-12)
    assert np.linalg.eigvalsh(matrix)[0] > -1e-12


def test_mean_diagonal_is_the_trace():
    network = SpringNetwork.build(10, displacement=0.2, situation=2, seed=1)
    assert network.mean_diagonal == pytest.approx(network.laplacian().diagonal().mean())


def test_dilution_keeps_the_stated_share_and_unit_springs():
    network = SpringNetwork.build(200, bond_probability=0.7, seed=5)
    kept = len(network.bonds) / (2 * 200**2)
    assert kept == pytest.approx(0.7, abs=4 * math.sqrt(0.21 / (2 * 200**2)))
    assert (network.stiffness == 1.0).all()


def test_weak_springs_keep_every_neighbour():
    network = SpringNetwork.build(100, weak_fraction=0.3, weak_stiffness=0.1, seed=5)
    assert (network.coordination_number == 4).all()
    assert set(np.unique(network.stiffness)) == {0.1, 1.0}
    assert np.mean(network.stiffness == 0.1) == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("shape", [0.5, 1.0, 3.0])
def test_broad_strengths_have_the_moments_of_their_gamma_distribution(shape):
    network = SpringNetwork.build(200, strength_shape=shape, seed=5)
    assert (network.coordination_number == 4).all()
    count = len(network.stiffness)
    assert network.stiffness.mean() == pytest.approx(1.0, abs=5 * math.sqrt(1 / shape / count))
    assert network.stiffness.var() == pytest.approx(1.0 / shape, rel=0.05)


def test_a_control_changes_nothing_else():
    plain = SpringNetwork.build(12, displacement=0.2, situation=2, seed=9)
    weakened = SpringNetwork.build(12, displacement=0.2, situation=2, weak_fraction=0.5, weak_stiffness=0.5, seed=9)
    assert (plain.positions == weakened.positions).all()
    assert (plain.bonds == weakened.bonds).all()
    assert set(np.round(weakened.stiffness / plain.stiffness, 12)) == {0.5, 1.0}


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 2},
        {"size": 5.5},
        {"displacement": -0.1},
        {"displacement": math.nan},
        {"situation": 4},
        {"cutoff_factor": math.inf},
        {"bond_probability": 0.0},
        {"weak_fraction": 1.5},
        {"weak_stiffness": -1.0},
        {"strength_shape": 0.0},
    ],
)
def test_impossible_networks_are_refused(wrong):
    with pytest.raises(RecipeError, match=next(iter(wrong))):
        SpringNetwork.build(**{"size": 10, **wrong})


def test_a_box_too_small_for_its_cutoff_is_refused():
    with pytest.raises(RecipeError, match="too small"):
        SpringNetwork.build(3, displacement=0.4, situation=2, cutoff_factor=2.0)
