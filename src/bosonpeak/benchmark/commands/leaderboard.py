"""The commands ``bosonpeak leaderboard build``, ``check`` and ``receive``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bosonpeak.benchmark.commands.outputs import ProgressLine

if TYPE_CHECKING:
    from bosonpeak.benchmark.leaderboard.recomputing import Board, Recomputed

leaderboard_app = typer.Typer(no_args_is_help=True, help="Compare several codes, each computed again.")

Repository = Annotated[
    Path, typer.Option(metavar="DIR", help="A checkout of this package: its recipes in examples/, itself to install.")
]
Environments = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where the codes are installed.", show_default="run them with this Python"),
]
Seed = Annotated[
    int, typer.Option(min=0, help="What the cases are drawn from, and random numbers of recipes start from.")
]


@leaderboard_app.command("build", short_help="Compute every entry again and write static HTML.")
def build(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="With entries, a folder each.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the pages go.")] = Path(
        "leaderboard-pages"
    ),
    repository: Repository = Path(),
    environments: Environments = None,
    seed: Seed = 1,
    publish: Annotated[
        bool, typer.Option("--publish", help="Write what came out beside each entry too, as scorecard.json.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, help="Recipes that run side by side.")] = 2,
) -> None:
    """Compute every entry again and write static HTML: a table for each track, each cell leading to its evidence."""
    from bosonpeak.benchmark.leaderboard.entries import read_entries
    from bosonpeak.benchmark.leaderboard.pages import write_board
    from bosonpeak.benchmark.leaderboard.recomputing import recompute_all
    from bosonpeak.benchmark.report.words.wording import one_line, printable
    from bosonpeak.datasets.storage.atomic import write_bytes

    found: list[Recomputed] = []
    with ProgressLine() as progress:
        entries, board = read_entries(directory), _board(repository, environments, seed, progress)
        for entry, results in zip(entries, recompute_all(entries, board, workers=workers), strict=True):
            found += results
            for one in results:
                taken = "" if one.card is None else f" in {one.seconds:.0f} s"
                typer.echo(printable(f"{one.name}: {one.standing}{taken}; {one_line(one.why, 200)}"))
            if publish and results[0].card is not None:
                write_bytes(entry.published, results[0].card.to_json().encode("utf-8"))
    written = write_board(found, output)
    typer.echo(printable(f"{written[0]}: start here; {len(written)} files"))


@leaderboard_app.command("check", short_help="Hold scorecards against entries computed again.")
def check(
    entries: Annotated[list[Path], typer.Argument(metavar="ENTRY...", help="Folders of entries.")],
    repository: Repository = Path(),
    environments: Environments = None,
    seed: Seed = 1,
    digests_only: Annotated[
        bool, typer.Option("--digests-only", help="Compute nothing: read the entries, hold data against digests.")
    ] = False,
    data_only: Annotated[
        bool, typer.Option("--data-only", help="Run no recipe: score the data of entries, as for a pull request.")
    ] = False,
) -> None:
    """Compute entries again, and hold the scorecards beside them against what comes out."""
    from bosonpeak.benchmark.leaderboard.entries import read_entry
    from bosonpeak.benchmark.leaderboard.recomputing import (
        recompute,
        require_digest,
        require_reproduced,
        without_recipe,
    )
    from bosonpeak.benchmark.report.words.wording import one_line, printable, score_line
    from bosonpeak.benchmark.scorecards.scorecard import Scorecard

    with ProgressLine() as progress:
        for folder in entries:
            entry = read_entry(folder)
            require_digest(entry)
            stated = Scorecard.read(entry.published) if entry.published.is_file() else None
            if digests_only:
                typer.echo(printable(f"{entry.name}: digests as stated"))
                continue
            board = _board(repository, environments, seed, progress)
            if data_only:
                entry = without_recipe(entry, board)
                if entry.data is None:
                    typer.echo(printable(f"{entry.name}: no data; its recipe runs when the board is built"))
                    continue
            results = recompute(entry, board)
            for one in results:
                said = one.why if one.card is None or one.card.score is None else score_line(one.card.score)
                typer.echo(printable(f"{one.name}: {one.standing}; {one_line(said, 300)}"))
            if all(one.card is None for one in results):
                raise typer.Exit(1)
            first = next(one.card for one in results if one.card is not None)
            if stated is not None:
                require_reproduced(stated, first, str(entry.published))


@leaderboard_app.command("receive", short_help="Take the one entry that a branch adds, as data.")
def receive_entry(
    repository: Annotated[Path, typer.Argument(metavar="REPOSITORY", help="With both commits.")],
    base: Annotated[str, typer.Argument(help="The commit to be merged into.")],
    head: Annotated[str, typer.Argument(help="The commit that is proposed.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the entry goes.")] = Path(
        "received"
    ),
) -> None:
    """Take the one entry that a branch adds, as data: files of allowed names, no links, nothing checked out."""
    from bosonpeak.benchmark.leaderboard.receiving import receive

    typer.echo(str(receive(repository, base, head, output)))


def _board(repository: Path, environments: Path | None, seed: int, progress: ProgressLine) -> Board:
    from bosonpeak.benchmark.leaderboard.recomputing import Board

    return Board(repository / "examples", repository, environments, seed, progress.say)
