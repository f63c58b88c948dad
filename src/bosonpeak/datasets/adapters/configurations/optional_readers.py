"""Configurations read by optional packages: GSD (extra ``gsd``) and ASE trajectories (extra ``ase``)."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bosonpeak.datasets.adapters.configurations.foreign_configuration import (
    RawConfiguration,
    cell_of_lengths,
    require_particle_count,
    require_total_count,
)
from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.datasets.storage.raw_files import READ_FAILURES

GSD_MAGIC = b"\xdf\x65\xdf\x65\xdf\x65\xdf\x65"
ASE_MAGIC = b"- of UlmASE-Trajectory"

_COUNTED = ("particles", "bonds", "angles", "dihedrals", "impropers", "constraints", "pairs")
_DOUBLE = 8
_BYTES_OF_ONE = 8
"""The least that a particle (its position) or a bond (its two ends) takes in a GSD file."""

_FAILURES = (*READ_FAILURES, AssertionError)
"""Errors of GSD and ASE on damaged files."""


def read_gsd(path: Path) -> list[RawConfiguration]:
    """Read every frame of a HOOMD GSD file."""
    # Single precision was the only format before schema 2.0 and is the default since.
    hoomd = _imported("gsd.hoomd", "gsd", path)
    try:
        with hoomd.open(str(path), "r") as trajectory:
            _require_sound_counts(trajectory.file, path)
            return _bounded((_of_hoomd(frame, f"{path}, frame {k}") for k, frame in enumerate(trajectory)), path)
    except _FAILURES as error:
        raise _damaged("GSD", path, error) from error


def read_ase_trajectory(path: Path) -> list[RawConfiguration]:
    """Read every image of an ASE trajectory; `ForeignInputError` if it is damaged or ``ase`` is not installed."""
    trajectory = _imported("ase.io.trajectory", "ase", path)
    try:
        # ASE does not close a file after a failed read, so the file is opened here.
        with open(path, "rb") as stream, trajectory.TrajectoryReader(stream) as images:
            return _bounded((_of_ase(atoms, f"{path}, image {k}") for k, atoms in enumerate(images)), path)
    except _FAILURES as error:
        raise _damaged("ASE trajectory", path, error) from error


def _imported(module: str, extra: str, path: Path) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ForeignInputError(
            f"the package {extra} is needed to read this file",
            expected=f"pip install 'bosonpeak[{extra}]'",
            got=str(error),
            where=str(path),
        ) from error


def _bounded(configurations: Iterator[RawConfiguration], path: Path) -> list[RawConfiguration]:
    """Collect configurations up to a total size; frames of a small file may all refer to the same bytes."""
    found: list[RawConfiguration] = []
    total = 0
    for configuration in configurations:
        total += len(configuration.positions)
        require_total_count(total, str(path))
        found.append(configuration)
    return found


def _require_sound_counts(file: Any, path: Path) -> None:
    """Reject counts of particles or bonds beyond the file's size, for which gsd would allocate default arrays."""
    length = path.stat().st_size
    for frame in range(file.nframes):
        for name in _COUNTED:
            if not file.chunk_exists(frame=frame, name=f"{name}/N"):
                continue
            count = int(np.max(file.read_chunk(frame=frame, name=f"{name}/N")))
            if not 0 <= _BYTES_OF_ONE * count <= length:
                raise ForeignInputError(
                    f"the GSD file promises more {name} than it holds",
                    expected=f"at most {length // _BYTES_OF_ONE:,}",
                    got=f"{count:,}",
                    where=f"{path}, frame {frame}",
                )


def _of_hoomd(frame: Any, where: str) -> RawConfiguration:
    particles, box = frame.particles, np.asarray(frame.configuration.box, dtype=np.float64)
    require_particle_count(int(particles.N), where)
    lengths = np.where(box[:3] > 0, box[:3], 1.0)
    # HOOMD states tilt factors relative to the length of the tilted edge.
    cell = cell_of_lengths(lengths, (box[3:] * lengths[[1, 2, 2]]).tolist(), where)
    is_single = np.asarray(particles.position).dtype.itemsize < _DOUBLE
    names = list(particles.types or ["A"])
    sizes = None if particles.diameter is None else np.asarray(particles.diameter, dtype=np.float64)
    return RawConfiguration(
        positions=np.asarray(particles.position, dtype=np.float64),
        origin=-0.5 * cell.sum(axis=0),
        cell=cell,
        layout="GSD",
        where=where,
        species=[str(names[index]) for index in _from_zero(particles.typeid)],
        # HOOMD reports diameters of 1 if none were stored; equal diameters are therefore ignored.
        sizes=sizes if sizes is not None and np.ptp(sizes) > 0 else None,
        sizes_are="diameters",
        masses=None if particles.mass is None else np.asarray(particles.mass, dtype=np.float64),
        single_precision=is_single,
        notes=() if is_single else ("GSD keeps the lengths of the box in single precision",),
    )


def _from_zero(codes: Any) -> list[int]:
    """Type indices as integers; a negative index, which would count from the end, raises `ValueError`."""
    if np.min(codes, initial=0) < 0:
        raise ValueError(f"a particle of type {np.min(codes)}")
    numbers: list[int] = np.asarray(codes).tolist()
    return numbers


def _of_ase(atoms: Any, where: str) -> RawConfiguration:
    require_particle_count(len(atoms), where)
    if not all(atoms.pbc[:2]):
        raise ForeignInputError("the box is not periodic", expected="pbc = True", got=str(atoms.pbc), where=where)
    sized = next((name for name in ("diameter", "diameters", "radius", "radii") if name in atoms.arrays), "")
    return RawConfiguration(
        positions=np.array(atoms.positions, dtype=np.float64),
        origin=np.zeros(3),
        cell=np.array(atoms.cell.array, dtype=np.float64),
        layout="ASE trajectory",
        where=where,
        species=list(atoms.get_chemical_symbols()),
        sizes=np.array(atoms.arrays[sized], dtype=np.float64) if sized else None,
        sizes_are={"d": "diameters", "r": "radii"}.get(sized[:1], ""),
        masses=np.array(atoms.get_masses(), dtype=np.float64),
    )


def _damaged(kind: str, path: Path, error: Exception) -> ForeignInputError:
    if isinstance(error, ForeignInputError):
        return error
    return ForeignInputError(
        f"the {kind} file is damaged",
        got=f"{type(error).__name__}: {error}"[:200],
        where=str(path),
        likely_cause="an interrupted copy or download",
    )
