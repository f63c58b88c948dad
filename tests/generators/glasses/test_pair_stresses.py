"""Stresses of single pairs and their histogram."""

import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.glasses.elastic_moduli import elastic_moduli
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.glasses.pair_stresses import logarithmic_edges, pair_stresses, stress_histogram
from bosonpeak.generators.particles.diameters import sample_diameters
from bosonpeak.generators.particles.potentials import InversePower, LennardJones


def relaxed_spheres(potential, dimension):
    rng = np.random.default_rng(31)
    count = 81 if dimension == 2 else 80
    box = count ** (1 / dimension)
    diameters = sample_diameters(count, rng)
    return minimise(rng.random((count, dimension)) * box, diameters, box, potential).positions, diameters, box


def test_one_pair_by_hand():
    potential = InversePower()
    positions = np.array([[1.0, 1.0, 1.0], [1.6, 1.8, 1.0]])
    found = pair_stresses(positions, [1.0, 1.4], 5.0, potential)
    first = float(potential.derivatives(1.0, 1.0, 1.4)[0])
    expected = first * np.outer([-0.6, -0.8, 0.0], [-0.6, -0.8, 0.0])
    assert found.pairs.tolist() == [[0, 1]]
    assert np.allclose(found.stress[0], expected, rtol=1e-14, atol=1e-15)
    assert np.allclose(np.sort(found.off_diagonal), [0, 0, 0.48 * abs(first)], rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("order", [2, math.inf])
def test_pair_stresses_add_up_to_the_stress_of_the_sample(order, dimension):
    potential = InversePower(taper=order)
    positions, diameters, box = relaxed_spheres(potential, dimension)
    found = pair_stresses(positions, diameters, box, potential)
    moduli = elastic_moduli(positions, diameters, box, potential)
    assert np.allclose(found.stress.sum(axis=0) / box**dimension, moduli.stress, rtol=1e-12, atol=1e-13)
    assert np.array_equal(found.stress, found.stress.transpose(0, 2, 1))


@pytest.mark.parametrize("dimension", [2, 3])
def test_soft_spheres_push_and_every_pair_has_rank_one(dimension):
    positions, diameters, box = relaxed_spheres(InversePower(), dimension)
    values = np.linalg.eigvalsh(pair_stresses(positions, diameters, box, InversePower()).stress)
    assert values[:, 0].max() < 0
    assert np.abs(values[:, 1:]).max() < 1e-13 * np.abs(values).max()


def test_attraction_pulls():
    positions = np.array([[1.0, 1.0, 1.0], [2.5, 1.0, 1.0]])
    found = pair_stresses(positions, [1.0, 1.0], 6.0, LennardJones())
    assert found.stress[0, 0, 0] > 0


def test_number_of_off_diagonal_components():
    for dimension, components in ((2, 1), (3, 3)):
        found = pair_stresses(*relaxed_spheres(InversePower(), dimension), InversePower())
        assert len(found.off_diagonal) == components * len(found.pairs)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_uniformly_placed_pairs_give_the_exponent_of_the_taper(order):
    """Distances that are uniform near the cutoff make P(sigma) ~ sigma^(1/m - 1): count against the closed form."""
    potential = InversePower(taper=order)
    gaps = np.linspace(0, 1e-3, 200001)[1:]
    r = potential.cutoff * (1 - gaps)
    stress = np.abs(r * potential.derivatives(r, 1.0, 1.0)[0])
    edges = logarithmic_edges(stress.max() * 1e-4, stress.max(), per_decade=1)
    counts, below, _ = stress_histogram(stress, edges)
    cumulative = below + np.cumsum(counts)
    slopes = np.diff(np.log10(cumulative))
    assert np.allclose(slopes, 1 / order, atol=2e-3)


def test_histogram_loses_nothing_and_reaches_below_a_billionth():
    edges = logarithmic_edges()
    assert edges[0] == pytest.approx(1e-9, rel=1e-12)
    assert np.allclose(np.diff(np.log10(edges)), 0.1)
    values = np.r_[0.0, 1e-10, 1e-9 * 1.0001, 1.0, 5e4]
    counts, below, above = stress_histogram(values, edges)
    assert (counts.sum(), below, above) == (2, 2, 1)


@pytest.mark.parametrize("arguments", [(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (1e-9, math.inf)])
def test_impossible_bins_are_refused(arguments):
    with pytest.raises(RecipeError, match="bins"):
        logarithmic_edges(*arguments)
