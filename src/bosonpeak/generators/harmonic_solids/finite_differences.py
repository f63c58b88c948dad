"""Second derivatives from the forces of a calculator, by central differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError


def is_ase_atoms(system: Any) -> bool:
    """Test for ASE atoms, or an object of the same methods, without importing ASE."""
    return all(hasattr(system, name) for name in ("get_forces", "get_positions", "get_masses", "get_cell", "copy"))


def second_derivatives(atoms: Any, step: float) -> tuple[FloatArray, float]:
    """Matrix (3 atoms, 3 atoms) by central differences, not symmetrised, and the largest force at rest."""
    if getattr(atoms, "calc", None) is None:
        raise ForeignInputError(
            "system: the atoms have no calculator",
            expected="atoms.calc, which gives the forces",
            got=f"{len(atoms)} atoms without one",
            likely_cause="a structure that was read from a file: assign a calculator to atoms.calc",
        )
    if not 0.0 < step < 1.0:
        raise ForeignInputError(
            "step: not a small displacement", expected="a length above 0 and below 1 angstrom", got=repr(step)
        )
    moved = atoms.copy()
    moved.calc = atoms.calc
    rest = np.array(atoms.get_positions(), dtype=np.float64)
    at_rest = _forces(moved, rest)
    matrix = np.empty((rest.size, rest.size))
    for row in range(rest.size):
        place = rest.copy()
        forces = []
        for sign in (1.0, -1.0):
            place.flat[row] = rest.flat[row] + sign * step
            forces.append(_forces(moved, place))
        # The exact distance between the two places, in the precision of the positions.
        matrix[row] = (forces[1] - forces[0]).ravel() / ((rest.flat[row] + step) - (rest.flat[row] - step))
    return matrix, float(np.linalg.norm(at_rest, axis=1).max())


def _forces(atoms: Any, positions: FloatArray) -> FloatArray:
    atoms.set_positions(positions, apply_constraint=False)
    forces = np.array(atoms.get_forces(apply_constraint=False), dtype=np.float64)
    if forces.shape != positions.shape or not np.isfinite(forces).all():
        raise ForeignInputError(
            "system: the calculator gives no forces",
            expected=f"finite numbers of shape {positions.shape}",
            got=f"shape {forces.shape}" + ("" if np.isfinite(forces).all() else ", not finite"),
        )
    return forces
