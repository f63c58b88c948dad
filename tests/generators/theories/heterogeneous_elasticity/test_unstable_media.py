"""Levels of both signs: agreement with the stable solver, normalisation, levels below zero."""

import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import (
    critical_disorder,
    static_self_energy,
)
from bosonpeak.generators.theories.heterogeneous_elasticity.self_consistent_born import heterogeneous_elasticity
from bosonpeak.generators.theories.heterogeneous_elasticity.unstable_media import level_density


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99, 1.5])
def test_at_positive_eigenvalues_the_levels_are_the_modes(dimension, share):
    disorder = share * critical_disorder(1.0, dimension=dimension).disorder
    omega = np.array([0.02, 0.3, 0.8, 1.2])
    levels = level_density(disorder, 1.0, omega**2, dimension=dimension).level_density
    modes = heterogeneous_elasticity(disorder, 1.0, omega, dimension=dimension).density_of_states
    np.testing.assert_allclose(2.0 * omega * levels, modes, atol=1e-9)


@pytest.mark.parametrize("dimension", [2, 3])
def test_only_unstable_media_have_negative_levels_and_all_levels_are_one(dimension):
    critical = critical_disorder(1.0, dimension=dimension).disorder
    places = np.concatenate([-np.geomspace(2.0, 1e-6, 300), np.geomspace(1e-6, 4.0, 2000)])
    negative = []
    for share in (0.9, 1.1, 1.5):
        levels = level_density(share * critical, 1.0, places, dimension=dimension).level_density
        assert np.all(levels > -1e-12)
        assert np.trapezoid(levels, places) == pytest.approx(1.0, abs=5e-4)
        negative.append(np.trapezoid(levels[:300], places[:300]))
    assert negative[0] < 1e-9
    assert 1e-3 < negative[1] < negative[2] < 0.1


def test_next_to_zero_the_self_energy_is_the_static_solution():
    disorder = 1.3 * critical_disorder(2.0).disorder
    static = static_self_energy(disorder, 2.0)
    for side in (-1e-8, 1e-8):
        assert level_density(disorder, 2.0, [side]).self_energy[0] == pytest.approx(static, abs=1e-4)


@pytest.mark.parametrize(("disorder", "place"), [(-0.1, 0.5), (0.1, 0.0), (0.1, math.nan)])
def test_impossible_media_and_eigenvalues_are_refused(disorder, place):
    with pytest.raises(RecipeError, match="cannot be used"):
        level_density(disorder, 1.0, [place])
