"""Axes: grade, sentence and share from the items and their outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bosonpeak.benchmark.scorecards.score_result import Axis, AxisResult, Grade, ScoreItem

LEAST_SHARE: tuple[tuple[Grade, float], ...] = (("A", 0.95), ("B", 0.85), ("C", 0.7), ("D", 0.5))
"""Grades, best first, with the share that each takes at least; below the last it is F."""

OF_ALL_THAT_IS_ASKED: tuple[Axis, ...] = ("completeness", "provenance")
"""Axes graded by what was earned of all that is asked for, so that what is dropped shows there. The others are graded
by what was submitted and decided."""

_PROBLEM_LENGTH = 160


def graded_axis(
    axis: Axis, asked: Sequence[ScoreItem], others: Sequence[ScoreItem] = (), *, void: bool = False
) -> AxisResult:
    """Sum up an axis; `others` count for the grade and earn nothing, void data make the grade F."""
    items = [*asked, *(replace(item, earned=0.0) for item in others)]
    earned = sum(item.earned for item in asked)
    of_all = axis in OF_ALL_THAT_IS_ASKED and bool(asked)
    share = earned / len(asked) if of_all else _share_of_decided(items)
    submitted = sum(item.outcome != "missing" or item.earned > 0 for item in items)
    return AxisResult(
        axis=axis,
        earned=earned,
        asked=len(asked),
        submitted=submitted,
        grade="F" if void else _grade(share, submitted),
        sentence=_sentence(axis, items, void),
        items=tuple(items),
    )


def _share_of_decided(items: Sequence[ScoreItem]) -> float | None:
    """Met over decided items; None if no item is decided."""
    met = sum(item.outcome == "met" for item in items)
    decided = met + sum(item.outcome == "not met" for item in items)
    return met / decided if decided else None


def _grade(share: float | None, submitted: int) -> Grade:
    if share is None or not submitted:
        return "-"
    return next((grade for grade, least in LEAST_SHARE if share >= least), "F")


def _sentence(axis: Axis, items: Sequence[ScoreItem], void: bool) -> str:
    """Counts of the outcomes, and the most important item to correct."""
    counts = {
        outcome: sum(item.outcome == outcome for item in items)
        for outcome in ("met", "not met", "undecided", "missing")
    }
    told = [f"{counts['met']} of {len(items)} met"]
    told += [f"{counts[outcome]} {outcome}" for outcome in ("not met", "undecided", "missing") if counts[outcome]]
    wrong = next((item for item in items if item.outcome == "not met"), None)
    if wrong is None and axis in OF_ALL_THAT_IS_ASKED:
        wrong = min((item for item in items if item.outcome == "missing"), key=lambda item: item.earned, default=None)
    problem = "" if wrong is None else f"; first to mend: {wrong.name}, {wrong.where}: {_shortened(wrong.evidence)}"
    return ("Void data are among these. " if void else "") + ", ".join(told) + problem + "."


def _shortened(text: str) -> str:
    line = text.rstrip(".")
    return line if len(line) <= _PROBLEM_LENGTH else line[: _PROBLEM_LENGTH - 3] + "..."
