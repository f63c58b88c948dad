"""Shapes with groups left out, by series and one by one."""

import numpy as np
import pytest

from bosonpeak.validators.power_laws.lowest_mode import shapes_without_each, weibull_shape


@pytest.mark.parametrize("shape", [0.8, 3.0, 20.0])
@pytest.mark.parametrize(("values", "groups"), [(3, 3), (40, 8), (1200, 400)])
def test_leaving_out_from_one_pass_is_leaving_out_one_by_one(values, groups, shape):
    generator = np.random.default_rng(values)
    logarithm, group = np.log(generator.weibull(shape, values)), generator.permutation(np.arange(values) % groups)
    repulsion = 0.3 + 0.1 * generator.random(groups)
    alone = [weibull_shape(logarithm[group != one], repulsion[one]) for one in range(groups)]
    assert shapes_without_each(logarithm, group, repulsion) == pytest.approx(alone, rel=1e-11)


def test_repulsions_too_far_apart_for_a_series_are_no_obstacle():
    logarithm, group = np.log(np.random.default_rng(1).weibull(3.0, 200)), np.arange(200) // 40
    repulsion = np.array([0.0, 0.1, 5.0, 0.0, 30.0])
    alone = [weibull_shape(logarithm[group != one], repulsion[one]) for one in range(5)]
    assert shapes_without_each(logarithm, group, repulsion) == pytest.approx(alone, rel=1e-11)


def test_equal_values_have_no_shape():
    logarithm = np.zeros(6)
    logarithm[0] = -1.0
    found = shapes_without_each(logarithm, np.arange(6) // 2)
    assert np.isinf(found[0])
    assert np.isfinite(found[1:]).all()
