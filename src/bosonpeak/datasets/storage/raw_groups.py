"""Raw content of a file or store before conversion to a dataset: named arrays with attributes, in groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.errors import StoreError, did_you_mean

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


def inherited_attributes(groups: Mapping[str, StoredGroup], group: str, where: str) -> dict[str, Any]:
    """Attributes of all groups above a group, the innermost winning, without content digests."""
    if group not in groups or not groups[group].variables:
        filled = [path for path, node in groups.items() if node.variables]
        raise StoreError(
            "the file has no dataset in that group" if group in groups else "the file has no such group",
            expected=", ".join(filled) or "a file with datasets",
            got=group,
            where=where,
            likely_cause=did_you_mean(group, filled),
        )
    above = [path for path in groups if path == "/" or group.startswith(f"{path}/")]
    attributes: dict[str, Any] = {}
    for path in sorted(above, key=len):
        attributes |= groups[path].attributes
    attributes.pop("content_digest", None)
    return attributes


def text_values(values: NDArray[Any]) -> NDArray[Any]:
    """Objects as texts for xarray, any other array unchanged."""
    return values.astype(_TEXT) if values.dtype.hasobject else values


def labelled(group: StoredGroup) -> xr.Dataset:
    """Convert a group to a dataset by the netCDF conventions."""
    import xarray as xr
    from xarray.backends import InMemoryDataStore

    variables = {name: xr.Variable(*parts(variable)) for name, variable in group.variables.items()}
    store = InMemoryDataStore(variables, dict(group.attributes))  # type: ignore[no-untyped-call]
    return xr.decode_cf(store, **DECODING).load()


def parts(variable: StoredVariable) -> tuple[tuple[str, ...], NDArray[Any], dict[str, Any]]:
    """Dimensions, values and attributes of a variable as xarray expects them."""
    values, attributes = variable.values, dict(variable.attributes)
    if values.dtype.kind == "S" and "_FillValue" in attributes:
        # One-character attributes arrive as text, but xarray needs bytes as the fill value of character arrays.
        attributes["_FillValue"] = np.bytes_(attributes["_FillValue"])
    return variable.dimensions, text_values(values), attributes
