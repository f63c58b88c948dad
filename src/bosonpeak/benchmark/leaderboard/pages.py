"""A leaderboard as static HTML: one table, and a page of evidence for every scorecard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bosonpeak.benchmark.leaderboard.entries import Entry, read_entries
from bosonpeak.benchmark.leaderboard.ranking import Rank, rank
from bosonpeak.benchmark.report.badge import write_badge
from bosonpeak.benchmark.report.html import report_style, write_html
from bosonpeak.benchmark.report.templating import inline_script, page_environment
from bosonpeak.benchmark.scorecards.score_result import AxisResult
from bosonpeak.datasets.errors import StoreError
from bosonpeak.datasets.storage.atomic import write_bytes

INDEX = "index.html"


@dataclass(frozen=True)
class Row:
    """A scorecard with its place."""

    entry: Entry
    rank: Rank

    @property
    def page(self) -> str:
        """Address of its evidence, relative to the table."""
        return f"{self.entry.name}.html"


def build_leaderboard(directory: str | Path, output: str | Path) -> tuple[Path, ...]:
    """Write a leaderboard from the scorecards in a directory.

    Parameters
    ----------
    directory : path-like
        With files ``*.json`` that ``bosonpeak score --json`` wrote.
    output : path-like
        Directory for the pages, made if it is not there. Files of other names are left alone.

    Returns
    -------
    tuple of Path
        The files, the table first: ``index.html``, and for every scorecard its report, badge and JSON.

    Raises
    ------
    StoreError
        If there is no scorecard, or the pages cannot be written.
    SchemaError, ForeignInputError
        If one of them is none, or contradicts itself; nothing is written then.
    """
    entries = read_entries(directory)
    target = _folder(Path(output))
    ranks = rank([entry.score for entry in entries])
    rows = sorted(map(Row, entries, ranks), key=lambda row: (row.rank.place, row.entry.name))
    written = [target / INDEX]
    for row in rows:
        page, badge, document = (target / f"{row.entry.name}{ending}" for ending in (".html", ".svg", ".json"))
        write_html(row.entry.card, page)
        write_badge(row.entry.card, badge)
        write_bytes(document, row.entry.card.to_json().encode("utf-8"))
        written += [page, badge, document]
    write_bytes(written[0], render_table(rows).encode("utf-8"))
    return tuple(written)


def render_table(rows: Sequence[Row]) -> str:
    """The page with the table as HTML; the same text for the same scorecards."""
    script, digest = inline_script("bosonpeak.benchmark.leaderboard", "sort.js")
    axes: tuple[AxisResult, ...] = rows[0].entry.score.axes if rows else ()
    template = page_environment("bosonpeak.benchmark.leaderboard").get_template("leaderboard.html.j2")
    return template.render(rows=rows, axes=axes, style=report_style(), script=script, script_digest=digest)


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            "the directory for the leaderboard cannot be made", got=error.strerror or str(error), where=str(path)
        ) from error
    return path
