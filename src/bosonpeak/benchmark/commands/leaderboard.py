"""The commands ``bosonpeak leaderboard build``, ``vibrations``, ``ml-peg``, ``submit``, ``check`` and ``receive``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bosonpeak.benchmark.commands.outputs import ProgressLine

if TYPE_CHECKING:
    from bosonpeak.benchmark.leaderboard.recomputing import Board, Recomputed

leaderboard_app = typer.Typer(no_args_is_help=True, help="Recompute and compare several codes.")

Repository = Annotated[
    Path, typer.Option(metavar="DIR", help="Checkout of this package, with the recipes in examples/.")
]
Environments = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Directory of the installed codes.", show_default="this Python environment"),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the cases and recipes.")]


@leaderboard_app.command("build", short_help="Recompute every entry and write static HTML.")
def build(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Directory with a folder per entry.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Output directory.")] = Path(
        "leaderboard-pages"
    ),
    repository: Repository = Path(),
    environments: Environments = None,
    seed: Seed = 1,
    publish: Annotated[bool, typer.Option("--publish", help="Also write scorecard.json beside each entry.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Recipes that run in parallel.")] = 2,
) -> None:
    """Recompute every entry and write static HTML: a table per track whose cells link to their evidence."""
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


@leaderboard_app.command("vibrations", short_help="Write the pages of the track vibrations.")
def vibrations(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Directory with a folder per potential.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Output directory.")] = Path(
        "vibration-pages"
    ),
) -> None:
    """Write the pages of the track vibrations: all potentials side by side, and a page for each."""
    from bosonpeak.benchmark.vibration_track.board import write_vibration_board

    written = write_vibration_board(directory, output)
    typer.echo(f"{written[0]}: start here; {len(written)} files")


@leaderboard_app.command("ml-peg", short_help="Write the track vibrations as a benchmark of ml-peg.")
def ml_peg(
    output: Annotated[Path, typer.Argument(metavar="DIR", help="Checkout of ml-peg, or any directory.")],
) -> None:
    """Write the track vibrations as a benchmark of ml-peg: calculation, analysis with thresholds, application."""
    from bosonpeak.benchmark.vibration_track.ml_peg import write_ml_peg

    for path in write_ml_peg(output):
        typer.echo(str(path))


@leaderboard_app.command("submit", short_help="Write entry and recipe for a pull request.")
def submit(
    key: Annotated[str, typer.Argument(metavar="NAME", help="Folder of the entry: small letters, digits, hyphens.")],
    results: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Results of the track vibrations, from --answers.")
    ] = None,
    card: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --results: description of the potential (code.toml).")
    ] = None,
    script: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Recipe of a code, called with a directory; or module of the calculator."),
    ] = None,
    requirement: Annotated[
        list[str] | None, typer.Option(metavar="SPEC", help="Package for pip; may be repeated.")
    ] = None,
    imports: Annotated[str, typer.Option(metavar="MODULE", help="Module that proves the installation.")] = "",
    seconds: Annotated[float, typer.Option(min=1, help="Time limit of the recipe on an idle machine.")] = 300.0,
    repository: Annotated[Path, typer.Option(metavar="DIR", help="Checkout of this package.")] = Path(),
) -> None:
    """Write entry and recipe of a code, or entry of a potential, into a checkout; commit them in one pull request.

    A potential needs --results and --card; without a card a form is printed. A code needs --script and --imports.
    """
    from bosonpeak.benchmark.leaderboard.submitting import submit_code
    from bosonpeak.benchmark.vibration_track.submitting import card_form, submit_potential

    if results is None:
        if script is None or not imports:
            raise typer.BadParameter("give --results of the track vibrations, or --script and --imports of a code")
        written = submit_code(repository, key, script, requirement or [], imports, seconds)
    elif card is None:
        typer.echo(card_form(results, requirement or []), nl=False)
        return
    else:
        written = submit_potential(repository, key, results, card, script)
    for path in written:
        typer.echo(str(path))


@leaderboard_app.command("check", short_help="Compare scorecards with recomputed entries.")
def check(
    entries: Annotated[list[Path], typer.Argument(metavar="ENTRY...", help="Folders of entries.")],
    repository: Repository = Path(),
    environments: Environments = None,
    seed: Seed = 1,
    digests_only: Annotated[
        bool,
        typer.Option("--digests-only", help="Compute nothing; compare data with their digests."),
    ] = False,
    data_only: Annotated[
        bool, typer.Option("--data-only", help="Run no recipe; score the data of the entries, as for a pull request.")
    ] = False,
) -> None:
    """Recompute entries and compare their scorecards with the results."""
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


@leaderboard_app.command("receive", short_help="Extract the single entry that a branch adds.")
def receive_entry(
    repository: Annotated[Path, typer.Argument(metavar="REPOSITORY", help="Git repository with both commits.")],
    base: Annotated[str, typer.Argument(help="Target commit of the merge.")],
    head: Annotated[str, typer.Argument(help="Proposed commit.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Output directory.")] = Path("received"),
) -> None:
    """Extract the single entry that a branch adds: files of allowed names, no links, without a checkout."""
    from bosonpeak.benchmark.leaderboard.receiving import receive

    typer.echo(str(receive(repository, base, head, output)))


def _board(repository: Path, environments: Path | None, seed: int, progress: ProgressLine) -> Board:
    from bosonpeak.benchmark.leaderboard.recomputing import Board

    return Board(repository / "examples", repository, environments, seed, progress.say)
