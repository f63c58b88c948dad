"""Sequences with independent spacings of an adjustable repulsion: limits in closed form, and a simulated one."""

import math

import numpy as np
import pytest

from bosonpeak.validators.levels.reference_levels import STRONGEST, dispersion_of, no_level_within, repulsion_of


def test_independent_levels_are_poisson():
    for mean_count in (0.1, 0.8, 2.0):
        assert dispersion_of(0.0, mean_count) == pytest.approx(1.0, abs=1e-4)


def test_short_intervals_hold_one_level_or_none():
    assert dispersion_of(1.0, 0.02) == pytest.approx(1.0 - 0.02, abs=1e-3)


def test_wigner_spacings():
    np.testing.assert_allclose(no_level_within(np.array([0.5, 1.0]), 1.0), np.exp(-math.pi / 4 * np.array([0.25, 1.0])))


def test_counts_of_a_simulated_sequence():
    generator = np.random.default_rng(1)
    repulsion = 0.5
    spacing = generator.exponential(size=400_000) ** (1 / (1 + repulsion)) / math.gamma(
        (2 + repulsion) / (1 + repulsion)
    )
    place = np.cumsum(spacing)
    start = np.arange(1.0, place[-1] - 3.0, 1.7)
    counts = np.searchsorted(place, start + 0.8) - np.searchsorted(place, start)
    assert counts.var() / counts.mean() == pytest.approx(dispersion_of(repulsion, 0.8), abs=0.01)


def test_the_repulsion_comes_back_and_ends_where_it_cannot_be_told():
    for repulsion in (0.3, 1.0, 1.7):
        assert repulsion_of(dispersion_of(repulsion, 0.8), 0.8) == pytest.approx(repulsion, abs=0.01)
    assert repulsion_of(1.3, 0.8) == 0.0
    assert repulsion_of(0.0, 0.8) == STRONGEST
