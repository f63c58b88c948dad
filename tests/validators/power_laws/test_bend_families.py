"""Families of bends: each has its own interval, the average weighs them, and limits made by the prior are open."""

import json
import math

import numpy as np
import pytest
from scipy import integrate

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.power_laws.bend_families import FAMILIES, NARROW, _contents, limit_exponent_families
from bosonpeak.validators.power_laws.limit_exponent import limit_exponent

CHAINS = {500: 40, 1000: 80}


@pytest.fixture(scope="module")
def glasses(glasses_of):
    return lambda density, generator, **options: glasses_of(density, generator, CHAINS, **options)


def test_each_family_has_its_interval_and_the_average_weighs_them(glasses):
    modes = glasses(lambda x: x**4 / (1 + (x / 0.5) ** 2), np.random.default_rng(1))
    found = limit_exponent_families(**modes)
    rows = found.details["families"]
    assert [row["formula"] for row in rows] == [family.formula for family in FAMILIES]
    assert sum(row["weight"] for row in rows) == pytest.approx(1.0)
    assert max(row["log_likelihood"] for row in rows) == 0.0
    assert all(row["low"] < row["value"] for row in rows)
    assert max(row["value"] for row in rows) - min(row["value"] for row in rows) > 0.2
    assert found.low < 4.0
    assert min(row["value"] for row in rows) < found.value < max(row["value"] for row in rows)
    assert json.loads(json.dumps(found.details)) == found.details


def test_the_first_family_is_that_of_the_limit_exponent(glasses):
    modes = glasses(lambda x: x**3 / (1 + (x / 0.5) ** 4), np.random.default_rng(2))
    alone = limit_exponent(**modes)
    row = limit_exponent_families(**modes).details["families"][0]
    assert row["value"] == pytest.approx(alone.value, abs=0.07)
    assert row["low"] == pytest.approx(alone.low, abs=0.1)


def test_an_upper_limit_made_by_the_prior_is_open(glasses):
    """Few modes leave bends just above the lowest mode possible, and with them any exponent."""
    modes = glasses(lambda x: x**3 / (1 + (x / 0.4) ** 2), np.random.default_rng(3), times=0.15)
    found = limit_exponent_families(**modes)
    assert found.high == math.inf
    assert found.low < 3.0
    assert found.details["interval_without_gates"][1] is None
    assert any(row["high"] is None for row in found.details["families"])


def test_a_family_with_another_bend_than_the_truth_misses_and_the_average_does_not(glasses):
    modes = glasses(lambda x: x**4 * np.exp(-x / 0.4), np.random.default_rng(4), times=4.0)
    found = limit_exponent_families(**modes)
    rows = {row["formula"]: row for row in found.details["families"]}
    exponential = rows["exp(-(omega/w)^q)"]
    assert exponential["low"] < 4.0 < (exponential["high"] or math.inf)
    assert found.low < 4.0 < found.high


def test_a_mixture_is_a_misfit_and_few_modes_are_refused(glasses):
    mixed = limit_exponent_families(**glasses(lambda x: 0.2 * x**3 + x**5.5, np.random.default_rng(5), times=4.0))
    assert "misfit" in mixed.details["gates"]
    assert math.isnan(mixed.low)
    few = glasses(lambda x: x**3, np.random.default_rng(6))["data"][1][:20]
    with pytest.raises(NotApplicableError, match="too few modes"):
        limit_exponent_families(few, particles=1000, first_phonon=1.45)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.formula)
def test_contents_are_integrals_of_the_density_and_bends_vanish_far_below(family):
    edges = np.array([0.0, 0.3, 0.32, 0.9, 1.0])
    exponents, places, sharpnesses = np.array([1.5, 4.0]), np.array([0.5, 2.0]), np.array([1.0, 3.0])
    found = _contents(edges, family, exponents, places, sharpnesses)
    for s, w, q in np.ndindex(2, 2, 2):

        def density(x, s=exponents[s], w=places[w], q=sharpnesses[q]):
            return x**s * math.exp(float(family.bend(np.log(x / w), np.array(q), np.array(s))))

        exact = integrate.quad(density, 0.3, 0.32)[0]
        assert found[1, s, w, q] == pytest.approx(exact, rel=1e-8)
    assert float(family.bend(np.array(-30.0), np.array(1.0), np.array(3.0))) == pytest.approx(0.0, abs=1e-10)
    assert NARROW.axes(family.sharpnesses)[2][0] == family.sharpnesses[0]
