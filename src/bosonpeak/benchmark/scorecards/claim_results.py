"""What became of a claim: its tests, its controls, and the verdict."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, get_args

from bosonpeak.benchmark.scorecards.record import (
    Limits,
    Record,
    clean_count,
    clean_limits,
    clean_mapping,
    clean_number,
    clean_text,
    clean_texts,
)
from bosonpeak.datasets.errors import SchemaError

if TYPE_CHECKING:
    from bosonpeak.validators.estimates.estimate import Estimate

Decision = Literal["supported", "refuted", "undecided"]
"""What a test that was run says, and what can be recorded or required."""

Verdict = Literal[Decision, "not run"]

DECISIONS: tuple[Decision, ...] = get_args(Decision)
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


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

    def __str__(self) -> str:
        low, high = self.limits
        if math.isinf(low):
            return f"<= {high:g}"
        return f">= {low:g}" if math.isinf(high) else f"in [{low:g}, {high:g}]"

    @property
    def limits(self) -> tuple[float, float]:
        """The region's two ends, infinite where there is no limit."""
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high


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
            verdict=known_verdict(self.verdict, self.name),
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
            must_be=known_verdict(self.must_be, self.name),
            verdict=known_verdict(self.verdict, self.name),
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
            verdict=known_verdict(self.verdict, self.id),
            statement=clean_text(self.statement),
            source=clean_text(self.source),
            rival=clean_text(self.rival),
            rival_reading=clean_text(self.rival_reading),
            regime=clean_mapping(self.regime),
            recorded=None if self.recorded is None else known_verdict(self.recorded, self.id),
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


def known_verdict(value: str, where: str) -> Verdict:
    """A verdict given as text.

    Raises
    ------
    SchemaError
        If it is none.
    """
    found = next((verdict for verdict in VERDICTS if verdict == value), None)
    if found is None:
        raise SchemaError("unknown verdict", expected=f"one of {', '.join(VERDICTS)}", got=repr(value), where=where)
    return found
