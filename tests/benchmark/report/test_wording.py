import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.benchmark.report.words import wording
from bosonpeak.benchmark.scorecards.claim_results import EstimateResult, Expectation


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (EstimateResult("s", 4.0123, 3.81, 4.2), "4.01 [3.81, 4.20]"),
        (EstimateResult("s", 0.01234, 0.0123, 0.0124), "0.012340 [0.012300, 0.012400]"),
        (EstimateResult("s", 812.4, 240.0, 1390.0), "812 [240, 1390]"),
        (EstimateResult("s", -0.0, -0.1, 0.1), "0.00 [-0.10, 0.10]"),
        (EstimateResult("s", 2.5e-7, 2.4e-7, 2.6e-7), "2.5e-07 [2.4e-07, 2.6e-07]"),
        (EstimateResult("s", 0.5, 0.4, 0.6, unit="sqrt(t0/m)"), "0.50 [0.40, 0.60] sqrt(t0/m)"),
        (EstimateResult("s", 4.0, math.nan, math.nan), "4"),
        (EstimateResult("s", 4.0, 3.0, math.inf), "4 [3, –]"),
        (EstimateResult("s", 5.0, 5.0, 5.0), "5 [5, 5]"),
        (EstimateResult("s", math.nan), "–"),
        (None, "–"),
    ],
)
def test_estimates_are_rounded_to_what_the_interval_warrants(estimate, text):
    assert wording.interval(estimate) == text


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("truncated maximum likelihood on [0.3, 0.6] omega_0; modified signed likelihood root", "modes, taken to be"),
        ("truncated maximum likelihood on [0, 0.6] omega_0; chi^2(2n)/(2T)", "modes, taken to be"),
        ("truncated maximum likelihood; delete-one-chain jackknife on ln(s + 1), Student-t", "independent chains"),
        ("straight line through 6 crossover frequencies, from the scatter about the line", "crossover frequencies"),
        ("mean over samples; Student-t interval", "independent samples"),
    ],
)
def test_what_an_interval_rests_on_is_named(method, said):
    assert wording.counted(EstimateResult("s", 4.0, 3.0, 5.0, n=12, method=method)).startswith(said)


@settings(deadline=None)
@given(value=st.floats(-1e5, 1e5), half=st.floats(1e-3, 1e4))
def test_rounding_moves_no_limit_by_more_than_a_tenth_of_the_half_width(value, half):
    estimate = EstimateResult("s", value, value - half, value + half)
    shown, rest = wording.interval(estimate).split(" [")
    low, high = rest.rstrip("]").split(", ")
    for text, exact in ((shown, value), (low, estimate.low), (high, estimate.high)):
        assert abs(float(text) - exact) <= 0.051 * half


@pytest.mark.parametrize(
    ("expect", "text"),
    [
        (Expectation(-0.05, 0.05), "-0.05 to 0.05"),
        (Expectation(-math.inf, 0.05), "≤ 0.05"),
        (Expectation(0.05, math.inf), "≥ 0.05"),
        (Expectation(3.0, 3.0), "3"),
        (Expectation(None, None), "–"),
        (None, "–"),
    ],
)
def test_expected_regions(expect, text):
    assert wording.region(expect) == text


@settings(deadline=None)
@given(st.text(st.characters(codec=None)))
def test_printable_text_steers_nothing(text):
    shown = wording.printable(text)
    shown.encode("utf-8")
    assert not [c for c in shown if (ord(c) < 32 and c not in "\t\n") or 127 <= ord(c) < 160 or c in "\u202e\u2066"]


@settings(deadline=None)
@given(st.text(), st.integers(4, 60))
def test_one_line_is_one_line_of_bounded_length(text, most):
    shown = wording.one_line(text, most)
    assert len(shown) <= most
    assert "\n" not in shown


def test_cells_read_as_words():
    assert wording.cell({"bond_probability": 0.8, "periodic": True, "sizes": (1, 2), "seed": None}) == (
        "bond probability 0.8, periodic yes, sizes 1, 2, seed –"
    )


def test_outcome_names_what_is_wrong(scorecard, changed_scorecard, hostile_scorecard):
    assert wording.outcome(scorecard) == "Every recorded verdict is reproduced; 2 controls came out as required."
    assert wording.outcome(changed_scorecard) == (
        "1 verdict differs from the record and 1 control did not come out as required."
    )
    assert wording.outcome(hostile_scorecard) == "12 controls did not come out as required."
