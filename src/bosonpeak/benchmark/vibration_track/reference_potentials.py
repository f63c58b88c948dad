"""Force fields that made the structures, as a calculator of ASE that runs LAMMPS."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

from bosonpeak.benchmark.conformance.codes.ase_code import imported
from bosonpeak.benchmark.vibration_track.structures import Structure
from bosonpeak.generators.materials.force_fields import FORCE_FIELDS, MATERIALS

_FORCE_FIELDS = {"silicon": "stillinger-weber", "silica": "vashishta-1994", "copper-zirconium": "mendelev-2007"}


def reference_calculator(structure: Structure) -> Any:
    """Calculator of the force field that made a structure."""
    lammps = imported("lammps")
    material = MATERIALS[structure.material]
    folder = Path(tempfile.mkdtemp(prefix="bosonpeak-"))
    commands = FORCE_FIELDS[_FORCE_FIELDS[structure.material]].commands(
        folder, Path(lammps.__file__).parent / "share/lammps/potentials"
    )
    calculator = imported("ase.calculators.lammpslib").LAMMPSlib(
        lmpcmds=commands,
        atom_types={symbol: number for number, symbol in enumerate(material.species, start=1)},
        atom_type_masses=dict(zip(material.species, material.masses, strict=True)),
        keep_alive=True,
        log_file=None,
    )
    # LAMMPS reads the parameters at its first call.
    weakref.finalize(calculator, shutil.rmtree, folder, ignore_errors=True)
    return calculator
