import hashlib
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import pytest

from bosonpeak.benchmark.report.badge import render_badge, scorecard_digest, write_badge
from bosonpeak.benchmark.scorecards.score_result import Score
from bosonpeak.datasets.errors import StoreError

DAY = date(2026, 11, 21)
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_badge_counts_verdicts_and_shows_date_and_digest(scorecard):
    digest = hashlib.sha256(scorecard.to_json().encode()).hexdigest()
    assert scorecard_digest(scorecard) == digest
    assert texts(render_badge(scorecard, DAY)) == ["bosonpeak", "1✓ 1✗ 1?", f"2026-11-21 {digest[:12]}"]
    assert digest in render_badge(scorecard, DAY)


def test_badge_shows_the_two_numbers_of_a_scored_submission(scored_scorecard):
    assert texts(render_badge(scored_scorecard, DAY))[1] == "right 3/3 tracks 0/4"
    assert "right: 3 of 3 (44 to 100 %); covers 0 of 4 tracks." in render_badge(scored_scorecard, DAY)


def test_badge_is_red_only_where_something_changed(scorecard, changed_scorecard):
    assert "#a3322b" not in render_badge(scorecard, DAY)
    assert "#a3322b" in render_badge(changed_scorecard, DAY)


def test_badge_is_grey_where_nothing_could_be_judged(scored_scorecard, scorecard):
    def colour(card):
        group = ElementTree.fromstring(render_badge(card, DAY)).find(f"{SVG}g")
        return [box.get("fill") for box in group.iter(f"{SVG}rect")][1]

    assert colour(scorecard) == colour(scored_scorecard) == "#2f6f4f"
    missing = [replace(axis, items=(), earned=0.0, submitted=0) for axis in scored_scorecard.score.axes]
    nothing = replace(scored_scorecard, score=Score.of(missing))
    assert (colour(nothing), texts(render_badge(nothing, DAY))[1]) == ("#5c6570", "nothing decided")
    undecided = replace(scorecard, claims=tuple(each for each in scorecard.claims if each.verdict == "undecided"))
    assert colour(undecided) == "#5c6570"


def test_parts_lie_side_by_side(scorecard):
    root = ElementTree.fromstring(render_badge(scorecard, DAY))
    group = root.find(f"{SVG}g")
    boxes = [(int(box.get("x")), int(box.get("width"))) for box in group.iter(f"{SVG}rect")]
    assert [left + width for left, width in boxes[:-1]] == [left for left, _ in boxes[1:]]
    assert sum(boxes[-1]) == int(root.get("width"))


def test_hostile_names_stay_text(hostile_scorecard):
    svg = render_badge(hostile_scorecard, DAY)
    tags = {element.tag for element in ElementTree.fromstring(svg).iter()}
    assert tags == {f"{SVG}{name}" for name in ("svg", "title", "clipPath", "rect", "g", "text")}


def test_badge_is_written_whole_or_not_at_all(scorecard, tmp_path):
    write_badge(scorecard, tmp_path / "badge.svg", DAY)
    assert (tmp_path / "badge.svg").read_text(encoding="utf-8") == render_badge(scorecard, DAY)
    with pytest.raises(StoreError):
        write_badge(scorecard, tmp_path / "nowhere" / "badge.svg")
