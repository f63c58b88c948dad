"""The page of verdicts that the documentation makes, and its check of numbers that somebody typed."""

import importlib.util
import sys
from pathlib import Path

import pytest

from bosonpeak.benchmark.scorecards.claim_results import (
    ClaimResult,
    EstimateResult,
    Expectation,
    PartResult,
    TestResult,
)
from bosonpeak.benchmark.scorecards.scorecard import Code, Scorecard

SOURCE = Path(__file__).resolve().parents[3] / "docs" / "site_verdicts.py"


@pytest.fixture(scope="module")
def page():
    if not SOURCE.exists():
        pytest.skip("the documentation is not beside these tests")
    specification = importlib.util.spec_from_file_location("site_verdicts", SOURCE)
    module = importlib.util.module_from_spec(specification)
    sys.modules["site_verdicts"] = module
    specification.loader.exec_module(module)
    yield module
    del sys.modules["site_verdicts"]


@pytest.fixture(scope="module")
def scorecard():
    estimate = EstimateResult("exponent s", 2.6243, 2.2949, 2.9851)
    test = TestResult("s", dataset="glass/taper-2", estimate=estimate, expect=Expectation(3.6, 4.4), verdict="refuted")
    part = PartResult("in the window", "refuted", recorded="refuted", estimate=estimate, tests=(test,))
    notes = ("s(m = 2) - s(m = infinity): -0.3103 [-0.8254, 0.2032] (95 %, n = 25)",)
    claim = ClaimResult("SIM-3", "low T", source="Nat. Commun. 15, 3107", parts=(part,), notes=notes)
    return Scorecard("full", Code("bosonpeak", "0.1.0"), claims=(claim,))


def test_every_part_has_a_line_with_its_number(page, scorecard):
    (row,) = [line for line in page.verdict_rows(scorecard.claims) if line.startswith("| [SIM-3]")]
    assert row.split(" | ")[1:4] == ["in the window", "refuted", "2.62 [2.29, 2.99]"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (r"2.6 \[2.3, 3.0\]", []),
        ("2.62 [2.29, 2.99]", []),
        ("s differs by −0.31 [−0.83, 0.20]", []),
        ("and by 0.31 [−0.20, 0.83] the other way", []),
        ("2.7 [2.3, 3.0]", ["2.7 [2.3, 3.0]"]),
        (r"2.62 \[2.29, 2.97\]", [r"2.62 \[2.29, 2.97\]"]),
    ],
)
def test_an_interval_that_was_not_measured_is_found(page, scorecard, typed, found):
    assert page.unknown_numbers(typed, scorecard) == found


def test_the_site_is_not_built_with_a_stale_number(page, scorecard, tmp_path):
    stale = tmp_path / "stale.md"
    stale.write_text("1.0 [0.5, 1.5]")
    with pytest.raises(ValueError, match=r"stale.md.*1\.0 \[0\.5, 1\.5\]"):
        page.require_measured_numbers(scorecard, stale)
