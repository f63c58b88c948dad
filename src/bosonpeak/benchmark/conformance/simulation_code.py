"""Codes under test that run in Python: three required methods, and an entry point for registration.

A code is any object with ``name``, ``version``, ``energy(problem)`` and ``forces(problem)``. Optional methods are
``hessian``, ``eigenvalues``, ``stress``, ``stiffness``, ``shear_modulus``, ``bulk_modulus``, ``contacts`` and
``relaxed_positions``; without ``hessian``, forces are differentiated. Another package registers a code by an entry
point for an object, or for a class without constructor arguments::

    [project.entry-points."bosonpeak.codes"]
    my-code = "my_package.my_module:MyCode"
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol, runtime_checkable

import numpy as np

from bosonpeak.benchmark.conformance.cases import Problem, probe_vectors
from bosonpeak.benchmark.conformance.extended_precision import moduli
from bosonpeak.benchmark.conformance.relaxation import ENERGY, PLACES
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError, NotApplicableError, did_you_mean

ENTRY_POINT_GROUP = "bosonpeak.codes"

DIFFERENCE_STEP = 3e-6
"""Displacement for differences of forces: nine digits remain, and contacts of harmonic spheres stay closed."""

_OWN_CODES = {
    "bosonpeak": "bosonpeak.benchmark.conformance.codes.own_code:OwnCode",
    "ase-lennard-jones": "bosonpeak.benchmark.conformance.codes.ase_code:AseLennardJones",
    "lammps": "bosonpeak.benchmark.conformance.codes.lammps_code:LammpsCode",
    "matscipy": "bosonpeak.benchmark.conformance.codes.matscipy_code:MatscipyCode",
}

_FOURTH_ORDER = ((1, 8.0 / 12.0), (2, -1.0 / 12.0))


@runtime_checkable
class SimulationCode(Protocol):
    """Minimal interface of a code; each method may raise NotApplicableError for a problem that the code cannot express.

    Examples
    --------
    An ideal gas is a code, if not a good one:

    >>> import numpy as np
    >>> class NoForces:
    ...     name, version = "ideal gas", "1"
    ...     def energy(self, problem):
    ...         return 0.0
    ...     def forces(self, problem):
    ...         return np.zeros_like(problem.positions)
    >>> isinstance(NoForces(), SimulationCode)
    True
    """

    name: str
    version: str

    def energy(self, problem: Problem) -> float:
        """Total potential energy."""
        ...

    def forces(self, problem: Problem) -> FloatArray:
        """Force on every particle, shape (particles, dimension)."""
        ...


def simulation_code(name: str) -> SimulationCode:
    """Built-in or registered code of this name; `ForeignInputError` if unknown or not a code."""
    foreign = {point.name: point for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)}
    if name in _OWN_CODES:
        module, _, attribute = _OWN_CODES[name].partition(":")
        return _instance(getattr(importlib.import_module(module), attribute), name)
    if name in foreign:
        try:
            return _instance(foreign[name].load(), name)
        except (ImportError, AttributeError) as error:
            raise ForeignInputError(
                "the code cannot be loaded", got=str(error), where=f"entry point {name} = {foreign[name].value}"
            ) from error
    known = sorted({*_OWN_CODES, *foreign})
    raise ForeignInputError(
        "there is no such code",
        expected=f"one of: {', '.join(known)}",
        got=repr(name),
        likely_cause=did_you_mean(name, known) or "the package that provides it is not installed",
    )


def answers_of(code: SimulationCode, problem: Problem, wanted: tuple[str, ...]) -> dict[str, FloatArray]:
    """Answers of a code in the form of a submission (Hessian times probe vectors), without inexpressible quantities."""
    return derived(problem, given_answers(code, problem, wanted))


def given_answers(code: SimulationCode, problem: Problem, wanted: tuple[str, ...]) -> dict[str, FloatArray]:
    """Answers that the code itself gives for a case, with the Hessian as a full matrix; see `answers_of`."""
    given: dict[str, FloatArray] = {}
    for name in wanted:
        method = getattr(code, name, None)
        if name == "hessian" and method is None:
            method = _differentiated(code)
        if not callable(method):
            continue
        try:
            given[name] = np.asarray(method(problem), dtype=np.float64)
        except NotApplicableError:
            continue
    if ENERGY in wanted and ENERGY not in given and PLACES in given:
        # The energy of the minimum is computed at its positions, which saves a second relaxation.
        with suppress(NotApplicableError):
            given[ENERGY] = np.asarray(code.energy(_with_positions(problem, given[PLACES])), dtype=np.float64)
    return given


def difference_hessian(
    forces: Callable[[Problem], FloatArray], problem: Problem, step: float = DIFFERENCE_STEP
) -> FloatArray:
    """Hessian (degrees of freedom squared) from fourth-order central differences of the forces, symmetrised."""
    size = problem.degrees_of_freedom
    matrix = np.zeros((size, size))
    for row in range(size):
        for multiple, weight in _FOURTH_ORDER:
            for sign in (1.0, -1.0):
                moved = problem.positions.copy().ravel()
                moved[row] += sign * multiple * step
                shifted = _with_positions(problem, moved.reshape(problem.positions.shape))
                matrix[row] -= sign * weight / step * np.asarray(forces(shifted)).ravel()
    return 0.5 * (matrix + matrix.T)


def _differentiated(code: SimulationCode) -> Callable[[Problem], FloatArray]:
    def apply(problem: Problem) -> FloatArray:
        if problem.components == 1:
            raise NotApplicableError("forces of a scalar network are not asked for")
        return difference_hessian(code.forces, problem)

    return apply


def _with_positions(problem: Problem, positions: FloatArray) -> Problem:
    fields: Mapping[str, Any] = {**vars(problem), "positions": positions}
    return Problem(**fields)


def _instance(registered: object, name: str) -> SimulationCode:
    code = registered() if isinstance(registered, type) else registered
    if not isinstance(code, SimulationCode):
        raise ForeignInputError(
            "what is registered under this name is not a code",
            expected="name, version, energy(problem) and forces(problem)",
            got=repr(code)[:80],
            where=f"entry point {name}",
        )
    return code


def derived(problem: Problem, given: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Add eigenvalues and moduli that the code did not give; reduce a Hessian to its products with probe vectors."""
    found = dict(given)
    if "hessian" in found:
        matrix = found["hessian"]
        found["hessian"] = probe_vectors(problem.degrees_of_freedom) @ matrix
        if "eigenvalues" not in found and np.isfinite(matrix).all():
            found["eigenvalues"] = np.array(np.linalg.eigvalsh(0.5 * (matrix + matrix.T)), dtype=np.float64)
    if "eigenvalues" in found:
        found["eigenvalues"] = np.sort(found["eigenvalues"].ravel())
        found.setdefault("lowest_eigenvalue", found["eigenvalues"])
    if "stiffness" in found and "stress" in found:
        shear, bulk = moduli(found["stiffness"].astype(np.longdouble), found["stress"].astype(np.longdouble))
        found.setdefault("shear_modulus", shear.astype(np.float64))
        found.setdefault("bulk_modulus", bulk.astype(np.float64))
    return found
