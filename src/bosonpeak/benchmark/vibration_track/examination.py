"""Vibrations of one structure by one calculator, and the relations that every potential obeys.

A potential energy that is a smooth function of the positions has forces that are minus its gradient, a symmetric matrix
of second derivatives that does not depend on the step of the differences, no cost of translations and rotations, a
stress that is its derivative with strain, mixed derivatives that agree whichever is taken first, and elastic constants
with the symmetry of a second derivative. None of these tests needs a reference.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ConvergenceError
from bosonpeak.generators.glasses.elastic_moduli import STRAIN_COMPONENTS
from bosonpeak.generators.harmonic_solids.finite_differences import second_derivatives
from bosonpeak.generators.harmonic_solids.rigid_motions import translations
from bosonpeak.generators.materials.harmonic_material import (
    GIGAPASCAL,
    RADIANS_PER_PICOSECOND,
    HarmonicMaterial,
    harmonic_material,
    isotropic_moduli,
)
from bosonpeak.validators.levels.participation import participation_ratio

STEPS = (0.01, 0.02)
"""Steps of the two matrices, angstrom."""

FORCE_TOLERANCE = 1e-3
"""Largest force on an atom after the relaxation, eV/angstrom."""

_MOST_STEPS = 2000
_DISTURBED = 0.05  # rms displacement per coordinate away from the minimum, angstrom
_ALONG = 0.01  # step along a random direction, per coordinate, angstrom
_SLOPE = tuple((k * _ALONG, w / (12.0 * _ALONG)) for k, w in ((-2, 1.0), (-1, -8.0), (1, 8.0), (2, -1.0)))
_DIRECTIONS = 6
_STRAIN = 2e-3
_COMPRESSED = 0.99
_LOCALISED = 0.2
_NEARBY = 1e-4  # angstrom
_UNITY = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
_STRAINS = STRAIN_COMPONENTS[3]
_SEED = 20261125

RELATIONS = (
    "residual force",
    "forces are minus the gradient of the energy",
    "matrix is symmetric",
    "matrix does not depend on the step",
    "translations cost nothing",
    "rotations cost nothing",
    "minimum is stable",
    "stress is the derivative of the energy",
    "mixed derivatives of strain and position agree",
    "elastic constants are symmetric",
    "same positions, same forces",
    "rounding does not reach the matrix",
)
"""Names of the relations of every structure; potentials with two precisions have another."""

Relax = Callable[[Any, float, int], None]
"""Moves atoms to forces below a tolerance (eV/angstrom) in at most so many steps."""


@dataclass(frozen=True)
class Relation:
    """A relation that every potential obeys, with the error that was measured."""

    name: str
    error: float
    limit: float
    unit: str = ""
    failure: str = ""

    @property
    def holds(self) -> bool:
        """True if the error was measured and is within its limit."""
        return not self.failure and self.error <= self.limit

    @property
    def shown_error(self) -> str:
        """Error with its unit, or the reason why it was not measured."""
        return self.failure or f"{self.error:.3g} {self.unit}".rstrip()


@dataclass(frozen=True)
class Examination:
    """Relations, measured quantities and modes of one structure."""

    relations: tuple[Relation, ...]
    measured: Mapping[str, float]
    modes: HarmonicMaterial
    positions: FloatArray  # (atoms, 3) at the minimum
    hessian: FloatArray  # (3 atoms, 3 atoms) eV/angstrom^2, symmetric, without translations


def examine(atoms: Any, relax: Relax, progress: Callable[[str], None] = lambda stage: None) -> Examination:
    """Relax atoms of ASE, or a stand-in with the same methods, at a fixed cell, and measure their vibrations."""
    start = np.array(atoms.get_positions(), dtype=np.float64)
    progress("relaxation")
    relax(atoms, FORCE_TOLERANCE, _MOST_STEPS)
    rest = np.array(atoms.get_positions(), dtype=np.float64)
    largest = float(np.linalg.norm(_forces(atoms, rest), axis=1).max())
    if not largest <= 10.0 * FORCE_TOLERANCE:
        raise ConvergenceError(
            "the structure was not relaxed",
            expected=f"forces up to {FORCE_TOLERANCE:g} eV/angstrom at fixed cell",
            got=f"{largest:.3g} eV/angstrom after at most {_MOST_STEPS} steps",
            likely_cause="forces that are not the gradient of the energy, or too much noise in them",
        )
    seconds: list[float] = []
    matrices = []
    for step in STEPS:
        cost = f", about {seconds[-1] * 2 * rest.size:.0f} s" if seconds else ""
        progress(f"matrix, step {step:g} angstrom: {2 * rest.size + 1} force calls{cost}")
        began = time.perf_counter()
        matrices.append(second_derivatives(atoms, step)[0])
        seconds.append((time.perf_counter() - began) / (2 * rest.size + 1))
    atoms.set_positions(rest)
    progress("strains")
    masses = np.array(atoms.get_masses(), dtype=np.float64)
    volume = float(abs(np.linalg.det(np.array(atoms.get_cell()))))
    projected = [_without_translations((matrix + matrix.T) / 2.0) for matrix in matrices]
    stresses, forces = _strain_derivatives(atoms)
    modes = harmonic_material(projected[0], masses, stresses, forces, volume)
    progress("relations")
    random = np.random.default_rng(_SEED)
    relations = (
        Relation("residual force", largest, FORCE_TOLERANCE * (1.0 + 1e-6), "eV/angstrom"),
        _measured("forces are minus the gradient of the energy", 0.01, lambda: _gradient(atoms, rest, random)),
        Relation("matrix is symmetric", _asymmetry(matrices[0]), 0.01),
        Relation("matrix does not depend on the step", _relative(projected[1], projected[0]), 0.02),
        Relation("translations cost nothing", _translation_cost(matrices[0], masses, modes), 0.05),
        _measured("rotations cost nothing", 1e-3, lambda: _rotation(atoms, rest, random)),
        Relation("minimum is stable", float((modes.frequencies < 0.0).sum()), 0.0, "unstable modes"),
        _measured("stress is the derivative of the energy", 0.01, lambda: _stress_error(atoms, volume)),
        _measured(
            "mixed derivatives of strain and position agree",
            0.02,
            lambda: _mixed_error(atoms, rest, forces, volume, random),
        ),
        _measured("elastic constants are symmetric", 0.01, lambda: _huang_error(atoms, rest, stresses)),
        Relation("same positions, same forces", _noise(atoms, rest), 1e-4, "eV/angstrom"),
        Relation("rounding does not reach the matrix", _rounding(atoms, rest, random), 0.01),
    )
    shear, bulk = isotropic_moduli(modes.stiffness)
    is_localised = participation_ratio(modes.vectors.T.reshape(-1, len(masses), 3)) < _LOCALISED
    upper = modes.frequencies > np.median(modes.frequencies)
    measured = {
        "lowest frequency (THz)": float(modes.frequencies[modes.frequencies > 0.0][:1].sum()) / (2.0 * np.pi),
        "highest frequency (THz)": float(modes.frequencies[-1]) / (2.0 * np.pi),
        "mean frequency (THz)": float(np.abs(modes.frequencies).mean()) / (2.0 * np.pi),
        "localised modes of the lower half of the spectrum, share of all": float((is_localised & ~upper).mean()),
        "locons (localised modes of the upper half), share of all": float((is_localised & upper).mean()),
        "shear modulus (GPa)": shear * GIGAPASCAL,
        "bulk modulus (GPa)": bulk * GIGAPASCAL,
        "displacement from the start (angstrom, rms)": float(np.sqrt(((rest - start) ** 2).sum(axis=1).mean())),
        "energy per atom (eV)": float(atoms.get_potential_energy()) / len(rest),
        "seconds per force call": float(min(seconds)),
    }
    return Examination(relations, measured, modes, rest, projected[0])


def _forces(atoms: Any, positions: FloatArray) -> FloatArray:
    atoms.set_positions(positions)
    return np.array(atoms.get_forces(), dtype=np.float64)


def _energy(atoms: Any, positions: FloatArray) -> float:
    atoms.set_positions(positions)
    return float(atoms.get_potential_energy())


def _measured(name: str, limit: float, error: Callable[[], float]) -> Relation:
    """Relation whose test may lack a quantity, such as the stress."""
    try:
        return Relation(name, error(), limit)
    except Exception as problem:  # noqa: BLE001 - calculators raise anything
        return Relation(name, float("nan"), limit, failure=f"{type(problem).__name__}: {problem}"[:200])


def _gradient(atoms: Any, rest: FloatArray, random: np.random.Generator) -> float:
    """Relative rms difference of energies and forces along random directions, away from the minimum."""
    place = rest + _DISTURBED * random.standard_normal(rest.shape)
    forces = _forces(atoms, place)
    slopes, works = [], []
    for _ in range(_DIRECTIONS):
        direction = random.standard_normal(rest.shape)
        slopes.append(sum(weight * _energy(atoms, place + shift * direction) for shift, weight in _SLOPE))
        works.append(-float((forces * direction).sum()))
    atoms.set_positions(rest)
    return _relative(np.array(slopes), np.array(works))


def _rotation(atoms: Any, rest: FloatArray, random: np.random.Generator) -> float:
    """Largest of the relative change of energy differences and of forces when the disturbed solid is turned."""
    rotation = np.linalg.qr(random.standard_normal((3, 3)))[0]
    rotation *= np.sign(np.linalg.det(rotation))
    cell = np.array(atoms.get_cell(), dtype=np.float64)
    place = rest + _DISTURBED * random.standard_normal(rest.shape)
    before, energy = _forces(atoms, place), float(atoms.get_potential_energy())
    work = abs(energy - _energy(atoms, rest))
    turned = atoms.copy()
    turned.calc = atoms.calc
    turned.set_cell(cell @ rotation.T, scale_atoms=False)
    after = _forces(turned, place @ rotation.T)
    change = abs(float(turned.get_potential_energy()) - energy)
    return max(change / work, _relative(after, before @ rotation.T))


def _stress_error(atoms: Any, volume: float) -> float:
    """Relative difference of stress and derivative of the energy, in the compressed solid."""
    squeezed = _strained(atoms, (_COMPRESSED - 1.0) * np.eye(3))
    stress = np.array(squeezed.get_stress(voigt=True), dtype=np.float64)
    slopes = np.empty(6)
    for row in range(6):
        energies = []
        for sign in (1.0, -1.0):
            moved = _strained(squeezed, sign * _STRAIN * _unit_strain(row))
            energies.append(float(moved.get_potential_energy()))
        slopes[row] = (energies[0] - energies[1]) / (2.0 * _STRAIN)
    return _relative(slopes / (volume * _COMPRESSED**3), stress)


def _mixed_error(
    atoms: Any, rest: FloatArray, strain_forces: FloatArray, volume: float, random: np.random.Generator
) -> float:
    """Relative difference of V d stress/d position and -d force/d strain along random directions."""
    by_position, by_strain = [], []
    for _ in range(_DIRECTIONS):
        direction = random.standard_normal(rest.shape)
        slope = np.zeros(6)
        for shift, weight in _SLOPE:
            atoms.set_positions(rest + shift * direction)
            slope += weight * np.array(atoms.get_stress(voigt=True), dtype=np.float64)
        by_position.append(volume * slope)
        by_strain.append(-strain_forces @ direction.ravel())
    atoms.set_positions(rest)
    return _relative(np.array(by_position), np.array(by_strain))


def _huang_error(atoms: Any, rest: FloatArray, stresses: FloatArray) -> float:
    """Norm of the antisymmetric part, twice, over the norm of the elastic constants of the strained energy."""
    # The derivative of the stress with strain has terms of the stress itself (M. Born and K. Huang, Dynamical Theory
    # of Crystal Lattices (1954), section 27). Apart from -sigma_ij delta_kl they are symmetric, as is the second
    # derivative of the energy.
    atoms.set_positions(rest)
    if not np.isfinite(stresses).all():
        raise ValueError("no stress")
    stress = np.array(atoms.get_stress(voigt=True), dtype=np.float64)
    return _asymmetry(stresses + np.outer(_UNITY, stress))


def _rounding(atoms: Any, rest: FloatArray, random: np.random.Generator) -> float:
    """Relative change of columns of the matrix between places 1e-4 angstrom apart."""
    columns = _columns(rest, random)
    nearby = rest + _NEARBY * random.standard_normal(rest.shape)
    found = _along(atoms, nearby, columns), _along(atoms, rest, columns)
    atoms.set_positions(rest)
    return _relative(*found)


def precision_relation(double: Any, single: Any) -> Relation:
    """Relation between columns of the matrix of the same potential in two precisions, as two sets of atoms."""
    rest = np.array(double.get_positions(), dtype=np.float64)
    columns = _columns(rest, np.random.default_rng(_SEED))
    return _measured(
        "single and double precision agree",
        0.01,
        lambda: _relative(_along(single, rest, columns), _along(double, rest, columns)),
    )


def _columns(rest: FloatArray, random: np.random.Generator) -> FloatArray:
    """Displacements (columns, atoms, 3) of single coordinates, drawn at random."""
    chosen = random.choice(rest.size, _DIRECTIONS, replace=False)
    return np.eye(rest.size)[chosen].reshape(-1, *rest.shape)


def _along(atoms: Any, place: FloatArray, displacements: FloatArray) -> FloatArray:
    """Differences of forces (displacements, atoms, 3) between the two sides of a place."""
    return np.array(
        [_forces(atoms, place + STEPS[0] * each) - _forces(atoms, place - STEPS[0] * each) for each in displacements]
    )


def _noise(atoms: Any, rest: FloatArray) -> float:
    """Largest difference of forces at the same positions, before and after the atoms were elsewhere."""
    first = _forces(atoms, rest)
    _forces(atoms, rest + 0.1)
    return float(np.abs(_forces(atoms, rest) - first).max())


def _strain_derivatives(atoms: Any) -> tuple[FloatArray, FloatArray]:
    """Derivatives of stress (6, 6) and forces (6, 3 atoms) with strains; of stress NaN if there is none."""
    stresses, forces = np.full((6, 6), np.nan), np.empty((6, 3 * len(atoms)))
    for row in range(6):
        found = []
        for sign in (1.0, -1.0):
            moved = _strained(atoms, sign * _STRAIN * _unit_strain(row))
            force = np.array(moved.get_forces(), dtype=np.float64).ravel()
            try:
                stress = np.array(moved.get_stress(voigt=True), dtype=np.float64)
            except Exception:  # noqa: BLE001 - calculators without stress raise anything
                stress = np.full(6, np.nan)
            found.append((stress, force))
        stresses[row], forces[row] = ((up - down) / (2.0 * _STRAIN) for up, down in zip(*found, strict=True))
    return stresses, forces


def _unit_strain(row: int) -> FloatArray:
    """Symmetric strain (3, 3) of unit engineering strain."""
    strain = np.zeros((3, 3))
    first, second = _STRAINS[row]
    strain[first, second] += 0.5
    strain[second, first] += 0.5
    return strain


def _strained(atoms: Any, strain: FloatArray) -> Any:
    """Copy of the atoms in a strained cell, with their calculator."""
    moved = atoms.copy()
    moved.calc = atoms.calc
    moved.set_cell(np.array(atoms.get_cell()) @ (np.eye(3) + strain), scale_atoms=True)
    return moved


def _without_translations(matrix: FloatArray) -> FloatArray:
    """Matrix in the space in which the sum of the displacements is zero, along each axis."""
    rigid = translations(np.ones(len(matrix) // 3), 3)
    half = matrix - rigid @ (rigid.T @ matrix)
    return half - (half @ rigid) @ rigid.T


def _asymmetry(matrix: FloatArray) -> float:
    return float(np.linalg.norm(matrix - matrix.T) / np.linalg.norm(matrix))


def _translation_cost(matrix: FloatArray, masses: FloatArray, modes: HarmonicMaterial) -> float:
    """Largest frequency of a uniform translation over the lowest frequency of the other modes."""
    rigid = translations(np.ones(len(masses)), 3)
    stiffness = rigid.T @ matrix @ rigid  # against displacements of unit norm, each atom by 1 / sqrt(atoms)
    values = np.linalg.eigvalsh((stiffness + stiffness.T) / 2.0) / masses.mean()
    lowest = np.abs(modes.frequencies).min()
    return float(np.sqrt(np.abs(values).max()) * RADIANS_PER_PICOSECOND / lowest)


def _relative(found: FloatArray, expected: FloatArray) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))
