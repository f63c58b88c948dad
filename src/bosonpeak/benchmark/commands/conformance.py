"""The commands ``bosonpeak conformance list``, ``export``, ``score`` and ``run``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bosonpeak.benchmark.commands.console import (
    MEMORY,
    TIME,
    MemoryLimit,
    TimeLimit,
    TrustFiles,
    UnpackLimit,
    limits_of,
)
from bosonpeak.benchmark.commands.lists import Column, JsonListOption, show_list

if TYPE_CHECKING:
    from bosonpeak.benchmark.conformance.digits import ConformanceResult

conformance_app = typer.Typer(no_args_is_help=True, help="Check a code on small cases with known answers.")

JsonOption = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="Write the result as JSON; - prints JSON instead of the table."),
]


@conformance_app.command("list")
def list_cases(as_json: JsonListOption = False) -> None:
    """List the cases.

    In a pipe, tab-separated: name, title, quantities.
    """
    from bosonpeak.benchmark.conformance.cases import load_cases

    rows = [{"name": case.name, "title": case.title, "quantities": ", ".join(case.references)} for case in load_cases()]
    shown = (Column("name", "Case"), Column("title", "Title", elastic=True))
    show_list(rows, shown, as_json=as_json)


@conformance_app.command("export")
def export_cases(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty directory.")],
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Draw fresh cases without stored answers instead of the practice cases."),
    ] = None,
) -> None:
    """Write the cases as plain files, with a README."""
    from bosonpeak.benchmark.conformance.exporting import export

    written = export(directory, seed=seed)
    typer.echo(f"{written[0]}: start here; {len(written)} files")


@conformance_app.command("score")
def score_directory(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Exported directory with answers, or its archive.")],
    code: Annotated[str, typer.Option(help="Name of the code.")] = "unnamed",
    code_version: Annotated[str, typer.Option(help="Version of the code.")] = "",
    json: JsonOption = None,
    trust_files: TrustFiles = False,
    memory_limit: MemoryLimit = MEMORY,
    time_limit: TimeLimit = TIME,
    unpack_limit: UnpackLimit = None,
) -> None:
    """Compare answers with the references. Exit code 1 if an answer differs or all are missing."""
    from bosonpeak.benchmark.conformance.cases import case_names
    from bosonpeak.benchmark.conformance.digits import score_answers
    from bosonpeak.benchmark.conformance.fresh_cases import is_fresh
    from bosonpeak.datasets.adapters.decoding.protected import opened
    from bosonpeak.datasets.adapters.files.unpacking import sole_folder

    limits = limits_of(memory_limit, time_limit, unpack_limit)
    with opened(directory, trust_files=trust_files, limits=limits) as (content, decoder):
        has_cases = content.is_file() or is_fresh(content) or any((content / name).is_dir() for name in case_names())
        answered = content if has_cases else sole_folder(content) or content
        result = score_answers(answered, code_name=code, code_version=code_version, decoder=decoder)
    _show(result, json)


@conformance_app.command("run")
def run_code(
    name: Annotated[
        str,
        typer.Argument(metavar="[CODE]", help="bosonpeak, lammps, matscipy, ase-lennard-jones, or a registered code."),
    ] = "",
    ase: Annotated[
        str,
        typer.Option(
            metavar="MODULE:OBJECT",
            help="Instead of CODE: an ASE calculator, or a callable that returns a calculator for a problem.",
        ),
    ] = "",
    json: JsonOption = None,
    answers: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Export cases and answers to this directory, for a later score."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="With --answers: seed of fresh cases.")] = None,
    track: Annotated[
        str, typer.Option(help="vibrations: test an ASE calculator by the modes of small glasses; needs --answers.")
    ] = "",
    structures: Annotated[
        str, typer.Option(metavar="NAMES|all", help="With --track: structures, separated by commas.")
    ] = "",
) -> None:
    """Run an installed code and compare its answers with the references."""
    if track or structures:
        _run_vibrations(track, ase, answers, structures)
        return
    from bosonpeak.benchmark.conformance.answer_files import write_answers
    from bosonpeak.benchmark.conformance.codes.ase_code import calculator_code
    from bosonpeak.benchmark.conformance.digits import score_answers, score_code
    from bosonpeak.benchmark.conformance.exporting import export
    from bosonpeak.benchmark.conformance.simulation_code import simulation_code

    if bool(name) == bool(ase):
        raise typer.BadParameter("give a code, or a calculator with --ase module:object")
    if seed is not None and answers is None:
        raise typer.BadParameter("--seed needs a directory for the fresh cases: --answers DIR")
    code = calculator_code(ase) if ase else simulation_code(name)
    if answers is None:
        result = score_code(code)
    else:
        export(answers, seed=seed)
        write_answers(code, answers)
        result = score_answers(answers, code_name=code.name, code_version=code.version)
    _show(result, json)


def _run_vibrations(track: str, ase: str, directory: Path | None, structures: str) -> None:
    """Run the track vibrations; exit code 1 if a relation fails or a structure has no results."""
    from bosonpeak.benchmark.commands.console import note
    from bosonpeak.benchmark.vibration_track.structures import SHORT, structure_names
    from bosonpeak.benchmark.vibration_track.track import run_track, table_of

    if track != "vibrations" or not ase or directory is None:
        raise typer.BadParameter("expected: --track vibrations --ase module:object --answers DIR")
    names = structure_names() if structures == "all" else [name for name in structures.split(",") if name] or SHORT
    results = run_track(ase, directory, names, note)
    for line in table_of(results):
        typer.echo(line)
    raise typer.Exit(0 if all(each.relations and each.holding == len(each.relations) for each in results) else 1)


def _show(result: ConformanceResult, json: Path | None) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from bosonpeak.benchmark.commands.console import ReportConsole
    from bosonpeak.benchmark.commands.outputs import STANDARD_OUTPUT
    from bosonpeak.benchmark.report.words.wording import one_line
    from bosonpeak.datasets.storage.atomic import write_bytes

    if json == STANDARD_OUTPUT:
        typer.echo(result.to_json())
        raise typer.Exit(result.exit_code)
    if json is not None:
        write_bytes(json, result.to_json().encode())
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for heading in ("Case", "Matches", "Differs", "Missing"):
        table.add_column(heading, justify="left" if heading == "Case" else "right")
    for case in dict.fromkeys(entry.case for entry in result.results):
        entries = [entry for entry in result.results if entry.case == case]
        counts = [sum(entry.status == status for entry in entries) for status in ("matches", "differs", "missing")]
        table.add_row(case, *map(str, counts))
    console = ReportConsole()
    console.print(table)
    for entry in result.results:
        if entry.status == "differs":
            digits = f"{entry.digits:g} digits of {entry.required:g}"
            console.print(
                Text(one_line(f"{entry.case}, {entry.quantity}: {digits}; {entry.reason}", 400)), soft_wrap=True
            )
    summary = f"{result.count('matches')} of {len(result.results)} quantities match"
    console.print(Text(one_line(f"{result.code_name} {result.code_version}: {summary}")), soft_wrap=True)
    raise typer.Exit(result.exit_code)
