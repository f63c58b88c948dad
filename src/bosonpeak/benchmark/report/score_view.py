"""The score as a page shows it: what was submitted item by item, what is missing in a few lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from bosonpeak.benchmark.scorecards.score_result import AxisResult, Outcome, Score, ScoreItem

_ORDER: tuple[Outcome, ...] = ("not met", "undecided", "met", "missing")


@dataclass(frozen=True)
class MissingView:
    """What is missing of one ensemble, case or part of the card."""

    where: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class AxisView:
    """One axis: what is wrong comes first, and what is missing is gathered by where it is missing."""

    result: AxisResult
    items: tuple[ScoreItem, ...]
    missing: tuple[MissingView, ...]

    @property
    def anchor(self) -> str:
        """Fragment of the axis on its page."""
        return f"axis-{self.result.axis}"

    @property
    def outcomes(self) -> str:
        """How many of the items came out how, the wrong ones first."""
        counts = Counter(item.outcome for item in self.items)
        return ", ".join(f"{counts[outcome]} {outcome}" for outcome in _ORDER if counts[outcome])

    @property
    def missing_count(self) -> int:
        """Number of missing items."""
        return sum(len(view.names) for view in self.missing)


def axis_views(score: Score | None) -> tuple[AxisView, ...]:
    """Axes of a score in their order; none if there is no score."""
    return () if score is None else tuple(map(_axis_view, score.axes))


def _axis_view(axis: AxisResult) -> AxisView:
    there = [item for item in axis.items if item.outcome != "missing" or item.earned > 0]
    there.sort(key=lambda item: _ORDER.index(item.outcome))
    missing: dict[str, list[str]] = {}
    for item in axis.items:
        if item.outcome == "missing" and item.earned == 0:
            missing.setdefault(item.where, []).append(item.name)
    views = tuple(MissingView(where, tuple(names)) for where, names in missing.items())
    return AxisView(axis, tuple(there), views)
