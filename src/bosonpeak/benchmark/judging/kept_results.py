"""Scorecards of the reference data, kept under the digest of everything that they follow from.

What is kept is used only where neither code, claims and data nor the versions of what they rest on have changed.
"""

from __future__ import annotations

from bosonpeak.benchmark.scorecards.results_folder import keep, results_folder
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets.errors import BosonpeakError


def kept_scorecard(digest: str) -> Scorecard | None:
    """The scorecard that was kept under a digest, or None; what cannot be read counts as none."""
    try:
        return Scorecard.read(results_folder() / f"{digest}.json")
    except BosonpeakError:
        return None


def keep_scorecard(digest: str, scorecard: Scorecard) -> None:
    """Keep a scorecard; a folder that cannot be written keeps nothing, and is no failure."""
    keep(f"{digest}.json", scorecard.to_json().encode("utf-8"))
