"""Stress distributions of potentials against closed forms, and against stresses that are counted."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gamma

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.glasses.pair_stresses import cutoff_stress_counts
from bosonpeak.generators.particles.diameters import LARGEST, SMALLEST
from bosonpeak.generators.particles.potentials import Harmonic, InversePower, LennardJones
from bosonpeak.generators.theories.heterogeneous_elasticity.stress_law import (
    local_exponent,
    off_diagonal_law,
    orientation_factors,
    pair_stress_law,
)

MINIMUM = 2.0 ** (1.0 / 6.0)


def exponent_at(potential, stress, **options):
    grid = stress * np.geomspace(0.99, 1.01, 3)
    return 5.0 + 2.0 * float(local_exponent(grid, pair_stress_law(potential, grid, **options))[1])


@pytest.mark.parametrize(("taper", "limit"), [(2, 4.0), (3, 3.0 + 2.0 / 3.0), (4, 3.5), (6, 3.0 + 1.0 / 3.0)])
def test_tapers_have_the_exponents_of_table_1(taper, limit):
    assert exponent_at(InversePower(taper=taper), 1e-20) == pytest.approx(limit, abs=0.01)


@settings(max_examples=15, deadline=None)
@given(st.integers(4, 20), st.sampled_from([2, 3, 5]), st.floats(1.7, 3.0))
def test_the_limit_does_not_depend_on_the_repulsion_or_the_cutoff(n, taper, cutoff):
    assert exponent_at(InversePower(n, cutoff, taper), 1e-20) == pytest.approx(3.0 + 2.0 / taper, abs=0.02)


def test_the_exponential_taper_has_a_logarithm():
    # The gap is 1/(2 L), L = ln(A/sigma) + 2 ln L, and dN/d ln sigma ~ 1/L^2: alpha + 1 = 2/L to leading order.
    for stress in (1e-20, 1e-60, 1e-120):
        leading = 4.0 / math.log(1.0 / stress)
        assert exponent_at(InversePower(taper=math.inf), stress) - 3.0 == pytest.approx(leading, rel=0.12)


@pytest.mark.parametrize("truncation", ["hard", "shifted"])
def test_a_minimum_alone_makes_five(truncation):
    assert exponent_at(LennardJones(truncation=truncation), 1e-6) == pytest.approx(5.0, abs=1e-3)


def test_at_a_minimum_the_density_is_the_inverse_curvature():
    stress = np.array([1e-8])
    found = pair_stress_law(LennardJones(truncation="hard"), stress)
    # r0^2 phi''(r0) = 72, and both sides of the minimum count.
    assert found[0] == pytest.approx(2.0 * MINIMUM**3 / 72.0, rel=1e-6)


def near_minimum(distance):
    return np.where(distance < 1.4, 20.0, 0.0)


def test_the_minimum_is_outnumbered_by_a_smooth_cutoff():
    # sigma^(-1/2) against a constant, and a tail of weak attraction besides: twenty times as many pairs do not help.
    potential = LennardJones(truncation="tapered", taper=2)
    stress = np.geomspace(1e-12, 1e-2, 11)
    minimum = pair_stress_law(potential, stress, pair_distribution=near_minimum)
    everything = pair_stress_law(potential, stress, pair_distribution=lambda r: np.where(r < 1.4, 20.0, 1.0))
    share = minimum / everything
    assert np.all(share < 0.05)
    assert np.all(np.diff(share) > 0.0)
    assert exponent_at(potential, 1e-12) == pytest.approx(4.0, abs=0.01)
    assert exponent_at(potential, 1e-6, pair_distribution=near_minimum) == pytest.approx(5.0, abs=0.01)


def test_sides_add_up_and_repulsion_has_no_tension():
    stress = np.geomspace(1e-6, 1.0, 20)
    sides = [pair_stress_law(LennardJones(), stress, side=side) for side in ("tension", "compression", "both")]
    np.testing.assert_allclose(sides[0] + sides[1], sides[2])
    assert np.all(pair_stress_law(InversePower(), stress, side="tension") == 0.0)


def test_harmonic_spheres_in_closed_form():
    # sigma = x (1 - x) up to 1/4, on the branch x > 1/2 and, down to the closest approach, on the other one.
    stress = np.array([0.01, 0.1, 0.2])
    x = 0.5 * (1.0 + np.sqrt(1.0 - 4.0 * stress))
    expected = x**2 / (2.0 * x - 1.0)
    other = 1.0 - x
    expected += np.where(other > 0.4, other**2 / (2.0 * x - 1.0), 0.0)
    np.testing.assert_allclose(pair_stress_law(Harmonic(), stress), expected, rtol=2e-4)
    np.testing.assert_allclose(
        pair_stress_law(Harmonic(), stress[:1], dimension=2), x[:1] / (2.0 * x[:1] - 1.0), rtol=1e-5
    )


def test_the_density_integrates_to_the_pairs_in_the_shell():
    grid = np.geomspace(1e-14, 1e7, 4000)
    density = pair_stress_law(InversePower(), grid)
    assert np.trapezoid(density * grid, np.log(grid)) == pytest.approx((1.955**3 - 0.4**3) / 3.0, rel=1e-4)


def test_moments_of_the_orientation_factor():
    factor, share = orientation_factors()
    for power in (1.0, 2.0, -0.5):
        polar = math.sqrt(math.pi) * gamma(power + 1.0) / (2.0 * gamma(power + 1.5))
        azimuthal = gamma(0.5 * (power + 1.0)) / (math.sqrt(math.pi) * gamma(0.5 * power + 1.0))
        assert np.sum(share * factor**power) == pytest.approx(0.5**power * polar * azimuthal, rel=5e-3)


def test_components_of_the_tapered_cutoff_agree_with_the_other_quadrature():
    # The same law with the paper's diameters, whose pairs have energies a_ij^12, by a histogram.
    rank = (np.arange(48) + 0.5) / 48
    diameter = (SMALLEST**-2 + rank * (LARGEST**-2 - SMALLEST**-2)) ** -0.5
    sizes = 0.5 * (diameter[:, None] + diameter[None, :])
    share, edges = np.histogram(sizes.ravel(), bins=24)
    centre = 0.5 * (edges[1:] + edges[:-1])
    stress = np.geomspace(1e-9, 1e-7, 21)

    def density(grid):
        return pair_stress_law(InversePower(), grid, pair_sizes=centre, shares=share / share.sum())

    middle = np.sqrt(stress[1:] * stress[:-1])
    ratio = off_diagonal_law(density, middle) * np.diff(stress) / cutoff_stress_counts(InversePower(), stress)
    np.testing.assert_allclose(ratio / ratio.mean(), 1.0, atol=0.02)


@pytest.mark.parametrize(
    ("stress", "options"), [([0.0], {}), ([1.0], {"pair_sizes": [-1.0]}), ([1.0], {"dimension": 4})]
)
def test_impossible_stresses_are_refused(stress, options):
    with pytest.raises(RecipeError, match="cannot be used"):
        pair_stress_law(InversePower(), stress, **options)
