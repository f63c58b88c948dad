import copy
import dataclasses
import datetime
import importlib
import json
import math
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, EstimateResult, PartResult, TestResult
from bosonpeak.benchmark.scorecards.published_schema import derived_schema, schema
from bosonpeak.benchmark.scorecards.scorecard import Code, NotRun, Scorecard
from bosonpeak.datasets.errors import SchemaError, StoreError
from bosonpeak.plot.figure import Mark, Series
from bosonpeak.validators.estimates.estimate import Estimate

EARLIER = Path(__file__).with_name("earlier")

anything = st.none() | st.floats() | st.integers()


@pytest.fixture(scope="module")
def jsonschema():
    """The validator of JSON schemas, whose import takes seconds, in the process alone that runs these tests."""
    return importlib.import_module("jsonschema")


def card_with(*claims, **others):
    return Scorecard("quick", Code("bosonpeak", "1"), claims=claims, **others)


@pytest.mark.parametrize("which", ["scorecard", "changed_scorecard", "hostile_scorecard"])
def test_json_round_trip_is_exact(which, request):
    card = request.getfixturevalue(which)
    text = card.to_json()
    assert Scorecard.from_json(text) == card
    assert Scorecard.from_json(text).to_json() == text
    assert Scorecard.from_json(text.encode()) == card


def test_what_a_validator_measured_arrives_whole():
    measured = Estimate("s", 3.0, 2.5, 4.5, 0.9, 25, "likelihood", unit="1/a", window=(0.3, 0.55), warnings=("few",))
    taken = EstimateResult.from_estimate(measured)
    shared = {field.name for field in dataclasses.fields(measured)} - {"details"}
    assert shared == {field.name for field in dataclasses.fields(taken)}
    assert all(getattr(taken, name) == getattr(measured, name) for name in shared)


def test_schema_is_itself_valid_and_closed_everywhere(jsonschema):
    document = schema()
    jsonschema.Draft202012Validator.check_schema(document)
    objects = [part for part in walk(document) if "properties" in part and "type" in part]
    assert len(objects) == 20
    assert all(part["additionalProperties"] is False for part in objects)


def test_the_published_schema_is_what_the_records_say():
    assert derived_schema() == schema(), (
        "what scorecards hold has changed: bump SCHEMA_VERSION if documents of the old one can no longer be read, "
        "and print the schema anew (python -m bosonpeak.benchmark.scorecards.published_schema)"
    )


@pytest.mark.parametrize("file", sorted(EARLIER.glob("*.json")), ids=lambda file: file.stem)
def test_scorecards_made_earlier_are_read_and_written_as_they_were(file, jsonschema):
    text = file.read_text(encoding="utf-8")
    earlier, card = json.loads(text), Scorecard.from_json(text)
    jsonschema.validate(card.to_dict(), schema())
    assert Scorecard.from_json(card.to_json()) == card
    for old, new in zip(earlier["claims"], card.claims, strict=True):
        assert (old["verdict"], old["recorded"], old["changed"]) == (new.verdict, new.recorded, new.changed)
        assert [test["name"] for test in old["tests"]] == [test.name for test in new.tests]
        assert tuple(old["reasons"]) == new.reasons


def walk(document):
    if isinstance(document, dict):
        yield document
        for value in document.values():
            yield from walk(value)
    elif isinstance(document, list):
        for value in document:
            yield from walk(value)


def test_stock_validator_accepts_what_is_written(hostile_scorecard, jsonschema):
    jsonschema.validate(json.loads(hostile_scorecard.to_json()), schema())


@settings(deadline=None)
@given(value=anything, low=anything, high=anything, n=st.none() | st.integers(0, 2**60))
def test_numbers_that_are_not_finite_become_null(value, low, high, n):
    estimate = EstimateResult("s", value, low, high, 0.95, n)
    kept = json.loads(json.dumps(estimate.to_dict(), allow_nan=False))
    for key, given_value in (("value", value), ("low", low), ("high", high)):
        finite = given_value is not None and abs(given_value) <= sys.float_info.max
        assert kept[key] == (float(given_value) if finite else None)
    assert kept["n"] == n
    assert EstimateResult.from_dict(kept) == estimate


@settings(deadline=None)
@given(st.text(st.characters(codec=None), max_size=40))
def test_any_text_survives_the_round_trip(text):
    part = PartResult("p", "supported", says=text)
    card = card_with(ClaimResult("A", text, parts=(part,), regime={text: [text]}, notes=(text,)))
    assert Scorecard.from_json(card.to_json().encode("utf-8")) == card


@settings(deadline=None)
@given(st.lists(st.none() | st.floats(), max_size=8))
def test_curves_survive_the_round_trip_on_one_line_each(values):
    series = Series("curve", "line", values, values)
    text = json.dumps(series.to_dict(), allow_nan=False)
    assert Series.from_dict(json.loads(text)) == series


def test_curves_take_one_line_of_json_each(scorecard):
    longest = [line for line in scorecard.to_json().splitlines() if line.count(",") > 100]
    curves = [
        values
        for figure in scorecard.figures.values()
        for panel in figure.panels
        for series in panel.series
        for values in (series.x, series.y, series.low, series.high)
        if values is not None and len(values) > 100
    ]
    assert len(longest) == len(curves) > 0


def test_records_cannot_be_altered(scorecard):
    with pytest.raises(dataclasses.FrozenInstanceError):
        scorecard.claims[0].verdict = "refuted"
    with pytest.raises(TypeError):
        scorecard.claims[0].regime["system"] = "glass"
    with pytest.raises(TypeError):
        scorecard.figures["more"] = None


def test_pickle_and_deepcopy_return_an_equal_scorecard(hostile_scorecard):
    assert pickle.loads(pickle.dumps(hostile_scorecard)) == hostile_scorecard
    assert copy.deepcopy(hostile_scorecard) == hostile_scorecard


def test_numpy_values_become_plain_ones():
    claim = ClaimResult(
        "A",
        "t",
        regime={"n": np.int64(3), "x": np.float64(0.5), "list": np.arange(2), "day": datetime.date(2026, 1, 2)},
        parts=(PartResult("p", "supported", samples_to_decide=np.int32(7)),),
    )
    assert dict(claim.regime) == {"n": 3, "x": 0.5, "list": (0, 1), "day": "2026-01-02"}
    assert type(claim.regime["n"]) is int
    assert type(claim.parts[0].samples_to_decide) is int


def test_foreign_objects_are_refused():
    with pytest.raises(TypeError, match="object"):
        ClaimResult("A", "t", regime={"x": object()})


def test_validators_estimate_is_taken_over():
    estimate = Estimate("s", 4.0, 3.5, math.inf, 0.9, 20, "gamma", "1", (0.3, 0.6), ("few modes",), {"extra": 1})
    taken = EstimateResult.from_estimate(estimate)
    assert taken == EstimateResult("s", 4.0, 3.5, None, 0.9, 20, "gamma", "1", (0.3, 0.6), ("few modes",))


@pytest.mark.parametrize(
    ("verdict", "recorded", "changed"),
    [
        ("supported", "supported", False),
        ("refuted", "refuted", False),
        ("refuted", "supported", True),
        ("not run", "supported", True),
        ("undecided", "supported", True),
        ("undecided", "refuted", True),
        ("supported", "undecided", True),
        ("undecided", "undecided", False),
        ("refuted", None, False),
    ],
)
def test_only_a_difference_from_the_record_is_a_change(verdict, recorded, changed):
    card = card_with(ClaimResult("A", "t", parts=(PartResult("p", verdict, recorded=recorded),)))
    assert card.claims[0].changed is changed
    assert [(claim.id, part.name) for claim, part in card.changed] == [("A", "p")] * changed
    assert card.exit_code == int(changed)


@pytest.mark.parametrize("verdict", ["supported", "refuted", "undecided", "not run"])
@pytest.mark.parametrize("other", ["supported", "refuted", "undecided", "not run"])
@pytest.mark.parametrize("discriminates", [True, False])
def test_the_first_part_is_the_main_part_and_gives_the_verdict(verdict, other, discriminates):
    parts = (
        PartResult("main", verdict, discriminates=discriminates, recorded="refuted"),
        PartResult("other", other, discriminates=not discriminates, recorded="supported"),
    )
    claim = ClaimResult("A", "t", parts=parts)
    assert (claim.verdict, claim.discriminates, claim.recorded) == (verdict, discriminates, "refuted")
    assert claim.changed == (verdict != "refuted" or other != "supported")


def test_a_claim_without_parts_was_not_run():
    assert (ClaimResult("A", "t").verdict, ClaimResult("A", "t").recorded) == ("not run", None)


def test_parts_that_swap_their_verdicts_are_seen():
    def card(first, second):
        parts = (PartResult("a", first, recorded="supported"), PartResult("b", second, recorded="refuted"))
        return card_with(ClaimResult("A", "t", parts=parts))

    same, swapped = card("supported", "refuted"), card("refuted", "supported")
    assert (same.claims[0].verdict, swapped.claims[0].verdict) == ("supported", "refuted")
    assert (same.exit_code, swapped.exit_code) == (0, 1)


def test_a_recorded_claim_that_could_not_be_judged_sets_the_exit_code():
    assert card_with(not_run=(NotRun("A", "no data"),)).exit_code == 0
    assert card_with(not_run=(NotRun("A", "no data", "refuted"),)).exit_code == 1


def test_failed_control_alone_sets_the_exit_code(scorecard, changed_scorecard):
    assert scorecard.exit_code == 0
    only_control = dataclasses.replace(scorecard, claims=changed_scorecard.claims[:1])
    assert not only_control.changed
    assert [(claim.id, control.name) for claim, control in only_control.failed_controls] == [
        ("NET-1", "dilution at p = 0.8")
    ]
    assert only_control.exit_code == 1


def test_empty_scorecard_has_nothing_to_fail():
    assert card_with().exit_code == 0


def test_decisive_test_is_the_one_with_the_estimate_of_the_claim(scorecard):
    (part,) = scorecard.claim("NET-1").parts
    assert part.decisive_test is part.tests[0]
    second = dataclasses.replace(part, estimate=part.tests[1].estimate)
    assert second.decisive_test is second.tests[1]
    assert scorecard.claim("NET-3").parts[0].decisive_test is None
    with pytest.raises(KeyError):
        scorecard.claim("NET-99")


def mutations():
    def case(name, change, message):
        return pytest.param(change, message, id=name)

    return [
        case(
            "verdict",
            lambda d: d["claims"][0]["parts"][0].update(verdict="proven"),
            r"claims\[0\]\.parts\[0\]\.verdict",
        ),
        case("extra", lambda d: d.update(more=1), "'more' was unexpected"),
        case("missing", lambda d: d.pop("suite"), "'suite' is a required property"),
        case("type", lambda d: d["claims"][0]["parts"][0]["tests"][0].update(name=7), r"tests\[0\]\.name"),
        case("level", lambda d: d["claims"][0]["parts"][0]["estimate"].update(level=95), r"parts\[0\]\.estimate"),
        case("curve", lambda d: first_series(d)["x"].__setitem__(3, "x"), r"series\[0\]\.x\[3\]"),
        case("boolean", lambda d: first_series(d)["x"].__setitem__(3, True), r"series\[0\]\.x\[3\]"),
        case("whole", lambda d: d["claims"][0].update(verdict="refuted"), "verdict = .* follows from the rest"),
        case("parts", lambda d: d["claims"][0]["parts"].append(d["claims"][0]["parts"][0]), "two parts share a name"),
        case("changed", lambda d: d["claims"][0].update(changed=True), "contradicts itself"),
        case("figure", lambda d: d["claims"][0].update(figure="none"), "figure that the scorecard does not have"),
        case("twice", lambda d: d["claims"].append(d["claims"][0]), "more than once"),
        case("lengths", lambda d: first_series(d)["x"].pop(), "differ in length"),
        case("version", lambda d: d.update(schema_version="6"), "another schema version"),
    ]


def first_series(document):
    return document["figures"]["reduced-dos"]["panels"][0]["series"][0]


@pytest.mark.parametrize(("change", "message"), mutations())
def test_damaged_scorecards_are_refused_with_the_place(scorecard, change, message):
    document = scorecard.to_dict()
    change(document)
    with pytest.raises(SchemaError, match=message):
        Scorecard.from_json(json.dumps(document))


def test_every_violation_is_named_but_not_without_end(scorecard):
    document = scorecard.to_dict()
    document["suite"] = "slow"
    document["not_run"] = [{"id": 1, "why": "x", "recorded": None}] * 30
    with pytest.raises(SchemaError) as caught:
        Scorecard.from_json(json.dumps(document))
    assert "in 31 place(s)" in str(caught.value)
    assert len(caught.value.violations) == 21
    assert caught.value.violations[-1] == "and 11 more"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "[" * 100_000, '{"a": NaN}', '{"a": Infinity}', b"\xff\xfe", '{"a": ' + "1" * 5000 + "}"],
)
def test_text_that_is_no_scorecard_is_refused(text):
    with pytest.raises(SchemaError):
        Scorecard.from_json(text)


def test_number_too_large_for_a_float_is_null(scorecard):
    document = scorecard.to_dict()
    claim = document["claims"][0]
    claim["parts"][0]["estimate"]["value"] = 10**400
    claim["estimate"] = {**claim["estimate"], "value": None}
    assert Scorecard.from_json(json.dumps(document)).claims[0].estimate.value is None


def test_writing_checks_too():
    with pytest.raises(SchemaError, match="suite"):
        dataclasses.replace(card_with(), suite="slow").to_json()


def test_unknown_verdict_is_refused_at_once():
    with pytest.raises(SchemaError, match="proven"):
        TestResult("t", "proven")


def test_marks_keep_their_ends():
    assert Mark("span", start=0.2, stop=1.0).to_dict() == {
        "kind": "span",
        "value": None,
        "from": 0.2,
        "to": 1.0,
        "label": "",
    }


def test_band_needs_no_centre_but_everything_else_is_equally_long():
    Series("b", "band", [1, 2], low=[0, 0], high=[1, 1])
    with pytest.raises(SchemaError, match="differ in length"):
        Series("b", "line", [1, 2], [])
    with pytest.raises(SchemaError, match="differ in length"):
        Series("b", "points", [1, 2], [1, 2], low=[1])


def test_file_round_trip_and_missing_file(scorecard, tmp_path):
    path = tmp_path / "card.json"
    path.write_text(scorecard.to_json(), encoding="utf-8")
    assert Scorecard.read(path) == scorecard
    with pytest.raises(StoreError, match=r"none\.json"):
        Scorecard.read(tmp_path / "none.json")


def test_a_notebook_shows_a_line_a_claim_and_runs_nothing_of_it(scorecard, hostile_scorecard):
    table = scorecard._repr_html_()
    assert table.count("<tr>") == 1 + len(scorecard.claims)
    assert "<td style='text-align:left'>refuted</td>" in table
    assert "<script>" not in hostile_scorecard._repr_html_()


def test_a_notebook_shows_the_two_numbers_of_a_score(scored_scorecard):
    score = scored_scorecard.score
    assert f"<td>{score.correctness.right} of {score.correctness.decided}</td>" in scored_scorecard._repr_html_()
