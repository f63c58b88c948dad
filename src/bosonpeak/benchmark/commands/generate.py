"""The command ``bosonpeak generate``: an ensemble from a recipe, through Dask."""

from __future__ import annotations

import enum
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bosonpeak.benchmark.commands.console import is_quiet
from bosonpeak.benchmark.commands.lists import Column, show_list

if TYPE_CHECKING:
    from bosonpeak.generators.run.recipe import Recipe

SAMPLES_FAILED = 1
_SIGNAL_BASE = 128  # exit codes of processes ended by a signal, by the shell's convention: 130 for Ctrl-C


class FileFormat(enum.StrEnum):
    """Formats of data files."""

    netcdf = "netcdf"
    zarr = "zarr"


_ENDINGS = {FileFormat.netcdf: ".nc", FileFormat.zarr: ".zarr"}


def output_name(path: Path, file_format: FileFormat | None) -> Path:
    """Return the output path with the ending of the format; BadParameter if the ending belongs to another format."""
    if file_format is None:
        return path
    ending = _ENDINGS[file_format]
    if not path.suffix:
        return path.with_suffix(ending)
    if (path.suffix == ".zarr") is not (file_format is FileFormat.zarr):
        raise typer.BadParameter(f"--output must end in {ending} for --format {file_format}, not in {path.suffix}")
    return path


def recipes_beginning(incomplete: str) -> list[str]:
    """Names of recipes, for shell completion."""
    from bosonpeak.generators.run.recipe import available_recipes

    return [name for name in available_recipes() if name.startswith(incomplete)]


def _list_recipes(wanted: bool) -> None:
    """Print the recipes; in a pipe name, kind, samples of each ensemble and title, tab-separated."""
    if not wanted:
        return
    from bosonpeak.generators.run.recipe import available_recipes, load_recipe

    rows = []
    for name in available_recipes():
        recipe = load_recipe(name)
        rows.append({"name": name, "kind": recipe.kind, "samples": recipe.samples, "title": recipe.title})
    show_list(rows, (Column("name", "Recipe"), Column("kind", "Kind"), Column("title", "Title", elastic=True)))
    raise typer.Exit


def own_recipe(recipe: str, group: str | None, settings: Sequence[str]) -> Recipe:
    """Recipe with one ensemble and the parameters of ``KEY=VALUE`` settings, whose values are TOML or plain text."""
    from bosonpeak.generators.run.own_recipe import recipe as runnable

    changes: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip().isidentifier() or key.strip() in ("self", "group"):
            raise typer.BadParameter(f"--set takes KEY=VALUE, got {setting!r}")
        try:
            changes[key.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            changes[key.strip()] = value
    return runnable(recipe).replace(group=group, **changes)


def generate(
    recipe: Annotated[
        str,
        typer.Argument(help="Recipe file (.toml), or name of an embedded recipe.", autocompletion=recipes_beginning),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Output file: netCDF, or Zarr if the name ends in .zarr.")
    ],
    file_format: Annotated[
        FileFormat | None,
        typer.Option("--format", help="Output format; completes an output name without an ending."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Replace a parameter, chains, or name; may be repeated."),
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="Make one ensemble of the recipe; needed with --set if there are several.")
    ] = None,
    samples: Annotated[int | None, typer.Option(min=1, help="Samples per ensemble; overrides the recipe.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes on this machine.", show_default="1")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler whose workers run the samples.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Root seed; overrides the recipe.")] = None,
    shards: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|URL",
            help="Directory of finished samples, or a URL (s3://, gs://, file://) to which the workers write.",
            show_default="FILE.shards",
        ),
    ] = None,
    keep_shards: Annotated[
        bool, typer.Option("--keep-shards", help="Keep finished samples, so that more can be added later.")
    ] = False,
    break_lock: Annotated[bool, typer.Option("--break-lock", help="Remove the lock of a killed run at a URL.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an output file of another recipe.")] = False,
    list_recipes: Annotated[
        bool, typer.Option("--list", callback=_list_recipes, is_eager=True, help="List the embedded recipes.")
    ] = False,
) -> None:
    """Generate an ensemble from a recipe; the same command resumes an interrupted run."""
    if workers is not None and scheduler is not None:
        raise typer.BadParameter("give --workers or --scheduler, not both")

    from rich.console import Console

    from bosonpeak.generators.run.compilation import announced_compilation
    from bosonpeak.generators.run.ensemble import InterruptedRunError, SamplesFailedError, generate_ensemble
    from bosonpeak.generators.run.progress import Progress

    progress = Progress(None if is_quiet() else Console(stderr=True))
    try:
        with announced_compilation(progress.notice):
            path = generate_ensemble(
                recipe if settings is None and group is None else own_recipe(recipe, group, settings or []),
                output_name(output, file_format),
                samples=samples,
                workers=workers or 1,
                scheduler=scheduler,
                seed=seed,
                shards=shards,
                keep_shards=keep_shards,
                break_lock=break_lock,
                overwrite=overwrite,
                progress=progress,
            )
    except SamplesFailedError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(SAMPLES_FAILED) from error
    except InterruptedRunError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_SIGNAL_BASE + error.signal_number) from error
    typer.echo(str(path))


def warm_up(
    generators: Annotated[
        list[str] | None,
        typer.Argument(help="Generators whose kernels are compiled; all that have kernels unless given."),
    ] = None,
) -> None:
    """Compile the kernels of generators into the cache, for container and CI images."""
    from bosonpeak.datasets.errors import RecipeError
    from bosonpeak.generators.run.compilation import SMALL_SAMPLES, compile_kernels

    chosen = generators or list(SMALL_SAMPLES)
    for name in chosen:
        if name not in SMALL_SAMPLES:
            raise RecipeError("this generator has no kernels to compile", expected=", ".join(SMALL_SAMPLES), got=name)
    for name in chosen:
        typer.echo(f"{name}: {compile_kernels(name):.1f} s")
