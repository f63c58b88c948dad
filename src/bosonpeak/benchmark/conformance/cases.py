"""Stored conformance cases: configuration, potential, references, and the digits that a correct code must match."""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import numpy as np

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
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
"""Quantities of the cases, in the order of reports."""

OPTIONAL = ("hessian",)
"""Scored if given, not missed if eigenvalues are given instead."""


@dataclass(frozen=True)
class Problem:
    """Input of a code under test: particles (or nodes) and their interaction."""

    name: str
    positions: FloatArray  # (particles, dimension), inside the box
    diameters: FloatArray  # (particles,), all 1 if the interaction has none
    box: FloatArray  # (dimension,), edge lengths
    interaction: Mapping[str, Any]  # ``form`` with its parameters; formulas in the README by `export`
    bonds: IntegerArray  # (bonds, 2), node pairs from 0, empty without listed springs
    tilt: FloatArray = field(default_factory=lambda: np.empty(0))  # xy, or xy, xz, yz; empty for a rectangular box

    @property
    def dimension(self) -> int:
        """Dimension of space."""
        return int(self.positions.shape[1])

    @property
    def components(self) -> int:
        """Degrees of freedom per particle: 1 for nodes that move along a line, else the dimension."""
        return 1 if self.interaction["form"] == "scalar-springs" else self.dimension

    @property
    def degrees_of_freedom(self) -> int:
        """Size of the Hessian."""
        return self.components * len(self.positions)

    @property
    def cell(self) -> FloatArray:
        """Box edges, one per row: (Lx, 0, 0), (xy, Ly, 0), (xz, yz, Lz)."""
        return tilted_cell(self.box, self.tilt)

    @property
    def volume(self) -> float:
        """Volume (area) of the box."""
        return float(np.prod(self.box))


@dataclass(frozen=True)
class Reference:
    """Reference value of a quantity, with the required accuracy."""

    value: FloatArray  # correctly rounded; for a Hessian, its products with the probe vectors, one per row
    scale: float  # magnitude that errors are divided by
    required: float  # digits that must match, 0 for counts, which must be equal
    correct: float  # digits of this package in double precision
    wrong: float  # digits of the closest wrong formula, named in `closest`
    closest: str


@dataclass(frozen=True)
class Case:
    """Problem with title, the errors that it detects (``tests``), and references in the order of `QUANTITIES`."""

    problem: Problem
    title: str
    tests: str
    references: Mapping[str, Reference]

    @property
    def name(self) -> str:
        """Name of the case, and of its directory."""
        return self.problem.name


def probe_vectors(degrees_of_freedom: int) -> FloatArray:
    """Vectors (3, degrees of freedom) that multiply a Hessian: v_k = (7 k^2 + 3 k + 5 p) mod 11 - 5 for p = 0, 1, 2."""
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
    """Load a case by name; `ForeignInputError` if the name is unknown."""
    if name not in case_names():
        close = difflib.get_close_matches(name, case_names(), n=1)
        raise ForeignInputError(
            "there is no such conformance case",
            expected=f"{close[0]}, perhaps" if close else "one of those that bosonpeak conformance list shows",
            got=repr(name),
        )
    return case_of_document(json.loads(_folder().joinpath(f"{name}.json").read_text(encoding="utf-8")))


def case_of_document(document: Mapping[str, Any]) -> Case:
    """Build a case from its stored JSON values."""
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
    """Convert a case to JSON values for storage."""
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
