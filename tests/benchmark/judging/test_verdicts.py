import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bosonpeak.benchmark.judging.verdicts import (
    Judgement,
    combine,
    decisive,
    detectable_errors,
    judge,
    standard_error,
    steadied,
)
from bosonpeak.benchmark.scorecards.claim_results import Expectation
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import mean_interval, t_factor


def estimate(value, half, n=10):
    return Estimate("quantity", value, value - half, value + half, 0.95, n, "by hand")


REGION = Expectation(-1.0, 1.0, "for the test")


@pytest.mark.parametrize(
    ("value", "half", "verdict"),
    [
        (0.0, 0.5, "supported"),
        (0.0, 0.89, "supported"),
        (0.0, 0.95, "undecided"),  # an end moved by a tenth would not hold it
        (0.0, 1.1, "undecided"),
        (0.9, 0.2, "undecided"),
        (1.2, 0.3, "undecided"),
        (1.5, 0.3, "refuted"),
        (1.3, 0.25, "undecided"),  # an end moved by a tenth would be touched
        (3.0, 1.0, "refuted"),
        (0.5, 0.39, "supported"),
        (0.5, 0.42, "undecided"),  # the nearer end alone, moved by a tenth, would not hold it
    ],
)
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_interval_inclusion(value, half, verdict, side):
    assert judge(estimate(side * value, half), REGION).verdict == verdict


@given(st.floats(-5, 5), st.floats(0, 5))
def test_supported_and_refuted_exclude_each_other_and_shrinking_never_flips_them(value, half):
    wide, narrow = judge(estimate(value, half), REGION).verdict, judge(estimate(value, half / 2), REGION).verdict
    assert {wide, narrow} != {"supported", "refuted"}
    if wide != "undecided":
        assert narrow == wide


@pytest.mark.parametrize(
    ("half", "comparisons", "verdict"),
    [(0.70, 1, "refuted"), (0.735, 1, "undecided"), (0.70, 12, "undecided")],
)
def test_a_refutation_takes_the_wider_interval_that_all_comparisons_leave(half, comparisons, verdict):
    """With ten samples one comparison stretches a 95 % interval by t(9; 0.99) / t(9; 0.975) = 2.821 / 2.262."""
    found = Estimate("q", 2.0, 2.0 - half, 2.0 + half, 0.95, 10, "m")
    assert judge(found, REGION, comparisons=comparisons).verdict == verdict


@pytest.mark.parametrize(("comparisons", "verdict"), [(1, "refuted"), (2, "undecided"), (20, "undecided")])
def test_an_estimate_that_tells_its_tails_is_refuted_by_them(comparisons, verdict):
    tails = [[0.01, 1.3, 2.7], [0.005, 1.05, 2.9], [0.0005, 0.5, 3.5]]
    found = Estimate("q", 2.0, 1.5, 2.5, 0.95, 10, "m", details={"tails": tails})
    assert judge(found, REGION, comparisons=comparisons).verdict == verdict


def test_one_sided_regions():
    at_least = Expectation(0.05, math.inf, "for the test")
    assert judge(estimate(0.2, 0.1), at_least).verdict == "supported"
    assert judge(estimate(0.0, 0.01), at_least).verdict == "refuted"
    assert judge(estimate(0.1, 0.1), at_least).verdict == "undecided"


def test_no_value_or_no_interval_is_undecided():
    for missing in (
        Estimate("q", math.nan, math.nan, math.nan, 0.95, 5, "m"),
        Estimate("q", 0.0, math.nan, math.nan, 0.95, 2, "m"),
    ):
        judgement = judge(missing, REGION)
        assert judgement.verdict == "undecided"
        assert math.isnan(judgement.minimum_detectable_effect)


def test_what_an_estimator_warned_of_is_part_of_an_undecided_reason():
    warned = Estimate("q", 0.0, -math.inf, math.inf, 0.95, 5, "m", warnings=("bins resolve single phonon shells",))
    assert "phonon shells" in judge(warned, REGION).reason


def test_exact_counts_meet_an_exact_expectation():
    exact = Expectation(2.0, 2.0, "a count")
    assert judge(Estimate("poles", 2.0, 2.0, 2.0, 0.95, 1, "exact"), exact).verdict == "supported"
    assert judge(Estimate("poles", 3.0, 3.0, 3.0, 0.95, 1, "exact"), exact).verdict == "refuted"


def test_minimum_detectable_effect_is_in_standard_errors():
    judgement = judge(estimate(0.0, t_factor(10) * 0.2), REGION)
    assert judgement.minimum_detectable_effect == pytest.approx(detectable_errors(10) * 0.2)


@pytest.mark.parametrize("together", [1, 4])
@pytest.mark.parametrize("n", [3, 10, 200])
def test_the_stated_power_is_reached(n, together):
    # At the centre of the smallest tolerance that half of the trials state, all are supported at once in 90 %.
    generator = np.random.default_rng(5)
    trials = 3000
    usual = math.sqrt(stats.chi2.median(n - 1) / (n - 1))
    tolerance = detectable_errors(n, together) * usual / math.sqrt(n)
    region = Expectation(-tolerance, tolerance, "for the test")
    supported = 0
    for sample in generator.standard_normal((trials, together, n)):
        found = [Estimate("mean", *mean_interval(values), 0.95, n, "t") for values in sample]
        supported += all(judge(one, region, together=together).verdict == "supported" for one in found)
    assert supported / trials == pytest.approx(0.90, abs=0.025)


def test_a_true_claim_at_the_edge_loses_one_of_many_comparisons_in_a_hundredth_of_cases():
    generator = np.random.default_rng(6)
    exact, comparisons, n, trials = Expectation(0.0, math.inf, "no margin about nought"), 10, 12, 3000
    refuted = 0
    for sample in generator.standard_normal((trials, comparisons, n)):
        found = [Estimate("mean", *mean_interval(values), 0.95, n, "t") for values in sample]
        refuted += any(judge(one, exact, comparisons=comparisons).verdict == "refuted" for one in found)
    assert refuted / trials == pytest.approx(0.01, abs=0.006)


@pytest.mark.parametrize("value", [0.5, -0.3, 2.5, -1.8])
@pytest.mark.parametrize(("n", "comparisons"), [(3, 1), (10, 1), (10, 6)])
def test_samples_to_decide_decide_in_nine_of_ten_cases_and_fewer_do_not(value, n, comparisons):
    undecided = judge(estimate(value, 0.999 * abs(abs(value) - 1.0) + 0.2, n=n), REGION, comparisons=comparisons)
    assert undecided.verdict == "undecided"
    wanted = undecided.samples_to_decide
    assert wanted is not None
    assert wanted > n
    error = (0.999 * abs(abs(value) - 1.0) + 0.2) / t_factor(n) * math.sqrt(n)

    def decided(units):
        generator = np.random.default_rng(8)
        means = value + error / math.sqrt(units) * generator.standard_normal(1000)
        halves = (
            t_factor(units) * error / math.sqrt(units) * np.sqrt(generator.chisquare(units - 1, 1000) / (units - 1))
        )
        found = [
            judge(estimate(mean, half, n=units), REGION, comparisons=comparisons)
            for mean, half in zip(means, halves, strict=True)
        ]
        return np.mean([one.verdict == ("supported" if abs(value) < 1.0 else "refuted") for one in found])

    assert decided(wanted) > 0.85
    assert decided(max(2, wanted // 2)) < 0.85


@pytest.mark.parametrize("value", [0.0, -0.3, 0.6, 1.5, -1.3])
@pytest.mark.parametrize(("n", "comparisons"), [(3, 1), (5, 1), (5, 6), (12, 2)])
@pytest.mark.parametrize("wider", [1.1, 1.6, 3.0])
def test_samples_to_decide_are_the_fewest_by_the_rule_in_words(value, n, comparisons, wider):
    """Nine of ten values lie within 1.645 errors of the one seen; the interval of each must clear the margin."""
    room = abs(1.0 - abs(value)) - 0.1
    half = wider * room
    inside = abs(value) < 1.0
    found = judge(estimate(value, half, n), REGION, comparisons=comparisons)
    assert found.verdict == "undecided"
    error = half / stats.t.ppf(0.975, n - 1)

    def reach(units):
        tail = stats.t.isf(0.025 if inside else 0.01 / comparisons, units - 1)
        return (stats.norm.ppf(0.95) + tail) * error * math.sqrt(n / units)

    assert found.samples_to_decide == next(units for units in itertools.count(n) if reach(units) <= room)


def test_no_number_of_samples_decides_within_the_margin_of_an_edge():
    assert judge(estimate(0.95, 0.2), REGION).samples_to_decide is None
    assert judge(estimate(math.nextafter(1.1, 2.0), 1.0), REGION).samples_to_decide is None


def combined(*verdicts, ensembles=None, tests=None):
    judgements = [Judgement(verdict, "", math.nan) for verdict in verdicts]
    names = ensembles or [str(number) for number in range(len(verdicts))]
    return combine(judgements, list(zip(tests or ["t"] * len(verdicts), names, strict=True)))[0]


def test_combination_of_ensembles():
    assert combined("supported", "supported") == "supported"
    assert combined("supported", "undecided") == "undecided"
    assert combined("undecided", "refuted", "supported") == "refuted"
    assert combined("not run", "supported") == "undecided"
    assert combined("not run", "refuted") == "refuted"
    assert combined("not run") == "not run"


def test_one_odd_ensemble_overturns_nothing_and_two_do():
    assert combined(*["supported"] * 10, "refuted") == "undecided"
    assert combined(*["supported"] * 9, "refuted", "refuted") == "refuted"
    assert combined("refuted", "supported", ensembles=["same", "same"]) == "refuted"
    assert combined("refuted", "supported", tests=["one", "other"]) == "refuted"


def test_support_rests_on_its_weakest_link_and_refutation_on_its_clearest():
    close, far = judge(estimate(0.5, 0.3), REGION), judge(estimate(0.0, 0.3), REGION)
    assert decisive([far, close], "supported") == 1
    mild, clear = judge(estimate(1.8, 0.4), REGION), judge(estimate(4.0, 0.4), REGION)
    assert decisive([close, mild, clear], "refuted") == 2
    undecided = judge(estimate(1.0, 0.4), REGION)
    assert decisive([close, undecided], "undecided") == 1
    left_out = Judgement("not run", "no data", math.nan)
    assert decisive([close, left_out], "undecided") == 1
    assert decisive([close, clear], "undecided") == 1


def test_a_comparison_of_sizes_counts_no_modes():
    scaling = replace(estimate(0.3, 0.1), details={"modes": [10, 20, 30]})
    judgement = judge(scaling, Expectation(-0.25, 0.25, ""))
    assert judgement.verdict == "undecided"
    assert "modes in the window" not in judgement.reason


def test_only_an_odd_ensemble_is_remarked():
    def said(*verdicts):
        judgements = [Judgement(verdict, "", math.nan) for verdict in verdicts]
        return combine(judgements, [("t", f"ensemble {number}") for number in range(len(verdicts))])

    assert said("supported", "supported") == ("supported", "")
    assert said("refuted", "refuted", "supported") == ("refuted", "")
    assert said("supported", "refuted", "supported")[1].startswith("refuted by ensemble 1 alone")


@pytest.mark.parametrize("verdict", ["supported", "refuted", "undecided", "not run"])
@pytest.mark.parametrize("share", [0.0, 0.79, 0.8, 1.0, math.nan])
def test_what_most_halves_of_the_data_do_not_lean_to_is_undecided(verdict, share):
    found = steadied(Judgement(verdict, "why", 0.1, 7, 2.0), share)
    if verdict in ("supported", "refuted") and share < 0.8:
        assert found.verdict == "undecided"
        assert found.reason == f"why; but only {100 * share:.0f} % of random halves of the chains lean to that side"
    else:
        assert found == Judgement(verdict, "why", 0.1, 7, 2.0)


def test_samples_to_decide_are_samples_where_the_interval_is_over_chains():
    """Ten chains of four glasses: so many more glasses of as many modes each."""
    plain = estimate(0.5, 0.6, n=10)
    counted = replace(plain, details={"samples": 40, "modes": 200})
    chains = judge(plain, REGION).samples_to_decide
    assert chains is not None
    judgement = judge(counted, REGION)
    assert judgement.samples_to_decide == math.ceil(4 * chains)
    reported = f"{math.ceil(4 * chains)} samples with {math.ceil(20 * chains)} modes in the window would decide"
    assert reported in judgement.reason
    alone = judge(replace(plain, details={"samples": 40}), REGION)
    assert alone.samples_to_decide == judgement.samples_to_decide
    assert "in the window" not in alone.reason


def test_the_wider_interval_starts_from_the_level_that_was_asked_for():
    """t(9; 0.99) / t(9; 0.84) = 2.68, where a 95 % interval would be stretched by 1.25 only."""
    found = Estimate("q", 2.0, 1.5, 2.5, 0.68, 10, "m")
    assert judge(found, REGION).verdict == "undecided"
    assert judge(replace(found, level=0.95), REGION).verdict == "refuted"


def test_two_units_have_an_error_and_are_stretched_as_student_says():
    found = judge(estimate(2.0, 0.5, n=2), REGION)
    assert found.clearance == pytest.approx(stats.t.ppf(0.975, 1) / 0.5)
    assert found.verdict == "undecided"
    assert judge(estimate(2.0, 0.5, n=1), REGION).verdict == "refuted"


@pytest.mark.parametrize("together", [1, 4])
def test_errors_that_a_tolerance_must_span_are_those_of_the_normal_law_where_units_are_many(together):
    each_side = 0.5 * (1.0 + 0.9 ** (1.0 / together))
    expected = (stats.norm.ppf(0.975) + stats.norm.ppf(each_side)) / 0.9
    assert detectable_errors(10**9, together) == pytest.approx(expected, rel=1e-6)


def test_two_units_state_what_the_half_normal_law_of_their_error_makes_of_it():
    """The estimated error of two is |z'|: nine of ten |z| + t |z'| lie below the tolerance less its tenth."""
    expected = stats.norm.ppf(0.75) * 0.9 * detectable_errors(2)
    z, other = np.abs(np.random.default_rng(3).standard_normal((2, 200_000)))
    assert np.mean(z + t_factor(2) * other <= expected) == pytest.approx(0.9, abs=0.003)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_what_touches_the_moved_edge_is_not_refuted(side):
    """The region's half-width of 10 has a margin of 1; one unit has no Student's t that would widen its interval."""
    wide = Expectation(-10.0, 10.0, "for the test")
    verdicts = []
    for nearest in (11.0, math.nextafter(11.0, 12.0)):
        low, high = sorted((side * nearest, side * 13.0))
        found = Estimate("q", side * 12.0, low, high, 0.95, 1, "m")
        verdicts.append(judge(found, wide).verdict)
    assert verdicts == ["undecided", "refuted"]


def test_a_standard_error_is_that_of_the_level_of_its_interval():
    values = np.array([1.0, 4.0, 2.0, 7.0, 5.0])
    expected = values.std(ddof=1) / math.sqrt(5)
    for level in (0.68, 0.95):
        found = Estimate("q", *mean_interval(values, level=level), level, 5, "m")
        assert standard_error(found) == pytest.approx(expected, rel=1e-12)
    assert standard_error(Estimate("q", 2.0, 1.0, 3.0, 0.95, 1, "m")) == 0.0


@pytest.mark.parametrize(
    ("value", "half", "reading"),
    [
        (0.0, 0.95, "inside, but an end of the region moved by its margin of 0.1 would not hold it"),
        (0.0, 1.1, "consistent, but the interval reaches outside"),
        (0.9, 0.2, "consistent, but the interval reaches outside"),
        (1.2, 0.3, "the interval reaches into the region"),
        (1.3, 0.25, "outside, but not by the margin of 0.1"),
    ],
)
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_an_undecided_reason_tells_how_the_interval_lies(value, half, reading, side):
    assert reading in judge(estimate(side * value, half), REGION).reason


@pytest.mark.parametrize(
    ("value", "warnings", "reported"),
    [
        (math.nan, (), "the quantity is not defined for these data (by hand)"),
        (3.0, (), "no interval can be given (by hand)"),
        (3.0, ("few chains", "a drift"), "no interval can be given (few chains; a drift)"),
    ],
)
def test_what_cannot_be_judged_says_why(value, warnings, reported):
    found = Estimate("q", value, math.nan, math.nan, 0.95, 10, "by hand", warnings=warnings)
    judged = judge(found, REGION)
    assert (judged.verdict, judged.reason) == ("undecided", f"q: {reported}")
    assert math.isnan(judged.minimum_detectable_effect)


@pytest.mark.parametrize(("comparisons", "reported"), [(1, ""), (2, " at the level that 2 comparisons leave")])
def test_what_lies_outside_by_too_little_names_the_comparisons_that_share_the_level(comparisons, reported):
    reason = judge(estimate(1.3, 0.25), REGION, comparisons=comparisons).reason
    assert reason.partition(";")[0].endswith(f"outside, but not by the margin of 0.1{reported}")


@pytest.mark.parametrize(("value", "distance"), [(3.5, 1.5), (0.2, 0.8), (1.9, 0.1), (1.3, 0.3)])
def test_clearance_is_the_distance_from_the_nearer_edge_in_standard_errors(value, distance):
    found = estimate(value, 0.05)
    assert judge(found, Expectation(1.0, 2.0, "")).clearance == pytest.approx(distance / standard_error(found))


@pytest.mark.parametrize(
    ("error", "reported"), [(20.0, "123 ["), (2.0, "123.5 ["), (0.2, "123.46 ["), (0.02, "123.456 [")]
)
def test_numbers_of_a_reason_have_the_digits_that_their_error_leaves(error, reported):
    found = estimate(123.4561, error * t_factor(10, 0.95))
    assert standard_error(found) == pytest.approx(error)
    assert f"quantity = {reported}" in judge(found, REGION).reason
