"""Structure of atoms against lattices whose shells are known."""

import numpy as np
import pytest

from bosonpeak.generators.materials.atomic_structure import atomic_structure, species_pairs

EDGE = 5.43
DIAMOND = np.array(
    [[0, 0, 0], [0, 2, 2], [2, 0, 2], [2, 2, 0], [1, 1, 1], [1, 3, 3], [3, 1, 3], [3, 3, 1]]
) * (EDGE / 4.0)  # fmt: skip


def lattice(basis, cells, edge):
    corners = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3) * edge
    return (corners + basis).reshape(-1, 3)


def shaken(places, amplitude, seed):
    return places + np.random.default_rng(seed).normal(0.0, amplitude, places.shape)


def test_atoms_of_diamond_have_four_bonds_at_the_tetrahedral_angle():
    places = lattice(DIAMOND, 3, EDGE)
    found = atomic_structure(
        [shaken(places, 0.03, k) for k in range(3)], np.full(3, 3 * EDGE), np.zeros(216, dtype=int), [(0, 0)]
    )
    bond = np.sqrt(3.0) / 4.0 * EDGE
    assert bond < found.bond_length < np.sqrt(0.5) * EDGE
    assert (found.coordination == 4).all()
    mean = (found.angle * found.angle_density).sum() / found.angle_density.sum()
    assert mean == pytest.approx(np.degrees(np.arccos(-1.0 / 3.0)), abs=0.3)


def test_pair_distribution_counts_the_atoms_of_the_shells():
    places = lattice(DIAMOND, 3, EDGE)
    found = atomic_structure([shaken(places, 0.02, 1)], np.array([3 * EDGE]), np.zeros(216, dtype=int), [(0, 0)])
    width = found.distance[1] - found.distance[0]
    shells = 4.0 * np.pi * (found.distance**2 + width**2 / 12.0) * width
    counts = found.pair_distribution[0] * shells * 215 / (3 * EDGE) ** 3
    assert counts[found.distance < 3.0].sum() == pytest.approx(4.0)
    assert counts[(found.distance > 3.0) & (found.distance < 4.2)].sum() == pytest.approx(12.0)


def test_only_bonding_species_are_counted():
    # Rock salt: six neighbours of the other species, twelve of the same.
    edge = 5.6
    cations = np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]) * (edge / 2.0)
    places = lattice(np.concatenate([cations, cations + np.array([edge / 2.0, 0.0, 0.0])]), 3, edge)
    species = np.tile(np.repeat([0, 1], 4), 27)
    found = atomic_structure([shaken(places, 0.02, 1)], np.array([3 * edge]), species, [(0, 1)])
    assert species_pairs(2) == [(0, 0), (0, 1), (1, 1)]
    assert (found.coordination == 6).all()
    alike = found.pair_distribution[0]
    assert alike[found.distance < 3.5].max() == 0.0
    assert found.pair_distribution[1][np.abs(found.distance - 2.8) < 0.2].max() > 10.0


def test_an_ideal_gas_has_no_structure():
    generator = np.random.default_rng(3)
    places = [generator.uniform(0.0, 14.0, (200, 3)) for _ in range(10)]
    found = atomic_structure(places, np.full(10, 14.0), np.repeat([0, 1], 100), [(0, 0), (0, 1), (1, 1)])
    far = found.distance > 2.0
    assert found.pair_distribution[:, far].mean(axis=1) == pytest.approx(1.0, abs=0.05)
