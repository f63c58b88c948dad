"""Compare the scorecard beside an entry with the scorecard recomputed by the board."""

from __future__ import annotations

from collections.abc import Iterator

from bosonpeak.benchmark.scorecards.score_result import Score, ScoreItem
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets.errors import ForeignInputError

STATISTICAL_SHARE = 0.1
"""Of the tests and comparisons that a stated scorecard calls met, the share that may come out otherwise when the
ensemble is made anew: they are judged at 95 %, and trajectories differ from one processor to another."""

_SHOWN = 5


def require_reproduced(stated: Scorecard, found: Scorecard, where: str) -> None:
    """Raise `ForeignInputError` if the stated scorecard has passes that the recomputation does not confirm.

    Passed cases and mechanics must all be confirmed; of the statistical claims up to a tenth may fail.
    """
    if stated.score is None or found.score is None:
        raise ForeignInputError("a scorecard carries no score", expected="what the board wrote", where=where)
    exact, statistical = _not_reproduced(stated.score, found.score)
    met = sum(item.outcome == "met" for item in stated.score.axis("claims").items)
    wrong = [*exact, *(statistical if len(statistical) > STATISTICAL_SHARE * met else [])]
    if wrong:
        shown = "; ".join(f"{item.where}, {item.name}" for item in wrong[:_SHOWN])
        raise ForeignInputError(
            f"the scorecard calls {len(wrong)} things right that are not when they are computed again",
            expected=f"right: {found.score.correctness.right} of {found.score.correctness.decided}",
            got=f"right: {stated.score.correctness.right} of {stated.score.correctness.decided}; first {shown}",
            where=where,
            likely_cause="it was edited, or written by another version of the code",
        )


def _not_reproduced(stated: Score, found: Score) -> tuple[list[ScoreItem], list[ScoreItem]]:
    there = {_key(item): item.outcome for axis in found.axes for item in axis.items}
    lost = [item for item in _met(stated) if there.get(_key(item)) != "met"]
    return [item for item in lost if item.axis != "claims"], [item for item in lost if item.axis == "claims"]


def _met(score: Score) -> Iterator[ScoreItem]:
    for name in ("conformance", "mechanics", "claims"):
        yield from (item for axis in score.axes if axis.axis == name for item in axis.items if item.outcome == "met")


def _key(item: ScoreItem) -> tuple[str, str, str]:
    return item.axis, item.where, item.name
