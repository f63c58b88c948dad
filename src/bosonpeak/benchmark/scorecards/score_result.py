"""The score of a submission: five axes, the items that each was asked for, and one number whose formula is stated."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Literal, Self, get_args

from pydantic import Field

from bosonpeak.benchmark.scorecards.record import Record, record
from bosonpeak.benchmark.scorecards.values import FINITE, WHOLE, Limits, Text

Axis = Literal["conformance", "mechanics", "claims", "completeness", "provenance"]
Outcome = Literal["met", "not met", "undecided", "missing"]
Grade = Literal["A", "B", "C", "D", "F", "-"]

WEIGHTS: Mapping[Axis, float] = MappingProxyType(
    {"conformance": 0.3, "mechanics": 0.2, "claims": 0.3, "completeness": 0.1, "provenance": 0.1}
)
"""What each axis counts for, summing to 1: the two that say whether physics is right count most."""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

_EARNING: tuple[Outcome, ...] = ("met", "missing")
_ROUNDING = 1e-9


@record
class ScoreItem(Record):
    """One thing that was asked for, and what became of it.

    Parameters
    ----------
    axis : str
        One of the keys of `WEIGHTS`.
    name : str
        What was asked for.
    where : str
        The ensemble, the case, or the part of the card.
    outcome : str
        One of `OUTCOMES`; "missing" may have earned a part if a part is there.
    earned : float
        Between 0 and 1; 0 if the outcome is "not met" or "undecided".
    evidence : str
        Why, in one sentence with numbers.

    Raises
    ------
    SchemaError
        If the axis or the outcome is unknown, or the outcome cannot have earned that.
    """

    axis: Axis
    name: Text
    where: Text
    outcome: Outcome
    earned: Annotated[float, Field(strict=True, ge=0, le=1), FINITE]
    evidence: Text = ""

    def __post_init__(self) -> None:
        most = 1.0 if self.outcome in _EARNING else 0.0
        if self.earned > most:
            raise ValueError(f"an item that is {self.outcome} earned {self.earned}, expected at most {most:g}")

    def voided(self) -> Self:
        """What it comes to if the data are void: what was there earns nothing."""
        if self.outcome == "missing" and not self.earned:
            return self
        return dataclasses.replace(self, outcome="not met", earned=0.0, evidence=f"the data are void ({self.evidence})")


@record
class AxisResult(Record):
    """One axis: what was asked for, what was submitted, and what it earned.

    Parameters
    ----------
    axis : str
    weight : float
    earned : float
        Sum over the items that were asked for.
    asked : int
        Number of items that the suite asks for, whatever was submitted.
    submitted : int
        Number of items that are not missing.
    grade : str
        "A" to "F" for what was submitted, "-" if nothing was.
    sentence : str
        What explains the grade.
    items : tuple of ScoreItem
        Those that were asked for, and any others that the submission brought, which count for the grade alone.
    """

    axis: Axis
    weight: Annotated[float, Field(strict=True, ge=0), FINITE]
    earned: Annotated[float, Field(strict=True, ge=0), FINITE]
    asked: Annotated[int, Field(strict=True, ge=1), WHOLE]
    submitted: Annotated[int, Field(strict=True, ge=0), WHOLE]
    grade: Grade
    sentence: Text
    items: tuple[ScoreItem, ...] = ()

    def __post_init__(self) -> None:
        if self.earned > self.asked + _ROUNDING:
            raise ValueError(f"an axis earned more than was asked for: {self.earned} of {self.asked}")

    @property
    def share(self) -> float:
        """What was earned of what was asked for, between 0 and 1."""
        return self.earned / self.asked

    def count(self, outcome: Outcome) -> int:
        """How many items came out so."""
        return sum(item.outcome == outcome for item in self.items)


@record
class Score(Record):
    """The axes and the number that sums them up.

    Parameters
    ----------
    number : float
        100 times the weighted mean of what each axis earned of what it was asked for.
    formula : str
        The same with the numbers put in.
    axes : tuple of AxisResult
    objections : tuple of str
        Reasons for which data earned nothing, or which a reader should know.
    weight_range : (float, float)
        Smallest and largest number if the weight of any one axis is halved or doubled.

    Raises
    ------
    SchemaError
        If the number does not follow from the axes.
    """

    number: Annotated[float, Field(strict=True, ge=0, le=100), FINITE]
    formula: Text
    axes: tuple[AxisResult, ...]
    objections: tuple[Text, ...] = ()
    weight_range: Limits = (None, None)

    def __post_init__(self) -> None:
        follows = weighted_number(self.axes)
        if not math.isclose(self.number, follows, abs_tol=1e-6):
            raise ValueError(
                f"the score contradicts its axes: {self.number:.6f}, where {follows:.6f} follows by {self.formula}"
            )

    @classmethod
    def of(cls, axes: Iterable[AxisResult], objections: Iterable[str] = ()) -> Self:
        """Sum up the axes."""
        listed = tuple(axes)
        return cls(
            number=weighted_number(listed),
            formula=_formula(listed),
            axes=listed,
            objections=tuple(objections),
            weight_range=_weight_range(listed),
        )

    def axis(self, name: Axis) -> AxisResult:
        """The axis called `name`; KeyError if it is not there."""
        for axis in self.axes:
            if axis.axis == name:
                return axis
        raise KeyError(name)


def weighted_number(axes: Iterable[AxisResult], factors: Mapping[str, float] = MappingProxyType({})) -> float:
    """The number 100 sum_a w_a e_a / a_a over sum_a w_a, with e_a earned and a_a asked.

    Parameters
    ----------
    axes : iterable of AxisResult
    factors : mapping of str to float
        By which weights are multiplied, by axis.

    Returns
    -------
    float
        Between 0 and 100.
    """
    weights_and_shares = [(axis.weight * factors.get(axis.axis, 1.0), axis.share) for axis in axes]
    total = sum(weight for weight, _ in weights_and_shares)
    return 100.0 * sum(weight * share for weight, share in weights_and_shares) / total if total else 0.0


def _weight_range(axes: tuple[AxisResult, ...]) -> tuple[float, float]:
    numbers = [weighted_number(axes, {axis.axis: factor}) for axis in axes for factor in (0.5, 1.0, 2.0)]
    return min(numbers, default=0.0), max(numbers, default=0.0)


def _formula(axes: tuple[AxisResult, ...]) -> str:
    parts = [f"{axis.weight:g} x {axis.earned:.6g}/{axis.asked} ({axis.axis})" for axis in axes]
    return f"100 x [{' + '.join(parts)}] = {weighted_number(axes):.1f}"
