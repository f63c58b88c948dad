"""Page view of a score: submitted items individually, missing items as a short summary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from bosonpeak.benchmark.scorecards.score_result import AxisResult, Outcome, Score, ScoreItem

_ORDER: tuple[Outcome, ...] = ("not met", "undecided", "met", "missing")


@dataclass(frozen=True)
class MissingView:
    """Missing items of one ensemble, case or part of the card."""

    where: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class AxisView:
    """Page view of an axis: wrong items first, missing items grouped by place."""

    result: AxisResult
    items: tuple[ScoreItem, ...]
    missing: tuple[MissingView, ...]

    @property
    def anchor(self) -> str:
        """Anchor of the axis on its page."""
        return f"axis-{self.result.axis}"

    @property
    def outcomes(self) -> str:
        """Number of items by outcome, wrong items first."""
        counts = Counter(item.outcome for item in self.items)
        return ", ".join(f"{counts[outcome]} {outcome}" for outcome in _ORDER if counts[outcome])

    @property
    def missing_count(self) -> int:
        """Number of missing items."""
        return sum(len(view.names) for view in self.missing)


def axis_views(score: Score | None) -> tuple[AxisView, ...]:
    """Page views of the axes of a score in order; empty without a score."""
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
