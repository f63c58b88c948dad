import json
import math

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.nulls.spectra import PowerLaw, correlated_power_law_spectra, power_law_spectra, rescaled
from bosonpeak.validators.power_laws.exponent_s import exponent, ungated_exponent
from bosonpeak.validators.power_laws.likelihood import (
    cumulants,
    independent_interval,
    log_likelihood,
    modes_to_separate,
    most_likely_power,
    unbiased_power,
)
from bosonpeak.validators.power_laws.low_mode_counts import reduced_cumulative_count

SPANS = (math.inf, math.log(2.0), math.log(0.55 / 0.3))


def depths(power, span, shape, seed):
    """ln(high / x) of independent modes of the power law x^(power - 1) on a window."""
    rank = np.random.default_rng(seed).random(shape)
    return -np.log1p(rank * math.expm1(-power * span)) / power


def clean(s=4.0, mean_count=1.0, **disturbance):
    return PowerLaw(exponent=s, mean_count=mean_count, **disturbance)


def independent(law, samples, seed):
    return power_law_spectra(law, samples, seed), np.arange(samples)


def gates_of(law, seed=0, samples=300, scale=1.0, **options):
    modes, chain = independent(law, samples, seed)
    found = exponent(modes, first_phonon=scale, chain=chain, **options)
    assert found.has_interval == (not found.details["gates"])
    return found.details["gates"]


def binomial_error(level, trials):
    return math.sqrt(level * (1.0 - level) / trials)


@pytest.mark.parametrize("power", [-3.0, -0.01, 0.0, 1e-6, 0.2, 5.0, 60.0])
def test_cumulants_are_moments_of_the_truncated_law(power):
    span = 0.7
    t = (np.arange(400_000) + 0.5) * span / 400_000
    weight = np.exp(-power * t)
    weight /= weight.sum()
    mean = np.sum(weight * t)
    found = cumulants(power, span)
    assert found.mean == pytest.approx(mean, rel=1e-6)
    assert found.variance == pytest.approx(np.sum(weight * (t - mean) ** 2), rel=1e-5)
    assert found.third == pytest.approx(np.sum(weight * (t - mean) ** 3), rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("span", SPANS[1:])
@pytest.mark.parametrize("power", [-20.0, -1.0, 0.0, 0.3, 5.0, 300.0])
def test_the_most_likely_power_inverts_the_mean(power, span):
    mean = cumulants(power, span).mean
    assert most_likely_power(7, 7 * mean, span) == pytest.approx(power, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("span", SPANS)
def test_the_most_likely_power_tops_the_likelihood(span):
    t = depths(4.0, span, 50, 1)
    best = float(most_likely_power(50, t.sum(), span))
    heights = [log_likelihood(best * factor, 50, t.sum(), span) for factor in (0.97, 1.0, 1.03)]
    assert heights[1] > max(heights[0], heights[2])


def test_the_one_sided_estimate_is_the_textbook_one():
    assert unbiased_power(21, 4.0, math.inf) == pytest.approx(20 / 4.0)


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("count", [8, 30, 300])
def test_independent_interval_covers_at_its_level_and_in_both_tails(span, count):
    power, trials = 5.0, 400
    totals = depths(power, span, (trials, count), 100 * count).sum(axis=1)
    limits = np.array([independent_interval(count, total, span) for total in totals])
    for missed in (power < limits[:, 0], power > limits[:, 1]):
        assert abs(missed.mean() - 0.025) < 4 * binomial_error(0.025, trials)


@pytest.mark.parametrize("span", SPANS)
def test_the_bias_lies_below_its_error(span):
    trials, count = 4000, 60
    powers = unbiased_power(count, depths(5.0, span, (trials, count), 3).sum(axis=1), span)
    assert abs(powers.mean() - 5.0) < 4 * powers.std() / math.sqrt(trials)


@pytest.mark.parametrize(("window", "s"), [("two-sided", 4.0), ("two-sided", 2.0), ("one-sided", 3.0)])
def test_ungated_intervals_of_independent_samples_cover(window, s):
    trials, hits, passed = 120, 0, 0
    for seed in range(trials):
        modes, chain = independent(clean(s, mean_count=3.0, highest=0.9), 100, seed)
        found = exponent(modes, first_phonon=1.0, chain=chain, window=window)
        passed += found.has_interval
        hits += found.low <= s <= found.high
    assert passed > 0.75 * trials
    assert abs(hits / passed - 0.95) < 4 * binomial_error(0.95, passed)


@pytest.mark.parametrize(("chains", "persistence"), [(3, 0.8), (10, 0.8), (10, 0.0)])
def test_intervals_of_correlated_chains_cover(chains, persistence):
    trials, hits, passed = 80, 0, 0
    law = clean(mean_count=3.0, highest=0.9)
    for seed in range(trials):
        modes, chain = correlated_power_law_spectra(law, chains, 120 // chains, persistence, seed)
        found = exponent(modes, first_phonon=1.0, chain=chain)
        passed += found.has_interval
        hits += found.low <= 4.0 <= found.high
        assert found.n == chains
    assert passed > 0.75 * trials
    assert hits / passed > 0.95 - 4 * binomial_error(0.95, passed)


def test_taking_correlated_samples_for_independent_covers_too_rarely():
    trials, hits = 60, 0
    for seed in range(trials):
        modes, _ = correlated_power_law_spectra(clean(mean_count=3.0, highest=0.9), 10, 12, 0.9, seed)
        low, high = exponent(modes, first_phonon=1.0, chain=np.arange(120)).details["interval_without_gates"]
        hits += low <= 4.0 <= high
    assert hits / trials < 0.8


def test_phonons_of_the_usual_width_do_no_harm():
    trials, hits, passed = 80, 0, 0
    law = clean(mean_count=1.0, phonon_count=12, phonon_width=0.08)
    for seed in range(trials):
        modes, chain = independent(law, 250, seed)
        found = exponent(modes, first_phonon=1.0, chain=chain)
        passed += found.has_interval
        hits += found.low <= 4.0 <= found.high
    assert passed > 0.75 * trials
    assert abs(hits / passed - 0.95) < 4 * binomial_error(0.95, passed)


@pytest.mark.parametrize(
    ("disturbance", "gate"),
    [
        ({"phonon_count": 12, "phonon_width": 0.05, "phonon_frequency": 0.66}, "phonon shell"),
        ({"phonon_count": 12, "phonon_width": 0.05, "phonon_frequency": 0.45}, "curvature"),
        ({"gap": 0.3}, "gap"),
        ({"gap": 0.4}, "curvature"),
        ({"gap": 0.4}, "windows disagree"),
    ],
)
def test_planted_disturbances_are_named(disturbance, gate):
    assert all(gate in gates_of(clean(mean_count=3.0, **disturbance), seed) for seed in range(5))


def test_a_wide_shell_is_named_by_its_leak():
    fired = [
        "phonon shell" in gates_of(clean(mean_count=0.5, phonon_count=12, phonon_width=0.15), seed)
        for seed in range(20)
    ]
    assert sum(fired) >= 3


def test_too_few_modes_are_named():
    assert "too few modes" in gates_of(clean(mean_count=0.02, phonon_count=12), samples=200)


@pytest.mark.parametrize("factor", [2 * np.pi, 1 / (2 * np.pi)])
def test_a_mistaken_two_pi_is_noticed(factor):
    modes, chain = independent(clean(mean_count=0.3, phonon_count=12, highest=4.0), 10, 3)
    found = exponent(rescaled(modes, factor), first_phonon=1.0, chain=chain)
    assert {"phonon scale", "too few modes"} & set(found.details["gates"])
    assert math.isnan(found.low)


def test_lists_of_the_lowest_modes_are_censored():
    modes, chain = independent(clean(mean_count=6.0), 200, 4)
    assert "censored" in exponent(modes[:, :5], first_phonon=1.0, chain=chain).details["gates"]
    assert "censored" not in exponent(modes, first_phonon=1.0, chain=chain).details["gates"]


def test_rounded_and_copied_frequencies_are_told_apart():
    modes, chain = independent(clean(mean_count=2.0), 200, 5)
    assert "ties" in exponent(np.round(modes, 2), first_phonon=1.0, chain=chain).details["gates"]
    doubled = np.concatenate([modes, modes])
    assert "duplicates" in exponent(doubled, first_phonon=1.0, chain=np.arange(400)).details["gates"]


def test_pooled_modes_get_the_weaker_interval_in_the_details_only():
    modes, _ = independent(clean(mean_count=2.0), 200, 6)
    found = exponent(modes[~np.isnan(modes)], first_phonon=1.0)
    assert found.details["gates"] == ["pooled"]
    low, high = found.details["interval_without_gates"]
    assert math.isnan(found.low)
    assert low < 4.0 < high


def test_two_chains_give_no_interval_and_unknown_chains_a_warning():
    modes, chain = correlated_power_law_spectra(clean(mean_count=3.0), 2, 60, 0.5, 7)
    assert "too few chains" in exponent(modes, first_phonon=1.0, chain=chain).details["gates"]
    assert any("no chain labels" in warning for warning in exponent(modes, first_phonon=1.0).warnings)


def test_an_exponent_with_an_interval_says_that_it_is_a_local_one():
    modes, _ = independent(clean(mean_count=3.0), 300, 6)
    chain = np.arange(300)
    found = exponent(modes, first_phonon=1.0, chain=chain, window=(0.3, 0.6))
    (warning,) = found.warnings
    assert found.has_interval
    assert warning.startswith("local exponent: s in [0.3, 0.6] omega_0 of a finite box, not s as omega -> 0")
    assert "limit_exponent" in warning
    without_interval = exponent(modes, first_phonon=1.0, chain=chain % 2)
    assert not any(each.startswith("local exponent") for each in without_interval.warnings)


def test_the_window_shrinks_as_modes_grow():
    highs = [
        exponent(independent(clean(mean_count=count), 100, 8)[0], first_phonon=1.0, chain=np.arange(100)).window[1]
        for count in (1.0, 10.0, 60.0)
    ]
    assert highs == [0.6, 0.55, 0.5]


def test_datasets_arrays_and_units_agree():
    modes, chain = independent(clean(mean_count=3.0), 150, 9)
    scale = np.full(150, 1.5)
    frequency = modes * 1.5
    data = xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), frequency),
            "first_phonon": ("sample", scale),
            "chain": ("sample", chain),
        }
    )
    found = exponent(data)
    assert found.value == pytest.approx(exponent(frequency, first_phonon=scale, chain=chain).value)
    assert found.value == pytest.approx(exponent(modes, first_phonon=1.0, chain=chain).value)
    assert found.value == ungated_exponent(data, window=found.window)
    assert json.loads(json.dumps(found.details)) == found.details


def softened_by_their_modes(s, samples, seed, coupling=0.02):
    """Modes from omega^s, and omega_0 of samples whose shear modulus falls by coupling/omega^2 for each of them."""
    generator = np.random.default_rng(seed)
    count = np.maximum(generator.poisson(4.0, samples), 1)
    modes = 1.2 * generator.random((samples, count.max())) ** (1.0 / (s + 1.0))
    modes = np.sort(np.where(np.arange(count.max()) < count[:, None], modes, np.nan), axis=1)
    modulus = 1.0 - np.nansum(coupling / modes**2, axis=1)
    return modes, np.sqrt(np.maximum(modulus, 0.05))


@pytest.mark.parametrize("window", [(0.0, 0.4), (0.3, 0.55)])
@pytest.mark.parametrize("s", [2.0, 3.0])
def test_windows_keep_soft_modes_that_lower_the_modulus_of_their_sample(s, window):
    trials = 60
    draws = [softened_by_their_modes(s, 3000, seed) for seed in range(trials)]
    soft = [np.count_nonzero(modes < 0.4, axis=1) for modes, _ in draws]
    assert np.mean([np.corrcoef(n, own)[0, 1] for n, (_, own) in zip(soft, draws, strict=True)]) < -0.5
    found = [exponent(modes, first_phonon=own, chain=np.arange(3000), window=window) for modes, own in draws]
    limits = np.array([each.details["interval_without_gates"] for each in found])
    covered = np.mean((limits[:, 0] <= s) & (s <= limits[:, 1]))
    assert covered > 0.95 - 3.0 * binomial_error(0.95, trials)
    assert np.mean([each.value for each in found]) == pytest.approx(s, abs=0.1)


def test_own_scales_would_make_those_samples_steeper():
    modes, own = softened_by_their_modes(3.0, 3000, 1)
    reduced = exponent(modes / own[:, None], first_phonon=1.0, chain=np.arange(3000), window=(0.0, 0.4))
    assert reduced.details["interval_without_gates"][0] > 4.0


def test_zero_modes_do_not_count():
    modes, chain = independent(clean(mean_count=3.0), 100, 10)
    padded = np.concatenate([np.zeros((100, 3)), modes], axis=1)
    one_sided = exponent(padded, first_phonon=1.0, chain=chain, window=(0.0, 0.6))
    assert one_sided.value == pytest.approx(exponent(modes, first_phonon=1.0, chain=chain, window=(0.0, 0.6)).value)


def test_the_likelihood_prefers_the_truth():
    modes, chain = independent(clean(3.0, mean_count=10.0), 300, 11)
    ratio = exponent(modes, first_phonon=1.0, chain=chain).details["log_likelihood_ratio"]
    assert max(ratio, key=ratio.get) == "3"
    assert all(value <= 0.0 for value in ratio.values())
    assert ratio["5"] < -10.0


def test_modes_needed_are_those_known():
    assert modes_to_separate(5.0, 4.0, 0.0, 0.6) == pytest.approx(385, rel=0.06)
    assert 700 < modes_to_separate(5.0, 4.0, 0.3, 0.6) < modes_to_separate(5.0, 4.0, 0.3, 0.5) < 1500
    assert modes_to_separate(5.0, 4.5, 0.0, 0.6) == pytest.approx(1700, rel=0.06)


def test_modes_needed_separate_as_often_as_stated():
    needed = modes_to_separate(5.0, 4.0, 0.0, 0.6)
    totals = depths(5.0, math.inf, (400, needed), 12).sum(axis=1)
    three_sigma = 1.0 - 2.0 * 0.00135
    far = np.mean([independent_interval(needed, total, math.inf, three_sigma)[0] > 4.0 for total in totals])
    assert abs(far - 0.9) < 4 * binomial_error(0.9, 400) + 0.02


def test_the_reduced_count_is_flat_for_its_own_exponent_and_its_band_covers():
    trials, inside = 60, []
    for seed in range(trials):
        modes, chain = independent(clean(mean_count=5.0, highest=1.3), 50, seed)
        curve = reduced_cumulative_count(modes, first_phonon=1.0, chain=chain, exponent=4.0, low=0.3, points=6)
        truth = 5.0 / 0.6**5
        inside.append((curve["lower"] <= truth) & (truth <= curve["upper"]))
    assert abs(np.mean(inside, axis=0).min() - 0.95) < 4 * binomial_error(0.95, trials)


def test_the_band_of_correlated_chains_is_wider():
    modes, chain = correlated_power_law_spectra(clean(mean_count=3.0), 10, 20, 0.9, 13)
    widths = []
    for labels in (chain, np.arange(200)):
        curve = reduced_cumulative_count(modes, first_phonon=1.0, chain=labels, exponent=4.0)
        widths.append(float((curve["upper"] - curve["lower"]).sel(reduced_frequency=0.9, method="nearest")))
    assert widths[0] > 1.5 * widths[1]


@pytest.mark.parametrize(
    ("modes", "scale", "options", "message"),
    [
        (np.ones((2, 3)), None, {}, "phonon scale"),
        (np.array([[1.0, -0.1]]), 1.0, {}, "negative"),
        (np.array([[1.0, 0.5]]), 1.0, {}, "ascending"),
        (np.array([[np.nan, 0.5]]), 1.0, {}, "NaN inside"),
        (np.array([[0.2, 0.5], [0.3, 0.8]]), [0.5, 0.8], {}, "same spectrum"),
        (np.ones((2, 3)), 0.0, {}, "does not fit"),
        (np.ones((2, 3)), 1.0, {"chain": [1, 2, 3]}, "chain labels"),
        (np.ones((2, 3)), 1.0, {"window": "best"}, "unknown window"),
        (np.ones((2, 3)), 1.0, {"window": (0.6, 0.3)}, "no such window"),
        (np.empty((0, 3)), 1.0, {}, "not mode lists"),
    ],
)
def test_what_makes_no_sense_is_refused(modes, scale, options, message):
    with pytest.raises(NotApplicableError, match=message):
        exponent(modes, first_phonon=scale, **options)


def test_an_empty_window_gives_no_number():
    found = exponent(np.full((4, 2), 2.0) + np.arange(4)[:, None], first_phonon=1.0, chain=np.arange(4))
    assert math.isnan(found.value)
    assert "too few modes" in found.details["gates"]


def test_the_printed_call_gives_the_printed_number():
    found = exponent("limit/taper-inf/T-1.00", window=(0.3, 0.55))
    assert [round(each, 2) for each in (found.value, found.low, found.high)] == [2.50, 2.38, 2.62]
    down_to_the_lowest = exponent("limit/taper-inf/T-1.00")
    assert not down_to_the_lowest.has_interval
    assert "gap" in down_to_the_lowest.details["gates"]
    older = exponent("glass/taper-inf/T-1.00")
    assert [round(each, 2) for each in (older.value, older.low, older.high)] == [2.22, 1.84, 2.65]
