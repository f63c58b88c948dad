"""What all sample generators of the package share: parameters completed and checked, samples joined and labelled."""

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
    """A sample generator that says what it takes and makes; how that is checked and labelled is said here, once.

    One that can tell how large its samples are has a method ``footprint`` as well (`FootprintEstimator`).
    """

    name: str
    kind: str
    defaults: Mapping[str, Any]
    """Parameters with the values, and of the types, that they have unless a recipe says otherwise."""
    labels: Mapping[str, Label]
    """Every array of the dataset."""

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """What the completed parameters must obey."""
        return []

    def refuse(self, parameters: Mapping[str, Any]) -> None:
        """Raise what the system's own constructors object to, beyond the requirements."""
        return

    @abstractmethod
    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """One sample as named arrays."""

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Arrays of the dataset, in its order."""
        return stacked(samples, self.labels)

    def labels_for(self, parameters: Mapping[str, Any]) -> Mapping[str, Label]:
        """Labels of the dataset's arrays."""
        return self.labels

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """What the dataset says of itself."""
        return {"parameters": recorded(parameters)}

    @final
    def check(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Complete the parameters with defaults; refuse unknown or impossible ones.

        Raises
        ------
        RecipeError
            With all that is wrong.
        """
        complete = completed(parameters, self.defaults, self.name)
        refuse_impossible(complete, self.requirements(complete), self.name)
        self.refuse(complete)
        return complete

    @final
    def assemble(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> xr.Dataset:
        """Join the samples in their order, and label them."""
        arrays = self.joined(parameters, samples)
        return labelled(arrays, self.labels_for(parameters), parameters, self.attributes(parameters))
