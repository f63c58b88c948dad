"""Ranks within a track by coverage and correctness, two numbers that are never multiplied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bosonpeak.benchmark.scorecards.score_result import TrackResult


@dataclass(frozen=True)
class Rank:
    """Range of ranks, from `best` to `worst`, that coverage and correctness leave open; 1 is the highest."""

    best: int
    worst: int

    def __str__(self) -> str:
        return str(self.best) if self.best == self.worst else f"{self.best} to {self.worst}"


def rank(results: Sequence[TrackResult]) -> tuple[Rank, ...]:
    """Rank codes within a track, in the order of the results; every code must have a correct result in the track.

    A code is ahead of another if its coverage and the lower end of its correctness interval are both no lower, and
    either its coverage is higher or its interval is entirely above the other interval. Omitting wrong results (lower
    coverage) or guessing missing results (lower end of the interval falls) therefore gains no rank. Codes that neither
    rule separates share their ranks.
    """
    ranks = []
    for one in results:
        above = sum(_is_ahead(other, one) for other in results if other is not one)
        below = sum(_is_ahead(one, other) for other in results if other is not one)
        ranks.append(Rank(1 + above, len(results) - below))
    return tuple(ranks)


def _is_ahead(one: TrackResult, other: TrackResult) -> bool:
    mine, theirs = one.correctness, other.correctness
    low, high = mine.low or 0.0, theirs.high or 0.0
    covers_more = (one.coverage or 0.0) > (other.coverage or 0.0)
    if (one.coverage or 0.0) < (other.coverage or 0.0) or low < (theirs.low or 0.0):
        return False
    return covers_more or low > high
