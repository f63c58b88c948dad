"""Places inside one track, by two numbers that are never multiplied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bosonpeak.benchmark.scorecards.score_result import TrackResult


@dataclass(frozen=True)
class Rank:
    """The places that the two numbers leave open.

    Parameters
    ----------
    best, worst : int
        1 is the highest.
    """

    best: int
    worst: int

    def __str__(self) -> str:
        return str(self.best) if self.best == self.worst else f"{self.best} to {self.worst}"


def rank(results: Sequence[TrackResult]) -> tuple[Rank, ...]:
    """Rank codes in one track.

    A code is ahead of another if it covers no less and the lower end of its interval of correctness is no lower, and it
    either covers more or its interval lies above the other's. So nobody comes ahead by leaving out what is wrong (the
    coverage falls) or by guessing at what is missing (the lower end falls). Codes that neither rule tells apart share
    their places.

    Parameters
    ----------
    results : sequence of TrackResult
        Of codes that have something right in the track.

    Returns
    -------
    tuple of Rank
        In the order of `results`.
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
