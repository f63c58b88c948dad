import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from bosonpeak.validators.estimates.intervals import jackknife_interval, mean_interval, t_factor


def test_mean_interval_covers_at_its_nominal_level():
    generator = np.random.default_rng(1)
    trials = 4000
    hits = 0
    for values in generator.normal(2.0, 3.0, (trials, 5)):
        _, low, high = mean_interval(values)
        hits += low <= 2.0 <= high
    error = math.sqrt(0.95 * 0.05 / trials)
    assert abs(hits / trials - 0.95) < 4 * error


@given(arrays(np.float64, st.integers(3, 12), elements=st.floats(-1e3, 1e3)))
def test_jackknife_of_the_mean_is_the_student_t_interval(values):
    jackknifed = jackknife_interval(lambda chosen: float(values[chosen].mean()), len(values))
    assert jackknifed == pytest.approx(mean_interval(values), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_samples_give_no_interval(count):
    _, low, high = mean_interval(np.ones(count))
    assert math.isnan(low)
    assert math.isnan(high)


def test_t_factor_is_the_tabulated_quantile():
    # Student's table, 95 % two-sided, 4 degrees of freedom.
    assert t_factor(5) == pytest.approx(2.776, abs=5e-4)
    assert t_factor(10_000) == pytest.approx(stats.norm.ppf(0.975), rel=1e-3)
