import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.benchmark.scorecards.score_result import (
    OUTCOMES,
    WEIGHTS,
    AxisResult,
    Score,
    ScoreItem,
    weighted_number,
)
from bosonpeak.benchmark.scorecards.scorecard import Code, Scorecard
from bosonpeak.benchmark.scoring.grades import graded_axis
from bosonpeak.datasets.errors import SchemaError

AXES = tuple(WEIGHTS)


@st.composite
def items(draw, axis):
    outcome = draw(st.sampled_from(OUTCOMES))
    earned = {"met": 1.0, "missing": draw(st.sampled_from([0.0, 0.0, 0.4]))}.get(outcome, 0.0)
    return ScoreItem(axis, draw(st.text(max_size=5)), "here", outcome, earned, "so it is")


@st.composite
def scores(draw):
    listed = {axis: draw(st.lists(items(axis), min_size=1, max_size=6)) for axis in AXES}
    return Score.of(graded_axis(axis, found) for axis, found in listed.items())


def item(outcome, earned=None, axis="claims"):
    return ScoreItem(axis, "a", "b", outcome, float(outcome == "met") if earned is None else earned, "c")


def test_weights_sum_to_one():
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)


@given(scores())
def test_the_number_follows_from_the_items(score):
    shares = {axis.axis: sum(part.earned for part in axis.items) / len(axis.items) for axis in score.axes}
    assert score.number == pytest.approx(100 * sum(WEIGHTS[name] * share for name, share in shares.items()))
    assert score.formula.endswith(f"= {score.number:.1f}")
    low, high = score.weight_range
    assert low <= score.number + 1e-9
    assert score.number <= high + 1e-9
    assert low >= 0.0
    assert high <= 100.0 + 1e-9


@given(scores(), st.data())
def test_to_leave_something_out_never_pays(score, data):
    axis = data.draw(st.sampled_from(score.axes))
    dropped = data.draw(st.sets(st.integers(0, len(axis.items) - 1)))
    fewer = [
        ScoreItem(axis.axis, part.name, part.where, "missing", 0.0) if index in dropped else part
        for index, part in enumerate(axis.items)
    ]
    others = [other for other in score.axes if other.axis != axis.axis]
    assert Score.of([*others, graded_axis(axis.axis, fewer)]).number <= score.number + 1e-9


@settings(deadline=None, max_examples=30)
@given(scores())
def test_a_scorecard_keeps_its_score(score):
    card = Scorecard("score", Code("theirs", "1"), score=score)
    assert Scorecard.from_json(card.to_json()) == card


def test_scorecards_of_version_1_may_lack_a_score():
    card = Scorecard("quick", Code("bosonpeak", "1"))
    document = {**card.to_dict(), "schema_version": "1"}
    del document["score"]
    assert Scorecard.from_json(json.dumps(document)) == card


def test_weights_halved_and_doubled():
    axes = [graded_axis("conformance", [item("met", axis="conformance")]), graded_axis("claims", [item("missing")])]
    score = Score.of(axes)
    assert score.number == pytest.approx(50.0)
    assert score.weight_range == pytest.approx((100 / 3, 200 / 3))
    assert weighted_number(axes, {"claims": 2.0}) == pytest.approx(100 / 3)
    assert score.axis("claims").share == 0.0
    with pytest.raises(KeyError):
        score.axis("provenance")


@pytest.mark.parametrize(
    ("outcomes", "grade"),
    [
        (["met"] * 19 + ["not met"], "A"),
        (["met"] * 17 + ["not met"] * 3, "B"),
        (["met"] * 7 + ["not met"] * 3, "C"),
        (["met", "not met"], "D"),
        (["met", "not met", "not met"], "F"),
        (["met", "missing", "undecided"], "A"),
        (["missing"], "-"),
        (["undecided", "missing"], "-"),
    ],
)
def test_grades_are_of_what_was_submitted_and_decided(outcomes, grade):
    assert graded_axis("claims", [item(outcome) for outcome in outcomes]).grade == grade


def test_completeness_is_graded_by_all_that_is_asked_for():
    found = [item("met", axis="completeness"), *[item("missing", axis="completeness")] * 3]
    axis = graded_axis("completeness", found)
    assert (axis.grade, axis.submitted, axis.asked) == ("F", 1, 4)
    assert "first to mend" in axis.sentence


def test_void_data_make_an_f():
    axis = graded_axis("claims", [item("met")], void=True)
    assert axis.grade == "F"
    assert axis.sentence.startswith("Void")


@given(given_item=items("mechanics"))
def test_void_data_earn_nothing_and_what_is_missing_stays_missing(given_item):
    void = given_item.voided()
    assert void.earned == 0.0
    assert void.outcome == ("missing" if (given_item.outcome, given_item.earned) == ("missing", 0.0) else "not met")
    assert given_item.evidence in void.evidence


def test_items_beyond_what_is_asked_for_count_for_the_grade_alone():
    axis = graded_axis("mechanics", [item("missing", axis="mechanics")], [item("met", axis="mechanics")])
    assert (axis.earned, axis.asked, axis.grade) == (0.0, 1, "A")


def test_the_sentence_names_the_worst():
    axis = graded_axis("claims", [item("met"), ScoreItem("claims", "NET-2", "there", "not met", 0.0, "it is refuted.")])
    assert axis.sentence == "1 of 2 met, 1 not met; first to mend: NET-2, there: it is refuted."


def test_what_cannot_be_is_refused():
    with pytest.raises(SchemaError, match="earned"):
        item("not met", 1.0)
    with pytest.raises(SchemaError, match="earned"):
        item("met", 1.5)
    with pytest.raises(SchemaError, match=r"axis: should be 'conformance', .*, got 'beauty'"):
        item("met", axis="beauty")
    with pytest.raises(SchemaError, match="more than was asked"):
        AxisResult("claims", 0.3, 2.0, 1, 1, "A", "")
    axis = graded_axis("claims", [item("met")])
    with pytest.raises(SchemaError, match="contradicts its axes"):
        Score(12.0, "made up", (axis,))
