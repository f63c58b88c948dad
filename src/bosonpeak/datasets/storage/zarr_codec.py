"""Encode datasets as Zarr stores (format 3, a directory), and decode such stores."""

from __future__ import annotations

import base64
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bosonpeak.datasets.errors import StoreError, did_you_mean
from bosonpeak.datasets.storage.netcdf_codec import chunk_shape
from bosonpeak.datasets.storage.raw_groups import DECODING, StoredGroup, StoredVariable
from bosonpeak.datasets.storage.zarr_metadata import checked_groups

if TYPE_CHECKING:
    import xarray as xr

    from bosonpeak.datasets.storage.netcdf_codec import Chunks
    from bosonpeak.datasets.storage.zarr_metadata import ZarrGroup

_COMPRESSION_LEVEL = 4


def require_zarr(where: str) -> None:
    """Raise a `StoreError` with a readable message if the package ``zarr`` is not installed."""
    if importlib.util.find_spec("zarr") is None:
        raise StoreError(
            "Zarr stores need a package that is not installed",
            expected="the package zarr, version 3",
            where=where,
            likely_cause="install it with: pip install 'bosonpeak[zarr]'",
            done="nothing was read, written or computed",
        )


def encode(groups: Mapping[str, xr.Dataset], path: Path) -> None:
    """Write datasets as groups of a new Zarr store, the root ``"/"`` first; equal datasets give equal files."""
    # Every chunk is written, including chunks of zeros, so that a missing chunk is damage.
    for name, dataset in groups.items():
        plain = dataset.drop_encoding()
        for text in [key for key, variable in plain.variables.items() if variable.dtype.kind in "UO"]:
            plain = plain.assign({text: plain[text].astype(np.dtypes.StringDType())})
        plain.to_zarr(
            path,
            group=name,
            mode="w-",
            zarr_format=3,
            consolidated=False,
            write_empty_chunks=True,
            encoding={key: _encoding(variable) for key, variable in plain.variables.items()},
        )


def decode(
    store: Path, group: str | None, *, where: str, largest: int | None = None, with_values: bool = True
) -> dict[str, StoredGroup]:
    """Read the groups of a Zarr store into memory, by group path and with variables sorted by name."""
    found = _checked(store, group, where, with_chunks=with_values)

    import zarr

    root = zarr.open_group(store, mode="r", zarr_format=3, use_consolidated=False)
    groups = {}
    for path in found if group is None else [group]:
        node: Any = root if path == "/" else root[path.strip("/")]
        arrays = dict(sorted(node.arrays()))
        size = sum(array.nbytes for array in arrays.values())
        if largest is not None and size > largest:
            raise ValueError(f"the store declares {size:,} bytes of arrays")
        variables = {name: _variable(name, array, with_values) for name, array in arrays.items()}
        inherited = {} if group is None else _inherited(found, group)
        groups[path] = StoredGroup(variables, {**inherited, **found[path].attributes})
    return groups


def open_lazily(store: Path, group: str | None, chunks: Chunks, *, where: str) -> dict[str, xr.Dataset]:
    """Open the groups of a Zarr store with values in Dask arrays, variables sorted by name; errors as in `decode`."""
    import xarray as xr

    found = _checked(store, group, where, with_chunks=False)
    options: dict[str, Any] = {"engine": "zarr", "consolidated": False, "zarr_format": 3, "chunks": chunks, **DECODING}
    datasets = {}
    for path in found if group is None else [group]:
        dataset = _in_order(xr.open_dataset(store, group=path, **options))
        inherited = {} if group is None else _inherited(found, group)
        datasets[path] = dataset.assign_attrs({**inherited, **dataset.attrs})
    return datasets


def _checked(store: Path, group: str | None, where: str, *, with_chunks: bool) -> dict[str, ZarrGroup]:
    """Return the checked groups of a store; raise `StoreError` if the selected group is missing or has no arrays."""
    require_zarr(where)
    found = checked_groups(store, with_chunks=with_chunks)
    if group is not None and (group not in found or not found[group].has_arrays):
        filled = [path for path, node in found.items() if node.has_arrays]
        raise StoreError(
            "the store has no dataset in that group" if group in found else "the store has no such group",
            expected=", ".join(filled) or "a store with datasets",
            got=group,
            where=where,
            likely_cause=did_you_mean(group, filled),
        )
    return found


def _variable(name: str, array: Any, with_values: bool) -> StoredVariable:
    dimensions, attributes = array.metadata.dimension_names or (), array.attrs.asdict()
    if len(dimensions) != array.ndim or None in dimensions:
        raise ValueError(f"array {name!r} has no dimension names")
    dtype = np.dtype(object if array.dtype.kind == "T" else array.dtype)
    if "_FillValue" in attributes:
        attributes["_FillValue"] = _fill_value(attributes["_FillValue"], dtype)
    if not with_values:
        return StoredVariable(
            dimensions, np.broadcast_to(np.array("" if dtype.hasobject else 0, dtype=dtype), array.shape), attributes
        )
    return StoredVariable(dimensions, np.asarray(array[...]).astype(dtype, copy=False), attributes)


def _fill_value(written: Any, dtype: np.dtype[Any]) -> Any:
    """Decode a fill value written by xarray: integers as such, floats as the base64 of a double."""
    if dtype.kind == "f" and isinstance(written, str):
        return dtype.type(np.frombuffer(base64.standard_b64decode(written), dtype="<f8")[0])
    if dtype.kind in "iu" and isinstance(written, int):
        return dtype.type(written)
    raise ValueError(f"a fill value {str(written)[:40]!r} of {dtype}")


def _inherited(groups: Mapping[str, ZarrGroup], group: str) -> dict[str, Any]:
    """Attributes of all groups above a group, the innermost winning, without content digests."""
    attributes: dict[str, Any] = {}
    for path, node in groups.items():
        if path == "/" or group.startswith(f"{path}/"):
            attributes |= node.attributes
    attributes.pop("content_digest", None)
    return attributes


def _in_order(dataset: xr.Dataset) -> xr.Dataset:
    """Sort the variables, because a directory has no order, and give texts the same type as netCDF files do."""
    import xarray as xr

    texts = {name: dataset[name].astype(object) for name in dataset.variables if dataset[name].dtype.kind == "T"}
    plain = dataset.assign(texts)
    return xr.Dataset(
        {name: plain[name] for name in sorted(plain.data_vars, key=str)},
        {name: plain[name] for name in sorted(plain.coords, key=str)},
        plain.attrs,
    )


def _encoding(variable: xr.Variable) -> dict[str, Any]:
    """Chunks, compression and checksum of a variable."""
    from zarr.codecs import ZstdCodec

    encoding: dict[str, Any] = {"compressors": (ZstdCodec(level=_COMPRESSION_LEVEL, checksum=True),)}
    if variable.dtype.kind == "f":
        encoding["_FillValue"] = None
    if variable.size and variable.ndim:
        encoding["chunks"] = chunk_shape(variable.shape, variable.dtype)
    return encoding
