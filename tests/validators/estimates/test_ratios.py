import math

import numpy as np
import pytest

from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import t_factor
from bosonpeak.validators.estimates.ratios import difference_interval, ratio_interval


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
