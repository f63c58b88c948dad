"""Differences of exponents between ensembles of the same chains: known differences, and noise that both share."""

import math

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators import exponent
from bosonpeak.validators.power_laws import paired_exponent_difference

CHAINS, GLASSES, MODES = 20, 50, 3
WINDOW = (0.3, 0.55)


def ensemble(uniform, s):
    """Modes in the window from omega^s, at given quantiles, and one above it in each glass."""
    low, high = (end ** (s + 1.0) for end in WINDOW)
    modes = np.sort((low + (high - low) * uniform) ** (1.0 / (s + 1.0)), axis=1)
    modes = np.append(modes, np.full((len(modes), 1), 0.9), axis=1)
    return xr.Dataset(
        {"eigenfrequency": (("sample", "mode"), modes), "first_phonon": ("sample", np.ones(len(modes)))},
        coords={"chain": ("sample", np.repeat(np.arange(CHAINS), len(modes) // CHAINS))},
    )


def pair(seed, s, other, shared):
    """Two ensembles in which a share of the modes has the same quantiles."""
    generator = np.random.default_rng(seed)
    size = (CHAINS * GLASSES, MODES)
    first, second = generator.random(size), generator.random(size)
    return ensemble(first, s), ensemble(np.where(generator.random(size) < shared, first, second), other)


@pytest.mark.parametrize(
    ("s", "other", "shared"),
    [
        (3.0, 3.0, 0.8),
        (2.5, 2.2, 0.0),
        *(pytest.param(*case, marks=pytest.mark.slow)
          for case in ((3.0, 3.0, 0.0), (2.5, 2.2, 0.8), (2.0, 3.0, 0.0), (2.0, 3.0, 0.8))),
    ],
)  # fmt: skip
def test_a_known_difference_is_held_as_often_as_it_says(s, other, shared):
    seeds = np.random.SeedSequence(int(100 * s + other)).spawn(200)
    found = [
        paired_exponent_difference(first, reference=second, window=WINDOW)
        for first, second in (pair(seed, s, other, shared) for seed in seeds)
    ]
    limits = np.array([each.details["interval_without_gates"] for each in found])
    held = np.mean((limits[:, 0] <= s - other) & (s - other <= limits[:, 1]))
    assert 0.9 <= held <= 0.99
    error = np.std([each.value for each in found])
    assert np.mean([each.value for each in found]) == pytest.approx(s - other, abs=4 * error / math.sqrt(len(found)))
    assert np.mean([each.details["variance_shared"] for each in found]) == pytest.approx(shared, abs=0.12)


def test_what_both_share_leaves_the_error():
    first, second = pair(1, 3.0, 3.0, 0.9)
    found = paired_exponent_difference(first, reference=second, window=WINDOW)
    alone = [exponent(each, window=WINDOW) for each in (first, second)]
    apart = math.hypot(*((each.high - each.low) / 2 for each in alone))
    assert found.high - found.value < 0.5 * apart
    assert found.value == pytest.approx(alone[0].value - alone[1].value)
    assert found.n == CHAINS


def test_an_exchange_changes_the_sign_alone():
    first, second = pair(2, 3.0, 2.0, 0.5)
    there = paired_exponent_difference(first, reference=second, window=WINDOW)
    back = paired_exponent_difference(second, reference=first, window=WINDOW)
    np.testing.assert_allclose([back.low, back.value, back.high], [-there.high, -there.value, -there.low], rtol=1e-12)


def test_chains_that_only_one_has_are_left_out():
    first, second = pair(3, 3.0, 2.5, 0.5)
    here, there = first.isel(sample=first["chain"] < 15), second.isel(sample=second["chain"] >= 4)
    both = [each.isel(sample=(each["chain"] >= 4) & (each["chain"] < 15)) for each in (first, second)]
    found = paired_exponent_difference(here, reference=there, window=WINDOW)
    assert found.n == 11
    assert found.value == paired_exponent_difference(both[0], reference=both[1], window=WINDOW).value
    with pytest.raises(NotApplicableError, match="too few chains") as error:
        paired_exponent_difference(here.isel(sample=here["chain"] < 6), reference=there, window=WINDOW)
    assert error.value.got == "2"


def test_a_gate_on_either_side_leaves_the_difference_open():
    first, second = pair(4, 3.0, 3.0, 0.5)
    modes = second["eigenfrequency"]
    hollow = second.assign(eigenfrequency=modes.where((modes < 0.4) | (modes > 0.5), modes + 0.2).copy())
    hollow["eigenfrequency"].values.sort(axis=1)
    assert "curvature" in exponent(hollow, window=WINDOW).details["gates"]
    found = paired_exponent_difference(first, reference=hollow, window=WINDOW)
    assert not found.has_interval
    assert any(each.startswith("the other: curvature") for each in found.warnings)
    assert np.isfinite(found.details["interval_without_gates"]).all()


def test_without_modes_in_the_window_there_is_no_difference():
    first, second = pair(5, 3.0, 3.0, 0.5)
    found = paired_exponent_difference(
        first, reference=second.assign(eigenfrequency=second["eigenfrequency"] + 1.0), window=WINDOW
    )
    assert math.isnan(found.value)
    assert not found.has_interval
    assert any(each.startswith("the other: too few modes") for each in found.warnings)
