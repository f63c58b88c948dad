"""Provenance: a card's statements on the origin of the data, as items of the score."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from bosonpeak.benchmark.cards.card import Card
from bosonpeak.benchmark.scorecards.score_result import Outcome, ScoreItem

UNNAMED = "unnamed"

_ASKED = {
    "name": "the name of the code",
    "version": "the version of the code",
    "authors": "who made the data",
    "licence": "how the data may be used",
    "created": "when they were made (ISO date)",
    "source": "where code or data can be had (URL or DOI)",
    "input": "the input file that made them, inside the run",
    "hardware": "what they were made on",
    "seeds": "the random seeds",
}


def provenance_items(card: Card, root: Path) -> list[ScoreItem]:
    """One item per required statement of a card on the data's origin: not met if impossible, missing if absent."""
    stated = {"name": card.code_name, "version": card.code_version, **card.provenance}
    items = []
    for name, asked in _ASKED.items():
        text = stated.get(name, "").strip()
        where = "[code]" if name in ("name", "version") else "[provenance]"
        outcome, evidence = _judged(name, text, root)
        items.append(ScoreItem("provenance", asked, where, outcome, float(outcome == "met"), evidence))
    return items


def _judged(name: str, text: str, root: Path) -> tuple[Outcome, str]:
    if not text or (name == "name" and text == UNNAMED):
        return "missing", f"the card has no {name}"
    if name == "created":
        return _date(text)
    if name == "input" and not _is_file(root, text):
        return "not met", f"the run has no file {text}"
    return "met", text


def _date(text: str) -> tuple[Outcome, str]:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return "not met", f"{text!r} is no ISO date"
    return ("not met", f"{text} lies in the future") if day > datetime.now(UTC).date() else ("met", text)


def _is_file(root: Path, path: str) -> bool:
    folder = root if root.is_dir() else root.parent
    file = folder / path
    return file.is_file() and file.resolve().is_relative_to(folder.resolve())
