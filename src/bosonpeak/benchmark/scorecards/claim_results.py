"""What became of a claim: its tests, its controls, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, Strict

from bosonpeak.benchmark.scorecards.record import Record, record
from bosonpeak.benchmark.scorecards.values import FINITE, Limits, OptionalCount, OptionalNumber, Parameters, Text

if TYPE_CHECKING:
    from bosonpeak.validators.estimates.estimate import Estimate

Decision = Literal["supported", "refuted", "undecided"]
"""What a test that was run says, and what can be recorded or required."""

Verdict = Literal[Decision, "not run"]
"""What became of a test, a control or a claim; "not run" where the measure does not apply to the data."""


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


@record
class Expectation(Record):
    """The region in which the claim says the estimate lies; None for a side without a limit."""

    low: OptionalNumber
    high: OptionalNumber
    why: Text = ""

    def __str__(self) -> str:
        low, high = self.limits
        if math.isinf(low):
            return f"<= {high:g}"
        return f">= {low:g}" if math.isinf(high) else f"in [{low:g}, {high:g}]"

    @property
    def limits(self) -> tuple[float, float]:
        """The region's two ends, infinite where there is no limit."""
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high


@record
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
        What the data say of it; "not run" where they cannot.
    minimum_detectable_effect : float or None
        The smallest tolerance that these data could have supported, in the unit of the estimate.
    samples_to_decide : int or None
        How many samples would decide an undecided test.
    reason : str
        Why the verdict is what it is.
    """

    __test__: ClassVar[bool] = False

    name: Text
    verdict: Verdict
    cell: Parameters = field(default_factory=dict)
    dataset: Text = ""
    estimate: EstimateResult | None = None
    expect: Expectation | None = None
    minimum_detectable_effect: OptionalNumber = None
    samples_to_decide: OptionalCount = None
    reason: Text = ""


@record
class ControlResult(Record):
    """A control with a known answer: `passed` if `verdict` is what it `must_be`."""

    name: Text
    must_be: Verdict
    verdict: Verdict
    passed: Annotated[bool, Strict()]
    dataset: Text = ""
    cell: Parameters = field(default_factory=dict)
    estimate: EstimateResult | None = None
    reason: Text = ""


@record
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
        What the data say of it; "not run" where they cannot.
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

    follows: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "changed": {"type": "boolean", "description": "Whether a verdict is recorded and differs from this one."}
    }

    id: Annotated[Text, Field(min_length=1)]
    title: Text
    verdict: Verdict
    statement: Text = ""
    source: Text = ""
    rival: Text = ""
    rival_reading: Text = ""
    regime: Parameters = field(default_factory=dict)
    recorded: Verdict | None = None
    estimate: EstimateResult | None = None
    minimum_detectable_effect: OptionalNumber = None
    samples_to_decide: OptionalCount = None
    reasons: tuple[Text, ...] = ()
    tests: tuple[TestResult, ...] = ()
    controls: tuple[ControlResult, ...] = ()
    figure: Text | None = None
    notes: tuple[Text, ...] = ()

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
