"""The scorecard: one plain object from which the terminal, HTML, JUnit and pytest views are all drawn.

Its JSON form is published as ``scorecard.schema.json`` and checked on the way out and on the way in. Numbers
that are not finite become ``None`` (JSON ``null``) as soon as a record is made, so that a scorecard equals what
is read back from its own JSON.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from bosonpeak.benchmark.record import (
    Limits,
    Numbers,
    Record,
    clean_count,
    clean_limits,
    clean_mapping,
    clean_number,
    clean_numbers,
    clean_text,
    clean_texts,
)
from bosonpeak.benchmark.score_record import Score
from bosonpeak.datasets.errors import SchemaError, StoreError

if TYPE_CHECKING:
    from bosonpeak.validators.estimate import Estimate

SCHEMA_VERSION = "1"

Verdict = Literal["supported", "refuted", "undecided", "not run"]
VERDICTS: tuple[Verdict, ...] = ("supported", "refuted", "undecided", "not run")

_MOST_VIOLATIONS_SHOWN = 20
_NUMBER = r"(?:-?[\d.eE+-]+|null)"
_SPREAD_OUT_NUMBERS = re.compile(rf"\[\s*\n\s+({_NUMBER}(?:,\n\s+{_NUMBER})*)\n\s+\]")


@dataclass(frozen=True)
class EstimateResult(Record):
    """A measured value with its confidence interval.

    Parameters
    ----------
    name : str
        The quantity.
    value, low, high : float or None
        Point estimate and confidence limits, in `unit`; None where there is none.
    level : float or None
        Confidence level of ``[low, high]``.
    n : int or None
        Number of independent samples behind the interval.
    method : str
        Estimator and interval, in one line.
    unit : str
        ``"1"`` for a pure number.
    window : tuple of float, optional
        Range of the abscissa that was used.
    warnings : tuple of str
        What must be known before the value is used.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    level: float | None = 0.95
    n: int | None = None
    method: str = ""
    unit: str = "1"
    window: Limits | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._set(
            name=clean_text(self.name),
            value=clean_number(self.value),
            low=clean_number(self.low),
            high=clean_number(self.high),
            level=clean_number(self.level),
            n=clean_count(self.n),
            method=clean_text(self.method),
            unit=clean_text(self.unit),
            window=clean_limits(self.window),
            warnings=clean_texts(self.warnings),
        )

    @classmethod
    def from_estimate(cls, estimate: Estimate) -> EstimateResult:
        """Take over what a validator measured; its ``details`` are left behind."""
        return cls(
            name=estimate.name,
            value=estimate.value,
            low=estimate.low,
            high=estimate.high,
            level=estimate.level,
            n=estimate.n,
            method=estimate.method,
            unit=estimate.unit,
            window=estimate.window,
            warnings=estimate.warnings,
        )


@dataclass(frozen=True)
class Expectation(Record):
    """The region in which the claim says the estimate lies; None for a side without a limit."""

    low: float | None
    high: float | None
    why: str = ""

    def __post_init__(self) -> None:
        self._set(low=clean_number(self.low), high=clean_number(self.high), why=clean_text(self.why))


@dataclass(frozen=True)
class TestResult(Record):
    """One test of a claim, on one ensemble.

    Parameters
    ----------
    name : str
        What was tested.
    cell : mapping
        Where in the grid of parameters, such as ``{"situation": 2, "delta": 0.1}``.
    dataset : str
        The data used.
    estimate : EstimateResult or None
        What was measured.
    expect : Expectation or None
        What the claim says.
    verdict : str
        One of `VERDICTS`.
    minimum_detectable_effect : float or None
        The smallest tolerance that these data could have supported, in the unit of the estimate.
    samples_to_decide : int or None
        How many samples would decide an undecided test.
    reason : str
        Why the verdict is what it is.
    """

    __test__: ClassVar[bool] = False

    name: str
    verdict: Verdict
    cell: Mapping[str, Any] = field(default_factory=dict)
    dataset: str = ""
    estimate: EstimateResult | None = field(default=None, metadata={"record": EstimateResult})
    expect: Expectation | None = field(default=None, metadata={"record": Expectation})
    minimum_detectable_effect: float | None = None
    samples_to_decide: int | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        self._set(
            name=clean_text(self.name),
            verdict=_verdict(self.verdict, self.name),
            cell=clean_mapping(self.cell),
            dataset=clean_text(self.dataset),
            minimum_detectable_effect=clean_number(self.minimum_detectable_effect),
            samples_to_decide=clean_count(self.samples_to_decide),
            reason=clean_text(self.reason),
        )


@dataclass(frozen=True)
class ControlResult(Record):
    """A control with a known answer: `passed` if `verdict` is what it `must_be`."""

    name: str
    must_be: Verdict
    verdict: Verdict
    passed: bool
    dataset: str = ""
    cell: Mapping[str, Any] = field(default_factory=dict)
    estimate: EstimateResult | None = field(default=None, metadata={"record": EstimateResult})
    reason: str = ""

    def __post_init__(self) -> None:
        self._set(
            name=clean_text(self.name),
            must_be=_verdict(self.must_be, self.name),
            verdict=_verdict(self.verdict, self.name),
            passed=bool(self.passed),
            dataset=clean_text(self.dataset),
            cell=clean_mapping(self.cell),
            reason=clean_text(self.reason),
        )


@dataclass(frozen=True)
class ClaimResult(Record):
    """What the data say about one published claim.

    Parameters
    ----------
    id, title, statement, source : str
        The claim and where it was published.
    rival, rival_reading : str
        The competing explanation, and what it would make of the same data.
    regime : mapping
        Where the claim is meant to hold.
    verdict : str
        One of `VERDICTS`.
    recorded : str or None
        The verdict recorded beside the claim; None where none is, as for third-party data.
    estimate : EstimateResult or None
        That of the decisive test.
    minimum_detectable_effect, samples_to_decide : float, int or None
        As in `TestResult`.
    reasons, notes : tuple of str
        Why the verdict is what it is; further remarks.
    tests : tuple of TestResult
    controls : tuple of ControlResult
    figure : str or None
        Key in ``Scorecard.figures``.
    """

    id: str
    title: str
    verdict: Verdict
    statement: str = ""
    source: str = ""
    rival: str = ""
    rival_reading: str = ""
    regime: Mapping[str, Any] = field(default_factory=dict)
    recorded: Verdict | None = None
    estimate: EstimateResult | None = field(default=None, metadata={"record": EstimateResult})
    minimum_detectable_effect: float | None = None
    samples_to_decide: int | None = None
    reasons: tuple[str, ...] = ()
    tests: tuple[TestResult, ...] = field(default=(), metadata={"record": TestResult})
    controls: tuple[ControlResult, ...] = field(default=(), metadata={"record": ControlResult})
    figure: str | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._set(
            id=clean_text(self.id),
            title=clean_text(self.title),
            verdict=_verdict(self.verdict, self.id),
            statement=clean_text(self.statement),
            source=clean_text(self.source),
            rival=clean_text(self.rival),
            rival_reading=clean_text(self.rival_reading),
            regime=clean_mapping(self.regime),
            recorded=None if self.recorded is None else _verdict(self.recorded, self.id),
            minimum_detectable_effect=clean_number(self.minimum_detectable_effect),
            samples_to_decide=clean_count(self.samples_to_decide),
            reasons=clean_texts(self.reasons),
            tests=tuple(self.tests),
            controls=tuple(self.controls),
            figure=None if self.figure is None else clean_text(self.figure),
            notes=clean_texts(self.notes),
        )

    @property
    def changed(self) -> bool:
        """Whether a verdict is recorded and this one differs from it."""
        return self.recorded is not None and self.verdict != self.recorded

    @property
    def failed_controls(self) -> tuple[ControlResult, ...]:
        """The controls that did not come out as they must."""
        return tuple(control for control in self.controls if not control.passed)

    @property
    def decisive_test(self) -> TestResult | None:
        """The test whose estimate stands for the claim, or None if no test has it."""
        if self.estimate is None:
            return None
        return next((test for test in self.tests if test.estimate == self.estimate), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON values, with the derived key ``changed``."""
        return {**super().to_dict(), "changed": self.changed}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Rebuild the record from `document`, which has already passed the schema.

        Raises
        ------
        SchemaError
            If ``changed`` contradicts the two verdicts.
        """
        claim = super().from_dict(document)
        if document["changed"] != claim.changed:
            raise SchemaError(
                "the scorecard contradicts itself",
                expected=f"changed = {json.dumps(claim.changed)}, since the verdict is {claim.verdict!r} "
                f"and {claim.recorded!r} is recorded",
                got=f"changed = {json.dumps(document['changed'])}",
                where=f"claim {claim.id}",
            )
        return claim


@dataclass(frozen=True)
class Series(Record):
    """One curve, band, set of points or histogram in a panel.

    Parameters
    ----------
    label : str
        Legend entry; empty for none.
    kind : {"line", "band", "points", "bars", "steps"}
        A band is drawn between `low` and `high`, with `y`, if given, as its centre line. Points and bars
        carry `low` and `high` as error bars. Steps are centred on `x`.
    x, y, low, high : sequence of float
        Equally long; `y` of a band may be empty.
    style : {"main", "reference", "control", "faint"}
        What the series is to the argument, from which its weight and dashes follow.
    order : int
        Place in the palette: series of one order share their colour across the panels of a figure.
    """

    label: str
    kind: Literal["line", "band", "points", "bars", "steps"]
    x: Numbers
    y: Numbers = ()
    low: Numbers | None = None
    high: Numbers | None = None
    style: Literal["main", "reference", "control", "faint"] = "main"
    order: int = 0

    def __post_init__(self) -> None:
        self._set(
            label=clean_text(self.label),
            x=clean_numbers(self.x),
            y=clean_numbers(self.y),
            low=None if self.low is None else clean_numbers(self.low),
            high=None if self.high is None else clean_numbers(self.high),
            order=int(self.order),
        )
        lengths = {len(values) for values in (self.x, self.y, self.low, self.high) if values is not None}
        if self.kind == "band" and not self.y:
            lengths.discard(0)
        if len(lengths) > 1:
            raise SchemaError(
                "the coordinates of a series differ in length",
                got=", ".join(str(length) for length in sorted(lengths)),
                where=f"series {self.label!r}",
            )


@dataclass(frozen=True)
class Mark(Record):
    """A vertical or horizontal line at `value`, or a shaded range of x ("span") or of y ("hspan")."""

    kind: Literal["vline", "hline", "span", "hspan"]
    value: float | None = None
    start: float | None = field(default=None, metadata={"key": "from"})
    stop: float | None = field(default=None, metadata={"key": "to"})
    label: str = ""

    def __post_init__(self) -> None:
        self._set(
            value=clean_number(self.value),
            start=clean_number(self.start),
            stop=clean_number(self.stop),
            label=clean_text(self.label),
        )


@dataclass(frozen=True)
class Panel(Record):
    """One pair of axes; limits that are None follow from the data. Labels are plain text with their units."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...] = field(default=(), metadata={"record": Series})
    marks: tuple[Mark, ...] = field(default=(), metadata={"record": Mark})
    x_scale: Literal["linear", "log"] = "linear"
    y_scale: Literal["linear", "log"] = "linear"
    x_limits: Limits | None = None
    y_limits: Limits | None = None

    def __post_init__(self) -> None:
        self._set(
            title=clean_text(self.title),
            x_label=clean_text(self.x_label),
            y_label=clean_text(self.y_label),
            series=tuple(self.series),
            marks=tuple(self.marks),
            x_limits=clean_limits(self.x_limits),
            y_limits=clean_limits(self.y_limits),
        )


@dataclass(frozen=True)
class Figure(Record):
    """Panels shown side by side under one title and caption."""

    title: str
    caption: str
    panels: tuple[Panel, ...] = field(default=(), metadata={"record": Panel})

    def __post_init__(self) -> None:
        self._set(title=clean_text(self.title), caption=clean_text(self.caption), panels=tuple(self.panels))


@dataclass(frozen=True)
class DataSource(Record):
    """A dataset that the scorecard rests on, and the digest of its content."""

    name: str
    digest: str

    def __post_init__(self) -> None:
        self._set(name=clean_text(self.name), digest=clean_text(self.digest))


@dataclass(frozen=True)
class Code(Record):
    """The program that made the scorecard."""

    name: str
    version: str

    def __post_init__(self) -> None:
        self._set(name=clean_text(self.name), version=clean_text(self.version))


@dataclass(frozen=True)
class NotRun(Record):
    """A claim that is not on the scorecard, and why."""

    id: str
    why: str

    def __post_init__(self) -> None:
        self._set(id=clean_text(self.id), why=clean_text(self.why))


@dataclass(frozen=True)
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
    """

    suite: Literal["quick", "full", "score"]
    code: Code = field(metadata={"record": Code})
    data: tuple[DataSource, ...] = field(default=(), metadata={"record": DataSource})
    environment: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[ClaimResult, ...] = field(default=(), metadata={"record": ClaimResult})
    not_run: tuple[NotRun, ...] = field(default=(), metadata={"record": NotRun})
    figures: Mapping[str, Figure] = field(default_factory=dict, metadata={"record": Figure, "keyed": True})
    score: Score | None = field(default=None, metadata={"record": Score})

    def __post_init__(self) -> None:
        self._set(
            data=tuple(self.data),
            environment=MappingProxyType({clean_text(key): clean_text(text) for key, text in self.environment.items()}),
            claims=tuple(self.claims),
            not_run=tuple(self.not_run),
            figures=MappingProxyType({clean_text(key): figure for key, figure in self.figures.items()}),
        )
        identifiers = [claim.id for claim in self.claims]
        if repeated := sorted({name for name in identifiers if identifiers.count(name) > 1}):
            raise SchemaError("a claim is on the scorecard more than once", got=", ".join(repeated))
        for claim in self.claims:
            if claim.figure is not None and claim.figure not in self.figures:
                raise SchemaError(
                    "a claim shows a figure that the scorecard does not have",
                    expected=f"one of {', '.join(self.figures) or '(none)'}",
                    got=claim.figure,
                    where=f"claim {claim.id}",
                )

    @property
    def changed(self) -> tuple[ClaimResult, ...]:
        """The claims whose verdict differs from the recorded one."""
        return tuple(claim for claim in self.claims if claim.changed)

    @property
    def failed_controls(self) -> tuple[tuple[ClaimResult, ControlResult], ...]:
        """The controls that did not come out as they must, each with its claim."""
        return tuple((claim, control) for claim in self.claims for control in claim.failed_controls)

    @property
    def exit_code(self) -> int:
        """0 if every verdict is as recorded (where one is) and every control passed, else 1."""
        return int(bool(self.changed or self.failed_controls))

    def claim(self, identifier: str) -> ClaimResult:
        """Return the claim called `identifier`; KeyError if it is not on the scorecard."""
        for claim in self.claims:
            if claim.id == identifier:
                return claim
        raise KeyError(identifier)

    def to_dict(self) -> dict[str, Any]:
        """Return the scorecard as JSON values."""
        return {"schema_version": SCHEMA_VERSION, **super().to_dict()}

    def to_json(self) -> str:
        """Return the scorecard as JSON text, checked against the published schema.

        Raises
        ------
        SchemaError
            Naming every violation.
        """
        document = self.to_dict()
        _check(document)
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1)
        return _SPREAD_OUT_NUMBERS.sub(_on_one_line, text) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Scorecard:
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
        _check(document)
        return cls.from_dict(document)

    @classmethod
    def read(cls, path: str | Path) -> Scorecard:
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


def schema() -> dict[str, Any]:
    """Return the published JSON schema of a scorecard."""
    text = resources.files(__package__).joinpath("scorecard.schema.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@functools.cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator, validators

    each_item = Draft202012Validator.VALIDATORS["items"]

    def items(validator: Any, subschema: Any, instance: Any, parent: Any) -> Iterator[Any]:
        # Curves have many thousands of points: one look at all of them, and item by item only to name a culprit.
        plain_numbers = subschema == {"type": ["number", "null"]} and isinstance(instance, list)
        if not (plain_numbers and all(value is None or type(value) in (int, float) for value in instance)):
            yield from each_item(validator, subschema, instance, parent)

    return validators.extend(Draft202012Validator, {"items": items})(schema())


def _check(document: object) -> None:
    version = document.get("schema_version") if isinstance(document, dict) else None
    if version is not None and version != SCHEMA_VERSION:
        raise SchemaError(
            "the scorecard is of another schema version",
            expected=f"schema_version {SCHEMA_VERSION!r}",
            got=f"{version!r}",
            likely_cause="it was written by another release of bosonpeak",
        )
    try:
        violations = [f"{error.json_path}: {_shortened(error.message)}" for error in _validator().iter_errors(document)]
    except RecursionError:
        violations = ["$: nested too deeply"]
    if violations:
        shown = sorted(violations)[:_MOST_VIOLATIONS_SHOWN]
        if len(violations) > len(shown):
            shown.append(f"and {len(violations) - len(shown)} more")
        raise SchemaError(f"the scorecard violates its schema in {len(violations)} place(s)", violations=shown)


def _shortened(message: str, most: int = 160) -> str:
    return message if len(message) <= most else f"{message[: most // 2]} ... {message[-most // 2 :]}"


def _on_one_line(numbers: re.Match[str]) -> str:
    return "[" + re.sub(r"\s+", " ", numbers[1]) + "]"


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number; write null")


def _verdict(value: Verdict, where: str) -> Verdict:
    if value not in VERDICTS:
        raise SchemaError("unknown verdict", expected=f"one of {', '.join(VERDICTS)}", got=repr(value), where=where)
    return value
