import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.levels.participation import (
    coordination_weight,
    local_weight,
    mean_participation,
    participation_ratio,
    participation_scaling,
)


def test_closed_forms():
    nodes = 240
    wave = np.cos(2 * np.pi * 7 * np.arange(nodes) / nodes)
    single = np.eye(nodes)[3]
    found = participation_ratio(np.stack([np.ones(nodes), wave, single]))
    assert found == pytest.approx([1.0, 2.0 / 3.0, 1.0 / nodes])


def test_a_gaussian_random_wave_has_one_third():
    vectors = np.random.default_rng(0).standard_normal((20, 20_000))
    assert participation_ratio(vectors).mean() == pytest.approx(1.0 / 3.0, abs=3e-3)


@given(st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_bounds_and_invariance_under_rotation_of_each_particle(dimension, seed):
    generator = np.random.default_rng(seed)
    vectors = generator.standard_normal((2, 5, dimension))
    rotation = np.linalg.qr(generator.standard_normal((dimension, dimension)))[0]
    ratio = participation_ratio(vectors.reshape(2, -1), dimension)
    assert ((ratio >= 0.2 - 1e-12) & (ratio <= 1.0 + 1e-12)).all()
    assert participation_ratio((vectors @ rotation).reshape(2, -1), dimension) == pytest.approx(ratio)


def ensemble(nodes, exponent, seed, samples=6):
    generator = np.random.default_rng(seed)
    ratio = nodes ** (exponent - 1.0) * 2.0 * np.exp(0.1 * generator.standard_normal((samples, 10)))
    return xr.Dataset({"participation_ratio": (("sample", "mode"), ratio)}, attrs={"degrees_of_freedom": nodes})


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_scaling_exponent_is_recovered(exponent):
    found = participation_scaling([ensemble(n, exponent, n) for n in (900, 3600, 14400)])
    assert found.low <= exponent <= found.high
    assert found.high - found.low < 0.2


def test_scaling_covers_at_its_nominal_level():
    trials = 300
    hits = 0
    for trial in range(trials):
        found = participation_scaling([ensemble(n, 1.0, 7919 * trial + n) for n in (900, 3600, 14400, 57600)])
        hits += found.low <= 1.0 <= found.high
    # The interval is conservative: its error never falls below the scatter's, even where the line fits well.
    assert hits / trials > 0.93


def test_two_sizes_are_not_enough():
    with pytest.raises(NotApplicableError, match="scaling"):
        participation_scaling([ensemble(n, 1.0, n) for n in (900, 3600)])


def test_local_weight_is_one_for_an_even_spread_and_sums_to_one():
    groups = np.array([3, 3, 4, 4, 4, 5])
    even = np.full((1, 6), 6**-0.5)
    assert np.nan_to_num(local_weight(even, groups, 6))[0, 3:] == pytest.approx(1.0)
    vector = np.random.default_rng(1).standard_normal((1, 6))
    vector /= np.linalg.norm(vector)
    share = np.bincount(groups, minlength=6) / 6
    assert np.nansum(local_weight(vector, groups, 6) * share) == pytest.approx(1.0)


def test_mean_participation_uses_the_window_only():
    data = xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), np.array([[0.1, 0.5, 0.9]] * 3)),
            "participation_ratio": (("sample", "mode"), np.array([[0.9, 0.4, 0.9]] * 3)),
        }
    )
    assert mean_participation(data, low=0.4, high=0.6).value == pytest.approx(0.4)
    with pytest.raises(NotApplicableError, match="no mode"):
        mean_participation(data, low=2.0, high=3.0)


def test_coordination_weight_averages_the_bins_of_the_window():
    weight = np.ones((4, 3, 5))
    weight[:, 1, 2] = [1.8, 2.0, 2.0, 2.2]
    weight[:, :, 0] = np.nan
    data = xr.Dataset(
        {"coordination_weight": (("sample", "frequency_bin", "coordination"), weight)},
        coords={"frequency_bin": [0.35, 0.45, 0.55]},
    )
    found = coordination_weight(data, low=0.4, high=0.5, coordination=2)
    assert found.value == pytest.approx(2.0)
    assert found.low < 2.0 < found.high
    for impossible in ({"low": 0.4, "high": 0.5, "coordination": 0}, {"low": 2.0, "high": 3.0, "coordination": 2}):
        with pytest.raises(NotApplicableError, match="no weight"):
            coordination_weight(data, **impossible)
