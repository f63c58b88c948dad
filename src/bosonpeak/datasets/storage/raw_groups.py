"""Raw content of a file or store before conversion to a dataset: named arrays with attributes, in groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

DECODING: dict[str, Any] = {"decode_times": False, "decode_timedelta": False}
"""Units such as "s" or "ps" belong to numbers here, and must not turn them into time differences."""

_TEXT = np.dtype("O", metadata={"element_type": str})
"""Type by which xarray recognises objects as texts."""


@dataclass(frozen=True)
class StoredVariable:
    """One array of a file: dimensions, attributes and values (numbers, characters, or texts of type object)."""

    dimensions: tuple[str, ...]
    values: NDArray[Any]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class StoredGroup:
    """One group of a file: variables and attributes."""

    variables: Mapping[str, StoredVariable]
    attributes: Mapping[str, Any]


def labelled(group: StoredGroup) -> xr.Dataset:
    """Convert a group to a dataset by the netCDF conventions."""
    import xarray as xr
    from xarray.backends import InMemoryDataStore

    variables = {name: xr.Variable(*_parts(variable)) for name, variable in group.variables.items()}
    store = InMemoryDataStore(variables, dict(group.attributes))  # type: ignore[no-untyped-call]
    return xr.decode_cf(store, **DECODING).load()


def _parts(variable: StoredVariable) -> tuple[tuple[str, ...], NDArray[Any], dict[str, Any]]:
    values, attributes = variable.values, dict(variable.attributes)
    if values.dtype.kind == "S" and "_FillValue" in attributes:
        # One-character attributes arrive as text, but xarray needs bytes as the fill value of character arrays.
        attributes["_FillValue"] = np.bytes_(attributes["_FillValue"])
    return variable.dimensions, values.astype(_TEXT) if values.dtype.hasobject else values, attributes
