"""The scorecard: one plain object from which the terminal, HTML, JUnit and pytest views are all drawn.

Its JSON form is published as ``scorecard.schema.json`` and checked on the way out and on the way in. Numbers
that are not finite become ``None`` (JSON ``null``) as soon as a record is made, so that a scorecard equals what
is read back from its own JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, ControlResult
from bosonpeak.benchmark.scorecards.figure import Figure
from bosonpeak.benchmark.scorecards.published_schema import SCHEMA_VERSION, check_document
from bosonpeak.benchmark.scorecards.record import Record, clean_text
from bosonpeak.benchmark.scorecards.score_result import Score
from bosonpeak.datasets.errors import SchemaError, StoreError

_NUMBER = r"(?:-?[\d.eE+-]+|null)"
_SPREAD_OUT_NUMBERS = re.compile(rf"\[\s*\n\s+({_NUMBER}(?:,\n\s+{_NUMBER})*)\n\s+\]")


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
        check_document(document)
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
        check_document(document)
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


def _on_one_line(numbers: re.Match[str]) -> str:
    return "[" + re.sub(r"\s+", " ", numbers[1]) + "]"


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number; write null")
