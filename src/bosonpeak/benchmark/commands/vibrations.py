"""The command ``bosonpeak vibrations``: modes of foreign matrices, or of structures with a calculator."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bosonpeak.benchmark.commands.console import MEMORY, TIME, MemoryLimit, TimeLimit, TrustFiles, limits_of, note, say

if TYPE_CHECKING:
    import xarray as xr

_SHOWN = 8
_REPORTED = ("asymmetry", "translation_cost", "rotation_cost", "eigenvalue_precision", "residual_force", "first_phonon")


def vibrations_of_files(
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Matrices of second derivatives, one file per sample.")
    ],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the modes to this netCDF file.")] = None,
    card: Annotated[
        Path | None, typer.Option(help="TOML card with masses, lammps_units, units ... that the files do not give.")
    ] = None,
    modes: Annotated[str, typer.Option(metavar="all|N", help="All modes, or the N lowest.")] = "all",
    eigenvectors: Annotated[bool, typer.Option("--eigenvectors", help="Keep the eigenvectors.")] = False,
    project_translations: Annotated[
        bool, typer.Option("--project-translations", help="Project uniform translations out.")
    ] = False,
    ase: Annotated[
        str, typer.Option(metavar="MODULE:OBJECT", help="Calculator of ASE; the files are then structures.")
    ] = "",
    step: Annotated[float, typer.Option(help="Displacement of finite differences with --ase, angstrom.")] = 0.01,
    trust_files: TrustFiles = False,
    memory_limit: MemoryLimit = MEMORY,
    time_limit: TimeLimit = TIME,
) -> None:
    """Compute the modes of matrices in files, or of structures with a calculator of ASE.

    Formats are recognised by content: output of LAMMPS' dynamical_matrix, FORCE_CONSTANTS, force_constants.hdf5 and
    phonopy.yaml of phonopy, SciPy's sparse .npz, MatrixMarket, square arrays in text or .npy.
    """
    from bosonpeak.datasets import write

    count: int | Literal["all"] = "all" if modes == "all" else _number(modes)
    if ase:
        found = _of_structures(paths, ase, count, step, project=project_translations, with_vectors=eigenvectors)
    else:
        limits = limits_of(memory_limit, time_limit, None)
        with contextlib.ExitStack() as stack:
            found = _of_matrices(
                paths,
                card,
                count,
                lambda path: stack.enter_context(_opened(path, trust_files, limits)),
                project=project_translations,
                with_vectors=eigenvectors,
            )
    for line in _summary(found):
        say(line)
    if output is not None:
        note(f"{output}: {write(found, output)}")


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise typer.BadParameter(f"--modes {text}: expected all, or a number of modes")
    return int(text)


def _opened(path: Path, trust_files: bool, limits: Any) -> contextlib.AbstractContextManager[tuple[Path, Any]]:
    from bosonpeak.datasets.adapters.decoding.protected import opened

    return opened(path, trust_files=trust_files, limits=limits)


def _of_matrices(
    paths: list[Path], card: Path | None, count: Any, entered: Any, *, project: bool, with_vectors: bool
) -> xr.Dataset:
    from bosonpeak.benchmark.cards.card_file import read_reader_part
    from bosonpeak.generators.harmonic_solids.mode_datasets import modes_of_systems
    from bosonpeak.generators.harmonic_solids.sources import Statements

    known = read_reader_part(card) if card else {}
    systems, statements = [], []
    for path in paths:
        content, decoder = entered(path)
        systems.append(content)
        statements.append(Statements(card=known, decoder=decoder))
    return modes_of_systems(systems, statements, count, project=project, with_vectors=with_vectors)


def _of_structures(
    paths: list[Path], target: str, count: Any, step: float, *, project: bool, with_vectors: bool
) -> xr.Dataset:
    from bosonpeak.benchmark.conformance.codes.ase_code import imported, loaded_calculator, made_calculator
    from bosonpeak.generators import vibrations

    reader, calculator = imported("ase.io"), made_calculator(loaded_calculator(target))
    structures = []
    for path in paths:
        atoms = reader.read(path)
        atoms.calc = calculator
        structures.append(atoms)
    return vibrations(structures, modes=count, step=step, project_translations=project, eigenvectors=with_vectors)


def _summary(found: xr.Dataset) -> list[str]:
    """Lines about every sample: numbers of modes, lowest and highest frequency, and the checks of the input."""
    frequency = found["eigenfrequency"]
    units = str(frequency.attrs["units"])
    lines = [str(found.attrs.get("title", "")), f"frequencies in {units}"]
    for place in range(found.sizes["sample"]):
        sample = found.isel(sample=place)
        values = sample["eigenfrequency"].values
        values = values[values == values]
        positive = values[values > 0.0]
        shown = ", ".join(f"{value:.6g}" for value in positive[:_SHOWN])
        zeros = int(sample["zero_mode_count"]) if "zero_mode_count" in sample else int((values == 0.0).sum())
        unstable = int(sample["unstable_frequency"].notnull().sum()) if "unstable_frequency" in sample else 0
        lines.append(
            f"sample {int(sample['sample'])}: {len(values)} modes, {zeros} zero modes, {unstable} unstable; lowest "
            f"{shown}; highest {values.max():.6g}"
        )
        lines += [f"  {name} {float(sample[name]):.3g}" for name in _REPORTED if name in sample]
    return lines + [f"note: {line}" for line in str(found.attrs.get("input_warnings", "")).splitlines()]
