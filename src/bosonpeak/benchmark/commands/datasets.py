"""The commands ``bosonpeak datasets list``, ``info``, ``validate`` and ``convert``."""

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
    note,
    say,
)
from bosonpeak.benchmark.commands.help_groups import SectionedGroup
from bosonpeak.benchmark.commands.lists import Column, JsonListOption, blocks_or_dataset, datasets_beginning, show_list

if TYPE_CHECKING:
    pass

datasets_app = typer.Typer(cls=SectionedGroup, no_args_is_help=True, help="List, fetch, check and convert data.")

INVALID = 2


@datasets_app.command("list")
def list_all(
    blocks: Annotated[bool, typer.Option("--blocks", help="List every block of the data release.")] = False,
    as_json: JsonListOption = False,
) -> None:
    """List the datasets of the package and of the data release.

    The blocks of an ensemble are one line, unless --blocks is given. In a pipe, tab-separated below a line of headings.
    """
    from bosonpeak.datasets import list_datasets
    from bosonpeak.datasets.dataset_entry import DatasetEntry
    from bosonpeak.datasets.ensembles.names import families
    from bosonpeak.datasets.registry import released_datasets

    embedded, released = list_datasets(), released_datasets()
    joined = {} if blocks else families(entry.name for entry in released)
    ensemble_of = {block: ensemble for ensemble, members in joined.items() for block in members}
    files: dict[str, list[DatasetEntry]] = {entry.name: [entry] for entry in embedded}
    for entry in released:
        files.setdefault(ensemble_of.get(entry.name, entry.name), []).append(entry)
    rows = []
    for name, (first, *others) in files.items():
        size = first.size + sum(entry.size for entry in others if not first.embedded)
        rows.append(
            {
                "name": name,
                "kind": first.kind,
                "size": size,
                "MB": f"{size / 1e6:.2f}",
                "version": first.version,
                "licence": first.licence,
                "where": "embedded" if first.embedded else "released",
                "blocks": len(joined.get(name, ())),
                "description": first.description,
            }
        )
    shown = (
        Column("name", "Name"),
        Column("MB", "MB", right=True),
        Column("blocks", "Blocks", right=True),
        Column("kind", "Kind"),
        Column("description", "Description", elastic=True),
    )
    show_list(rows, shown, as_json=as_json)
    note(f"{len(embedded)} in the package, {len(released)} files in the data release")


@datasets_app.command("info", short_help="Show origin and contents of a dataset.")
def show(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="NAME|PATH",
            help="Registered name, also with a group, netCDF file or Zarr store.",
            autocompletion=datasets_beginning,
        ),
    ],
    trust_files: TrustFiles = False,
    memory_limit: MemoryLimit = MEMORY,
    time_limit: TimeLimit = TIME,
) -> None:
    """Show origin and contents of a dataset without reading its values."""
    from bosonpeak.datasets.adapters.sandboxed_checks import describe_checked

    limits = limits_of(memory_limit, time_limit, None)
    for each in blocks_or_dataset(dataset):
        say(str(describe_checked(each, trust_files=trust_files, limits=limits)))


@datasets_app.command("validate", short_help="Check files against schema and digest.")
def validate_files(
    paths: Annotated[list[str], typer.Argument(metavar="NAME|PATH...", help="Registered names or netCDF files.")],
    trust_files: TrustFiles = False,
    memory_limit: MemoryLimit = MEMORY,
    time_limit: TimeLimit = TIME,
) -> None:
    """Check files against the schema of their kind, and their content against its digest."""
    from bosonpeak.benchmark.report.words.wording import one_line, printable
    from bosonpeak.datasets.adapters.sandboxed_checks import validate_checked
    from bosonpeak.datasets.errors import BosonpeakError

    limits = limits_of(memory_limit, time_limit, None)
    valid = True
    for path in (each for given in paths for each in blocks_or_dataset(given)):
        try:
            validate_checked(path, trust_files=trust_files, limits=limits)
        except BosonpeakError as error:
            valid = False
            typer.echo(printable(f"{one_line(path)}: {error}"), err=True)
        else:
            say(f"{path}: valid")
    if not valid:
        raise typer.Exit(INVALID)


@datasets_app.command("convert", short_help="Convert files of another program to netCDF.")
def convert_file(
    path: Annotated[Path, typer.Argument(help="Spectra, matrices or configurations: file, folder or archive.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Output file (netCDF).")],
    card: Annotated[
        Path | None,
        typer.Option(
            help="TOML card with quantity, units, masses ... that the files do not give.",
            show_default="card.toml of the folder",
        ),
    ] = None,
    ensemble: Annotated[str, typer.Option(metavar="PATH", help="Ensemble to convert, if the card has several.")] = "",
    trust_files: TrustFiles = False,
    memory_limit: MemoryLimit = MEMORY,
    time_limit: TimeLimit = TIME,
    unpack_limit: UnpackLimit = None,
) -> None:
    """Convert files of another program to a netCDF file of this package.

    Formats are recognised by content. Spectra: text tables, .npz, .npy, netCDF. Matrices: of LAMMPS and phonopy,
    SciPy's sparse .npz, MatrixMarket. Configurations: LAMMPS data and dump, extended XYZ, ASE, GSD. A folder, or an
    archive of one (zip, tar, tar.gz, tar.xz), is one ensemble, its files in the natural order of their names.
    A folder for "bosonpeak score" is taken as it is, with its card.
    """
    from bosonpeak.benchmark.submission.conversion import convert_run

    limits = limits_of(memory_limit, time_limit, unpack_limit)
    digest = convert_run(path, output, card, ensemble=ensemble, trust_files=trust_files, limits=limits)
    say(f"{output}: {digest}")
