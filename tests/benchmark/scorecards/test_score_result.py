import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.benchmark.scorecards.score_result import (
    ABOUT_PHYSICS,
    AXES,
    OUTCOMES,
    TRACKS,
    AxisResult,
    Correctness,
    Score,
    ScoreItem,
    TrackResult,
)
from bosonpeak.benchmark.scorecards.scorecard import Code, Scorecard
from bosonpeak.datasets.errors import SchemaError


@st.composite
def items(draw, axis):
    outcome = draw(st.sampled_from(OUTCOMES))
    earned = {"met": 1.0, "missing": draw(st.sampled_from([0.0, 0.0, 0.4]))}.get(outcome, 0.0)
    track = draw(st.sampled_from([None, *TRACKS])) if axis in ABOUT_PHYSICS else None
    return ScoreItem(axis, draw(st.text(max_size=5)), "here", outcome, earned, "so it is", track)


@st.composite
def scores(draw):
    listed = {axis: draw(st.lists(items(axis), min_size=1, max_size=6)) for axis in AXES}
    return Score.of(AxisResult.of(axis, found) for axis, found in listed.items())


def item(outcome, earned=None, axis="claims", track=None):
    return ScoreItem(axis, "a", "b", outcome, float(outcome == "met") if earned is None else earned, "c", track)


@given(scores())
def test_both_numbers_are_counts_of_items(score):
    physics = [part for axis in score.axes if axis.axis in ABOUT_PHYSICS for part in axis.items]
    outcomes = [part.outcome for part in physics]
    assert score.correctness.right == outcomes.count("met")
    assert score.correctness.decided == outcomes.count("met") + outcomes.count("not met")
    for track in score.tracks:
        asked = [part for part in physics if part.track == track.track]
        assert track.asked == len(asked)
        assert track.correctness.decided == sum(part.is_decided for part in asked)
        assert track.is_covered == (bool(asked) and all(part.is_decided for part in asked))
    assert score.tracks_covered == sum(track.is_covered for track in score.tracks)


@given(scores(), st.data())
def test_what_is_left_out_is_missing_and_not_wrong(score, data):
    axis = data.draw(st.sampled_from([axis for axis in score.axes if axis.axis in ABOUT_PHYSICS]))
    dropped = data.draw(st.integers(0, len(axis.items) - 1))
    fewer = [
        ScoreItem(axis.axis, part.name, part.where, "missing", 0.0, "", part.track) if index == dropped else part
        for index, part in enumerate(axis.items)
    ]
    others = [other for other in score.axes if other.axis != axis.axis]
    after, one = Score.of([*others, AxisResult.of(axis.axis, fewer)]), axis.items[dropped]
    wrong = (score.correctness.decided - score.correctness.right, after.correctness.decided - after.correctness.right)
    assert wrong[1] == wrong[0] - (one.outcome == "not met")
    for before, now in zip(score.tracks, after.tracks, strict=True):
        assert now.asked == before.asked
        assert now.correctness.decided == before.correctness.decided - (one.is_decided and one.track == now.track)


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


@pytest.mark.parametrize(
    ("right", "decided", "low", "high"),
    [  # R. G. Newcombe, Statist. Med. 17, 857 (1998), Table I, method 3 (score, without continuity correction)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
    ],
)
def test_the_interval_is_wilsons(right, decided, low, high):
    found = Correctness(right, decided)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)
    assert found.low <= found.share <= found.high


def test_where_nothing_is_decided_there_is_no_share():
    assert (Correctness(0, 0).share, Correctness(0, 0).low, Correctness(0, 0).high) == (None, None, None)
    with pytest.raises(SchemaError, match="3 are right of 2"):
        Correctness(3, 2)
    with pytest.raises(SchemaError, match="decided of 1 that are asked"):
        TrackResult("conformance", Correctness(1, 2), 1)


def test_the_sentence_of_completeness_names_what_is_missing():
    found = [item("met", axis="completeness"), *[item("missing", axis="completeness")] * 3]
    axis = AxisResult.of("completeness", found)
    assert (axis.submitted, axis.asked) == (1, 4)
    assert axis.sentence == "1 of 4 met, 3 missing; first to mend: a, b: c."


def test_the_sentence_names_void_data():
    assert AxisResult.of("claims", [item("met")], void=True).sentence == "Void data are among these. 1 of 1 met."


@given(given_item=items("mechanics"))
def test_void_data_are_wrong_and_what_is_missing_stays_missing(given_item):
    void = given_item.voided()
    assert void.earned == 0.0
    assert void.outcome == ("missing" if (given_item.outcome, given_item.earned) == ("missing", 0.0) else "not met")
    assert given_item.evidence in void.evidence


def test_items_beyond_the_tracks_count_as_right_or_wrong_and_cover_nothing():
    axis = AxisResult.of(
        "mechanics", [item("missing", axis="mechanics", track="Kob-Andersen")], [item("met", axis="mechanics")]
    )
    score = Score.of([axis])
    assert (axis.earned, axis.asked) == (0.0, 1)
    assert score.correctness == Correctness(1, 1)
    assert score.track("Kob-Andersen").coverage == 0.0
    assert score.track("soft spheres").coverage is None


def test_the_sentence_names_the_worst():
    axis = AxisResult.of(
        "claims", [item("met"), ScoreItem("claims", "NET-2", "there", "not met", 0.0, "it is refuted.")]
    )
    assert axis.sentence == "1 of 2 met, 1 not met; first to mend: NET-2, there: it is refuted."


def test_what_cannot_be_is_refused():
    with pytest.raises(SchemaError, match="earned"):
        item("not met", 1.0)
    with pytest.raises(SchemaError, match="earned"):
        item("met", 1.5)
    with pytest.raises(SchemaError, match=r"axis: should be 'conformance', .*, got 'beauty'"):
        item("met", axis="beauty")
    with pytest.raises(SchemaError, match="more than was asked"):
        AxisResult("claims", 2.0, 1, 1, "")
    axis = AxisResult.of("claims", [item("met")])
    with pytest.raises(SchemaError, match="right 5 of 5, where 1 of 1 follows"):
        Score(Correctness(5, 5), Score.of([axis]).tracks, (axis,))
    with pytest.raises(SchemaError, match="contradicts its items in: conformance"):
        Score(
            Correctness(1, 1), (TrackResult("conformance", Correctness(1, 1), 1), *Score.of([axis]).tracks[1:]), (axis,)
        )
    with pytest.raises(KeyError):
        Score.of([axis]).axis("provenance")


def test_scores_of_version_2_keep_what_they_say_of_right_and_wrong():
    score = Score.of([AxisResult.of("conformance", [item("met", axis="conformance", track="conformance")])])
    document = Scorecard("score", Code("theirs", "1"), score=score).to_dict()
    old = {"number": 30.0, "formula": "f", "weight_range": [10, 40], "objections": ["copied"]}
    axis = {**document["score"]["axes"][0], "weight": 0.3}
    axis["items"] = [{key: value for key, value in part.items() if key != "track"} for part in axis["items"]]
    read = Scorecard.from_json(json.dumps({**document, "schema_version": "2", "score": {**old, "axes": [axis]}}))
    assert read.score.correctness == Correctness(1, 1)
    assert [track.asked for track in read.score.tracks] == [1, 0, 0, 0]
    assert read.score.objections == ("copied",)


def test_grades_of_earlier_versions_are_dropped():
    text = Path(__file__).with_name("earlier").joinpath("graded.json").read_text(encoding="utf-8")
    old, score = json.loads(text)["score"], Scorecard.from_json(text).score
    assert [axis["grade"] for axis in old["axes"]] == ["A", "D", "F", "F", "A"]
    for before, axis in zip(old["axes"], score.axes, strict=True):
        assert "grade" not in axis.to_dict()
        assert axis.to_dict() == {key: value for key, value in before.items() if key != "grade"}
    assert score.to_dict()["tracks"] == old["tracks"]
    assert score.correctness == Correctness(2, 3)
