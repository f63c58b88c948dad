"""Ranks, and how much of them is the choice of weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bosonpeak.benchmark.scorecards.score_result import Score
from bosonpeak.datasets.arrays import FloatArray, IntegerArray

DRAWS = 4000
"""Weights drawn uniformly from all that sum to 1; the corners, a single axis each, are added."""


@dataclass(frozen=True)
class Rank:
    """A place on the leaderboard.

    Parameters
    ----------
    place : int
        By the number, 1 the highest; equal numbers share a place.
    best, worst : int
        The places that any weights give.
    share : float
        Fraction of all weights that give this place.
    """

    place: int
    best: int
    worst: int
    share: float


def rank(scores: Sequence[Score]) -> tuple[Rank, ...]:
    """Rank scores by their number, and say what other weights would make of it.

    Parameters
    ----------
    scores : sequence of Score

    Returns
    -------
    tuple of Rank
        In the order of `scores`.
    """
    if not scores:
        return ()
    shares = np.array([[axis.share for axis in score.axes] for score in scores])
    own = _places(np.array([[score.number] for score in scores]))[:, 0]
    drawn = _places(shares @ _weights(shares.shape[1]))
    return tuple(
        Rank(int(place), int(places.min()), int(places.max()), float(np.mean(places == place)))
        for place, places in zip(own, drawn, strict=True)
    )


def _weights(axes: int) -> FloatArray:
    drawn = np.random.default_rng(np.random.SeedSequence(axes)).dirichlet(np.ones(axes), size=DRAWS)
    return np.vstack([drawn, np.eye(axes)]).T


def _places(numbers: FloatArray) -> IntegerArray:
    """1 plus how many are higher, column by column; equal to ten digits is equal."""
    rounded = np.round(numbers, 10)
    return np.asarray(1 + (rounded[None, :, :] > rounded[:, None, :]).sum(axis=1), dtype=np.int64)
