"""Conversion of scorecards of earlier schema versions to the present version."""

from __future__ import annotations

from typing import Any

from bosonpeak.benchmark.scorecards.score_result import AxisResult, Score
from bosonpeak.datasets.errors import SchemaError

THE_WHOLE = "the whole claim"
"""Name of the one part that a claim of schema version 1 has."""

_OF_THE_PART = ("verdict", "recorded", "estimate", "minimum_detectable_effect", "samples_to_decide", "reasons", "tests")


def brought_up(document: Any) -> Any:
    """Convert a document of version 1 or 2 to version 3; return anything else unchanged.

    A claim of version 1 has no parts: the statements on the whole claim become its one part. A score of version 2 is
    one number from five weighted axes, without tracks: the right and wrong items give its correctness, the answers to
    conformance cases the track "conformance", and the other tracks stay empty. Malformed content is left to the
    validation of the present version.
    """
    return _from_version_2(_from_version_1(document))


def _from_version_1(document: Any) -> Any:
    if not isinstance(document, dict) or document.get("schema_version") != "1":
        return document
    claims, left_out = document.get("claims"), document.get("not_run")
    return {
        "score": None,
        **document,
        "schema_version": "2",
        "claims": [_with_parts(claim) for claim in claims] if isinstance(claims, list) else claims,
        "not_run": [_without_record(entry) for entry in left_out] if isinstance(left_out, list) else left_out,
    }


def _with_parts(claim: Any) -> Any:
    if not isinstance(claim, dict):
        return claim
    part = {"name": THE_WHOLE, "says": "", "discriminates": True, "changed": claim.get("changed")}
    part |= {key: claim[key] for key in _OF_THE_PART if key in claim}
    if isinstance(claim.get("tests"), list):
        part["tests"] = [_with_origin(test) for test in claim["tests"]]
    kept = {key: value for key, value in claim.items() if key not in ("tests", "samples_to_decide")}
    controls = claim.get("controls")
    if isinstance(controls, list):
        kept["controls"] = [_of_the_whole(control) for control in controls]
    return kept | {"parts": [part], "discriminates": True}


def _with_origin(test: Any) -> Any:
    expect = test.get("expect") if isinstance(test, dict) else None
    return {**test, "expect": {"origin": 0.0, **expect}} if isinstance(expect, dict) else test


def _of_the_whole(control: Any) -> Any:
    return {"part": THE_WHOLE, **control} if isinstance(control, dict) else control


def _without_record(entry: Any) -> Any:
    return {"recorded": None, **entry} if isinstance(entry, dict) else entry


def _from_version_2(document: Any) -> Any:
    if not isinstance(document, dict) or document.get("schema_version") != "2":
        return document
    return {**document, "schema_version": "3", "score": _in_two_numbers(document.get("score"))}


def _in_two_numbers(score: Any) -> Any:
    axes = score.get("axes") if isinstance(score, dict) else None
    if not isinstance(axes, list):
        return score
    try:
        kept = [AxisResult.from_dict(_without_weight(axis)) for axis in axes]
        return Score.of(kept, score.get("objections", ())).to_dict()
    except (SchemaError, AttributeError, TypeError):
        return score


def _without_weight(axis: Any) -> Any:
    """Convert an axis of version 2; its answers to conformance cases form the track "conformance"."""
    items = [
        item | {"track": "conformance" if item.get("axis") == "conformance" else None} for item in axis.get("items", [])
    ]
    return {key: value for key, value in axis.items() if key != "weight"} | {"items": items}
