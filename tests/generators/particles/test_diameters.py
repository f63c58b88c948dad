"""Diameters against their exact distribution."""

import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.particles.diameters import sample_diameters


@pytest.mark.parametrize("exponent", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("method", ["random", "quantile"])
def test_diameters_follow_the_exact_distribution(method, exponent):
    drawn = np.sort(sample_diameters(4000, np.random.default_rng(8), method=method, exponent=exponent))
    if exponent == 1.0:
        exact = np.log(drawn / 0.73) / np.log(1.62 / 0.73)
    else:
        power = 1 - exponent
        exact = (drawn**power - 0.73**power) / (1.62**power - 0.73**power)
    empirical = (np.arange(4000) + 0.5) / 4000
    assert np.abs(exact - empirical).max() < (1e-12 if method == "quantile" else 1.63 / math.sqrt(4000))


def test_quantile_diameters_have_the_mean_of_the_distribution():
    drawn = sample_diameters(20000, np.random.default_rng(8), method="quantile")
    assert drawn.mean() == pytest.approx(2 / (1 / 0.73 + 1 / 1.62), abs=1e-7)


@pytest.mark.parametrize(
    "arguments", [{"method": "grid"}, {"smallest": 0.0}, {"smallest": 2.0}, {"exponent": -1.0}, {"exponent": math.nan}]
)
def test_impossible_distributions_are_refused(arguments):
    with pytest.raises(RecipeError):
        sample_diameters(10, np.random.default_rng(1), **arguments)
