"""Command ``bosonpeak plot``: a figure of a registered dataset or a file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated, Any

import typer

from bosonpeak.benchmark.commands.console import (
    MEMORY,
    TIME,
    MemoryLimit,
    TimeLimit,
    TrustFiles,
    limits_of,
    note,
)

FORMS = ("svg", "pdf", "png")


def plot(
    dataset: Annotated[
        str, typer.Argument(metavar="NAME|FILE", help="Registered name, also with a group, netCDF file or Zarr store.")
    ],
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="Figure, such as reduced-density, or claim:ID, such as claim:SIM-2.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Figure: .svg, .pdf or .png.", show_default=False)
    ],
    units: Annotated[
        str | None, typer.Option(metavar="model|omega_0|THz", help="Unit of the frequency.", show_default="by figure")
    ] = None,
    label: Annotated[str | None, typer.Option(help="Label of the curve.")] = None,
    trust_files: TrustFiles = False,
    memory_limit: MemoryLimit = MEMORY,
    time_limit: TimeLimit = TIME,
) -> None:
    """Draw an observable of a dataset; the groups of a dataset are curves of one figure."""
    from bosonpeak.datasets.adapters.sandboxed_checks import open_checked
    from bosonpeak.datasets.errors import did_you_mean
    from bosonpeak.plot.fitting import NEEDED

    kind, colon, identifier = what.partition(":")
    name, form = kind.replace("-", "_"), output.suffix.lower().lstrip(".")
    known_figure = bool(identifier) if name == "claim" else name in NEEDED and not colon
    if not known_figure:
        known = [*(each.replace("_", "-") for each in NEEDED), "claim:SIM-2"]
        hint = did_you_mean(what, known) or f"expected {', '.join(known)}"
        raise typer.BadParameter(f"no such figure: {what}; {hint}")
    if form not in FORMS:
        raise typer.BadParameter(f"--output {output}: expected a name that ends with {', '.join(FORMS)}")
    data = open_checked(dataset, trust_files=trust_files, limits=limits_of(memory_limit, time_limit, None))
    if identifier and units:
        raise typer.BadParameter(f"--units {units}: the figure of a claim has its own units")
    arguments = (identifier, data) if identifier else (data,)
    options: dict[str, Any] = {"label": label} | ({"units": units} if units else {})
    _write(name, arguments, options, output, form)
    shown = f"figure of {identifier} with" if identifier else f"{name.replace('_', ' ')} of"
    note(f"{output}: {shown} {dataset}")


def _write(name: str, arguments: tuple[Any, ...], options: dict[str, Any], output: Path, form: str) -> None:
    """Draw and write a figure atomically; the same data give the same bytes."""
    import matplotlib
    from matplotlib.figure import Figure

    import bosonpeak.plot as functions
    from bosonpeak.datasets.storage.atomic import write_bytes

    with matplotlib.rc_context({"svg.hashsalt": "bosonpeak", "svg.fonttype": "none"}):
        canvas = Figure(figsize=(5.0, 3.75), layout="constrained")
        getattr(functions, name)(*arguments, ax=canvas.subplots(), **options)
        stream = io.BytesIO()
        dated: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
        canvas.savefig(stream, format=form, metadata=dated[form], dpi=150)
    write_bytes(output, stream.getvalue())
