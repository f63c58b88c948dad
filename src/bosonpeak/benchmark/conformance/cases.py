"""The stored cases: configuration, potential, references and the digits that a correct code must match."""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import numpy as np

from bosonpeak.datasets.arrays import FloatArray, IntegerArray
from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.datasets.periodic_box import tilted_cell

QUANTITIES = (
    "energy",
    "forces",
    "stress",
    "hessian",
    "eigenvalues",
    "lowest_eigenvalue",
    "stiffness",
    "shear_modulus",
    "bulk_modulus",
    "contacts",
    "relaxed_energy",
    "relaxed_positions",
)
"""What a code may be asked for, in the order of reports."""

OPTIONAL = ("hessian",)
"""Scored if given, not missed if eigenvalues are given instead."""


@dataclass(frozen=True)
class Problem:
    """What a code is given: particles (or nodes) and how they interact.

    Parameters
    ----------
    name : str
    positions : ndarray of float64, shape (particles, dimension)
        Inside the box.
    diameters : ndarray of float64, shape (particles,)
        All 1 where the interaction has no diameters.
    box : ndarray of float64, shape (dimension,)
        Lengths of the periodic box.
    interaction : mapping
        ``form`` ("inverse-power", "lennard-jones", "harmonic" or "scalar-springs") and its parameters; the formulas
        are in the README that `export` writes.
    bonds : ndarray of int64, shape (bonds, 2)
        Pairs of nodes, from 0, where springs are listed; else empty.
    tilt : ndarray of float64, shape (0,), (1,) or (3,)
        Of the second and third edge of the box: xy, or xy, xz, yz; empty where it is rectangular.
    """

    name: str
    positions: FloatArray
    diameters: FloatArray
    box: FloatArray
    interaction: Mapping[str, Any]
    bonds: IntegerArray
    tilt: FloatArray = field(default_factory=lambda: np.empty(0))

    @property
    def dimension(self) -> int:
        """Dimension of space."""
        return int(self.positions.shape[1])

    @property
    def components(self) -> int:
        """Degrees of freedom of a particle: 1 where nodes move along a line, else the dimension."""
        return 1 if self.interaction["form"] == "scalar-springs" else self.dimension

    @property
    def degrees_of_freedom(self) -> int:
        """Size of the Hessian."""
        return self.components * len(self.positions)

    @property
    def cell(self) -> FloatArray:
        """Edges of the box, one a row: (Lx, 0, 0), (xy, Ly, 0), (xz, yz, Lz)."""
        return tilted_cell(self.box, self.tilt)

    @property
    def volume(self) -> float:
        """Volume (area) of the box."""
        return float(np.prod(self.box))


@dataclass(frozen=True)
class Reference:
    """The right answer for one quantity.

    Parameters
    ----------
    value : ndarray of float64
        Correctly rounded; of the Hessian its products with the case's probe vectors, one a row.
    scale : float
        Magnitude that errors are compared with.
    required : float
        Digits that must match; 0 for counts, which must be equal.
    correct : float
        Digits that this package reaches in double precision.
    wrong : float
        Digits that the closest wrong formula reaches.
    closest : str
        Which wrong formula that is.
    """

    value: FloatArray
    scale: float
    required: float
    correct: float
    wrong: float
    closest: str


@dataclass(frozen=True)
class Case:
    """One case.

    Parameters
    ----------
    problem : Problem
    title : str
        What it is, in one line.
    tests : str
        What goes wrong here in codes that are wrong.
    references : mapping of str to Reference
        By quantity, in the order of `QUANTITIES`.
    """

    problem: Problem
    title: str
    tests: str
    references: Mapping[str, Reference]

    @property
    def name(self) -> str:
        """Name of the case, and of its directory."""
        return self.problem.name


def probe_vectors(degrees_of_freedom: int) -> FloatArray:
    """Vectors of small whole numbers that a Hessian is multiplied with, shape (3, degrees of freedom).

    v_k = (7 k^2 + 3 k + 5 p) mod 11 - 5 for p = 0, 1, 2.
    """
    index = np.arange(degrees_of_freedom, dtype=np.int64)
    rows = [(7 * index**2 + 3 * index + 5 * p) % 11 - 5 for p in range(3)]
    return np.array(rows, dtype=np.float64)


def case_names() -> tuple[str, ...]:
    """Names of all cases, in the order of reports."""
    order: list[str] = json.loads(_folder().joinpath("order.json").read_text(encoding="utf-8"))
    return tuple(order)


def load_cases() -> tuple[Case, ...]:
    """All cases, in the order of reports."""
    return tuple(map(load_case, case_names()))


@functools.cache
def load_case(name: str) -> Case:
    """The case of that name.

    Raises
    ------
    ForeignInputError
        If there is none of that name.
    """
    if name not in case_names():
        close = difflib.get_close_matches(name, case_names(), n=1)
        raise ForeignInputError(
            "there is no such conformance case",
            expected=f"{close[0]}, perhaps" if close else "one of those that bosonpeak conformance list shows",
            got=repr(name),
        )
    return case_of_document(json.loads(_folder().joinpath(f"{name}.json").read_text(encoding="utf-8")))


def case_of_document(document: Mapping[str, Any]) -> Case:
    """Build a case from what is stored of it."""
    problem = Problem(
        name=document["name"],
        positions=np.array(document["positions"]),
        diameters=np.array(document["diameters"]),
        box=np.array(document["box"]),
        interaction=document["interaction"],
        bonds=np.array(document["bonds"], dtype=np.int64).reshape(-1, 2),
        tilt=np.array(document.get("tilt", []), dtype=np.float64),
    )
    references = {
        name: Reference(np.array(entry.pop("value"), dtype=np.float64), **entry)
        for name, entry in ((name, dict(document["references"][name])) for name in document["references"])
    }
    return Case(problem, document["title"], document["tests"], references)


def document_of_case(case: Case) -> dict[str, Any]:
    """What is stored of a case, as JSON values."""
    problem = case.problem
    return {
        "name": case.name,
        "title": case.title,
        "tests": case.tests,
        "interaction": dict(problem.interaction),
        "box": problem.box.tolist(),
        **({"tilt": problem.tilt.tolist()} if problem.tilt.size else {}),
        "diameters": problem.diameters.tolist(),
        "positions": problem.positions.tolist(),
        "bonds": problem.bonds.tolist(),
        "references": {
            name: {
                "value": reference.value.tolist(),
                "scale": reference.scale,
                "required": reference.required,
                "correct": reference.correct,
                "wrong": reference.wrong,
                "closest": reference.closest,
            }
            for name, reference in case.references.items()
        },
    }


def _folder() -> Any:
    return resources.files(__package__).joinpath("cases_data")
