"""Scorecard: the plain object behind the terminal, HTML, JUnit and pytest views, for all schema versions."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import field
from html import escape
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, ControlResult, Decision, PartResult
from bosonpeak.benchmark.scorecards.score_result import AxisResult, Score
from bosonpeak.datasets.documents.record import ReadOnly, Record, Text, record
from bosonpeak.datasets.errors import SchemaError, StoreError
from bosonpeak.plot.figure import Figure

THE_WHOLE = "the whole claim"
"""Name of the one part that a claim of schema version 1 has."""

_OF_THE_PART = ("verdict", "recorded", "estimate", "minimum_detectable_effect", "samples_to_decide", "reasons", "tests")


def brought_up(document: Any) -> Any:
    """Convert a document of version 1 to 4 to version 5; return anything else, even malformed content, unchanged."""
    # A claim of version 1 has no parts: its statements become one part. A score of version 2 is one number from five
    # axes, without tracks: right and wrong items give the correctness, the answers to conformance cases the track
    # "conformance". In version 3 the part that stood for the whole claim becomes the first part. The grade of an axis
    # of version 4 is dropped.
    return _from_version_4(_from_version_3(_from_version_2(_from_version_1(document))))


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


def _from_version_3(document: Any) -> Any:
    if not isinstance(document, dict) or document.get("schema_version") != "3":
        return document
    claims, left_out = document.get("claims"), document.get("not_run")
    return {
        **document,
        "schema_version": "4",
        "claims": [_with_main_part(claim) for claim in claims] if isinstance(claims, list) else claims,
        "not_run": [_with_decision(entry) for entry in left_out] if isinstance(left_out, list) else left_out,
    }


def _from_version_4(document: Any) -> Any:
    if not isinstance(document, dict) or document.get("schema_version") != "4":
        return document
    score = document.get("score")
    axes = score.get("axes") if isinstance(score, dict) else None
    if not isinstance(axes, list):
        return {**document, "schema_version": "5"}
    kept = [_without(axis, "grade") if isinstance(axis, dict) else axis for axis in axes]
    return {**document, "schema_version": "5", "score": {**document["score"], "axes": kept}}


def _without(table: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in keys}


def _with_main_part(claim: Any) -> Any:
    parts = claim.get("parts") if isinstance(claim, dict) else None
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        return claim
    alike = [part for part in parts if part.get("verdict") == claim.get("verdict")]
    main = alike[0] if alike else parts[0]
    ordered = [main, *(part for part in parts if part is not main)]
    several = len(parts) > 1
    reasons = [(part.get("name"), reason) for part in ordered for reason in part.get("reasons", ())]
    return claim | {
        "parts": ordered,
        **{key: main.get(key) for key in ("verdict", "recorded", "discriminates", "estimate")},
        "minimum_detectable_effect": main.get("minimum_detectable_effect"),
        "reasons": [f"{name}: {reason}" if several else reason for name, reason in reasons],
    }


def _with_decision(entry: Any) -> Any:
    """Drop a recorded "in part", which no part of a claim has."""
    in_part = isinstance(entry, dict) and entry.get("recorded") == "in part"
    return {**entry, "recorded": "undecided"} if in_part else entry


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
    return _without(axis, "weight", "grade") | {"items": items}


SCHEMA_VERSION = "5"
"""Of the published schema; documents of earlier versions are brought up to it when they are read."""

_NUMBER = r"(?:-?[\d.eE+-]+|null)"
_SPREAD_OUT_NUMBERS = re.compile(rf"\[\s*\n\s+({_NUMBER}(?:,\n\s+{_NUMBER})*)\n\s+\]")


@record
class DataSource(Record):
    """A dataset that the scorecard rests on, and the digest of its content."""

    name: Text
    digest: Text


@record
class Code(Record):
    """The program that made the scorecard."""

    name: Text
    version: Text


@record
class NotRun(Record):
    """A claim that could not be judged, the reason, and its recorded verdict, which then failed to be reproduced."""

    id: Text
    why: Text
    recorded: Decision | None = None


@record
class Scorecard(Record):
    """Verdicts on claims, with everything needed to show and to judge them.

    Parameters
    ----------
    suite : {"quick", "full", "score"}
        The suite that ran; "score" for third-party data.
    code : Code
    data : tuple of DataSource
    environment : mapping of str to str
        Versions and platform.
    claims : tuple of ClaimResult
        A claim that the suite leaves out belongs in `not_run`, not here.
    not_run : tuple of NotRun
    figures : mapping of str to Figure
    score : Score or None
        Of a third party's submission; None for reference data.

    Raises
    ------
    SchemaError
        If two claims share an id, or a claim names a figure that is not there.

    Examples
    --------
    The result of `verify`, unchanged by conversion to JSON.

    >>> from bosonpeak.benchmark import verify
    >>> scorecard = verify(claims=["NET-6"])
    >>> scorecard.claim("NET-6").parts[0].name, scorecard.exit_code
    ('two new poles', 0)
    >>> Scorecard.from_json(scorecard.to_json()) == scorecard
    True
    """

    follows: ClassVar[Mapping[str, Mapping[str, Any]]] = {"schema_version": {"const": SCHEMA_VERSION}}
    schema_version: ClassVar[str] = SCHEMA_VERSION

    suite: Literal["quick", "full", "score"]
    code: Code
    data: tuple[DataSource, ...] = ()
    environment: Annotated[Mapping[Text, Text], ReadOnly] = field(default_factory=dict)
    claims: tuple[ClaimResult, ...] = ()
    not_run: tuple[NotRun, ...] = ()
    figures: Annotated[Mapping[Text, Figure], ReadOnly] = field(default_factory=dict)
    score: Score | None = None

    def __post_init__(self) -> None:
        identifiers = [claim.id for claim in self.claims]
        if repeated := sorted({name for name in identifiers if identifiers.count(name) > 1}):
            raise ValueError(f"a claim is on the scorecard more than once: {', '.join(repeated)}")
        for claim in self.claims:
            if claim.figure is not None and claim.figure not in self.figures:
                there = ", ".join(self.figures) or "none"
                raise ValueError(
                    f"claim {claim.id} shows a figure that the scorecard does not have: {claim.figure}, not {there}"
                )

    @property
    def changed(self) -> tuple[tuple[ClaimResult, PartResult], ...]:
        """The parts of claims whose verdict differs from the recorded one, each with its claim."""
        return tuple((claim, part) for claim in self.claims for part in claim.parts if part.changed)

    @property
    def missed(self) -> tuple[NotRun, ...]:
        """The claims that could not be judged although a verdict is recorded."""
        return tuple(entry for entry in self.not_run if entry.recorded is not None)

    @property
    def failed_controls(self) -> tuple[tuple[ClaimResult, ControlResult], ...]:
        """The controls without the required verdict, each with its claim."""
        return tuple((claim, control) for claim in self.claims for control in claim.failed_controls)

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Ids of the claims that were not run; "any claim" if the scorecard holds no claim."""
        left_out = [entry.id for entry in self.not_run]
        left_out += [claim.id for claim in self.claims if claim.verdict == "not run"]
        return tuple(left_out) if left_out or self.claims else ("any claim",)

    @property
    def exit_code(self) -> int:
        """0 if every verdict is as recorded (where one is) and every control passed, else 1."""
        return int(bool(self.changed or self.missed or self.failed_controls))

    def _repr_html_(self) -> str:
        """One line per claim, for notebooks."""
        rows = [(claim.id, claim.title, claim.verdict, _parts_of(claim)) for claim in self.claims]
        cells = ["".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in row) for row in rows]
        body = "".join(f"<tr>{row}</tr>" for row in cells)
        named = f"{escape(self.code.name)} {escape(self.code.version)}, {self.suite} suite"
        heading = "<tr><th>claim</th><th>title</th><th>verdict</th><th>parts</th></tr>"
        score = "" if self.score is None else self.score._repr_html_()
        return f"{score}<table><caption><b>{named}</b></caption>{heading}{body}</table>"

    def claim(self, identifier: str) -> ClaimResult:
        """The claim called `identifier`; KeyError if it is not on the scorecard."""
        for claim in self.claims:
            if claim.id == identifier:
                return claim
        raise KeyError(identifier)

    def to_dict(self) -> dict[str, Any]:
        """The scorecard as JSON values."""
        return {"schema_version": SCHEMA_VERSION, **super().to_dict()}

    def to_json(self) -> str:
        """The scorecard as JSON text, in the form of the published schema."""
        return self._json

    @functools.cached_property
    def _json(self) -> str:
        text = json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False, indent=1)
        return _SPREAD_OUT_NUMBERS.sub(_on_one_line, text) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a scorecard from JSON text.

        Raises
        ------
        SchemaError
            If `text` is not JSON, is of another schema version, or violates the schema; every violation is
            named.
        """
        try:
            document = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise SchemaError("a scorecard is not valid JSON", got=str(error)) from None
        document = brought_up(document)
        version = document.get("schema_version") if isinstance(document, dict) else None
        if version is not None and version != SCHEMA_VERSION:
            raise SchemaError(
                "the scorecard is of another schema version",
                expected=f"schema_version {SCHEMA_VERSION!r}, or an earlier one",
                got=f"{version!r}",
                likely_cause="it was written by another release of bosonpeak",
            )
        return cls.from_dict(document)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a scorecard from a JSON file.

        Raises
        ------
        StoreError
            If the file cannot be read.
        SchemaError
            As in `from_json`.
        """
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise StoreError("a scorecard cannot be read", got=error.strerror or str(error), where=str(path)) from error
        return cls.from_json(content)


def _parts_of(claim: ClaimResult) -> str:
    return "; ".join(f"{part.name}: {part.verdict}" for part in claim.parts) if len(claim.parts) > 1 else ""


def _on_one_line(numbers: re.Match[str]) -> str:
    return "[" + re.sub(r"\s+", " ", numbers[1]) + "]"


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number; write null")
