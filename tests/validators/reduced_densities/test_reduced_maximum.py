"""Boson peak: coverage at known truth, shapes outside the model, and spectra without a peak."""

import math

import numpy as np
import pytest
from scipy.special import ndtri

from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators import boson_peak, density_of_states

GRID = np.linspace(1e-3, 12.0, 20001)
LOGARITHM = np.log(GRID)
SHAPES = {
    "logarithmic normal": np.exp(-2.0 * LOGARITHM**2),
    "kink": np.exp(-np.abs(LOGARITHM) * np.where(LOGARITHM < 0.0, 2.0, 1.0)),
    "glass": GRID**2 / (1.0 + GRID**2) ** 2.2 * np.exp(-((GRID / 8.0) ** 2)),
    "peak over Debye": (1.0 + 1.5 * np.exp(-0.5 * ((GRID - 1.0) / 0.3) ** 2)) * (GRID < 5.0),
    "two peaks": np.exp(-8.0 * LOGARITHM**2) + 0.4 * np.exp(-12.5 * (LOGARITHM - math.log(3.0)) ** 2) + 0.05,
    "Debye": 1.0 * (GRID < 5.0),
    "falling": np.exp(-GRID),
    "rising": (1.0 + 0.3 * GRID**2) * (GRID < 4.0),
}


def spectra(shape, samples, modes, seed, dimension=3):
    below = np.cumsum(SHAPES[shape] * GRID ** (dimension - 1))
    uniform = np.random.default_rng(seed).random((samples, modes))
    return np.sort(np.interp(uniform, below / below[-1], GRID), axis=1)


@pytest.mark.parametrize(("centre", "width", "height"), [(0.4, 0.1, 1.0), (0.6, 0.15, 1.0), (0.5, 0.1, 2.0)])
def test_a_narrow_peak_on_a_debye_level_is_where_it_is_for_many_modes_and_for_curves(centre, width, height):
    grid = np.linspace(1e-3, 2.0, 20001)
    reduced = 1.0 + height * np.exp(-0.5 * ((grid - centre) / width) ** 2)
    below = np.cumsum(reduced * grid**2)
    found = []
    for trial in range(20):
        uniform = np.random.default_rng((2, trial)).random((30, 3000))
        found.append(boson_peak(np.sort(np.interp(uniform, below / below[-1], grid), axis=1), dimension=3))
    assert sum(each.low <= centre <= each.high for each in found) >= 17  # P(fewer at 95 %) = 1.6 %
    assert np.mean([each.value for each in found]) == pytest.approx(centre, rel=0.02)
    curve = grid[::100], (reduced * grid**2)[::100]
    assert boson_peak(curve, dimension=3).value == pytest.approx(centre, rel=0.01)
    with_errors = boson_peak((*curve, 0.05 * curve[1]), dimension=3)
    assert with_errors.low < centre < with_errors.high


@pytest.mark.parametrize("shape", ["logarithmic normal", "kink", "glass", "peak over Debye", "two peaks"])
def test_intervals_cover_the_peak_whatever_its_shape(shape):
    truth, hits, trials = GRID[np.argmax(SHAPES[shape])], 0, 30
    for trial in range(trials):
        found = boson_peak(spectra(shape, 10, 2000, (1, trial)), dimension=3)
        # A peak that is not found is not a false interval; the search must find most of them.
        hits += math.isnan(found.value) or found.low <= truth <= found.high
    assert hits >= 27  # P(fewer at 95 %) = 1.6 %
    assert math.isfinite(found.low)


@pytest.mark.parametrize("shape", ["Debye", "falling", "rising"])
def test_spectra_without_a_peak_rarely_have_one(shape):
    found = [boson_peak(spectra(shape, 10, 1000, (2, trial)), dimension=3) for trial in range(40)]
    assert sum(math.isfinite(each.value) for each in found) <= 5  # P(more at 5 %) = 1.4 %
    none = next(each for each in found if math.isnan(each.value))
    assert none.warnings[0].startswith("no peak: no window of frequencies")
    assert not none.has_interval


@pytest.mark.parametrize("dimension", [2, 3])
def test_peak_scales_with_the_unit_of_frequency(dimension):
    rows = spectra("logarithmic normal", 10, 2000, 3, dimension)
    one, other = (boson_peak(each, dimension=dimension) for each in (rows, 2.0 * math.pi * rows))
    assert one.low < 1.0 < one.high
    assert other.value == pytest.approx(2.0 * math.pi * one.value, rel=1e-6)
    assert other.high == pytest.approx(2.0 * math.pi * one.high, rel=1e-6)


def test_height_and_width_are_those_of_the_curve():
    """ln r = -2 ln^2 omega has the half height at ln omega = +-sqrt(ln 2 / 2)."""
    width = 2.0 * math.sinh(math.sqrt(0.5 * math.log(2.0)))
    density = GRID**2 * SHAPES["logarithmic normal"]
    found = boson_peak((GRID[50:5000:10], density[50:5000:10]), dimension=3, debye_level=1e-9)
    assert found.value == pytest.approx(1.0, rel=1e-3)
    assert found.details["width"] == pytest.approx(width, rel=1e-2)
    assert found.details["height_over_debye"] == pytest.approx(1e9, rel=1e-3)
    assert not found.has_interval


def test_curve_with_errors_has_an_interval():
    places = np.linspace(0.2, 3.0, 60)
    density = places**2 * np.exp(-2.0 * np.log(places) ** 2)
    hits = 0
    for trial in range(40):
        noisy = density * (1.0 + 0.03 * np.random.default_rng((4, trial)).standard_normal(60))
        found = boson_peak((places, noisy, 0.03 * density), dimension=3)
        hits += found.low <= 1.0 <= found.high
    assert hits >= 36
    assert "errors of the curve" in found.method


def test_result_of_density_of_states_has_the_same_peak():
    rows = spectra("logarithmic normal", 10, 2000, 5)
    counted = boson_peak(rows, dimension=3)
    curve = boson_peak(density_of_states(rows, dimension=3, bins=np.linspace(0.0, 12.0, 241)))
    assert abs(curve.value - counted.value) < counted.high - counted.low


def test_one_sample_has_an_interval_and_says_how():
    uniform = (np.arange(3000) + 0.5) / 3000
    found = boson_peak(np.exp(0.5 * ndtri(uniform) + 0.75), dimension=3)
    assert found.low < 1.0 < found.high
    assert "independent modes" in found.method


def test_glasses_have_a_peak_far_above_debye_that_their_boxes_blur():
    found = boson_peak("glass/taper-2/T-0.20")
    assert 1.0 < found.value < 1.5
    assert found.details["height_low"] > 2.0
    assert found.n == 25
    assert "of the first phonon of the box" in found.warnings[0]


def test_networks_have_a_peak_and_their_crystal_has_none():
    found = boson_peak("network/spectra/situation-2/delta-0.3")
    assert 0.3 < found.low < 0.42 < found.high < 0.6
    assert math.isnan(boson_peak("network/spectra/crystal").value)


def test_shells_of_waves_are_no_peak():
    found = boson_peak("network/paper/situation-1/delta-0.0")
    assert math.isnan(found.value)
    assert "gaps up to 2, as of waves in a box" in found.warnings[0]


def test_lists_that_end_before_the_maximum_have_none():
    found = boson_peak("limit/taper-2/T-0.20")
    assert found.warnings == ("no peak: no window of frequencies above has a significantly lower reduced density",)


def test_few_modes_below_the_maximum_are_warned_of():
    rows = spectra("logarithmic normal", 200, 300, 6)
    found = boson_peak(rows, dimension=3)
    assert any("three lowest shells" in each for each in found.warnings) == (found.details["modes_below"] < 52)
    assert found.details["modes_below"] == pytest.approx((rows < found.value).sum() / 200, abs=1.0)


def test_unknown_dimension_and_too_short_curves_are_refused():
    with pytest.raises(NotApplicableError, match="dimension=2 or dimension=3"):
        boson_peak([1.0, 2.0, 3.0])
    with pytest.raises(NotApplicableError, match="beyond the known part"):
        boson_peak("limit/taper-2/T-0.20", low=2.0)
    with pytest.raises(NotApplicableError, match="at least 8 points"):
        boson_peak(([1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 2.0, 3.0, 2.0, 1.0]), dimension=3)


def test_blocks_of_samples_give_the_same_peak():
    data = open_dataset("glass/level-statistics", group="T-0.20")
    assert boson_peak(data.chunk(sample=9)) == boson_peak(data)
