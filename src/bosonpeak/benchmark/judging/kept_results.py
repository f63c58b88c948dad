"""Cache of scorecards of the reference data, under a digest of all inputs.

A cached scorecard is used only if code, claims, data and the versions of the dependencies are unchanged.
"""

from __future__ import annotations

from bosonpeak.benchmark.scorecards.results_folder import keep, results_folder
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets.errors import BosonpeakError


def kept_scorecard(digest: str) -> Scorecard | None:
    """Read the cached scorecard of a digest; None if missing or unreadable."""
    try:
        return Scorecard.read(results_folder() / f"{digest}.json")
    except BosonpeakError:
        return None


def keep_scorecard(digest: str, scorecard: Scorecard) -> None:
    """Cache a scorecard; an unwritable folder is ignored."""
    keep(f"{digest}.json", scorecard.to_json().encode("utf-8"))
