"""Run of the track: one file of results per structure, so that an interrupted run resumes."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bosonpeak.benchmark.conformance.codes.ase_code import imported, loaded_calculator, made_calculator
from bosonpeak.benchmark.vibration_track.examination import (
    FORCE_TOLERANCE,
    STEPS,
    Examination,
    Relation,
    examine,
    precision_relation,
)
from bosonpeak.benchmark.vibration_track.structures import Structure, load_structure
from bosonpeak.datasets import write
from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.datasets.storage.atomic import write_bytes
from bosonpeak.generators.harmonic_solids.mode_datasets import vibrations
from bosonpeak.generators.materials.harmonic_material import GIGAPASCAL, RADIANS_PER_PICOSECOND

SCHEMA_VERSION = "1"
PROTOCOL = (
    f"relaxed at fixed cell to {FORCE_TOLERANCE:g} eV/angstrom; matrices at {STEPS[0]:g} and {STEPS[1]:g} angstrom"
)


@dataclass(frozen=True)
class StructureResult:
    """Results of one structure; `problem` says why there are none."""

    structure: str
    calculator: str
    version: str
    protocol: str
    relations: tuple[Relation, ...]
    measured: Mapping[str, float]
    frequencies: tuple[float, ...]  # THz, ascending, without translations, negative if unstable
    problem: str = ""
    schema_version: str = SCHEMA_VERSION

    def to_json(self) -> str:
        """Text in JSON; numbers that were not measured are null."""
        return json.dumps(_finite(asdict(self)), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> StructureResult:
        """Result from `to_json`; `ForeignInputError` for anything else."""
        try:
            read = json.loads(text)
            if read["schema_version"] != SCHEMA_VERSION:
                raise ValueError(f"schema version {read['schema_version']}")
            relations = tuple(Relation(**{**row, "error": _number(row["error"])}) for row in read.pop("relations"))
            measured = {str(key): _number(value) for key, value in read.pop("measured").items()}
            frequencies = tuple(float(value) for value in read.pop("frequencies"))
            return cls(relations=relations, measured=measured, frequencies=frequencies, **read)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ForeignInputError(
                "this is not a result of the track vibrations",
                expected=f"JSON of schema version {SCHEMA_VERSION} that bosonpeak wrote",
                got=f"{type(error).__name__}: {error}"[:200],
            ) from error

    @property
    def holding(self) -> int:
        """Number of relations that hold."""
        return sum(each.holds for each in self.relations)


def _finite(value: Any) -> Any:
    """The same without NaN and infinity."""
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def run_track(
    target: str, directory: Path, names: Sequence[str], progress: Callable[[str], None] = lambda line: None
) -> list[StructureResult]:
    """Examine structures with the calculator ``module:object``; finished structures in the directory are kept."""
    found = loaded_calculator(target)
    directory.mkdir(parents=True, exist_ok=True)
    results = []
    for name in names:
        file = directory / f"{name}.json"
        if file.exists():
            kept = StructureResult.from_json(file.read_text(encoding="utf-8"))
            if (kept.calculator, kept.protocol) != (target, PROTOCOL):
                raise ForeignInputError(
                    "the directory has results of another calculator or protocol",
                    expected=f"{target}, {PROTOCOL}",
                    got=f"{kept.calculator}, {kept.protocol}",
                    where=str(file),
                    likely_cause="a directory that was used before: give another one",
                )
            progress(f"{name}: results are there")
        else:
            kept = _result(load_structure(name), found, target, directory, progress)
            write_bytes(file, kept.to_json().encode())
        results.append(kept)
    return results


def _result(
    structure: Structure, found: Any, target: str, directory: Path, progress: Callable[[str], None]
) -> StructureResult:
    try:
        calculators = [made_calculator(found, structure, **options) for options in _precisions(found)]
    except Exception as error:  # noqa: BLE001 - calculators raise anything
        return replace(_blank(structure, target), problem=f"{type(error).__name__}: {error}"[:400])
    if calculators[0] is None:
        return replace(_blank(structure, target), problem="the calculator has no such interaction")
    return examine_structure(structure, calculators[0], target, directory, single=calculators[1:], progress=progress)


def examine_structure(
    structure: Structure,
    calculator: Any,
    target: str,
    directory: Path,
    *,
    single: Sequence[Any] = (),
    progress: Callable[[str], None] = lambda stage: None,
) -> StructureResult:
    """Examine a structure with a calculator of ASE, called `target`, and write its modes into a directory.

    ``single`` has the same calculator in single precision, if there is one.
    """
    began = time.perf_counter()
    try:
        atoms = atoms_of(structure, calculator)
        made = examine(atoms, relax_by_ase, lambda stage: progress(f"{structure.name}: {stage}"))
        atoms.set_positions(made.positions)
        others = [precision_relation(atoms, atoms_of(structure, each)) for each in single]
    except Exception as error:  # noqa: BLE001 - calculators raise anything
        return replace(_blank(structure, target), problem=f"{type(error).__name__}: {error}"[:400])
    write(_dataset(structure, made), directory / f"{structure.name}.nc")
    return replace(
        _blank(structure, target),
        relations=(*made.relations, *others),
        measured={**made.measured, "seconds in all": time.perf_counter() - began},
        frequencies=tuple((made.modes.frequencies / (2.0 * np.pi)).tolist()),
    )


def _blank(structure: Structure, target: str) -> StructureResult:
    return StructureResult(structure.name, target, _version(target), PROTOCOL, (), {}, ())


def _precisions(found: Any) -> list[dict[str, str]]:
    """Options of a calculator in double and single precision; a single set of none if it has no parameter precision."""
    if hasattr(found, "get_potential_energy") and not isinstance(found, type):
        return [{}]
    if "precision" not in inspect.signature(found).parameters:
        return [{}]
    return [{"precision": "double"}, {"precision": "single"}]


def _dataset(structure: Structure, made: Examination) -> xr.Dataset:
    """Modes of the relaxed structure as a dataset, in rad/ps."""
    found = vibrations(
        made.hessian * RADIANS_PER_PICOSECOND**2,
        made.positions,
        box=np.diag(structure.cell),
        masses=structure.masses,
        project_translations=True,
        units="rad/ps",
        largest_unstable_share=1.0,
    )
    return found.assign_attrs(title=f"Vibrations of {structure.name} by a calculator under test")


def atoms_of(structure: Structure, calculator: Any) -> Any:
    """Atoms of ASE with a calculator."""
    return imported("ase").Atoms(
        structure.symbols,
        positions=structure.positions,
        cell=structure.cell,
        masses=structure.masses,
        pbc=True,
        calculator=calculator,
    )


def relax_by_ase(atoms: Any, tolerance: float, steps: int) -> None:
    """Relax atoms at fixed cell to a largest force (eV/angstrom) in at most so many steps."""
    imported("ase.optimize").LBFGS(atoms, logfile=None, maxstep=0.1).run(fmax=tolerance, steps=steps)


def _version(target: str) -> str:
    """Name and version of the distribution of the calculator's module."""
    module = target.partition(":")[0].partition(".")[0]
    names = importlib.metadata.packages_distributions().get(module, [module])
    try:
        return f"{names[0]} {importlib.metadata.version(names[0])}"
    except importlib.metadata.PackageNotFoundError:
        return ""


def table_of(results: Sequence[StructureResult]) -> Iterator[str]:
    """Lines of text: relations of each structure with their errors, and measured quantities."""
    for result in results:
        yield f"{result.structure}: {result.version or result.calculator}"
        if result.problem:
            yield f"  no results: {result.problem}"
            continue
        for relation in result.relations:
            mark = "holds " if relation.holds else "FAILS "
            yield f"  {mark} {relation.name}: {relation.shown_error} (limit {relation.limit:.3g})"
        for name, value in {**result.measured, **compared(result)}.items():
            yield f"         {name} {value:.4g}"


def compared(result: StructureResult) -> dict[str, float]:
    """Modes against the shear modulus of the same potential, and against the force field that made the structure.

    The force field is a model as well, not the truth.
    """
    structure = load_structure(result.structure)
    reference = structure.frequencies.tolist()
    first = first_transverse_frequency(structure, result.measured.get("shear modulus (GPa)", math.nan))
    return {
        "first transverse wave of the box, from the shear modulus (THz)": first,
        "twelve lowest modes over that wave": float(np.mean(result.frequencies[:12])) / first,
        "frequencies over the reference, slope": softening(result.frequencies, reference),
        "distance to the reference below 3 THz (THz)": earth_movers_distance(result.frequencies, reference),
    }


def first_transverse_frequency(structure: Structure, shear_modulus: float) -> float:
    """Frequency c_T/L (THz) of the longest transverse waves of the box, from the shear modulus in GPa."""
    density = structure.masses.sum() / np.linalg.det(structure.cell)  # dalton per cubic angstrom
    speed = math.sqrt(max(shear_modulus, 0.0) / GIGAPASCAL / density)  # in units of the square root of eV/dalton
    return float(speed * RADIANS_PER_PICOSECOND / np.diag(structure.cell).max()) or math.nan


def earth_movers_distance(first: Sequence[float], second: Sequence[float], highest: float = 3.0) -> float:
    """Wasserstein distance (THz) of two normalised densities of frequencies below `highest`."""
    from scipy.stats import wasserstein_distance

    low = [[value for value in each if 0.0 < value < highest] for each in (first, second)]
    return float(wasserstein_distance(*low)) if all(low) else math.nan


def softening(frequencies: Sequence[float], reference: Sequence[float]) -> float:
    """Slope through zero of frequencies against those of the reference, mode by mode in ascending order."""
    found, expected = np.array(frequencies), np.array(reference)
    return float((found * expected).sum() / (expected**2).sum())
