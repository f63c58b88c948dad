"""Limits and sum rules of the self-consistent Born approximation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.theories.heterogeneous_elasticity.finite_samples import wave_number_shells
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import (
    critical_disorder,
    critical_excess,
    rayleigh_coefficient,
    static_self_energy,
)
from bosonpeak.generators.theories.heterogeneous_elasticity.self_consistent_born import (
    born_map,
    continuum_means,
    heterogeneous_elasticity,
)

stiffness = st.floats(0.0, 50.0)
share_of_critical = st.floats(0.05, 0.98)
NO_SHELLS = np.empty(0)


def over_the_band(bulk_modulus, points=6000):
    """Frequencies beyond the top of the longitudinal band, dense at the lower end."""
    top = 1.6 * math.sqrt(bulk_modulus + 4.0 / 3.0 + 1.0)
    return np.concatenate([np.geomspace(1e-4, 0.05, 200, endpoint=False), np.linspace(0.05, top, points)])


def test_without_disorder_there_are_debye_waves_up_to_both_cutoffs():
    shear, longitudinal = 1.0, 1.0 + 4.0 / 3.0
    omega = np.array([0.01, 0.3, 0.9, 0.999, 1.001, 1.4, 1.52, 1.54])
    spectrum = heterogeneous_elasticity(0.0, 1.0, omega)
    expected = omega**2 * (2.0 * shear**-1.5 * (omega < 1.0) + longitudinal**-1.5 * (omega**2 < longitudinal))
    np.testing.assert_allclose(spectrum.density_of_states, expected, rtol=1e-12, atol=1e-14)
    assert spectrum.attenuation[0] == 0.0


@pytest.mark.parametrize(("bulk_modulus", "share"), [(0.0, 0.5), (1.0, 0.9), (3.0, 1.0), (20.0, 0.99)])
def test_the_spectrum_is_normalised_and_its_mean_is_the_mean_stiffness(bulk_modulus, share):
    # As z goes to infinity Sigma vanishes: the mean of lambda is that of q^2 (M + 2 mu) / 3 with the bare moduli.
    omega = over_the_band(bulk_modulus)
    spectrum = heterogeneous_elasticity(share * critical_disorder(bulk_modulus).disorder, bulk_modulus, omega)
    density = spectrum.density_of_states
    assert np.trapezoid(density, omega) == pytest.approx(1.0, abs=1e-4)
    bare = 0.6 * (bulk_modulus + 4.0 / 3.0 + 2.0) / 3.0
    assert np.trapezoid(omega**2 * density, omega) == pytest.approx(bare, rel=2e-4)


def test_an_incompressible_medium_has_its_transverse_two_thirds():
    omega = np.linspace(1e-3, 1.8, 6000)
    spectrum = heterogeneous_elasticity(0.2, math.inf, omega)
    assert np.trapezoid(spectrum.density_of_states, omega) == pytest.approx(2.0 / 3.0, abs=1e-5)
    nearly = heterogeneous_elasticity(0.2, 1e9, omega).self_energy
    np.testing.assert_allclose(nearly, spectrum.self_energy, atol=1e-8)


@pytest.mark.parametrize("u", [-0.7 + 1e-12j, 0.3 + 0.2j, 1.7 + 0.4j, -1.2 + 2.0j])
def test_means_over_the_sphere_are_the_integrals(u):
    # Midpoints in q; 3 q^2 dq is the weight.
    q = (np.arange(200_000) + 0.5) / 200_000
    mean = np.mean(3.0 * q**2 / (q**2 - u))
    second = u * u * np.mean(3.0 * q**2 / (q**2 - u) ** 2)
    np.testing.assert_allclose(continuum_means(u), (mean, second), rtol=1e-8)


@settings(max_examples=40, deadline=None)
@given(stiffness, st.floats(0.0, 1.5), st.floats(1e-3, 2.5))
def test_every_solution_obeys_the_equation_and_dissipates(bulk_modulus, share, omega):
    disorder = share * critical_disorder(bulk_modulus).disorder
    spectrum = heterogeneous_elasticity(disorder, bulk_modulus, [omega])
    sigma = complex(spectrum.self_energy[0])
    value, slope, _ = born_map(sigma, complex(omega**2), disorder, bulk_modulus, 1.0, NO_SHELLS, NO_SHELLS, 3)
    assert abs(value - sigma) < 1e-10
    assert sigma.imag >= 0.0
    assert spectrum.density_of_states[0] >= 0.0
    # Schwarz and Pick: at the fixed point that is the limit from the upper half plane.
    assert sigma.imag > 0.0 or abs(slope) <= 1.0 + 1e-9


@settings(max_examples=25, deadline=None)
@given(stiffness, share_of_critical)
def test_low_frequencies_scatter_as_rayleigh_says(bulk_modulus, share):
    disorder = share * critical_disorder(bulk_modulus).disorder
    omega = np.array([1e-7, 1e-6, 1e-5])
    spectrum = heterogeneous_elasticity(disorder, bulk_modulus, omega)
    expected = rayleigh_coefficient(disorder, bulk_modulus) * omega**3
    np.testing.assert_allclose(spectrum.self_energy.imag, expected, rtol=1e-3)
    shear = 1.0 - static_self_energy(disorder, bulk_modulus).real
    np.testing.assert_allclose(spectrum.attenuation, omega * expected / shear, rtol=1e-3)
    np.testing.assert_allclose(spectrum.reduced_density, 1.0, rtol=1e-5)


def test_an_imaginary_part_hides_the_rayleigh_law():
    omega = np.geomspace(1e-4, 1e-2, 3)
    bare = heterogeneous_elasticity(0.18, 1.0, omega).self_energy.imag
    broadened = heterogeneous_elasticity(0.18, 1.0, omega, imaginary_part=1e-8).self_energy.imag
    assert np.all(np.abs(np.diff(np.log(bare)) / np.diff(np.log(omega)) - 3.0) < 0.01)
    assert broadened[0] > 1e3 * bare[0]
    assert broadened[2] == pytest.approx(bare[2], rel=0.02)


@pytest.mark.parametrize("bulk_modulus", [0.0, 0.4, 1.0, 3.0, math.inf])
def test_the_critical_spectrum_is_omega_squared_above_debye(bulk_modulus):
    omega = np.array([1e-6, 1e-5, 1e-4])
    spectrum = heterogeneous_elasticity(critical_disorder(bulk_modulus).disorder, bulk_modulus, omega)
    np.testing.assert_allclose(spectrum.reduced_density, critical_excess(bulk_modulus), rtol=3e-5)
    slope = np.diff(np.log(spectrum.density_of_states)) / np.diff(np.log(omega))
    np.testing.assert_allclose(slope, 2.0, atol=1e-4)


def test_beyond_the_critical_disorder_there_is_weight_at_zero():
    unstable = heterogeneous_elasticity(0.3, math.inf, [1e-6])
    # Sigma = 1/2 + i sqrt(gamma - 1/4), and rho = (2 / 3 pi) Im 3 / (1 - Sigma).
    sigma = 0.5 + 1j * math.sqrt(0.05)
    assert unstable.self_energy[0] == pytest.approx(sigma, abs=1e-4)
    assert unstable.density_of_states[0] / 2e-6 == pytest.approx((2.0 / math.pi) * (1.0 / (1.0 - sigma)).imag, rel=1e-4)
    assert math.isnan(unstable.debye_level)


def test_discs_without_disorder_have_debye_waves_up_to_both_cutoffs():
    # d = 2: M = K + G, and g = omega (1/G [omega^2 < G] + 1/M [omega^2 < M]).
    omega = np.array([0.01, 0.3, 0.9, 0.999, 1.001, 1.3, 1.41, 1.42])
    spectrum = heterogeneous_elasticity(0.0, 1.0, omega, dimension=2)
    expected = omega * ((omega < 1.0) + 0.5 * (omega**2 < 2.0))
    np.testing.assert_allclose(spectrum.density_of_states, expected, rtol=1e-12, atol=1e-14)
    assert spectrum.debye_level == 1.5


@pytest.mark.parametrize(("bulk_modulus", "share"), [(0.0, 0.5), (1.0, 0.9), (3.0, 1.0), (20.0, 0.99)])
def test_in_two_dimensions_the_spectrum_is_normalised_and_has_the_mean_stiffness(bulk_modulus, share):
    # <q^2> = 1/2 on the disc; the mean of lambda is that of q^2 (M + mu) / 2 with the bare moduli.
    omega = over_the_band(bulk_modulus)
    disorder = share * critical_disorder(bulk_modulus, dimension=2).disorder
    density = heterogeneous_elasticity(disorder, bulk_modulus, omega, dimension=2).density_of_states
    assert np.trapezoid(density, omega) == pytest.approx(1.0, abs=1e-4)
    assert np.trapezoid(omega**2 * density, omega) == pytest.approx(0.25 * (bulk_modulus + 2.0), rel=2e-4)


@pytest.mark.parametrize("u", [-0.7 + 1e-12j, 0.3 + 0.2j, 1.7 + 0.4j, -1.2 + 2.0j])
def test_means_over_the_disc_are_the_integrals(u):
    # The map at gamma = 1 with mu = 1 is <q^2/(q^2 - u)>, and its slope <q^4/(q^2 - u)^2>; 2 q dq is the weight.
    q = (np.arange(200_000) + 0.5) / 200_000
    value, slope, green = born_map(0j, u, 1.0, 0.0, 0.0, NO_SHELLS, NO_SHELLS, 2)
    means = [np.mean(2.0 * q * term) for term in (q**2 / (q**2 - u), q**4 / (q**2 - u) ** 2, 1.0 / (q**2 - u))]
    np.testing.assert_allclose((value, slope, green), means, rtol=1e-8)


@settings(max_examples=25, deadline=None)
@given(stiffness, st.floats(0.05, 0.9))
def test_in_two_dimensions_damping_is_the_cube_of_frequency(bulk_modulus, share):
    # Im Sigma ~ omega^2 and Gamma ~ omega^3 = omega^(d + 1), with corrections of order omega^2 ln omega.
    disorder = share * critical_disorder(bulk_modulus, dimension=2).disorder
    omega = np.array([1e-7, 1e-6, 1e-5])
    spectrum = heterogeneous_elasticity(disorder, bulk_modulus, omega, dimension=2)
    expected = rayleigh_coefficient(disorder, bulk_modulus, dimension=2) * omega**2
    np.testing.assert_allclose(spectrum.self_energy.imag, expected, rtol=1e-3)
    shear = 1.0 - static_self_energy(disorder, bulk_modulus, dimension=2).real
    np.testing.assert_allclose(spectrum.attenuation, omega * expected / shear, rtol=1e-3)
    np.testing.assert_allclose(spectrum.reduced_density, 1.0, rtol=1e-5)


def test_small_disorder_damps_as_the_born_approximation_says():
    # Golden rule in first order of gamma: Im Sigma = pi gamma omega^2 (1 + (2/d) M^-2) at d = 2 with bare moduli.
    omega, disorder = np.array([0.02, 0.05, 0.1]), 1e-5
    spectrum = heterogeneous_elasticity(disorder, 1.0, omega, dimension=2)
    np.testing.assert_allclose(spectrum.self_energy.imag, math.pi * disorder * omega**2 * 1.25, rtol=1e-3)


def test_in_two_dimensions_the_critical_medium_keeps_debye_waves():
    # Type-I modes go as omega^2 (times a logarithm) and waves as omega: the waves have the lowest frequencies.
    omega = np.array([1e-6, 1e-5, 1e-4])
    spectrum = heterogeneous_elasticity(critical_disorder(1.0, dimension=2).disorder, 1.0, omega, dimension=2)
    excess = spectrum.reduced_density - 1.0
    assert np.all(excess > 0.0)
    assert excess[-1] < 0.02
    # omega times a power of ln(1/omega) has a local exponent somewhat below 1; it would be 0 if g ~ omega^2 won.
    slope = np.diff(np.log(excess)) / np.diff(np.log(omega))
    assert np.all((slope > 0.8) & (slope < 1.0))


@pytest.mark.parametrize("dimension", [2, 3])
def test_a_critical_finite_sample_has_modes_as_omega_squared_in_any_dimension(dimension):
    critical = critical_disorder(1.0, dimension=dimension).disorder
    shells = wave_number_shells(20.0, dimension=dimension)
    omega = np.array([1e-5, 1e-4, 1e-3])
    density = heterogeneous_elasticity(critical, 1.0, omega, shells=shells, dimension=dimension).density_of_states
    np.testing.assert_allclose(np.diff(np.log(density)) / np.diff(np.log(omega)), 2.0, atol=1e-3)


def test_many_wave_vectors_are_the_infinite_medium():
    # Away from the shells' own peaks a large box with damping is the integral.
    omega = [0.3, 0.6]
    finite = heterogeneous_elasticity(0.15, 1.0, omega, shells=wave_number_shells(200.0), imaginary_part=0.02)
    infinite = heterogeneous_elasticity(0.15, 1.0, omega, imaginary_part=0.02)
    np.testing.assert_allclose(finite.self_energy, infinite.self_energy, rtol=2e-2)


@pytest.mark.parametrize(
    ("disorder", "bulk_modulus", "omega"),
    [(-0.1, 1.0, [1.0]), (0.1, -1.0, [1.0]), (0.1, 1.0, [0.0, 1.0]), (0.1, 1.0, [2.0, 1.0]), (math.nan, 1.0, [1.0])],
)
def test_impossible_parameters_are_refused(disorder, bulk_modulus, omega):
    with pytest.raises(RecipeError, match="cannot be used"):
        heterogeneous_elasticity(disorder, bulk_modulus, omega)


def test_shells_must_be_shares():
    with pytest.raises(RecipeError, match="shells"):
        heterogeneous_elasticity(0.1, 1.0, [1.0], shells=([0.5, 1.0], [0.5, 0.6]))
