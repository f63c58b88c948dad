"""Claims: statement, rival statement, and the tests that decide between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

from bosonpeak.benchmark.scorecards.claim_results import Decision, Expectation

Cells = Annotated[tuple[str, ...], Field(min_length=1)]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Measure, dataset and ensembles of a measurement."""

    name: str
    measure: str
    dataset: str
    cells: Cells
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ClaimTest(Measured):
    """Measurement that decides on a claim, on one or more ensembles of a registered dataset."""

    expect: Expectation | None  # None for context, which is reported without deciding

    @property
    def datasets(self) -> tuple[str, ...]:
        """Dataset of the test, and the second dataset of a comparison."""
        other = self.parameters.get("other_dataset")
        return (self.dataset,) if other is None else (self.dataset, other)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Independently judged part of a claim; the first part is its main part, whose verdict is the claim's."""

    name: str
    tests: tuple[ClaimTest, ...]  # all must pass
    says: str = ""  # this part of the claim's statement, with its range
    discriminates: bool = True  # claim and rival expect different results
    recorded: Decision | None = None

    @property
    def comparisons(self) -> int:
        """Number of estimates tested against an expectation."""
        return sum(len(test.cells) for test in self.tests)


@dataclass(frozen=True)
class Control:
    """Data with a known answer for a test of the claim."""

    name: str
    test: ClaimTest
    must_be: Decision


@dataclass(frozen=True, kw_only=True)
class Stated:
    """Statement of a claim, its source, and a rival's reading of the same data."""

    id: str
    title: str
    statement: str
    source: str
    rival: str
    rival_reading: str
    regime: Mapping[str, Any]
    figure: str | None = None


@dataclass(frozen=True, kw_only=True)
class Claim(Stated):
    """A published claim with its rival and the tests that decide between them, part by part.

    Examples
    --------
    Parts of a claim, and the datasets that test the claim:

    >>> from bosonpeak.benchmark import load_claims
    >>> claim = next(claim for claim in load_claims() if claim.id == "NET-6")
    >>> for part in claim.parts:
    ...     print(part.name)
    two new poles
    the two old poles stay
    >>> claim.datasets
    ('network/nine-node',)
    """

    parts: tuple[Part, ...]
    context: tuple[ClaimTest, ...]
    controls: tuple[Control, ...]
    text: str = field(default="", repr=False)

    @property
    def tests(self) -> tuple[ClaimTest, ...]:
        """The tests of all parts."""
        return tuple(test for part in self.parts for test in part.tests)

    @property
    def comparisons(self) -> int:
        """Number of estimates tested against an expectation, in all parts together."""
        return sum(part.comparisons for part in self.parts)

    @property
    def recorded(self) -> Mapping[str, Decision]:
        """Verdicts on record, by part."""
        return {part.name: part.recorded for part in self.parts if part.recorded is not None}

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names of all datasets that the claim needs."""
        everything = [*self.tests, *self.context, *(control.test for control in self.controls)]
        return tuple(dict.fromkeys(name for test in everything for name in test.datasets))
