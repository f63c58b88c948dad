"""ASE calculators as codes under test (extra ``ase``)."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from bosonpeak.benchmark.conformance.cases import Problem
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError, NotApplicableError

_AT_REST = 1e-11
_MOST_STEPS = 10000
_VOIGT = ((0, 5, 4), (5, 1, 3), (4, 3, 2))


class AseCode:
    """Code under test; ``calculator`` makes an ASE calculator for a `Problem` or raises NotApplicableError."""

    def __init__(self, calculator: Callable[[Problem], Any], name: str, version: str = "") -> None:
        self._ase = imported("ase")
        self._calculator = calculator
        self.name, self.version = name, version or f"ASE {self._ase.__version__}"

    def energy(self, problem: Problem) -> float:
        """Total potential energy."""
        return float(self.atoms(problem).get_potential_energy())

    def forces(self, problem: Problem) -> FloatArray:
        """Force on every particle."""
        return np.array(self.atoms(problem).get_forces()[:, : problem.dimension], dtype=np.float64)

    def stress(self, problem: Problem) -> FloatArray:
        """Stress tensor, tension positive as in ASE."""
        voigt = np.array(self.atoms(problem).get_stress(voigt=True), dtype=np.float64)
        whole: FloatArray = voigt[np.array(_VOIGT)]
        return whole[: problem.dimension, : problem.dimension]

    def relaxed_positions(self, problem: Problem) -> FloatArray:
        """Minimum reached by ASE's FIRE."""
        atoms = self.atoms(problem)
        # ASE's quasi-Newton method assumes a stiffness of 70 and diverges here, where stiffnesses are some thousand.
        imported("ase.optimize").FIRE(atoms, logfile=None, dt=0.005, dtmax=0.02, maxstep=0.02).run(
            fmax=_AT_REST, steps=_MOST_STEPS
        )
        return np.array(atoms.positions[:, : problem.dimension], dtype=np.float64)

    def atoms(self, problem: Problem) -> Any:
        """Convert to ASE Atoms, disks as a layer of height 1; `NotApplicableError` for a problem ASE lacks."""
        if problem.components == 1:
            raise NotApplicableError("nodes of a scalar network are not atoms", where=problem.name)
        calculator = self._calculator(problem)
        positions, cell = np.zeros((len(problem.positions), 3)), np.eye(3)
        positions[:, : problem.dimension] = problem.positions
        cell[: problem.dimension, : problem.dimension] = problem.cell
        periodic = np.arange(3) < problem.dimension
        return self._ase.Atoms(
            f"Ar{len(positions)}", positions=positions, cell=cell, pbc=periodic, calculator=calculator
        )


def calculator_code(target: str) -> AseCode:
    """Code under test from ``module:object``, an ASE calculator or a function from a `Problem` to a calculator."""
    found = loaded_calculator(target)
    single = hasattr(found, "get_potential_energy")

    def calculator(problem: Problem) -> Any:
        made = found if single else found(problem)
        if made is None:
            raise NotApplicableError("the calculator has no such interaction", where=problem.name)
        return made

    return AseCode(calculator, target)


def loaded_calculator(target: str) -> Any:
    """Calculator of ASE, or a callable that returns one, from ``module:object``; `ForeignInputError` otherwise."""
    module, colon, attribute = target.partition(":")
    # An installed command has no working directory among the places of modules, `python -m` has.
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        found: Any = importlib.import_module(module) if colon else None
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise ForeignInputError(
            "the calculator cannot be loaded", expected="module:object", got=f"{target}: {error}"
        ) from error
    if not hasattr(found, "get_potential_energy") and not callable(found):
        raise ForeignInputError(
            "this is not a calculator",
            expected="a calculator of ASE, or a callable that returns one",
            got=repr(found)[:80],
        )
    return found


def made_calculator(found: Any, *subject: Any, **options: Any) -> Any:
    """Loaded calculator, or the calculator of a loaded callable, which is given the subject if it needs an argument.

    Options are parameters of the callable.
    """
    if hasattr(found, "get_potential_energy") and not isinstance(found, type):
        return found
    required = [
        each
        for each in inspect.signature(found).parameters.values()
        if each.default is each.empty
        and each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
        and each.name not in options
    ]
    return found(*subject, **options) if required else found(**options)


class AseLennardJones(AseCode):
    """ASE's own Lennard-Jones calculator: a single species, energy shifted at the cutoff."""

    def __init__(self) -> None:
        super().__init__(_lennard_jones, "ase-lennard-jones")


def _lennard_jones(problem: Problem) -> Any:
    given = problem.interaction
    expressed = given["form"] == "lennard-jones" and given["truncation"] == "shifted" and not given.get("mixture")
    if not expressed or np.ptp(problem.diameters) > 0:
        raise NotApplicableError("ASE's Lennard-Jones is of one species and shifted", where=problem.name)
    sigma = float(problem.diameters[0])
    return imported("ase.calculators.lj").LennardJones(
        sigma=sigma, epsilon=1.0, rc=given["cutoff"] * sigma, smooth=False
    )


def imported(module: str) -> Any:
    """Import a module of an optional extra; `ForeignInputError` if the extra is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ForeignInputError(
            f"the package {module.partition('.')[0]} is needed for its calculators",
            expected="pip install 'bosonpeak[ase]', or [peers] for matscipy",
            got=str(error),
        ) from error
