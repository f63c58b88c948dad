"""Conversion of sample arrays to labelled datasets, and joins of the arrays of several samples."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.datasets.arrays import IndexArray

Sample = Mapping[str, NDArray[Any]]
"""What a generator makes of one random stream: named arrays."""

Label = tuple[tuple[str, ...], str, str] | tuple[tuple[str, ...], str, str, Mapping[str, Any]]
"""Dimensions, units and long name of a variable, and attributes beside them; ``{name}`` in a text stands for the
parameter of that name. A variable whose only dimension has its own name is a coordinate."""


def labelled(
    arrays: Mapping[str, NDArray[Any]],
    labels: Mapping[str, Label],
    parameters: Mapping[str, Any],
    attributes: Mapping[str, Any],
) -> xr.Dataset:
    """Dataset of the arrays in their order; `labels` needs one label per array and may use the parameters."""
    variables = {}
    for name, array in arrays.items():
        dimensions, units, long_name, *others = labels[name]
        described = {"units": units.format(**parameters), "long_name": long_name.format(**parameters)}
        variables[name] = dimensions, array, {**described, **(others[0] if others else {})}
    return xr.Dataset(variables, attrs=dict(attributes))


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
