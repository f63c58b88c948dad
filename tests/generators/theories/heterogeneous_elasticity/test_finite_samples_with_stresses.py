"""Elastic disorder and stresses in one equation: each alone, and the states of stresses inside the gap."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.theories.heterogeneous_elasticity.finite_samples import (
    combined_spectrum,
    spectral_gap,
    wave_number_shells,
)
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import critical_disorder
from bosonpeak.generators.theories.heterogeneous_elasticity.self_consistent_born import (
    born_map,
    heterogeneous_elasticity,
)

BOX = 20.0


@settings(max_examples=10, deadline=None)
@given(st.floats(0.05, 0.99), st.sampled_from([1.0, 5.0, math.inf]))
def test_without_stresses_it_is_the_medium(share, bulk_modulus):
    disorder = share * critical_disorder(bulk_modulus).disorder
    edge = spectral_gap(disorder, bulk_modulus, BOX).eigenvalue
    frequency = np.sqrt(edge) * np.array([1.01, 1.1])
    alone = heterogeneous_elasticity(disorder, bulk_modulus, frequency, shells=wave_number_shells(BOX))
    found = combined_spectrum(disorder, bulk_modulus, frequency, np.full(2, 1e-14j), box=BOX)
    np.testing.assert_allclose(found.self_energy, alone.self_energy, rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(found.density_of_states, alone.density_of_states, rtol=1e-7, atol=1e-9)


def test_without_disorder_it_is_the_stresses():
    frequency = np.array([0.05, 0.3, 0.7])
    stresses = np.array([1e-9 + 1e-12j, 0.01 + 0.002j, -0.02 + 0.01j])
    found = combined_spectrum(0.0, 2.0, frequency, stresses, box=BOX)
    np.testing.assert_allclose(found.self_energy, stresses, rtol=1e-12)


@pytest.mark.parametrize("distance", [0.9, 0.5, 0.05])
def test_inside_the_gap_the_medium_multiplies_the_states_of_weak_stresses(distance):
    disorder = critical_disorder(5.0).disorder * (1.0 - distance)
    edge = spectral_gap(disorder, 5.0, BOX).eigenvalue
    frequency = np.sqrt(edge * np.array([1e-4, 0.1, 0.5, 0.9]))
    wave_number, weight = wave_number_shells(BOX)
    alone = heterogeneous_elasticity(disorder, 5.0, frequency, shells=(wave_number, weight)).self_energy
    slopes = [
        born_map(complex(sigma.real), complex(z), disorder, 5.0, 1.0, wave_number**2, weight, 3)[1].real
        for sigma, z in zip(alone, frequency**2, strict=True)
    ]
    found = combined_spectrum(disorder, 5.0, frequency, 1e-13j * frequency**3, box=BOX)
    factor = found.self_energy.imag / (1e-13 * frequency**3)
    np.testing.assert_allclose(factor, 1.0 / (1.0 - np.array(slopes)), rtol=1e-5)
    assert (np.diff(factor) > 0.0).all()


@pytest.mark.parametrize(
    ("disorder", "bulk_modulus", "frequency", "stresses"),
    [(-0.1, 1.0, [0.1], [1j]), (0.1, 0.0, [0.1], [1j]), (0.1, 1.0, [0.0], [1j]), (0.1, 1.0, [0.1], [1.0 + 0j])],
)
def test_what_makes_no_sense_is_refused(disorder, bulk_modulus, frequency, stresses):
    with pytest.raises(RecipeError, match="cannot be used"):
        combined_spectrum(disorder, bulk_modulus, frequency, stresses, box=BOX)
