import numpy as np
import pytest

from bosonpeak.datasets.errors import SchemaError
from bosonpeak.generators.media.bloch_bands import bloch_spectrum, modulus
from bosonpeak.generators.media.elastic_medium import modulated_medium
from bosonpeak.generators.media.energy_density import (
    equilibrium_energies,
    point_energies,
    point_softness,
    slope_on_softness,
)
from bosonpeak.generators.media.weak_modulation import energy_slope
from bosonpeak.generators.networks.dynamical_matrix import laplacian


def slopes(spectrum, values, contrast):
    softness = -np.log(modulus(spectrum.places, contrast))
    softness -= softness.mean()
    return np.log(values) @ softness / (softness @ softness)


def test_energies_of_points_add_up_to_that_of_the_field():
    medium = modulated_medium((5, 4, 6), [(1, 0, 0), (0, 1, 1)], contrast=0.7)
    field = np.random.default_rng(2).normal(size=medium.point_count)
    matrix = laplacian(medium.bonds, medium.conductance, medium.point_count)
    assert point_energies(medium, field).sum() == pytest.approx(0.5 * field @ (matrix @ field))


def test_energy_of_equilibrium_is_that_of_the_covariance():
    """k_B T H^+, of which the resistances follow; over all links half the number of points less one (Foster)."""
    medium = modulated_medium((6, 5), [(1, 0), (0, 1)], contrast=0.8)
    covariance = np.linalg.pinv(laplacian(medium.bonds, medium.conductance, medium.point_count).toarray())
    first, second = medium.bonds.T
    diagonal = np.diag(covariance)
    link = 0.5 * medium.conductance * (diagonal[first] + diagonal[second] - 2.0 * covariance[first, second])
    assert link.sum() == pytest.approx(0.5 * (medium.point_count - 1))
    exact = 0.5 * sum(np.bincount(ends, link, medium.point_count) for ends in (first, second))
    sampled = equilibrium_energies(medium, 600, np.random.SeedSequence(3))
    np.testing.assert_allclose(sampled, exact, rtol=0.25)
    assert sampled.sum() == pytest.approx(exact.sum(), rel=0.02)


def test_equilibrium_of_a_chain_is_uniform():
    """Springs in a row are independent: every one of them has the same energy, whatever its strength."""
    medium = modulated_medium((64,), [(4,)], contrast=0.9)
    energies = equilibrium_energies(medium, 400, np.random.SeedSequence(4))
    assert abs(slope_on_softness(energies, point_softness(medium), bins=4)) < 0.05


def test_slope_of_a_known_power():
    softness = np.random.default_rng(5).normal(size=5000)
    assert slope_on_softness(np.exp(0.7 * softness), softness, bins=200) == pytest.approx(0.7, abs=0.01)
    with pytest.raises(SchemaError, match="one modulus"):
        slope_on_softness(np.ones(10), np.zeros(10))


def test_layers_share_their_potential_energy_as_the_virial_theorem_says():
    spectrum = bloch_spectrum([0.1, 0.4, 0.9, 1.7], 0.6, harmonics=20, quadrature=12)
    np.testing.assert_allclose(spectrum.energy.mean(axis=1), spectrum.density, rtol=1e-8)


def test_long_waves_along_the_layers_normal_have_one_stress():
    """G |phi'|^2 with G phi' uniform is inversely proportional to G."""
    spectrum = bloch_spectrum([0.01], 0.6)
    assert slopes(spectrum, spectrum.energy_along, 0.6) == pytest.approx(1.0, abs=1e-3)


def test_weak_layers_follow_perturbation_theory():
    frequencies = np.array([0.05, 0.2, 0.35, 0.8, 1.4])
    spectrum = bloch_spectrum(frequencies, 0.02, quadrature=40)
    np.testing.assert_allclose(slopes(spectrum, spectrum.energy, 0.02), energy_slope(frequencies), atol=0.01)
    assert energy_slope(1e-3) == pytest.approx(-1.0 / 3.0, abs=1e-4)
    assert energy_slope(100.0) == pytest.approx(1.5, abs=1e-3)
