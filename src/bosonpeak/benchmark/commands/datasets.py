"""The commands ``bosonpeak datasets list``, ``info``, ``fetch``, ``validate`` and ``convert``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

datasets_app = typer.Typer(no_args_is_help=True, help="List, fetch, check and convert data.")

INVALID = 2


@datasets_app.command("list")
def list_all() -> None:
    """List the reference data."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from bosonpeak.benchmark.commands.console import ReportConsole
    from bosonpeak.datasets import list_datasets

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    table.add_column("Name", no_wrap=True)
    table.add_column("Kind")
    table.add_column("MB", justify="right")
    table.add_column("Licence")
    table.add_column("Description", ratio=1)
    for entry in list_datasets():
        size = f"{entry.size / 1e6:.2f}"
        table.add_row(*map(Text, (entry.name, entry.kind, size, entry.licence, entry.description)))
    ReportConsole().print(table)


@datasets_app.command("info")
def show(
    dataset: Annotated[
        str, typer.Argument(metavar="NAME|PATH", help="A registered name, a netCDF file or a Zarr store.")
    ],
) -> None:
    """Show where a dataset comes from and what is in it, without reading its values."""
    from bosonpeak.datasets import describe

    _say(str(describe(dataset)))


@datasets_app.command("fetch")
def fetch_one(
    name: Annotated[str, typer.Argument(help="A registered name.")],
    directory: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Put a copy into this directory.")
    ] = None,
) -> None:
    """Print the path of a verified local copy, downloaded first if it is not part of the package."""
    from bosonpeak.datasets import fetch

    _say(str(fetch(name, directory=directory)))


@datasets_app.command("validate")
def validate_files(
    paths: Annotated[list[str], typer.Argument(metavar="NAME|PATH...", help="Registered names or netCDF files.")],
) -> None:
    """Check files against the schema of their kind, and their content against its digest."""
    from bosonpeak.benchmark.report.wording import printable
    from bosonpeak.datasets import open_dataset, validate
    from bosonpeak.datasets.errors import BosonpeakError

    valid = True
    for path in paths:
        try:
            with open_dataset(path, verify=True) as opened:
                validate(opened)
        except BosonpeakError as error:
            valid = False
            typer.echo(printable(f"{path}: {error}"), err=True)
        else:
            _say(f"{path}: valid")
    if not valid:
        raise typer.Exit(INVALID)


@datasets_app.command("convert")
def convert_file(
    path: Annotated[
        Path, typer.Argument(help="Spectra, a matrix or configurations: a file, a folder of them, or an archive.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The netCDF file to write.")],
    card: Annotated[
        Path | None, typer.Option(help="TOML that says what the file does not: quantity, units, masses ...")
    ] = None,
) -> None:
    """Turn what another program wrote into a netCDF file of this package.

    Formats are recognised by content. Spectra: text tables, .npz, .npy, netCDF. Matrices: of LAMMPS and phonopy,
    SciPy's sparse .npz, MatrixMarket. Configurations: LAMMPS data and dump, extended XYZ, ASE, GSD. A folder, or an
    archive of one (zip, tar, tar.gz, tar.xz), is one ensemble, its files in the natural order of their names.
    """
    from bosonpeak.benchmark.cards.card_file import read_reader_part
    from bosonpeak.datasets import convert

    digest = convert(path, output, read_reader_part(card) if card else None)
    _say(f"{output}: {digest}")


def _say(text: str) -> None:
    from rich.text import Text

    from bosonpeak.benchmark.commands.console import ReportConsole
    from bosonpeak.benchmark.report.wording import printable

    ReportConsole().print(Text(printable(text)), soft_wrap=True)
