"""The gap of a finite sample, and the square root above it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.theories.heterogeneous_elasticity.finite_samples import spectral_gap, wave_number_shells
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import critical_disorder
from bosonpeak.generators.theories.heterogeneous_elasticity.self_consistent_born import heterogeneous_elasticity


def test_the_smallest_boxes_have_the_shells_that_one_can_count():
    wave_number, weight = wave_number_shells(2.0 * math.pi * 2.1)
    np.testing.assert_allclose(wave_number * 2.1, np.sqrt([1.0, 2.0, 3.0, 4.0]))
    np.testing.assert_allclose(weight * 32.0, [6.0, 12.0, 8.0, 6.0])


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from([8.0, 15.0, 31.0]),
    st.floats(0.05, 0.98),
    st.sampled_from([0.0, 1.0, math.inf]),
    st.sampled_from([2, 3]),
)
def test_nothing_lies_below_the_edge_and_a_square_root_above(box, share, bulk_modulus, dimension):
    disorder = share * critical_disorder(bulk_modulus, dimension=dimension).disorder
    gap = spectral_gap(disorder, bulk_modulus, box, dimension=dimension)

    def spectrum(eigenvalues):
        shells = wave_number_shells(box, dimension=dimension)
        return heterogeneous_elasticity(
            disorder, bulk_modulus, np.sqrt(eigenvalues), shells=shells, dimension=dimension
        )

    assert np.all(spectrum(gap.eigenvalue * np.linspace(0.05, 1.0 - 1e-9, 12)).density_of_states == 0.0)
    distance = np.array([1e-7, 1e-6, 1e-5]) * gap.eigenvalue
    above = spectrum(gap.eigenvalue + distance)
    np.testing.assert_allclose(above.self_energy.imag, gap.amplitude * np.sqrt(distance), rtol=5e-3)
    assert gap.eigenvalue < gap.first_wave


def test_the_edge_is_the_expanded_one_near_criticality_and_the_first_wave_far_from_it():
    critical = critical_disorder(1.0).disorder
    near, far = spectral_gap(0.9999 * critical, 1.0, 40.0), spectral_gap(0.001 * critical, 1.0, 40.0)
    assert near.eigenvalue == pytest.approx(near.expanded, rel=1e-3)
    assert near.eigenvalue < 0.01 * near.first_wave
    assert far.eigenvalue == pytest.approx(far.first_wave, rel=0.01)


def test_the_gap_closes_linearly():
    critical = critical_disorder(math.inf).disorder
    edges = [spectral_gap(critical * (1.0 - step), math.inf, 20.0).eigenvalue for step in (1e-4, 1e-5)]
    assert edges[0] / edges[1] == pytest.approx(10.0, rel=2e-3)


@pytest.mark.parametrize(("disorder", "box"), [(0.0, 20.0), (0.3, 20.0), (0.1, 5.0), (0.1, 1e4)])
def test_what_has_no_gap_is_refused(disorder, box):
    with pytest.raises(RecipeError, match="finite sample"):
        spectral_gap(disorder, 1.0, box)
