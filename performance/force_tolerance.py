"""Error of the lowest frequencies of a glass that is relaxed to a given largest force.

    python performance/force_tolerance.py          # three glasses, LAMMPS and ASE: 2 minutes

The glasses are disturbed by 0.05 angstrom, relaxed at fixed cell to each tolerance, and compared with a relaxation to
1e-6 eV/angstrom: relative rms difference of the ten lowest frequencies, and unstable modes.
"""

from __future__ import annotations

import numpy as np

from bosonpeak.benchmark.vibration_track.reference_potentials import reference_calculator
from bosonpeak.benchmark.vibration_track.structures import SHORT, load_structure
from bosonpeak.benchmark.vibration_track.track import atoms_of, relax_by_ase
from bosonpeak.generators.harmonic_solids.finite_differences import second_derivatives
from bosonpeak.generators.materials.harmonic_material import RADIANS_PER_PICOSECOND

TOLERANCES = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 1e-4)


def frequencies(atoms, tolerance: float) -> np.ndarray:
    """Angular frequencies (rad/ps) after a relaxation, without the three translations."""
    relax_by_ase(atoms, tolerance, 5000)
    matrix = second_derivatives(atoms, 0.01)[0]
    roots = np.repeat(np.sqrt(atoms.get_masses()), 3)
    values = np.linalg.eigvalsh((matrix + matrix.T) / 2.0 / np.outer(roots, roots))
    values = np.delete(values, np.argsort(np.abs(values))[:3])
    return np.sign(values) * np.sqrt(np.abs(values)) * RADIANS_PER_PICOSECOND


def main() -> None:
    """Print the table."""
    print("| largest force (eV/angstrom) | " + " | ".join(SHORT) + " |")
    print("|---|" + "---|" * len(SHORT))
    rows: dict[float, list[str]] = {tolerance: [] for tolerance in TOLERANCES}
    for name in SHORT:
        structure = load_structure(name)
        calculator = reference_calculator(structure)

        def disturbed(structure=structure, calculator=calculator):
            atoms = atoms_of(structure, calculator)
            atoms.positions += 0.05 * np.random.default_rng(0).standard_normal(structure.positions.shape)
            return atoms

        exact = frequencies(disturbed(), 1e-6)
        for tolerance in TOLERANCES:
            found = frequencies(disturbed(), tolerance)
            error = np.sqrt(np.mean((found[:10] / exact[:10] - 1.0) ** 2))
            unstable = int((found < 0.0).sum())
            rows[tolerance].append(f"{100 * error:.2g} %" + (f", {unstable} unstable" if unstable else ""))
    for tolerance, cells in rows.items():
        print(f"| {tolerance:g} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
