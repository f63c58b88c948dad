import math

import numpy as np
import pytest

from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import t_factor
from bosonpeak.validators.estimates.ratios import difference_interval, quotient_limits, ratio_interval


def test_intervals_of_ratios_cover_the_truth():
    generator = np.random.default_rng(7)
    covered = 0
    for _ in range(400):
        wholes = generator.poisson(80.0, 30)
        value, low, high = ratio_interval(generator.binomial(wholes, 0.3), wholes)
        assert low < value < high
        covered += low <= 0.3 <= high
    assert covered / 400 == pytest.approx(0.95, abs=0.035)


def test_equal_wholes_make_a_ratio_a_mean():
    parts = np.array([1.0, 2.0, 4.0, 5.0])
    value, low, high = ratio_interval(parts, np.full(4, 2.0))
    half = t_factor(4) * parts.std(ddof=1) / 2.0 / 2.0
    assert (value, low, high) == pytest.approx((1.5, 1.5 - half, 1.5 + half))


def test_differences_add_the_distances_that_matter_in_quadrature():
    first, second = (
        Estimate("", value, low, high, 0.95, 9, "") for value, low, high in ((3.0, 2.0, 7.0), (1.0, -2.0, 3.0))
    )
    value, low, high = difference_interval(first, second)
    assert (value, low, high) == pytest.approx((2.0, 2.0 - math.hypot(1.0, 2.0), 2.0 + math.hypot(4.0, 3.0)))
    without = Estimate("", 1.0, math.nan, math.nan, 0.95, 9, "")
    assert all(math.isnan(limit) for limit in difference_interval(first, without)[1:])


def test_three_samples_are_enough_and_two_are_not():
    for level in (0.95, 0.68):
        parts = np.array([1.0, 2.0, 4.0])
        value, low, high = ratio_interval(parts, np.ones(3), level)
        half = t_factor(3, level) * parts.std(ddof=1) / math.sqrt(3.0)
        assert (value, low, high) == pytest.approx((7.0 / 3.0, 7.0 / 3.0 - half, 7.0 / 3.0 + half))
    assert ratio_interval([1.0, 2.0], [2.0, 2.0])[0] == 0.75
    assert all(math.isnan(limit) for limit in ratio_interval([1.0, 2.0], [2.0, 2.0])[1:])


@pytest.mark.parametrize("parts", [[0.0, 0.0, 3.0], [1.0, 0.0, 3.0]])
def test_where_one_sample_holds_all_there_is_no_interval(parts):
    value, low, high = ratio_interval(parts, [0.0, 0.0, 6.0])
    assert value == pytest.approx(sum(parts) / 6.0)
    assert not math.isfinite(low)
    assert not math.isfinite(high)


@pytest.mark.parametrize(
    ("first", "second"), [((2.0, 0.2), (1.0, 0.1)), ((-3.0, 1.0), (5.0, 2.0)), ((0.0, 1.0), (2.0, 0.5))]
)
def test_a_quotient_lies_where_the_difference_from_its_multiple_is_not_told_from_nought(first, second):
    """Fieller: the ends are those q for which first - q second is as far from 0 as its interval is wide."""
    here, there = (Estimate("", x, x - half, x + half, 0.95, 9, "") for x, half in (first, second))
    low, high = quotient_limits(here, there)
    assert low < first[0] / second[0] < high
    for end in (low, high):
        assert abs(first[0] - end * second[0]) == pytest.approx(math.hypot(first[1], end * second[1]))


@pytest.mark.parametrize("second", [(1.0, 1.0), (1.0, 2.0), (-3.0, 1.0), (1.0, math.nan)])
def test_no_quotient_by_what_may_be_nought(second):
    here, there = (Estimate("", x, x - half, x + half, 0.95, 9, "") for x, half in ((2.0, 0.5), second))
    assert all(math.isnan(limit) for limit in quotient_limits(here, there))
    without = Estimate("", 2.0, math.nan, math.nan, 0.95, 9, "")
    assert all(math.isnan(limit) for limit in quotient_limits(without, Estimate("", 2.0, 1.9, 2.1, 0.95, 9, "")))
