"""Position and height of the boson peak near the critical disorder."""

import math

import pytest

from bosonpeak import generators
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.theories.heterogeneous_elasticity.boson_peak import heterogeneous_elasticity_boson_peak
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import critical_disorder, critical_excess


@pytest.mark.parametrize("bulk_modulus", [0.5, math.inf])
def test_onset_and_maximum_vanish_with_their_own_powers(bulk_modulus):
    critical = critical_disorder(bulk_modulus).disorder
    one, two = (
        heterogeneous_elasticity_boson_peak(critical * (1.0 - distance), bulk_modulus) for distance in (1e-6, 1e-7)
    )
    assert math.log10(one.onset / two.onset) == pytest.approx(0.5, abs=0.01)
    assert math.log10(one.frequency / two.frequency) == pytest.approx(0.25, abs=0.01)
    assert two.height == pytest.approx(critical_excess(bulk_modulus), rel=1e-3)


def test_the_peak_grows_and_softens_with_disorder():
    peaks = [
        heterogeneous_elasticity_boson_peak(share * critical_disorder(1.0).disorder, 1.0)
        for share in (0.1, 0.5, 0.9, 0.99)
    ]
    assert [peak.frequency for peak in peaks] == sorted((peak.frequency for peak in peaks), reverse=True)
    assert [peak.height for peak in peaks] == sorted(peak.height for peak in peaks)
    assert all(peak.onset < peak.frequency for peak in peaks)


def test_in_two_dimensions_the_maximum_stays_where_the_critical_medium_has_it():
    # Waves, g ~ omega, outweigh type-I modes, g ~ omega^2, at the lowest frequencies of the critical medium too.
    critical = critical_disorder(1.0, dimension=2).disorder
    peaks = [
        heterogeneous_elasticity_boson_peak(critical * (1.0 - distance), 1.0, dimension=2)
        for distance in (0.5, 1e-2, 1e-4, 1e-6)
    ]
    assert [peak.frequency for peak in peaks] == sorted((peak.frequency for peak in peaks), reverse=True)
    assert peaks[-1].frequency == pytest.approx(peaks[-2].frequency, rel=0.02)
    assert all(1.0 < peak.height < 1.2 for peak in peaks)


def test_an_unstable_medium_has_none():
    with pytest.raises(RecipeError, match="no boson peak"):
        heterogeneous_elasticity_boson_peak(0.3, math.inf)


def test_the_former_name_warns():
    with pytest.warns(
        DeprecationWarning, match="is now bosonpeak.generators.theories.heterogeneous_elasticity_boson_peak"
    ):
        former = generators.boson_peak
    assert former is heterogeneous_elasticity_boson_peak
    assert "boson_peak" not in dir(generators)
