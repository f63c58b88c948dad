"""The commands ``bosonpeak leaderboard build`` and ``check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

leaderboard_app = typer.Typer(no_args_is_help=True, help="Compare scorecards of several codes.")


@leaderboard_app.command("build")
def build(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="With scorecards, *.json.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the pages go.")] = Path(
        "leaderboard"
    ),
) -> None:
    """Write static HTML from scorecards: a sortable table, each cell leading to its evidence."""
    from bosonpeak.benchmark.leaderboard.pages import build_leaderboard
    from bosonpeak.benchmark.report.wording import printable

    written = build_leaderboard(directory, output)
    typer.echo(printable(f"{written[0]}: start here; {len(written)} files"))


@leaderboard_app.command("check")
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Scorecards.")],
) -> None:
    """Check that scorecards may stand on a leaderboard: their schema, their sums, their names."""
    from bosonpeak.benchmark.leaderboard.entries import read_entry
    from bosonpeak.benchmark.report.wording import one_line, printable

    for file in files:
        entry = read_entry(file)
        name = one_line(entry.card.code.name, 60)
        typer.echo(printable(f"{file}: {name} {entry.score.number:.1f}, sha256 {entry.digest}"))
