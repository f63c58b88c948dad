"""Dynamical arrest: power laws of known T_d, coverage under noise, censoring, and every refusal."""

import math

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.glasses.arrest import arrest_temperature, swap_speed_up

ARREST, GAMMA = 0.17, 2.3
TEMPERATURES = np.array([1.0, 0.6, 0.4, 0.30, 0.28, 0.26, 0.24, 0.22, 0.205])


def power_law(temperature, arrest=ARREST, gamma=GAMMA):
    """A power law below T = 0.35 that the liquid joins from an Arrhenius law; tau/tau(1.0) = 12 at T = 0.3."""
    low = 1800.0 * ((0.3 - arrest) / np.maximum(temperature - arrest, 1e-12)) ** gamma
    return np.where(temperature < 0.35, low, 150.0 * np.exp(0.8 * (1.0 / temperature - 1.0)))


def noisy(replicas, seed, scale=0.1, temperature=TEMPERATURES):
    noise = np.random.default_rng(seed).standard_normal((replicas, len(temperature)))
    return power_law(temperature) * np.exp(scale * noise)


def liquid(temperature, time, swapped, bound=1e5, **attributes):
    """A dataset of the kind ``relaxation``, with as little as an outsider may bring."""
    times = np.stack([np.asarray(swapped, dtype=float), np.asarray(time, dtype=float)], axis=1)
    return xr.Dataset(
        {
            "relaxation_time": (("sample", "dynamics"), times),
            "relaxation_time_bound": (("sample", "dynamics"), np.full(times.shape, bound)),
            "swap_probability": ("dynamics", [0.2, 0.0]),
        },
        attrs={"temperature": temperature, "taper": "2", "equilibration_sweeps": 50_000, **attributes},
    )


def liquids(times, swapped=2000.0, **attributes):
    return [
        liquid(temperature, column, np.full(len(column), swapped), **attributes)
        for temperature, column in zip(TEMPERATURES, times.T, strict=True)
    ]


@pytest.mark.parametrize(("arrest", "gamma"), [(0.17, 2.3), (0.12, 3.0), (0.19, 1.7), (0.01, 4.0)])
def test_an_exact_power_law_gives_its_divergence(arrest, gamma):
    times = np.tile(power_law(TEMPERATURES, arrest, gamma), (3, 1))
    found = arrest_temperature(TEMPERATURES, relaxation_time=times, window=(10.0, 1e5))
    assert found.value == pytest.approx(arrest, abs=1e-6)
    assert found.high - found.low < 1e-6
    assert found.details["gamma"] == pytest.approx(gamma, rel=1e-4)
    assert found.details["reference_time"] == pytest.approx(150.0)
    assert found.window == (0.205, 0.30)
    assert found.details["rms_residual"] < 1e-6


@pytest.mark.parametrize("replicas", [4, 8])
def test_intervals_cover_the_true_divergence(replicas):
    trials, hits = 60, 0
    for seed in range(trials):
        found = arrest_temperature(TEMPERATURES, relaxation_time=noisy(replicas, seed))
        assert found.n == replicas
        hits += found.low <= ARREST <= found.high
    assert hits / trials > 0.95 - 4.0 * math.sqrt(0.95 * 0.05 / trials)


def test_more_replicas_tell_more():
    widths = [
        np.median(
            [
                np.ptp([(e := arrest_temperature(TEMPERATURES, relaxation_time=noisy(n, seed))).low, e.high])
                for seed in range(20)
            ]
        )
        for n in (4, 16)
    ]
    assert widths[1] < 0.6 * widths[0]


def test_order_and_unit_of_time_do_not_matter_and_temperature_scales():
    times = noisy(5, 1)
    found = arrest_temperature(TEMPERATURES, relaxation_time=times)
    shuffled = np.random.default_rng(2).permutation(len(TEMPERATURES))
    other = arrest_temperature(3.0 * TEMPERATURES[shuffled], relaxation_time=7.0 * times[:, shuffled])
    assert other.value == pytest.approx(3.0 * found.value, rel=1e-6)
    assert (other.low, other.high) == pytest.approx((3.0 * found.low, 3.0 * found.high), rel=1e-5)
    assert other.details["gamma"] == pytest.approx(found.details["gamma"], rel=1e-5)


def test_datasets_are_read_like_their_arrays():
    times = noisy(4, 3)
    from_data, from_arrays = arrest_temperature(liquids(times)), arrest_temperature(TEMPERATURES, relaxation_time=times)
    assert (from_data.value, from_data.low, from_data.high) == (from_arrays.value, from_arrays.low, from_arrays.high)


def test_a_temperature_with_one_censored_replica_is_left_out():
    times = noisy(4, 3)
    without = arrest_temperature(TEMPERATURES[:-1], relaxation_time=times[:, :-1])
    times[2, -1] = np.nan
    censored = arrest_temperature(TEMPERATURES, relaxation_time=times)
    assert (censored.value, censored.low, censored.high) == (without.value, without.low, without.high)
    assert censored.details["censored_temperatures"] == [0.205]
    assert len(censored.details["fitted_temperatures"]) == 5


def test_only_the_window_is_fitted():
    """Whatever happens outside 10 to 1000 times the reference changes nothing."""
    times = noisy(4, 3)
    bent = times.copy()
    bent[:, 1:3] *= 1.5
    bent = np.c_[bent, np.full(4, 1e9)]
    found = arrest_temperature(np.r_[TEMPERATURES, 0.2], relaxation_time=bent)
    assert found.value == arrest_temperature(TEMPERATURES, relaxation_time=times).value


def test_a_liquid_that_relaxes_below_its_arrest_is_reported():
    temperatures = np.r_[TEMPERATURES, 0.165]
    times = np.c_[noisy(4, 3, 0.02), np.full(4, 1e7)]
    found = arrest_temperature(temperatures, relaxation_time=times)
    assert any("relaxes below T_d at T = 0.165" in sentence for sentence in found.warnings)
    assert not any(
        "relaxes below" in sentence
        for sentence in arrest_temperature(TEMPERATURES, relaxation_time=times[:, :-1]).warnings
    )


def test_a_fit_that_ends_early_says_so():
    kept = TEMPERATURES > 0.215
    found = arrest_temperature(TEMPERATURES[kept], relaxation_time=noisy(4, 3, 0.02)[:, kept])
    assert any("slower liquids would lower T_d" in sentence for sentence in found.warnings)


def test_a_crossover_makes_the_result_depend_on_the_lowest_temperature():
    """A power law that gives way to a weaker slowing down, as in every real liquid."""
    temperatures = np.r_[TEMPERATURES[:-1], 0.19]
    times = np.c_[noisy(6, 3, 0.005)[:, :-1], np.full(6, 40_000.0)]
    found = arrest_temperature(temperatures, relaxation_time=times)
    assert found.value < ARREST - 0.01
    assert any("rests on the lowest temperature" in sentence for sentence in found.warnings)
    assert found.details["without_lowest"] == pytest.approx(ARREST, abs=0.01)


def test_liquids_that_were_not_equilibrated_are_left_out():
    times = noisy(4, 3)
    data = liquids(times)
    data[-1] = data[-1].assign_attrs(equilibration_sweeps=15_000)
    found = arrest_temperature(data)
    assert found.value == arrest_temperature(TEMPERATURES[:-1], relaxation_time=times[:, :-1]).value
    assert any("not equilibrated, left out: T = 0.205" in sentence for sentence in found.warnings)
    with pytest.raises(NotApplicableError, match="no liquid was equilibrated"):
        arrest_temperature(liquids(times, equilibration_sweeps=15_000))


def test_two_replicas_have_no_interval():
    found = arrest_temperature(TEMPERATURES, relaxation_time=noisy(2, 3))
    assert not found.has_interval
    assert math.isfinite(found.value)


def test_an_arrhenius_liquid_fits_a_power_law_but_is_recognised():
    """E/T bends enough for a divergence to be found where there is none."""
    times = np.exp(1.3 / TEMPERATURES) * noisy(4, 3, 0.01) / power_law(TEMPERATURES)
    found = arrest_temperature(TEMPERATURES, relaxation_time=times)
    assert 0.0 < found.low < found.high < 0.15
    assert any("Arrhenius' law" in sentence for sentence in found.warnings)
    fragile = arrest_temperature(TEMPERATURES, relaxation_time=noisy(4, 3, 0.01))
    assert not any("Arrhenius' law" in sentence for sentence in fragile.warnings)


def test_relaxation_times_that_do_not_bend_have_no_arrest():
    times = np.tile(np.exp(-20.0 * TEMPERATURES), (3, 1))
    with pytest.raises(NotApplicableError, match="do not bend towards a divergence"):
        arrest_temperature(TEMPERATURES, relaxation_time=times, window=(10.0, 1e9))


def _first_censored(times):
    times[0, 0] = np.nan
    return times


@pytest.mark.parametrize(
    ("temperature", "times", "text"),
    [
        (TEMPERATURES, np.full((4, 9), np.nan), "did not relax at its highest temperature"),
        (TEMPERATURES, _first_censored(noisy(4, 3)), "did not relax at its highest temperature"),
        (TEMPERATURES[:6], noisy(4, 3)[:, :6], "too few temperatures"),
        (TEMPERATURES, np.ones((4, 8)), "do not fit"),
        (TEMPERATURES, np.ones(9), "do not fit"),
        (TEMPERATURES, np.ones((0, 9)), "do not fit"),
        (np.r_[TEMPERATURES[:-1], 0.3], noisy(4, 3), "occurs twice"),
        (-TEMPERATURES, noisy(4, 3), "not above zero"),
        (TEMPERATURES, -noisy(4, 3), "not above zero"),
    ],
)
def test_arrays_that_cannot_be_used_are_refused(temperature, times, text):
    with pytest.raises(NotApplicableError, match=text):
        arrest_temperature(temperature, relaxation_time=times)


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda data: [], "no relaxation times"),
        (lambda data: TEMPERATURES, "no relaxation times"),
        (lambda data: [*data[:-1], data[-1].isel(sample=[0])], "different numbers of replicas"),
        (lambda data: [*data[:-1], data[-1].assign_attrs(taper="inf")], "different liquids"),
        (lambda data: [data[0].drop_attrs().assign_attrs(taper="2"), *data[1:]], "do not say their temperature"),
        (lambda data: [data[0].drop_vars("relaxation_time_bound"), *data[1:]], "no relaxation_time_bound"),
        (lambda data: [item.isel(dynamics=[0]) for item in data], "no one dynamics without swaps"),
    ],
)
def test_datasets_that_cannot_be_used_are_refused(build, text):
    with pytest.raises(NotApplicableError, match=text):
        arrest_temperature(build(liquids(noisy(4, 3))))


def test_speed_up_is_the_ratio_of_relaxation_times():
    ratio = np.array([1.0, 1.2, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0])
    swapped = noisy(6, 5)
    noise = np.exp(0.05 * np.random.default_rng(7).standard_normal(swapped.shape))
    data = [
        liquid(temperature, ratio[column] * swapped[:, column] * noise[:, column], swapped[:, column], bound=1e9)
        for column, temperature in enumerate(TEMPERATURES)
    ]
    found = swap_speed_up(data)
    assert found["temperature"].values.tolist() == sorted(TEMPERATURES, reverse=True)
    assert found["speed_up"].values == pytest.approx(ratio * np.exp(np.log(noise).mean(axis=0)))
    assert np.all((found["lower"] < found["speed_up"]) & (found["speed_up"] < found["upper"]))
    assert np.mean((found["lower"].values < ratio) & (ratio < found["upper"].values)) > 0.7
    assert not found["is_bound"].any()


def test_speed_up_of_a_liquid_that_did_not_relax_is_a_bound():
    data = [liquid(0.2, [4e4, np.nan, 6e4], [2000.0] * 3, bound=8e4), liquid(0.3, [1e3] * 3, [np.nan, 500.0, 500.0])]
    found = swap_speed_up(data)
    assert found["speed_up"].sel(temperature=0.2).item() == pytest.approx((4e4 * 8e4 * 6e4) ** (1 / 3) / 2000.0)
    assert found["is_bound"].values.tolist() == [False, True]
    assert math.isnan(found["lower"].sel(temperature=0.2).item())
    assert math.isnan(found["speed_up"].sel(temperature=0.3).item())
