"""Spectra of theories on grids of their parameters, one deterministic sample per recipe; `THEORIES` lists them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.sample_generators.labelled_generator import (
    Label,
    LabelledGenerator,
    Requirement,
    Sample,
    recorded,
)

if TYPE_CHECKING:
    import xarray as xr

_FOLDER = "bosonpeak.generators.sample_generators.theory_grids"

THEORIES = {
    "quasi-equilibrium": f"{_FOLDER}.quasi_equilibrium:QuasiEquilibriumGrid",
    "layered-medium": f"{_FOLDER}.quasi_equilibrium:LayeredMediumGrid",
    "generalised-heterogeneous-elasticity": f"{_FOLDER}.heterogeneous_elasticity:StressSpectrumGrid",
    "heterogeneous-elasticity": f"{_FOLDER}.heterogeneous_elasticity:HeterogeneousElasticityGrid",
    "heterogeneous-elasticity-unstable": f"{_FOLDER}.unstable_media:UnstableMediumGrid",
    "heterogeneous-elasticity-finite": f"{_FOLDER}.finite_samples:FiniteElasticityGrid",
    "heterogeneous-elasticity-finite-with-stresses": f"{_FOLDER}.finite_samples:CombinedSpectrumGrid",
    "known-edge": f"{_FOLDER}.known_truth:KnownEdgeGrid",
    "known-spectrum": f"{_FOLDER}.known_truth:KnownSpectrumGrid",
}
"""Theories by name; a class without arguments behind each."""


class Theory(Protocol):
    """Theory that a recipe can evaluate on a grid of parameters."""

    name: str
    equations: str
    defaults: Mapping[str, Any]
    """Parameters with the values that they have unless a recipe says otherwise; lists for the axes of the grid."""
    labels: Mapping[str, Label]
    """Every array that `arrays` may return; the dimension ``frequency`` is the last."""

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Requirements on the completed parameters."""
        ...

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory that the grid needs while it is computed, and its bytes on disk."""
        ...

    def arrays(self, parameters: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Coordinates and variables of the grid."""
        ...


class TheorySpectrum:
    """Grid of the theory named by the parameters; dataset kind ``theory-spectrum``."""

    name = "theory"
    kind = "theory-spectrum"

    def check(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Complete the parameters with the defaults of the theory; reject unknown or invalid parameters."""
        return _grid(parameters).check(parameters)

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk for the grid."""
        return find_theory(parameters["theory"]).footprint(parameters)

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Compute the whole grid; deterministic."""
        return _grid(parameters).sample(parameters, seed)

    def assemble(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> xr.Dataset:
        """Label the arrays of the grid."""
        return _grid(parameters).assemble(parameters, samples)


class _Grid(LabelledGenerator):
    """Grid of one theory."""

    kind = TheorySpectrum.kind

    def __init__(self, theory: Theory) -> None:
        self.theory = theory
        self.name = f"the theory {theory.name}"
        self.defaults = {"theory": theory.name, **theory.defaults}
        self.labels = theory.labels

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        return self.theory.requirements(parameters)

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        return self.theory.arrays(parameters)

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        if len(samples) != 1:
            raise RecipeError(
                "a theory has one sample, the grid of its parameters", expected="1", got=f"{len(samples)}"
            )
        return dict(samples[0])

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "theory": self.theory.name,
            "equations": self.theory.equations,
            "parameters": recorded(parameters),
        }


def _grid(parameters: Mapping[str, Any]) -> _Grid:
    return _Grid(find_theory(parameters.get("theory")))


def find_theory(name: object) -> Theory:
    """Theory with the given name; `RecipeError` if the name is unknown."""
    if not isinstance(name, str) or name not in THEORIES:
        raise RecipeError("unknown theory", expected=f"theory: one of {', '.join(sorted(THEORIES))}", got=repr(name))
    module, _, attribute = THEORIES[name].partition(":")
    theory: Theory = getattr(importlib.import_module(module), attribute)()
    return theory
