"""Force fields that made the structures, as a calculator of ASE that runs LAMMPS."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

from bosonpeak.benchmark.conformance.codes.ase_code import imported
from bosonpeak.benchmark.vibration_track import kob_andersen
from bosonpeak.benchmark.vibration_track.structures import KOB_ANDERSEN, Structure
from bosonpeak.generators.materials.force_fields import FORCE_FIELDS, MATERIALS
from bosonpeak.generators.materials.lammps_library import lammps_library

_FORCE_FIELDS = {"silicon": "stillinger-weber", "silica": "vashishta-1994", "copper-zirconium": "mendelev-2007"}


def reference_calculator(structure: Structure) -> Any:
    """Calculator of the force field that made a structure."""
    imported("lammps")
    lammps = lammps_library()
    if structure.material == KOB_ANDERSEN:
        return _calculator(_lennard_jones(), ("Ni", "P"), (kob_andersen.MASS,) * 2)
    material = MATERIALS[structure.material]
    folder = Path(tempfile.mkdtemp(prefix="bosonpeak-"))
    commands = FORCE_FIELDS[_FORCE_FIELDS[structure.material]].commands(
        folder, Path(lammps.__file__).parent / "share/lammps/potentials"
    )
    calculator = _calculator(commands, material.species, material.masses)
    # LAMMPS reads the parameters at its first call.
    weakref.finalize(calculator, shutil.rmtree, folder, ignore_errors=True)
    return calculator


def _lennard_jones() -> list[str]:
    """Commands of the force-shifted Kob-Andersen mixture."""
    commands = ["pair_style lj/smooth/linear 5.5"]
    for (first, second), (energy, length) in kob_andersen.PAIRS.items():
        numbers = (energy * kob_andersen.EPSILON, length * kob_andersen.SIGMA)
        kinds = (1 + "AB".index(first), 1 + "AB".index(second))
        commands.append("pair_coeff {} {} {} {} {}".format(*kinds, *numbers, kob_andersen.CUTOFF * numbers[1]))
    return commands


def _calculator(commands: list[str], species: tuple[str, ...], masses: tuple[float, ...]) -> Any:
    return imported("ase.calculators.lammpslib").LAMMPSlib(
        lmpcmds=commands,
        atom_types={symbol: number for number, symbol in enumerate(species, start=1)},
        atom_type_masses=dict(zip(species, masses, strict=True)),
        keep_alive=True,
        log_file=None,
    )
