import dataclasses
import io
import re

import pytest
from rich.console import Console

from bosonpeak.benchmark.report.html import render_html
from bosonpeak.benchmark.report.junit import render_junit
from bosonpeak.benchmark.report.terminal import print_scorecard
from bosonpeak.benchmark.report.views import axis_views
from bosonpeak.benchmark.scorecards.score_result import AXES, AxisResult, NextStep, Score, ScoreItem

HOSTILE = "<script>alert('x')</script>[bold]\x1b[2J\u202e"


def printed(scorecard, width=100):
    stream = io.StringIO()
    print_scorecard(scorecard, Console(file=stream, width=width, force_terminal=False))
    return stream.getvalue()


@pytest.fixture
def hostile_score(scored_scorecard):
    def axis(name):
        outcomes = (("met", 1.0), ("not met", 0.0), ("undecided", 0.0), ("missing", 0.4), ("missing", 0.0))
        return AxisResult.of(name, [ScoreItem(name, HOSTILE, HOSTILE, *outcome, HOSTILE) for outcome in outcomes])

    return dataclasses.replace(
        scored_scorecard, score=Score.of(map(axis, AXES), [HOSTILE], [NextStep("conformance", HOSTILE, 1, 2)])
    )


def test_every_cell_of_the_score_leads_to_its_evidence(scored_scorecard):
    page = render_html(scored_scorecard)
    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert {"score", *(f"axis-{name}" for name in AXES)} <= anchors
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert {f"axis-{name}" for name in AXES} <= links <= anchors
    for axis in scored_scorecard.score.axes:
        assert axis.sentence in page
        assert all(item.evidence in page for item in axis.items if item.outcome == "met")
    assert "Right: 3 of 3 (44 to 100 %); covers 0 of 4 tracks" in page
    assert "+50 % of conformance (1 question): answers to the case somewhere" in page
    assert page.index('id="score"') < page.index('id="claims"')


def test_many_items_are_counted_and_closed_and_few_are_open(scored_scorecard):
    items = [ScoreItem("conformance", f"item {n}", "case", "met", 1.0, "evidence") for n in range(12)]
    wrong = ScoreItem("conformance", "item", "case", "not met", 0.0, "evidence")
    few, many = (
        render_html(
            dataclasses.replace(scored_scorecard, score=Score.of([AxisResult.of("conformance", found)], [], []))
        )
        for found in (items, [*items, wrong])
    )
    assert re.search(r"<details open>\s*<summary>12 items: 12 met<", few)
    assert re.search(r"<details>\s*<summary>13 items: 1 not met, 12 met<", many)
    assert "nothing decided" in many


def test_what_cannot_be_judged_is_said_in_words(scored_scorecard):
    missing = [ScoreItem("mechanics", "item", "case", "missing", 0.0, "evidence")]
    score = Score.of([AxisResult.of("mechanics", missing)], [], [])
    page = render_html(dataclasses.replace(scored_scorecard, score=score, claims=()))
    assert "0 of 1 met, 1 missing." in page
    assert "No claim could be judged." in page


def test_a_scorecard_without_a_score_has_no_such_section(scorecard):
    assert 'id="score"' not in render_html(scorecard)
    assert "covers" not in printed(scorecard)


def test_text_of_strangers_is_only_text(hostile_score):
    page = render_html(hostile_score)
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    for text in (page, printed(hostile_score)):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "[bold]" in printed(hostile_score, width=400)


def test_missing_items_are_gathered_by_place(hostile_score):
    for view in axis_views(hostile_score.score):
        assert [item.outcome for item in view.items] == ["not met", "undecided", "met", "missing"]
        assert view.missing_count == 1
        assert [missing.where for missing in view.missing] == [view.result.items[0].where]
    assert axis_views(None) == ()


def test_the_terminal_shows_axes_both_numbers_and_what_comes_next(hostile_score):
    text = " ".join(printed(hostile_score).split())
    assert "Right: 3 of 6 (19 to 81 %); covers 0 of 4 tracks" in text
    assert "+50 % of conformance (1 question): <script>" in text
    assert all(name in text for name in AXES)


def test_junit_is_about_claims_alone(scored_scorecard, scorecard):
    assert render_junit(scored_scorecard) == render_junit(dataclasses.replace(scorecard, suite="score"))
