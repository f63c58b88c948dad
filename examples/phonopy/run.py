"""Answer the conformance cases of a run with phonopy's force constants: ``python run.py RUN``.

phonopy displaces atoms and makes force constants of the forces that a calculator returns; here matscipy's. Energies and
forces are not answered: they would be matscipy's own. A case is its own supercell, without symmetry, and every atom is
displaced both ways along every axis. Disks are a layer of height 1 that nothing crosses.
"""

import importlib.metadata
import sys

import numpy as np
from phonopy import Phonopy
from phonopy.structure.atoms import PhonopyAtoms

from bosonpeak.benchmark.conformance.codes.matscipy_code import MatscipyCode
from bosonpeak.benchmark.leaderboard.answering import answer_cases
from bosonpeak.datasets.errors import NotApplicableError

DISPLACEMENT = 1e-6
"""phonopy's own is 0.01 angstrom, where contacts of harmonic spheres open. Its differences are of second order: an
eigenvalue that nearly vanishes keeps 3.7 digits at 1e-5, 4.8 at 3e-6, 5.4 here, and round-off leaves 5.0 at 5e-7."""


class PhonopyOfForces:
    """phonopy as a code under test, on forces of matscipy."""

    name = "phonopy"
    version = importlib.metadata.version("phonopy")

    def __init__(self):
        self._calculator = MatscipyCode()

    def energy(self, problem):
        """None: phonopy computes no energies."""
        raise NotApplicableError("energies would be the calculator's", where=problem.name)

    def forces(self, problem):
        """None: phonopy computes no forces."""
        raise NotApplicableError("forces would be the calculator's", where=problem.name)

    def hessian(self, problem):
        """Force constants of every atom with every atom."""
        atoms = self._calculator.atoms(problem)
        cell = PhonopyAtoms(
            symbols=["Ar"] * len(atoms), cell=atoms.cell.array, positions=atoms.positions, masses=np.ones(len(atoms))
        )
        constants = Phonopy(cell, np.eye(3, dtype=int), primitive_matrix="P", is_symmetry=False)
        constants.generate_displacements(distance=DISPLACEMENT, is_plusminus=True, is_diagonal=False)
        forces = []
        for displaced in constants.supercells_with_displacements:
            atoms.positions[:] = displaced.positions
            forces.append(atoms.get_forces())
        constants.forces = forces
        constants.produce_force_constants()
        size, dimension = problem.degrees_of_freedom, problem.dimension
        blocks = constants.force_constants[:, :, :dimension, :dimension]
        return blocks.transpose(0, 2, 1, 3).reshape(size, size)


if __name__ == "__main__":
    answer_cases(PhonopyOfForces(), sys.argv[1], source="https://phonopy.github.io/phonopy/")
