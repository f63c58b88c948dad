"""Base class of the sample generators: parameters are completed and checked, samples are joined and labelled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.generators.sample_generators.labels import Label, Sample, labelled, recorded, stacked
from bosonpeak.generators.sample_generators.parameters import Requirement, completed, refuse_impossible


class LabelledGenerator(ABC):
    """Sample generator defined by defaults, requirements and labels; an optional ``footprint`` predicts its size."""

    name: str
    kind: str
    defaults: Mapping[str, Any]
    """Parameters with the values, and of the types, that they have unless a recipe says otherwise."""
    labels: Mapping[str, Label]
    """Every array of the dataset."""

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Requirements on the completed parameters."""
        return []

    def refuse(self, parameters: Mapping[str, Any]) -> None:
        """Raise the errors of the system's constructors, beyond the requirements."""
        return

    @abstractmethod
    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Make one sample as named arrays."""

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Arrays of the dataset, in dataset order."""
        return stacked(samples, self.labels)

    def labels_for(self, parameters: Mapping[str, Any]) -> Mapping[str, Label]:
        """Labels of the arrays of the dataset."""
        return self.labels

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes of the dataset."""
        return {"parameters": recorded(parameters)}

    @final
    def check(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Complete the parameters with defaults; raise one `RecipeError` that lists all unknown or invalid ones."""
        complete = completed(parameters, self.defaults, self.name)
        refuse_impossible(complete, self.requirements(complete), self.name)
        self.refuse(complete)
        return complete

    @final
    def assemble(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> xr.Dataset:
        """Join the samples in order and label the arrays."""
        arrays = self.joined(parameters, samples)
        return labelled(arrays, self.labels_for(parameters), parameters, self.attributes(parameters))
