import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from bosonpeak.datasets import open_dataset
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
    found = participation_ratio(np.stack([np.ones(nodes), wave, single]), dimension=1)
    assert found == pytest.approx([1.0, 2.0 / 3.0, 1.0 / nodes])


def test_a_gaussian_random_wave_has_one_third():
    vectors = np.random.default_rng(0).standard_normal((20, 20_000))
    assert participation_ratio(vectors, dimension=1).mean() == pytest.approx(1.0 / 3.0, abs=3e-3)


@given(st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_bounds_and_invariance_under_rotation_of_each_particle(dimension, seed):
    generator = np.random.default_rng(seed)
    vectors = generator.standard_normal((2, 5, dimension))
    rotation = np.linalg.qr(generator.standard_normal((dimension, dimension)))[0]
    ratio = participation_ratio(vectors.reshape(2, -1), dimension=dimension)
    assert participation_ratio(vectors) == pytest.approx(ratio)
    assert participation_ratio(np.tile(vectors.reshape(2, -1), (4, 1, 1)), dimension=dimension) == pytest.approx(
        np.tile(ratio, (4, 1))
    )
    assert ((ratio >= 0.2 - 1e-12) & (ratio <= 1.0 + 1e-12)).all()
    assert participation_ratio((vectors @ rotation).reshape(2, -1), dimension=dimension) == pytest.approx(ratio)


def test_a_labelled_array_is_read_by_its_dimensions():
    vectors = np.random.default_rng(3).standard_normal((2, 4, 5, 3))
    ratio = participation_ratio(vectors)
    assert ratio.shape == (2, 4)
    dims = ("configuration", "low_mode", "particle", "axis")
    coordinates = {"configuration": [7, 9], "axis": ["x", "y", "z"], "particle": np.arange(5)}
    labelled = xr.DataArray(vectors, dims=dims, coords=coordinates, attrs={"units": "a"})
    for order in (dims, dims[::-1]):
        found = participation_ratio(labelled.transpose(*order))
        assert found.transpose("configuration", "low_mode").values == pytest.approx(ratio)
        assert found["configuration"].values.tolist() == [7, 9]
        assert set(found.coords) == {"configuration"}
        assert found.attrs["units"] == "1"
    scalar = xr.DataArray(vectors[..., 0], dims=("sample", "low_mode", "node"))
    assert participation_ratio(scalar).values == pytest.approx(participation_ratio(vectors[..., 0], dimension=1))
    assert participation_ratio(labelled.isel(configuration=0, low_mode=1)).item() == pytest.approx(ratio[0, 1])


def test_stored_ratios_are_those_of_the_stored_modes():
    """Components with nine significant bits are wrong by 2^-9 at most, hence the ratio by 8 times this."""
    glasses = open_dataset("glass/taper-2/T-0.20")
    modes, sample = glasses["eigenvector"], glasses["configuration_index"].values
    stored = glasses["participation_ratio"].values[sample, : modes.sizes["low_mode"]]
    assert participation_ratio(modes).values == pytest.approx(stored, rel=2.0**-6)
    assert participation_ratio(modes.values) == pytest.approx(stored, rel=2.0**-6)


@pytest.mark.parametrize("shape", [(2, 12), (12,), (2, 3, 12)])
def test_flat_modes_must_say_the_dimension(shape):
    with pytest.raises(NotApplicableError, match="components of a particle are unknown") as caught:
        participation_ratio(np.ones(shape))
    assert "dimension=3" in caught.value.likely_cause


def test_components_that_do_not_fit_are_refused():
    with pytest.raises(NotApplicableError, match="two particles or more"):
        participation_ratio(np.ones((2, 7)), dimension=3)
    with pytest.raises(NotApplicableError, match="two particles or more"):
        participation_ratio(np.ones((2, 1)), dimension=1)
    assert participation_ratio(np.ones((2, 7, 3)), dimension=3) == pytest.approx([1.0, 1.0])
    for wrong in (
        xr.DataArray(np.ones((2, 12)), dims=("mode", "component")),
        xr.Dataset({"eigenvector": ("node", [1.0, 2.0])}),
    ):
        with pytest.raises(NotApplicableError):
            participation_ratio(wrong)
    with pytest.raises(NotApplicableError, match="particle or node"):
        participation_ratio(xr.DataArray(np.ones((12, 3)), dims=("particle", "axis")), dimension=2)


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
