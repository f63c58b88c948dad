"""Claim files: one TOML file per claim, readable for physicists without programming."""

from __future__ import annotations

import dataclasses
import functools
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
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

from bosonpeak.benchmark.judging.claim import Cells, Claim, ClaimTest, Control, Measured, Part, Stated
from bosonpeak.benchmark.measures.registry import MEASURES
from bosonpeak.benchmark.scorecards.claim_results import Decision, Expectation
from bosonpeak.datasets.adapters.files.foreign_file import natural_order
from bosonpeak.datasets.documents.faults import faults_of
from bosonpeak.datasets.errors import ClaimError, did_you_mean

FILE_ENDING = ".toml"


@functools.cache
def load_claims() -> tuple[Claim, ...]:
    """Load all claims of the suite, sorted by id.

    Returns
    -------
    tuple of Claim

    Raises
    ------
    ClaimError
        If a claim file is invalid, or two claims share an id.

    Examples
    --------
    >>> claims = {claim.id: claim for claim in load_claims()}
    >>> claims["NET-6"].datasets
    ('network/nine-node',)
    """
    folder = resources.files("bosonpeak.benchmark") / "claims"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(FILE_ENDING)), key=lambda f: natural_order(f.name))
    return _with_different_ids(tuple(parse_claim(file.read_text(encoding="utf-8"), where=file.name) for file in files))


def _with_different_ids(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    ids = [claim.id for claim in claims]
    if len(set(ids)) < len(ids):
        repeated = ", ".join(sorted({i for i in ids if ids.count(i) > 1}))
        raise ClaimError("two claims share an id", expected="unique ids", got=repeated)
    return claims


def find_claim(identifier: str) -> Claim:
    """Find a claim by its id (in any case) or by the path of a user's claim file."""
    (claim,) = choose_claims([identifier])
    return claim


def choose_claims(asked: Sequence[str] | None) -> Sequence[Claim]:
    """Select claims by id (in any case) or by path of a ``.toml`` claim file; None selects the whole suite."""
    everything = load_claims()
    if not asked:
        return everything
    by_id = {claim.id.lower(): claim for claim in everything}
    files = {name for name in asked if name.endswith(FILE_ENDING)}
    unknown = [name for name in asked if name not in files and name.lower() not in by_id]
    if unknown:
        raise _no_such_claim(unknown, [claim.id for claim in everything])
    chosen = (read_claim(Path(name)) if name in files else by_id[name.lower()] for name in dict.fromkeys(asked))
    return _with_different_ids(tuple({claim.text: claim for claim in chosen}.values()))


def _no_such_claim(unknown: Sequence[str], ids: Sequence[str]) -> ClaimError:
    """Error that suggests the nearest ids for each unknown name."""
    return ClaimError(
        "no such claim",
        expected="an id that `bosonpeak claims list` prints, or the path of a claim file that ends in .toml",
        got=", ".join(map(repr, unknown)),
        where="bosonpeak/benchmark/claims",
        likely_cause=" ".join(filter(None, (did_you_mean(name.upper(), ids) for name in unknown))),
    )


def read_claim(path: Path) -> Claim:
    """Read a user's claim file; raise `ClaimError` if the file is unreadable or not a claim."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ClaimError("a claim file cannot be read", got=str(error), where=str(path)) from error
    return parse_claim(text, where=str(path))


def parse_claim(text: str, *, where: str = "") -> Claim:
    """Parse a claim from TOML of the file `where`; the `ClaimError` of a faulty claim lists all faults."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ClaimError("a claim is not valid TOML", got=str(error), where=where) from error
    try:
        file = TypeAdapter(_ClaimFile).validate_python(document)
    except ValidationError as error:
        faults = "; ".join(faults_of(error, _ClaimFile))
        raise ClaimError("a claim file has missing or invalid entries", got=faults, where=where) from None
    parts = tuple(entry.of(file.recorded.get(entry.name)) for entry in file.part)
    tests = {test.name: test for part in parts for test in part.tests}
    return Claim(
        **_shared(file, Stated),
        parts=parts,
        context=tuple(entry.shown for entry in file.context),
        controls=tuple(entry.of(tests[entry.test]) for entry in file.control),
        text=text,
    )


def _known_measure(name: str) -> str:
    if name not in MEASURES:
        raise ValueError(", ".join(filter(None, [f"unknown measure {name!r}", did_you_mean(name, MEASURES, most=5)])))
    return name


_MeasureName = Annotated[str, AfterValidator(_known_measure)]

_table = dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
_Limit = Annotated[float, Strict()] | None


@_table
class _Region:
    """Expected region: a value with tolerance, or one or two limits; and the reason."""

    value: _Limit = None
    tolerance: _Limit = None
    low: _Limit = None
    high: _Limit = None
    why: str
    origin: Annotated[float, Strict()] = 0.0

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
            return Expectation(self.low, self.high, self.why, self.origin)
        return Expectation(self.value - self.tolerance, self.value + self.tolerance, self.why)


@_table
class _TestEntry(Measured):
    measure: _MeasureName
    expect: _Region

    @property
    def test(self) -> ClaimTest:
        return ClaimTest(**_shared(self, Measured), expect=self.expect.expectation)


@_table
class _PartEntry:
    name: Annotated[str, Field(min_length=1)]
    says: str = ""
    discriminates: bool = True
    test: Annotated[tuple[_TestEntry, ...], Field(min_length=1)]

    def of(self, recorded: Decision | None) -> Part:
        tests = tuple(entry.test for entry in self.test)
        return Part(name=self.name, says=self.says, discriminates=self.discriminates, tests=tests, recorded=recorded)


@_table
class _ContextEntry(Measured):
    measure: _MeasureName
    expect: _Region | None = None

    @property
    def shown(self) -> ClaimTest:
        return ClaimTest(**_shared(self, Measured), expect=self.expect.expectation if self.expect else None)


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
class _ClaimFile(Stated):
    part: Annotated[tuple[_PartEntry, ...], Field(min_length=1)]
    context: tuple[_ContextEntry, ...] = ()
    control: tuple[_ControlEntry, ...] = ()
    recorded: Mapping[str, Decision] = field(default_factory=dict)

    @field_validator("part")
    @classmethod
    def _distinguishable(cls, parts: tuple[_PartEntry, ...]) -> tuple[_PartEntry, ...]:
        tests = [test.name for part in parts for test in part.test]
        for nouns, names in (("parts", [part.name for part in parts]), ("tests", tests)):
            if len(set(names)) < len(names):
                raise ValueError(f"two {nouns} share a name")
        return parts

    @field_validator("control")
    @classmethod
    def _of_its_own_tests(cls, controls: tuple[_ControlEntry, ...], info: ValidationInfo) -> tuple[_ControlEntry, ...]:
        names = [test.name for part in info.data.get("part", ()) for test in part.test]
        _refuse_strays({control.test for control in controls}, names, "test")
        return controls

    @field_validator("recorded")
    @classmethod
    def _of_all_its_parts(cls, recorded: Mapping[str, Decision], info: ValidationInfo) -> Mapping[str, Decision]:
        names = [part.name for part in info.data.get("part", ())]
        _refuse_strays(recorded, names, "part")
        left_out = [name for name in names if name not in recorded]
        if recorded and left_out:
            raise ValueError(f"nothing is recorded of {', '.join(map(repr, left_out))}")
        return recorded


def _refuse_strays(reported: Iterable[str], names: Sequence[str], noun: str) -> None:
    """Reject references to unknown tests or parts; skip the check if the list of names was already invalid."""
    strays = sorted(set(reported) - set(names)) if names else []
    if strays:
        words = ((f"{name!r} names no {noun}", did_you_mean(name, names)) for name in strays)
        raise ValueError("; ".join(", ".join(filter(None, pair)) for pair in words))


def _shared(entry: Measured | Stated, kind: type[Measured | Stated]) -> dict[str, Any]:
    """Fields of a file's table that the claim object has, too."""
    return {one.name: getattr(entry, one.name) for one in dataclasses.fields(kind)}
