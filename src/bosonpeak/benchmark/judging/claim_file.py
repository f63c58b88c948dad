"""Claims as files: one of TOML each, which a physicist can read and argue with."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Mapping
from dataclasses import field
from importlib import resources
from typing import Annotated, Any

from pydantic import (
    ConfigDict,
    Field,
    Strict,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass

from bosonpeak.benchmark.judging.claim import Cells, Claim, ClaimTest, Control, Measured, Stated
from bosonpeak.benchmark.scorecards.claim_results import Decision, Expectation
from bosonpeak.datasets.adapters.files.foreign_file import natural_order
from bosonpeak.datasets.errors import ClaimError, did_you_mean
from bosonpeak.datasets.faults import faults_of


def load_claims() -> tuple[Claim, ...]:
    """All claims of the suite, in the order of their ids.

    Returns
    -------
    tuple of Claim

    Raises
    ------
    ClaimError
        If a claim file is malformed, or two claims share an id.
    """
    folder = resources.files("bosonpeak.benchmark") / "claims"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: natural_order(f.name))
    claims = tuple(parse_claim(file.read_text(encoding="utf-8"), where=file.name) for file in files)
    ids = [claim.id for claim in claims]
    if len(set(ids)) < len(ids):
        repeated = ", ".join(sorted({i for i in ids if ids.count(i) > 1}))
        raise ClaimError("two claims share an id", expected="unique ids", got=repeated)
    return claims


def find_claim(identifier: str) -> Claim:
    """The claim with the given id, in any case.

    Raises
    ------
    ClaimError
        If there is none.
    """
    claims = load_claims()
    for claim in claims:
        if claim.id.lower() == identifier.lower():
            return claim
    raise ClaimError("no such claim", expected=", ".join(claim.id for claim in claims), got=repr(identifier))


def parse_claim(text: str, *, where: str = "") -> Claim:
    """Read one claim from TOML.

    Parameters
    ----------
    text : str
        Content of a claim file.
    where : str
        Name of the file, for messages.

    Raises
    ------
    ClaimError
        If the file is not TOML, or naming all that is wrong with it: keys that are missing or unknown, values of the
        wrong type, an expectation that cannot fail, a control that names no test, an unknown verdict.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ClaimError("a claim is not valid TOML", got=str(error), where=where) from error
    try:
        file = TypeAdapter(_ClaimFile).validate_python(document)
    except ValidationError as error:
        faults = "; ".join(faults_of(error, _ClaimFile))
        raise ClaimError("a claim file does not say what it must", got=faults, where=where) from None
    tests = {entry.name: entry.test for entry in file.test}
    return Claim(
        **_shared(file, Stated),
        tests=tuple(tests.values()),
        context=tuple(ClaimTest(**_shared(entry, Measured), expect=None) for entry in file.context),
        controls=tuple(entry.of(tests[entry.test]) for entry in file.control),
        recorded=file.recorded.verdict if file.recorded else None,
        text=text,
    )


_table = dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
_Limit = Annotated[float, Strict()] | None


@_table
class _Region:
    """A value with its tolerance, or one limit or two; and why."""

    value: _Limit = None
    tolerance: _Limit = None
    low: _Limit = None
    high: _Limit = None
    why: str

    @model_validator(mode="after")
    def _can_fail_and_hold(self) -> _Region:
        ends = self.low is not None or self.high is not None
        if (self.value is None) != (self.tolerance is None) or (self.value is not None and ends):
            raise ValueError("expected value and tolerance, or low or high")
        low, high = self.expectation.limits
        if low > high or (math.isinf(low) and math.isinf(high)):
            raise ValueError(f"an expectation that cannot fail or cannot hold: low = {low}, high = {high}")
        return self

    @property
    def expectation(self) -> Expectation:
        if self.value is None or self.tolerance is None:
            return Expectation(self.low, self.high, self.why)
        return Expectation(self.value - self.tolerance, self.value + self.tolerance, self.why)


@_table
class _TestEntry(Measured):
    expect: _Region

    @property
    def test(self) -> ClaimTest:
        return ClaimTest(**_shared(self, Measured), expect=self.expect.expectation)


@_table
class _ContextEntry(Measured):
    expect: _Region | None = None


@_table
class _ControlEntry:
    name: str
    test: str
    dataset: str
    cells: Cells
    parameters: Mapping[str, Any] = field(default_factory=dict)
    must_be: Decision

    def of(self, test: ClaimTest) -> Control:
        parameters = {**test.parameters, **self.parameters}
        controlled = dataclasses.replace(test, dataset=self.dataset, cells=self.cells, parameters=parameters)
        return Control(self.name, controlled, self.must_be)


@_table
class _Recorded:
    verdict: Decision


@_table
class _ClaimFile(Stated):
    test: Annotated[tuple[_TestEntry, ...], Field(min_length=1)]
    context: tuple[_ContextEntry, ...] = ()
    control: tuple[_ControlEntry, ...] = ()
    recorded: _Recorded | None = None

    @field_validator("test")
    @classmethod
    def _told_apart(cls, tests: tuple[_TestEntry, ...]) -> tuple[_TestEntry, ...]:
        if len({test.name for test in tests}) < len(tests):
            raise ValueError("two tests share a name")
        return tests

    @field_validator("control")
    @classmethod
    def _of_its_own_tests(cls, controls: tuple[_ControlEntry, ...], info: ValidationInfo) -> tuple[_ControlEntry, ...]:
        names = [test.name for test in info.data.get("test", ())]
        strays = {control.test for control in controls} - set(names) if names else set()
        if strays:
            told = ((f"{name!r} names no test", did_you_mean(name, names)) for name in sorted(strays))
            raise ValueError("; ".join(", ".join(filter(None, words)) for words in told))
        return controls


def _shared(entry: Measured | Stated, kind: type[Measured | Stated]) -> dict[str, Any]:
    """What the table of a file has in common with what is made of it."""
    return {one.name: getattr(entry, one.name) for one in dataclasses.fields(kind)}
