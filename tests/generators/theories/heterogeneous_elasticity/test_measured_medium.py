"""The medium of a measured modulus: the static equation of the theory, and its stable branch."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import static_self_energy, tensor_factor
from bosonpeak.generators.theories.heterogeneous_elasticity.measured_medium import measured_medium


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 1.5), st.floats(0.2, 50.0), st.sampled_from([2, 3]))
def test_the_softened_modulus_is_the_measured_modulus(variance, ratio, dimension):
    medium = measured_medium(variance, ratio, dimension=dimension)
    if medium.is_stable:
        static = static_self_energy(medium.disorder, medium.bulk_modulus, dimension=dimension)
        assert static.imag == 0.0
        assert 1.0 - static.real == pytest.approx(medium.softening, abs=1e-6)
        assert medium.disorder < medium.critical
    # gamma is the variance over G0^2, and G = mu G0.
    assert medium.disorder == pytest.approx(tensor_factor(dimension) * variance * medium.softening**2)
    assert medium.bulk_modulus == pytest.approx(ratio * medium.softening)


def test_a_scalar_field_is_unstable_from_a_softening_by_one_half():
    stable, unstable = (measured_medium(3.0 * scaled, 1.0, scalar=True) for scaled in (0.99, 1.01))
    assert stable.is_stable
    assert not unstable.is_stable
    assert stable.bulk_modulus == math.inf
    assert measured_medium(3.0, 1.0, scalar=True).disorder == 0.25


def test_a_negative_variance_is_refused():
    with pytest.raises(RecipeError, match="no medium"):
        measured_medium(-0.1, 1.0)
