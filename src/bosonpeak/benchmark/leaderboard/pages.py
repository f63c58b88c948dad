"""Leaderboard as static HTML: a ranked table per track, and a page of evidence per recomputed scorecard."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bosonpeak.benchmark.leaderboard.recomputing import Recomputed
from bosonpeak.benchmark.report.badge import scorecard_digest, write_badge
from bosonpeak.benchmark.report.html import inline_script, page_environment, report_style, write_html
from bosonpeak.benchmark.scorecards.score_result import TRACKS, Track, TrackResult
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets.errors import StoreError
from bosonpeak.datasets.storage.atomic import write_bytes


@dataclass(frozen=True)
class Rank:
    """Range of ranks, from `best` to `worst`, that coverage and correctness leave open; 1 is the highest."""

    best: int
    worst: int

    def __str__(self) -> str:
        return str(self.best) if self.best == self.worst else f"{self.best} to {self.worst}"


def rank(results: Sequence[TrackResult]) -> tuple[Rank, ...]:
    """Rank codes within a track, in the order of the results; codes that no rule separates share their ranks."""
    # A code is ahead if its coverage and the lower end of its correctness are both no lower, and either its coverage is
    # higher or its interval entirely above: neither omitting wrong results nor guessing missing results gains a rank.
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


INDEX = "index.html"
RESULTS = "board.json"
WITHOUT_ANSWERS = "data without answers"
"""Standing of data from a recipe that answered no case of the board: a file may hold such data, too."""

_SUFFIX = {"recomputed": "", "self-reported": "-submitted", "not recomputed": ""}


@dataclass(frozen=True)
class Row:
    """Line of a code in the table of a track."""

    page: str
    card: Scorecard
    result: TrackResult
    standing: str
    why: str
    rank: Rank | None = None


@dataclass(frozen=True)
class TrackTable:
    """Table of a track, ranked codes first."""

    track: Track
    rows: tuple[Row, ...]


def write_board(found: Sequence[Recomputed], output: str | Path) -> tuple[Path, ...]:
    """Write the pages of a board into a directory, and return their paths; files of other names stay untouched."""
    target = _folder(Path(output))
    written = [target / INDEX, target / RESULTS]
    for one in found:
        if one.card is not None:
            page, badge, document = (target / f"{_stem(one)}{ending}" for ending in (".html", ".svg", ".json"))
            write_html(one.card, page)
            write_badge(one.card, badge)
            write_bytes(document, one.card.to_json().encode("utf-8"))
            written += [page, badge, document]
    tables, left_out = track_tables(found), [one for one in found if one.card is None]
    write_bytes(written[0], render_tables(tables, left_out).encode("utf-8"))
    write_bytes(written[1], _as_json(tables, found).encode("utf-8"))
    return tuple(written)


def track_tables(found: Sequence[Recomputed]) -> tuple[TrackTable, ...]:
    """Build a table per track: recomputed results are ranked, others follow without a rank; empty tables are last."""
    tables = (TrackTable(track, tuple(_rows(track, found))) for track in TRACKS)
    return tuple(sorted(tables, key=lambda table: not table.rows))


def render_tables(tables: Sequence[TrackTable], left_out: Sequence[Recomputed]) -> str:
    """Render the page of tables as HTML; equal scorecards give equal text."""
    script, digest = inline_script("bosonpeak.benchmark.leaderboard", "sort.js")
    template = page_environment("bosonpeak.benchmark.leaderboard").get_template("leaderboard.html.j2")
    codes = {(row.card.code.name, row.card.code.version) for table in tables for row in table.rows}
    return template.render(
        tables=tables, left_out=left_out, codes=len(codes), style=report_style(), script=script, script_digest=digest
    )


def _rows(track: Track, found: Sequence[Recomputed]) -> Iterator[Row]:
    rows = [
        Row(f"{_stem(one)}.html", one.card, one.card.score.track(track), *_standing(one))
        for one in found
        if one.card is not None and one.card.score is not None and one.card.score.track(track).correctness.decided
    ]
    ranked = [row for row in rows if row.standing == "recomputed" and row.result.correctness.right]
    placed = [
        Row(row.page, row.card, row.result, row.standing, row.why, place)
        for row, place in zip(ranked, rank([row.result for row in ranked]), strict=True)
    ]
    yield from sorted(placed, key=_order)
    yield from sorted((row for row in rows if row not in ranked), key=lambda row: row.page)


def _standing(one: Recomputed) -> tuple[str, str]:
    """Standing and its reason; recomputed data count only beside right answers to the board's fresh cases."""
    assert one.card is not None
    assert one.card.score is not None
    if one.standing == "recomputed" and not one.card.score.track("conformance").correctness.right:
        return WITHOUT_ANSWERS, f"{one.why}; none of the board's cases is answered right, so that no code is shown"
    return one.standing, one.why


def _order(row: Row) -> tuple[int, int, int, str]:
    assert row.rank is not None
    return row.rank.best, row.rank.worst, -row.result.correctness.right, row.page


def _as_json(tables: Sequence[TrackTable], found: Sequence[Recomputed]) -> str:
    document = {
        "tracks": [
            {
                "track": table.track,
                "rows": [
                    {
                        "code": row.card.code.to_dict(),
                        "rank": None if row.rank is None else [row.rank.best, row.rank.worst],
                        "standing": row.standing,
                        **row.result.to_dict(),
                        "scorecard": scorecard_digest(row.card),
                    }
                    for row in table.rows
                ],
            }
            for table in tables
        ],
        "entries": [
            {"name": one.name, "standing": one.standing, "why": one.why, "seconds": round(one.seconds, 1)}
            for one in found
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _stem(one: Recomputed) -> str:
    return one.name + _SUFFIX[one.standing]


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            "the directory for the leaderboard cannot be made", got=error.strerror or str(error), where=str(path)
        ) from error
    return path
