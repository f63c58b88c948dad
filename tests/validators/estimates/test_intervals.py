import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.intervals import (
    MOST_DELETIONS,
    clustered_fraction,
    exact_interval,
    jackknife_interval,
    mean_interval,
    require_level,
    t_factor,
)


def test_mean_interval_covers_at_its_nominal_level():
    generator = np.random.default_rng(1)
    trials = 4000
    hits = 0
    for values in generator.normal(2.0, 3.0, (trials, 5)):
        _, low, high = mean_interval(values)
        hits += low <= 2.0 <= high
    error = math.sqrt(0.95 * 0.05 / trials)
    assert abs(hits / trials - 0.95) < 4 * error


@pytest.mark.parametrize("level", [0.68, 0.95, 0.99])
def test_the_mean_interval_is_students_at_the_level_that_was_asked_for(level):
    values = [1.0, 4.0, 2.0, 7.0, 5.5]
    expected = stats.t.interval(level, 4, np.mean(values), stats.sem(values))
    assert mean_interval(values, level=level)[1:] == pytest.approx(expected)
    assert jackknife_interval(lambda chosen: np.take(values, chosen).mean(), 5, level)[1:] == pytest.approx(expected)


@settings(deadline=None)
@given(arrays(np.float64, st.integers(3, 12), elements=st.floats(-1e3, 1e3)))
def test_jackknife_of_the_mean_is_the_student_t_interval(values):
    jackknifed = jackknife_interval(lambda chosen: float(values[chosen].mean()), len(values))
    assert jackknifed == pytest.approx(mean_interval(values), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_samples_give_no_interval(count):
    _, low, high = mean_interval(np.ones(count))
    assert math.isnan(low)
    assert math.isnan(high)


def test_t_factor_is_the_tabulated_quantile():
    # Student's table, 95 % two-sided, 4 degrees of freedom.
    assert t_factor(5) == pytest.approx(2.776, abs=5e-4)
    assert t_factor(10_000) == pytest.approx(stats.norm.ppf(0.975), rel=1e-3)


def test_the_exact_interval_is_that_of_the_binomial():
    assert exact_interval(0, 20) == pytest.approx((0.0, 1.0 - 0.025 ** (1 / 20)))
    assert exact_interval(20, 20) == pytest.approx((0.025 ** (1 / 20), 1.0))
    expected = stats.binomtest(7, 30).proportion_ci(0.9, "exact")
    assert exact_interval(7, 30, 0.9) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(("fraction", "spread"), [(0.1, 2.0), (0.5, 2.0), (0.8, 0.5), (0.3, math.inf)])
def test_the_interval_covers_although_modes_of_a_chain_are_alike(fraction, spread):
    generator, trials, hits = np.random.default_rng(7), 400, 0
    for _ in range(trials):
        tried = generator.integers(1, 9, 20)
        chance = fraction if spread == math.inf else generator.beta(spread * fraction, spread * (1 - fraction), 20)
        _, low, high = clustered_fraction(generator.binomial(tried, chance), tried)
        hits += low <= fraction <= high
    assert hits / trials > 0.95 - 3 * math.sqrt(0.95 * 0.05 / trials)


def test_chains_that_all_agree_count_once_each():
    assert clustered_fraction([4, 8, 2, 0], [4, 8, 2, 0]) == pytest.approx((1.0, 0.025 ** (1 / 3), 1.0))
    assert clustered_fraction([0] * 5, [9] * 5)[2] == pytest.approx(1.0 - 0.025**0.2)


def test_too_few_chains_give_no_interval():
    fraction, low, high = clustered_fraction([1, 2], [4, 4])
    assert fraction == pytest.approx(0.375)
    assert math.isnan(low)
    assert math.isnan(high)
    with pytest.raises(NotApplicableError, match="nothing"):
        clustered_fraction([0], [0])


def test_groups_are_left_out_where_samples_are_many():
    values = np.random.default_rng(3).standard_normal(50_000)
    calls = []

    def mean(chosen):
        calls.append(len(chosen))
        return float(values[chosen].mean())

    value, low, high = jackknife_interval(mean, len(values))
    assert len(calls) == 1 + MOST_DELETIONS
    assert value - low == pytest.approx(1.96 * values.std() / len(values) ** 0.5, rel=0.04)
    assert high - value == pytest.approx(value - low)


def test_the_fraction_of_few_clusters_is_that_of_korn_and_graubard():
    hits, trials = np.array([9.0, 4.0, 7.0, 2.0]), np.array([10.0, 12.0, 9.0, 11.0])
    share = 22.0 / 42.0
    variance = 4.0 / 3.0 * np.sum((hits - share * trials) ** 2) / 42.0**2
    effective = share * (1.0 - share) / variance * (stats.t.ppf(0.975, 41) / stats.t.ppf(0.975, 3)) ** 2
    low = stats.beta.ppf(0.025, share * effective, effective - share * effective + 1.0)
    high = stats.beta.ppf(0.975, share * effective + 1.0, effective - share * effective)
    assert clustered_fraction(hits, trials) == pytest.approx((share, low, high), rel=1e-9)


def test_the_fraction_of_few_unlike_clusters_covers_the_truth():
    generator, covered = np.random.default_rng(5), 0
    for _ in range(600):
        share = generator.beta(3.0, 3.0, 5)
        _, low, high = clustered_fraction(generator.binomial(30, share), np.full(5, 30))
        covered += low <= 0.5 <= high
    assert 0.93 < covered / 600 < 0.995


@pytest.mark.parametrize("hits", [0.0, 0.4, 1.0, 9.6, 10.0])
def test_the_exact_interval_of_any_number_of_hits_is_that_of_the_beta_distribution(hits):
    low, high = exact_interval(hits, 10.0)
    assert low == pytest.approx(stats.beta.ppf(0.025, hits, 11.0 - hits) if hits else 0.0)
    assert high == pytest.approx(stats.beta.ppf(0.975, hits + 1.0, 10.0 - hits) if hits < 10.0 else 1.0)


@pytest.mark.parametrize("level", [0.95, 0.68])
def test_clusters_that_are_quite_alike_count_trial_by_trial(level):
    effective = 40.0 * (t_factor(40, level) / t_factor(4, level)) ** 2
    expected = (0.3, *exact_interval(0.3 * effective, effective, level))
    assert clustered_fraction([3, 3, 3, 3], [10, 10, 10, 10], level) == pytest.approx(expected)


def test_clusters_without_trials_are_left_out():
    with_empty = clustered_fraction([9, 0, 4, 7, 2], [10, 0, 12, 9, 11])
    assert with_empty == pytest.approx(clustered_fraction([9, 4, 7, 2], [10, 12, 9, 11]))
    with pytest.raises(NotApplicableError, match="no fraction of nothing"):
        clustered_fraction([0, 0], [0, 0])


def test_clusters_that_have_all_or_nothing_count_as_one_each_at_least():
    fraction, low, high = clustered_fraction([1000, 0, 0], [1000, 1000, 1000])
    assert (fraction, low, high) == pytest.approx((1.0 / 3.0, *exact_interval(1.0 / 3.0, 1.0)))


@pytest.mark.parametrize("level", [0.0, 1.0, 1.5, -0.5, math.nan, "0.95", None, [0.95]])
def test_a_level_that_is_no_probability_is_refused(level):
    with pytest.raises(NotApplicableError, match="probability") as caught:
        require_level(level)
    assert caught.value.likely_cause == ("per cent" if level == 1.5 else "")


def test_a_level_in_per_cent_is_told_so():
    for level in (0.5, np.float32(0.9)):
        require_level(level)
    for level, cause in ((95, "per cent"), (1, ""), (100, "")):
        with pytest.raises(NotApplicableError) as caught:
            require_level(level)
        assert caught.value.likely_cause == cause
    with pytest.raises(NotApplicableError, match="no statistic"):
        jackknife_interval(0.5, 5)
