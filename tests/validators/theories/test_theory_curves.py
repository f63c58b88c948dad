"""Slopes, maxima and ranges of curves whose exponents are known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.theories.theory_curves import holds_up_to, local_slopes, maximum, rise, slope_in_window

X = np.geomspace(1e-3, 1.0, 61)


@given(st.floats(-6.0, 6.0), st.floats(1e-3, 1e3))
def test_a_power_law_has_one_slope(exponent, amplitude):
    found = slope_in_window("s", X, [amplitude * X**exponent], (1e-2, 1e-1))
    assert found.value == pytest.approx(exponent, abs=1e-9)
    assert found.high - found.low < 1e-9


def test_the_limits_are_all_local_slopes_of_all_curves():
    bent = X**2 * (1.0 + X)
    found = slope_in_window("s", X, [X**2, bent], (1e-3, 1.0))
    assert found.low == pytest.approx(2.0, abs=1e-9)
    assert found.high == pytest.approx(local_slopes(X, bent)[-1])
    assert found.details["means"][1] == pytest.approx(2.0 + math.log(2.0 / 1.001) / math.log(1e3))


@pytest.mark.parametrize(("curve", "window"), [(X, (0.5, 0.51)), (X - 0.01, (1e-3, 1.0)), (np.zeros(61), (1e-2, 1.0))])
def test_too_few_points_and_curves_without_a_logarithm_are_refused(curve, window):
    with pytest.raises(NotApplicableError):
        slope_in_window("s", X, [curve], window)


def test_maximum_and_onset_of_a_bump():
    bump = 1.0 + np.exp(-0.5 * (np.log(X / 0.0347) / 0.5) ** 2)
    position, height = maximum(X, bump)
    assert position == pytest.approx(0.0347, rel=1e-3)
    assert height == pytest.approx(2.0, rel=1e-4)
    assert rise(X, bump, 1.5) == pytest.approx(0.0347 * math.exp(-0.5 * math.sqrt(2.0 * math.log(2.0))), rel=1e-2)


def test_noise_of_rounding_is_no_maximum():
    level = 1.0 + 1e-8 * np.cos(np.arange(61.0))
    assert math.isnan(maximum(X, level)[0])
    assert math.isnan(rise(X, level, 1.5))


def test_the_range_ends_where_the_slope_leaves_its_value():
    slopes = np.array([0.5, 0.52, 0.58, 0.7, 0.5])
    assert holds_up_to(np.arange(1.0, 7.0), slopes, 0.5, 0.1) == 4.0
    assert holds_up_to(np.arange(1.0, 7.0), slopes, 0.5, 0.3) == 6.0
    assert math.isnan(holds_up_to(np.arange(1.0, 7.0), slopes, 0.0, 0.1))
