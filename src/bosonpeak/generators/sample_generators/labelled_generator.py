"""Base class of the sample generators: complete and check recipe parameters, join sample arrays, label datasets."""

from __future__ import annotations

import itertools
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import IndexArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.schema import with_labels

Sample = Mapping[str, NDArray[Any]]
"""Result of a generator for one random stream: named arrays."""

Label = tuple[tuple[str, ...], str, str] | tuple[tuple[str, ...], str, str, Mapping[str, Any]]
"""Dimensions, units and long name of a variable, and attributes beside them; ``{name}`` in a text stands for the
parameter of that name. A variable whose only dimension has its own name is a coordinate."""


def labelled(
    arrays: Mapping[str, NDArray[Any]],
    labels: Mapping[str, Label],
    parameters: Mapping[str, Any],
    attributes: Mapping[str, Any],
) -> xr.Dataset:
    """Dataset of the arrays in their order, single numbers as coordinates; `labels` has the label of every array."""
    variables = {}
    for name, array in arrays.items():
        dimensions, units, long_name, *others = labels[name]
        described = {"units": units.format(**parameters), "long_name": long_name.format(**parameters)}
        variables[name] = dimensions, array, {**described, **(others[0] if others else {})}
    numbers = [name for name, array in arrays.items() if np.ndim(array) == 0]
    return xr.Dataset(variables, attrs=dict(attributes)).set_coords(numbers)


def led_by(dimension: str, labels: Mapping[str, Label]) -> dict[str, Label]:
    """Labels with one more dimension, before the others."""
    return {name: ((dimension, *label[0]), *label[1:]) for name, label in labels.items()}


def stacked(samples: Sequence[Sample], names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Stack the named arrays, of equal shape in all samples, along a new first dimension."""
    common = [name for name in names if all(name in sample for sample in samples)]
    return {name: np.stack([sample[name] for sample in samples]) for name in common}


def concatenated(samples: Sequence[Sample], names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Concatenate the named arrays along their first dimension; missing and empty arrays are left out."""
    found = {name: [sample[name] for sample in samples if name in sample] for name in names}
    return {name: np.concatenate(arrays) for name, arrays in found.items() if arrays and arrays[0].size}


def padded(samples: Sequence[Sample], fills: Mapping[str, float], *, axis: int = 0) -> list[Sample]:
    """Pad arrays along an axis to the longest of their name, with the value that `fills` gives for the name."""
    lengths = {
        name: max((sample[name].shape[axis] for sample in samples if name in sample), default=0) for name in fills
    }

    def longer(sample: Sample, name: str) -> NDArray[Any]:
        missing = lengths[name] - sample[name].shape[axis]
        widths = [(0, missing if place == axis else 0) for place in range(sample[name].ndim)]
        return np.pad(sample[name], widths, constant_values=fills[name])

    return [{**sample, **{name: longer(sample, name) for name in fills if name in sample}} for sample in samples]


def owners(counts: Sequence[int]) -> IndexArray:
    """Sample index of each row, if sample i contributes counts[i] rows; shape (sum of counts,)."""
    return np.repeat(np.arange(len(counts), dtype=np.int32), counts)


def recorded(parameters: Mapping[str, Any]) -> str:
    """Parameters as JSON text for a dataset attribute, with infinite numbers as strings."""
    finite = {
        key: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in parameters.items()
    }
    return json.dumps(finite, sort_keys=True)


Requirement = tuple[str, str, bool]
"""Parameter, expectation in words, and result of the check."""


def completed(parameters: Mapping[str, Any], defaults: Mapping[str, Any], generator: str) -> dict[str, Any]:
    """All parameters of a generator in the types of the defaults; `RecipeError` for unknown names or wrong types."""
    unknown = sorted(set(parameters) - set(defaults))
    if unknown:
        raise RecipeError(
            f"unknown parameters of {generator}", expected="some of " + ", ".join(defaults), got=", ".join(unknown)
        )
    for key, value in parameters.items():
        wanted = type(defaults[key])
        fits = type(value) in (int, float) if wanted is float else type(value) is wanted
        if not fits:
            raise RecipeError(f"parameter {key} has the wrong type", expected=wanted.__name__, got=repr(value))
    return {key: type(default)(parameters.get(key, default)) for key, default in defaults.items()}


def refuse_impossible(parameters: Mapping[str, Any], requirements: Sequence[Requirement], generator: str) -> None:
    """Raise one `RecipeError` that lists every violated requirement."""
    wrong = [(key, expected) for key, expected, holds in requirements if not holds]
    if wrong:
        raise RecipeError(
            f"impossible parameters of {generator}",
            expected="; ".join(f"{key}: {expected}" for key, expected in wrong),
            got=", ".join(f"{key} = {parameters[key]}" for key, _ in wrong),
        )


def ascending(values: Sequence[float], low: float, high: float) -> bool:
    """Test whether a list is non-empty and ascending, with all numbers in [low, high]."""
    numbers = all(isinstance(value, int | float) and low <= value <= high for value in values)
    return bool(values) and numbers and all(a < b for a, b in itertools.pairwise(values))


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
        attributes = {"kind": self.kind, **self.attributes(parameters)}
        return with_labels(labelled(arrays, self.labels_for(parameters), parameters, attributes))
