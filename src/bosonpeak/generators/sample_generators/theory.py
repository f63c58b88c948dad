"""Sample generator for the spectra that theories give on grids of their parameters.

Nothing in a theory is random: a recipe asks for one sample, which is the whole grid. A theory is an object that says
which parameters it takes, what they must obey, and which arrays it computes from them; `THEORIES` lists them by the
name that a recipe gives as its parameter ``theory``.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.sample_generators.parameters import Requirement, completed, refuse_impossible

Sample = Mapping[str, NDArray[Any]]

Label = tuple[tuple[str, ...], str, str]
"""Dimensions, units and long name of a variable; one whose only dimension has its own name is a coordinate."""

_FOLDER = "bosonpeak.generators.sample_generators.theory_grids"

THEORIES = {
    "quasi-equilibrium": f"{_FOLDER}.quasi_equilibrium:QuasiEquilibriumGrid",
    "layered-medium": f"{_FOLDER}.layered_medium:LayeredMediumGrid",
    "generalised-heterogeneous-elasticity": f"{_FOLDER}.stress_coupling:StressSpectrumGrid",
    "heterogeneous-elasticity": f"{_FOLDER}.heterogeneous_elasticity:HeterogeneousElasticityGrid",
    "heterogeneous-elasticity-finite": f"{_FOLDER}.heterogeneous_elasticity:FiniteElasticityGrid",
    "known-edge": f"{_FOLDER}.known_truth:KnownEdgeGrid",
    "known-spectrum": f"{_FOLDER}.known_truth:KnownSpectrumGrid",
}
"""Theories by name; a class without arguments behind each."""


class Theory(Protocol):
    """What a recipe can ask for on a grid of parameters."""

    name: str
    equations: str
    defaults: Mapping[str, Any]
    """Parameters with the values that they have unless a recipe says otherwise; lists for the axes of the grid."""
    labels: Mapping[str, Label]
    """Every array that `arrays` may return; the dimension ``frequency`` is the last."""

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Return what the completed parameters must obey."""
        ...

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Return the bytes of memory that the grid needs while it is computed, and its bytes on disk."""
        ...

    def arrays(self, parameters: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Return the coordinates and the variables of the grid."""
        ...


class TheorySpectrum:
    """The grid of one theory; dataset kind ``theory-spectrum``."""

    name = "theory"
    kind = "theory-spectrum"

    def check(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Complete the parameters with the theory's defaults; refuse unknown or impossible ones."""
        theory = find_theory(parameters.get("theory"))
        generator = f"the theory {theory.name}"
        complete = completed(parameters, {"theory": theory.name, **theory.defaults}, generator)
        refuse_impossible(complete, theory.requirements(complete), generator)
        return complete

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk for the grid."""
        return find_theory(parameters["theory"]).footprint(parameters)

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """The whole grid; nothing in it is random."""
        return find_theory(parameters["theory"]).arrays(parameters)

    def assemble(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> xr.Dataset:
        """Label the grid.

        Raises
        ------
        RecipeError
            If there is more than one sample.
        """
        if len(samples) != 1:
            raise RecipeError(
                "a theory has one sample, the grid of its parameters", expected="1", got=f"{len(samples)}"
            )
        theory = find_theory(parameters["theory"])
        variables = {}
        for name, array in samples[0].items():
            dimensions, units, long_name = theory.labels[name]
            variables[name] = dimensions, array, {"units": units, "long_name": long_name}
        attributes = {
            "theory": theory.name,
            "equations": theory.equations,
            "parameters": json.dumps(dict(parameters), sort_keys=True),
        }
        # A variable whose only dimension has its own name becomes a coordinate.
        return xr.Dataset(variables, attrs=attributes)


def find_theory(name: object) -> Theory:
    """Return the theory of that name.

    Raises
    ------
    RecipeError
        If there is none.
    """
    if not isinstance(name, str) or name not in THEORIES:
        raise RecipeError("no such theory", expected=f"theory: one of {', '.join(sorted(THEORIES))}", got=repr(name))
    module, _, attribute = THEORIES[name].partition(":")
    theory: Theory = getattr(importlib.import_module(module), attribute)()
    return theory
