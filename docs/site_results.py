"""What the documentation shows of results: the report, its figures, and the leaderboard as it was last computed."""

from __future__ import annotations

import os
from pathlib import Path

from bosonpeak import verify
from bosonpeak.benchmark.leaderboard.entries import read_entries
from bosonpeak.benchmark.leaderboard.pages import write_board
from bosonpeak.benchmark.leaderboard.recomputing import Recomputed
from bosonpeak.benchmark.report.figure_files import write_figure
from bosonpeak.benchmark.report.html import Making, write_html
from bosonpeak.benchmark.scorecards.scorecard import Scorecard

SCORECARD = "BOSONPEAK_SCORECARD"
"""Environment variable with the path of a scorecard of `bosonpeak verify --json`, which is then not made again."""

ENTRIES = Path(__file__).parent.parent / "leaderboard" / "entries"


def scorecard_shown() -> Scorecard:
    """The scorecard of all claims: the one that is named, one that was kept, or a new one."""
    named = os.environ.get(SCORECARD)
    return Scorecard.read(named) if named else verify(kept=True)


def write_results(scorecard: Scorecard, pages: Path, figures: Path) -> None:
    """Write the report and the leaderboard into one folder, and every figure of the claims into another."""
    for folder in (pages, figures):
        folder.mkdir(parents=True, exist_ok=True)
    write_html(scorecard, pages / "report.html", Making.now(["verify"]))
    for name, figure in scorecard.figures.items():
        write_figure(figure, figures / f"{name}.svg", "svg")
    write_board([_published(entry.name, entry.published) for entry in read_entries(ENTRIES)], pages / "leaderboard")


def _published(name: str, path: Path) -> Recomputed:
    if not path.is_file():
        return Recomputed(name, "not recomputed", "it came after the board was last built", None)
    return Recomputed(name, "recomputed", "as published when the board was last built", Scorecard.read(path))
