"""Lists: a table that fits the terminal, tab-separated fields with headings in a pipe, or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

JsonListOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_NARROWEST_TEXT = 20


@dataclass(frozen=True)
class Column:
    """Terminal column of a field; an `elastic` one takes the remaining width, or is left out if there is little."""

    field: str
    heading: str
    elastic: bool = False
    right: bool = False


def show_list(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], *, as_json: bool = False) -> None:
    """Print rows as a table on a terminal, as JSON if `as_json`, else tab-separated below a line of headings."""
    if as_json:
        typer.echo(json.dumps([dict(row) for row in rows], indent=1, ensure_ascii=False))
    elif sys.stdout.isatty():
        _print_table(rows, columns)
    else:
        for line in [row.keys() for row in rows[:1]] + [row.values() for row in rows]:
            typer.echo("\t".join(_one_line(value) for value in line))


def datasets_beginning(incomplete: str) -> list[str]:
    """Names of datasets, for shell completion."""
    from bosonpeak.datasets.registry import known_datasets

    return [name for name in known_datasets() if name.startswith(incomplete)]


def blocks_or_dataset(name: str) -> list[str]:
    """The blocks of an ensemble that has no dataset of its own, with their group; else the name or path itself."""
    from bosonpeak.datasets.ensembles.names import families, name_and_group
    from bosonpeak.datasets.registry import known_datasets

    known = known_datasets()
    ensemble, group = name_and_group(name, known)
    if ensemble in known or ensemble not in families(known):
        return [name]
    return ["/".join(filter(None, [block, group])) for block in families(known)[ensemble]]


def claims_beginning(incomplete: str) -> list[str]:
    """Ids of claims, for shell completion."""
    from bosonpeak.benchmark.judging.claim_file import load_claims

    return [claim.id for claim in load_claims() if claim.id.startswith(incomplete.upper())]


ClaimsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--claim",
        metavar="ID|FILE",
        help="Only this claim; may be repeated.",
        show_default="all",
        autocompletion=claims_beginning,
    ),
]


def _print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from bosonpeak.benchmark.commands.console import ReportConsole

    console = ReportConsole()
    widths = {
        column.field: max([len(column.heading), *(len(_one_line(row[column.field])) for row in rows)])
        for column in columns
        if not column.elastic
    }
    room = console.width - sum(widths.values()) - 3 * len(columns)
    shown = [column for column in columns if not column.elastic or room >= _NARROWEST_TEXT]
    elastic = any(column.elastic for column in shown)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", expand=elastic)
    for column in shown:
        table.add_column(
            column.heading,
            no_wrap=not column.elastic,
            overflow="fold" if column.elastic else "ellipsis",
            ratio=1 if column.elastic else None,
            min_width=widths.get(column.field),
            justify="right" if column.right else "left",
        )
    for row in rows:
        table.add_row(*(Text(_one_line(row[column.field])) for column in shown))
    console.print(table)


def _one_line(value: Any) -> str:
    from bosonpeak.benchmark.report.words.wording import printable

    return " ".join(printable(str(value)).split())
