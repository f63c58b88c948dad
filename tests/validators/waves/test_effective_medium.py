"""Waves of a medium with a complex modulus: a damped wave in closed form, the sum rule, a maximum off the grid."""

import numpy as np
import pytest

from bosonpeak.generators.theories.heterogeneous_elasticity.self_consistent_born import heterogeneous_elasticity
from bosonpeak.validators.waves.sound_damping import effective_medium_band, effective_medium_current


def test_a_viscous_medium_is_a_damped_oscillator():
    frequency, wavenumber, viscosity = np.linspace(0.01, 5.0, 200), np.array([0.5, 1.0]), 0.1
    found = effective_medium_current(wavenumber, frequency, 1j * viscosity * frequency)
    width = viscosity * wavenumber[:, None] ** 2
    offset = wavenumber[:, None] ** 2 - frequency**2
    np.testing.assert_allclose(found, 2.0 / np.pi * frequency**2 * width / (offset**2 + (frequency * width) ** 2))


def test_the_correlation_of_a_theory_integrates_to_one():
    frequency = np.concatenate([np.geomspace(1e-4, 1e-2, 50), np.arange(0.0101, 6.0, 1e-4)])
    sigma = heterogeneous_elasticity(0.18, 5.0, frequency).self_energy
    current = effective_medium_current([0.3, 0.9], frequency, sigma)
    np.testing.assert_allclose(np.trapezoid(current, frequency, axis=1), 1.0, atol=2e-3)


def test_a_maximum_between_the_frequencies_is_found():
    frequency = np.geomspace(0.01, 3.0, 60)
    wavenumber = np.array([0.123, 0.77])
    found = effective_medium_band(wavenumber, frequency, np.full(60, 0.36 + 1e-3j))
    assert found == pytest.approx(0.8 * wavenumber, rel=2e-3)
