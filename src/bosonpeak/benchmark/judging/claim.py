"""A claim: what it says, and the tests that decide between it and its rival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

from bosonpeak.benchmark.scorecards.claim_results import Decision, Expectation

Cells = Annotated[tuple[str, ...], Field(min_length=1)]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What is measured, and on which ensembles of which dataset."""

    name: str
    measure: str
    dataset: str
    cells: Cells
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ClaimTest(Measured):
    """One measurement that a claim stands or falls by, on one or more ensembles of one dataset.

    Parameters
    ----------
    name : str
        What is measured, in words.
    measure : str
        Name of a measure, see `bosonpeak.benchmark.measures`.
    dataset : str
        Registered dataset.
    cells : tuple of str
        Groups of the dataset; every one of them must pass.
    parameters : mapping
        Further arguments of the measure.
    expect : Expectation or None
        None for context that is reported and decides nothing.
    """

    expect: Expectation | None

    @property
    def datasets(self) -> tuple[str, ...]:
        """The dataset, and the other one that a comparison takes."""
        other = self.parameters.get("other_dataset")
        return (self.dataset,) if other is None else (self.dataset, other)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One of the things that a claim says, judged by itself.

    Parameters
    ----------
    name : str
        A few words, which no other part of the claim has.
    says : str
        The part of the claim's statement that is meant, with its range.
    discriminates : bool
        Whether the claim and its rival expect something different here.
    tests : tuple of ClaimTest
        All of them must hold.
    recorded : str or None
        The verdict on record.
    """

    name: str
    tests: tuple[ClaimTest, ...]
    says: str = ""
    discriminates: bool = True
    recorded: Decision | None = None

    @property
    def comparisons(self) -> int:
        """How many estimates are held against an expectation."""
        return sum(len(test.cells) for test in self.tests)


@dataclass(frozen=True)
class Control:
    """Data with a known answer, put through one of the claim's own tests."""

    name: str
    test: ClaimTest
    must_be: Decision


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What a claim says, who said it, and what a rival says of the same data."""

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
    A claim, part by part, and the data that it is held against:

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
        """How many estimates are held against an expectation, in all parts together."""
        return sum(part.comparisons for part in self.parts)

    @property
    def recorded(self) -> Mapping[str, Decision]:
        """The verdicts on record, by part."""
        return {part.name: part.recorded for part in self.parts if part.recorded is not None}

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names of all datasets that the claim needs."""
        everything = [*self.tests, *self.context, *(control.test for control in self.controls)]
        return tuple(dict.fromkeys(name for test in everything for name in test.datasets))
