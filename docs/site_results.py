"""What the documentation shows of results: the report, its figures, and the leaderboard as it was last computed."""

from __future__ import annotations

import os
from pathlib import Path

from claim_history import git

from bosonpeak import verify
from bosonpeak.benchmark.leaderboard.entries import Entry, read_entries
from bosonpeak.benchmark.leaderboard.pages import write_board
from bosonpeak.benchmark.leaderboard.recomputing import Recomputed
from bosonpeak.benchmark.report.figure_files import write_figure
from bosonpeak.benchmark.report.html import Making, write_html
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.benchmark.vibration_track.board import write_vibration_board

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
    write_board([_published(entry) for entry in read_entries(ENTRIES)], pages / "leaderboard")
    write_vibration_board(ENTRIES.parent / "vibrations", pages / "vibrations")


def _published(entry: Entry) -> Recomputed:
    """What lies beside an entry, and how and when it came to lie there: nothing is computed for this page."""
    if not entry.published.is_file():
        return Recomputed(entry.name, "not recomputed", "the board has not been built since it came")
    card = Scorecard.read(entry.published)
    with_ = ", ".join(f"{name} {card.environment[name]}" for name in ("python", "numpy") if name in card.environment)
    committed = git("log", "-1", "--format=%as (%h)", "--", str(entry.published)).strip() or "not committed"
    made = "the board ran its recipe" if entry.recipe else "the board scored what was submitted"
    why = f"{made} with {with_}, published {committed}; not computed again for this page"
    return Recomputed(entry.name, "recomputed" if entry.recipe else "self-reported", why, card)
