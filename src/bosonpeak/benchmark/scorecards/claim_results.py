"""Result records of a claim: tests, controls, parts and verdict."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field, Strict, field_validator

from bosonpeak.datasets.documents.record import (
    FINITE,
    Limits,
    OptionalCount,
    OptionalNumber,
    Parameters,
    Record,
    Text,
    record,
)

if TYPE_CHECKING:
    from bosonpeak.validators.estimates.estimate import Estimate

Decision = Literal["supported", "refuted", "undecided"]
"""Result of a test that was run; a recorded or required verdict."""

Verdict = Literal[Decision, "not run"]
"""Result of a test, a control or a part of a claim; "not run" if the measure does not apply to the data."""

_CHANGED = {"type": "boolean", "description": "Whether a verdict is recorded and differs from this one."}


@record
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
        Number behind the interval: of independent samples or chains, or of modes taken to be independent.
    method : str
        Estimator and interval, in one line.
    unit : str
        ``"1"`` for a pure number.
    window : tuple of float, optional
        Range of the abscissa that was used.
    warnings : tuple of str
        Facts that a reader must know before using the value.
    """

    later: ClassVar[tuple[str, ...]] = ("window", "warnings")

    name: Text
    value: OptionalNumber
    low: OptionalNumber = None
    high: OptionalNumber = None
    level: Annotated[Annotated[float, Field(strict=True, ge=0, le=1)] | None, FINITE] = 0.95
    n: OptionalCount = None
    method: Text = ""
    unit: Text = "1"
    window: Limits | None = None
    warnings: tuple[Text, ...] = ()

    @classmethod
    def from_estimate(cls, estimate: Estimate) -> EstimateResult:
        """Record a validator's estimate, without its ``details``."""
        return cls(**{item.name: getattr(estimate, item.name) for item in dataclasses.fields(cls)})


@record
class Expectation(Record):
    """The region in which the claim says the estimate lies; None for a side without a limit.

    Parameters
    ----------
    low, high : float or None
        Ends of the region.
    why : str
        Reason for the ends.
    origin : float
        Value without any effect, such as 1 of a ratio; the distance of a single limit is measured from here.
    """

    low: OptionalNumber
    high: OptionalNumber
    why: Text = ""
    origin: Annotated[float, FINITE] = 0.0

    def __str__(self) -> str:
        low, high = self.limits
        if math.isinf(low):
            return f"<= {high:g}"
        return f">= {low:g}" if math.isinf(high) else f"in [{low:g}, {high:g}]"

    @property
    def limits(self) -> tuple[float, float]:
        """Lower and upper end of the region, infinite on an open side."""
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high

    @property
    def margin(self) -> float:
        """Tolerance of the ends: a tenth of the half-width, or of the distance of a single limit from the origin."""
        if self.low is not None and self.high is not None:
            return 0.1 * (self.high / 2 - self.low / 2)
        limit = self.high if self.low is None else self.low
        return 0.0 if limit is None else 0.1 * abs(limit - self.origin)


@record
class TestResult(Record):
    """One test of a claim, on one ensemble.

    Parameters
    ----------
    name : str
        Name of the test.
    cell : mapping
        Place in the grid of parameters, such as ``{"situation": 2, "delta": 0.1}``.
    dataset : str
        The data used.
    estimate : EstimateResult or None
        The measured value.
    expect : Expectation or None
        The region that the claim predicts.
    verdict : str
        Verdict of the data; "not run" where the measure does not apply to the data.
    minimum_detectable_effect : float or None
        The smallest tolerance that these data could have supported, in the unit of the estimate.
    samples_to_decide : int or None
        Number of samples that would decide an undecided test.
    reason : str
        Reason for the verdict.
    measure : str
        Name of the measure that made the estimate; empty on scorecards without this field.
    """

    __test__: ClassVar[bool] = False
    later: ClassVar[tuple[str, ...]] = ("measure",)

    name: Text
    verdict: Verdict
    cell: Parameters = field(default_factory=dict)
    dataset: Text = ""
    estimate: EstimateResult | None = None
    expect: Expectation | None = None
    minimum_detectable_effect: OptionalNumber = None
    samples_to_decide: OptionalCount = None
    reason: Text = ""
    measure: Text = ""


@record
class ControlResult(Record):
    """A control with a known answer, put through a test of a part: `passed` if `verdict` is what it `must_be`."""

    part: Text
    name: Text
    must_be: Verdict
    verdict: Verdict
    passed: Annotated[bool, Strict()]
    dataset: Text = ""
    cell: Parameters = field(default_factory=dict)
    estimate: EstimateResult | None = None
    reason: Text = ""


@record
class PartResult(Record):
    """Verdict of the data on one part of a claim.

    Parameters
    ----------
    name : str
        A few words, different for every part of the claim.
    verdict : str
        Verdict of the data; "not run" where the measure does not apply to the data.
    says : str
        The corresponding part of the statement, with its range.
    discriminates : bool
        Whether the claim and its rival predict different results here. Where they do not, support for the claim is no
        evidence against its rival.
    recorded : str or None
        The verdict recorded beside the claim; None without a record, as for third-party data.
    estimate : EstimateResult or None
        Estimate of the decisive test.
    minimum_detectable_effect, samples_to_decide : float, int or None
        As in `TestResult`.
    reasons : tuple of str
        Reasons for the verdict.
    tests : tuple of TestResult
    """

    follows: ClassVar[Mapping[str, Mapping[str, Any]]] = {"changed": _CHANGED}

    name: Annotated[Text, Field(min_length=1)]
    verdict: Verdict
    says: Text = ""
    discriminates: Annotated[bool, Strict()] = True
    recorded: Decision | None = None
    estimate: EstimateResult | None = None
    minimum_detectable_effect: OptionalNumber = None
    samples_to_decide: OptionalCount = None
    reasons: tuple[Text, ...] = ()
    tests: tuple[TestResult, ...] = ()

    @property
    def changed(self) -> bool:
        """Return whether a verdict is recorded and this verdict differs from the recorded verdict."""
        return self.recorded is not None and self.verdict != self.recorded

    @property
    def decisive_test(self) -> TestResult | None:
        """Test whose estimate represents the part, or None if no test has that estimate."""
        if self.estimate is None:
            return None
        return next((test for test in self.tests if test.estimate == self.estimate), None)


@record
class ClaimResult(Record):
    """Verdict of the data on one published claim.

    Parameters
    ----------
    id, title, statement, source : str
        The claim and where it was published.
    rival, rival_reading : str
        The competing explanation, and its reading of the same data.
    regime : mapping
        Range in which the claim is meant to hold.
    parts : tuple of PartResult
        The judged parts. The first is the main part, the central sentence of the claim's author.
    controls : tuple of ControlResult
    figure : str or None
        Key in ``Scorecard.figures``.
    notes : tuple of str
        Further remarks.
    """

    follows: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "verdict": {
            "enum": [*get_args(Decision), "not run"],
            "description": "Verdict of the main part, which is the first.",
        },
        "recorded": {
            "enum": [*get_args(Decision), None],
            "description": "Recorded verdict of the main part; null without a record.",
        },
        "discriminates": {"type": "boolean", "description": "Whether the main part does."},
        "changed": _CHANGED,
        "estimate": {
            "type": ["object", "null"],
            "description": "Estimate of the main part.",
        },
        "minimum_detectable_effect": {"type": ["number", "null"], "description": "Of the main part."},
        "reasons": {"type": "array", "items": {"type": "string"}, "description": "Of all parts, behind their names."},
    }

    id: Annotated[Text, Field(min_length=1)]
    title: Text
    statement: Text = ""
    source: Text = ""
    rival: Text = ""
    rival_reading: Text = ""
    regime: Parameters = field(default_factory=dict)
    parts: tuple[PartResult, ...] = ()
    controls: tuple[ControlResult, ...] = ()
    figure: Text | None = None
    notes: tuple[Text, ...] = ()

    @field_validator("parts")
    @classmethod
    def _distinguishable(cls, parts: tuple[PartResult, ...]) -> tuple[PartResult, ...]:
        if len({part.name for part in parts}) < len(parts):
            raise ValueError("two parts share a name")
        return parts

    @property
    def main(self) -> PartResult | None:
        """Main part: the first part, or None without parts."""
        return self.parts[0] if self.parts else None

    @property
    def verdict(self) -> Verdict:
        """Verdict of the main part."""
        return self.main.verdict if self.main else "not run"

    @property
    def recorded(self) -> Decision | None:
        """Recorded verdict of the main part, or None."""
        return self.main.recorded if self.main else None

    @property
    def discriminates(self) -> bool:
        """Return whether the main part discriminates between the claim and its rival."""
        return self.main is not None and self.main.discriminates

    @property
    def changed(self) -> bool:
        """Return whether the verdict on any part differs from the recorded verdict."""
        return any(part.changed for part in self.parts)

    @property
    def estimate(self) -> EstimateResult | None:
        """Estimate of the main part."""
        return self.main.estimate if self.main else None

    @property
    def minimum_detectable_effect(self) -> float | None:
        """Minimum detectable effect of the main part."""
        return self.main.minimum_detectable_effect if self.main else None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Reasons of all parts, each prefixed with the part's name if there are several parts."""
        several = len(self.parts) > 1
        return tuple(f"{part.name}: {reason}" if several else reason for part in self.parts for reason in part.reasons)

    @property
    def tests(self) -> tuple[TestResult, ...]:
        """The tests of all parts."""
        return tuple(test for part in self.parts for test in part.tests)

    @property
    def failed_controls(self) -> tuple[ControlResult, ...]:
        """Controls without the required verdict."""
        return tuple(control for control in self.controls if not control.passed)

    def failed_controls_of(self, part: PartResult) -> tuple[ControlResult, ...]:
        """Failed controls that used a test of the given part."""
        return tuple(control for control in self.failed_controls if control.part == part.name)
