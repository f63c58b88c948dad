"""Outlines of netCDF files: shapes, types, attributes and labels without the other values, and an index of them."""

from __future__ import annotations

import functools
import json
import lzma
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bosonpeak.datasets.errors import RegistryError
from bosonpeak.datasets.schema.labels import COUNTED_ON, JOINED
from bosonpeak.datasets.storage import netcdf_codec
from bosonpeak.datasets.storage.raw_groups import StoredGroup, StoredVariable

INDEX = "index.json.xz"
"""Name of the index beside the manifest of a data release: outlines of the blocks, by SHA-256 of their files."""

_LABELS = frozenset(label for names in COUNTED_ON.values() for label in names)

Outline = Mapping[str, StoredGroup]


def has_values(name: str, dimensions: tuple[str, ...]) -> bool:
    """Test whether an outline has the values of a variable: labels, and quantities that all samples share."""
    return name in _LABELS or name in dimensions or not set(JOINED) & set(dimensions)


def outline(file: Path) -> dict[str, StoredGroup]:
    """Read the outline of a netCDF file by group path; other values, such as blind frequencies, are not read."""
    return netcdf_codec.decode(file, with_values=has_values)


def outline_text(groups: Outline) -> str:
    """Serialise an outline as JSON: equal outlines give equal texts."""
    return json.dumps(
        {
            path: {
                "attributes": _attributes(group.attributes),
                "variables": {
                    name: [
                        variable.dimensions,
                        variable.values.shape,
                        variable.values.dtype.str,
                        _attributes(variable.attributes),
                        variable.values.tolist() if has_values(name, variable.dimensions) else None,
                    ]
                    for name, variable in group.variables.items()
                },
            }
            for path, group in groups.items()
        }
    )


def _attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, str) else [np.asarray(value).dtype.str, np.asarray(value).tolist()]
        for name, value in attributes.items()
    }


def index_bytes(outlines: Mapping[str, Outline]) -> bytes:
    """Serialise outlines by SHA-256 of their files."""
    texts = (f"{json.dumps(sha256)}: {outline_text(groups)}" for sha256, groups in sorted(outlines.items()))
    return lzma.compress(f"{{{', '.join(texts)}}}".encode())


def read_index(path: Path) -> Mapping[str, Outline]:
    """Read the outlines of an index by SHA-256 of their files, none if there is no such file."""
    return _parsed(path.read_bytes()) if path.is_file() else {}


@functools.lru_cache(maxsize=2)
def _parsed(content: bytes) -> Mapping[str, Outline]:
    try:
        index = json.loads(lzma.decompress(content))
        return {sha256: {path: _group(each) for path, each in groups.items()} for sha256, groups in index.items()}
    except (lzma.LZMAError, EOFError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise RegistryError(
            "the index of the data release cannot be read",
            expected=f"{INDEX} as written beside the manifest",
            got=f"{type(error).__name__}: {error}",
            likely_cause="an incomplete installation or checkout",
        ) from error


def _group(written: Mapping[str, Any]) -> StoredGroup:
    variables = {}
    for name, (dimensions, shape, dtype, attributes, values) in written["variables"].items():
        read = netcdf_codec.without_values(np.dtype(dtype), shape) if values is None else np.array(values, dtype)
        read.flags.writeable = False  # one copy for all who open the block
        variables[name] = StoredVariable(tuple(dimensions), read.reshape(shape), _read_attributes(attributes))
    return StoredGroup(variables, _read_attributes(written["attributes"]))


def _read_attributes(written: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, str) else np.array(value[1], dtype=value[0])[()]
        for name, value in written.items()
    }
