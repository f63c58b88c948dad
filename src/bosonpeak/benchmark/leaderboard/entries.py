"""Scorecards that may stand on a leaderboard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bosonpeak.benchmark.report.badge import scorecard_digest
from bosonpeak.benchmark.scorecards.score_result import WEIGHTS, Score
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets.errors import ForeignInputError, StoreError

LARGEST_SCORECARD = 50_000_000
"""Bytes. A scorecard with all its figures has a few million."""

_ROUNDING = 1e-6
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Entry:
    """One scorecard on the leaderboard.

    Parameters
    ----------
    name : str
        Of its file, without the ending.
    card : Scorecard
    score : Score
    digest : str
        SHA-256 of the scorecard.
    """

    name: str
    card: Scorecard
    score: Score
    digest: str


def read_entries(directory: str | Path) -> tuple[Entry, ...]:
    """Read every scorecard (``*.json``) of a directory.

    Raises
    ------
    StoreError
        If there is no such directory, or no scorecard in it.
    ForeignInputError
        As in `read_entry`, or if two files hold the same scorecard.
    """
    folder = Path(directory)
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not files:
        raise StoreError(
            "there is no scorecard for a leaderboard",
            expected="a directory with files *.json that bosonpeak score --json wrote",
            got="a directory without any" if folder.is_dir() else "no directory",
            where=str(directory),
        )
    entries = tuple(read_entry(file) for file in files)
    seen: dict[str, str] = {}
    for entry in entries:
        if entry.digest in seen:
            raise ForeignInputError(
                "two scorecards are the same", got=f"{seen[entry.digest]}.json and {entry.name}.json"
            )
        seen[entry.digest] = entry.name
    return entries


def read_entry(path: str | Path) -> Entry:
    """Read one scorecard, and hold its number against its own items.

    Raises
    ------
    StoreError
        If the file cannot be read.
    SchemaError
        If it is no scorecard, or its number does not follow from its axes.
    ForeignInputError
        If its name or size will not do, it carries no score, or its sums are not those of its items.
    """
    file = Path(path)
    if not _NAME.fullmatch(file.stem) or file.suffix != ".json" or file.is_symlink():
        raise ForeignInputError(
            "the file cannot stand on a leaderboard",
            expected="a file, no link, named like my-code.json: small letters, digits, dots and hyphens",
            got=file.name,
            where=str(path),
        )
    try:
        size = file.stat().st_size
    except OSError as error:
        raise StoreError("a scorecard cannot be read", got=error.strerror or str(error), where=str(path)) from error
    if size > LARGEST_SCORECARD:
        raise ForeignInputError(
            "the scorecard is too large",
            expected=f"at most {LARGEST_SCORECARD:,} bytes",
            got=f"{size:,}",
            where=str(path),
        )
    card = Scorecard.read(file)
    if card.score is None:
        raise ForeignInputError(
            "the scorecard carries no score",
            expected="what bosonpeak score --json writes",
            got=f"suite {card.suite!r}",
            where=str(path),
        )
    _require_own_sums(card.score, str(path))
    return Entry(file.stem, card, card.score, scorecard_digest(card))


def _require_own_sums(score: Score, where: str) -> None:
    """Whoever edits a number by hand must edit the evidence, which the next reader looks at."""
    wrong = [
        f"{axis.axis} says {axis.earned:g}, its items earn {sum(item.earned for item in axis.items):g}"
        for axis in score.axes
        if axis.earned > sum(item.earned for item in axis.items) + _ROUNDING
    ]
    wrong += [f"{axis.axis} weighs {axis.weight:g}" for axis in score.axes if axis.weight != WEIGHTS[axis.axis]]
    if wrong or [axis.axis for axis in score.axes] != list(WEIGHTS):
        raise ForeignInputError(
            "the scorecard contradicts itself",
            expected=f"the axes {', '.join(WEIGHTS)}, none earning more than its items",
            got="; ".join(wrong) or ", ".join(axis.axis for axis in score.axes),
            where=where,
            likely_cause="a number was edited by hand: score the submission again",
        )
