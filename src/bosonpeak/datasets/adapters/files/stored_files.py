"""NetCDF files and Zarr stores, of this package or not, on their way through the readers of foreign data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.adapters.files.foreign_file import existing_file, head_of
from bosonpeak.datasets.errors import ForeignInputError, SchemaError, StoreError
from bosonpeak.datasets.schema import KINDS, validate
from bosonpeak.datasets.storage.zarr_metadata import METADATA_FILE

if TYPE_CHECKING:
    import xarray as xr

LARGEST_LOADED = 1 << 32
"""Bytes of arrays that a file from elsewhere may hold: four times the largest file, as spectra compress."""

_NETCDF = (b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"CDF\x02", b"CDF\x05")


def stored_dataset(path: Path, card: Mapping[str, Any]) -> xr.Dataset | None:
    """What a netCDF file or a Zarr store of this package holds.

    Parameters
    ----------
    path : Path
    card : mapping
        ``group``, where the file has several.

    Returns
    -------
    xarray.Dataset or None
        None for a file of another format, or a folder. A dataset of one of this package's kinds is valid.

    Raises
    ------
    ForeignInputError
        If it is damaged, holds several groups and none was named, breaks the schema of its kind, or is a Zarr store
        of another package.
    """
    is_zarr = is_zarr_store(path)
    if not is_zarr and (path.is_dir() or not head_of(existing_file(path, "netCDF")).startswith(_NETCDF)):
        return None
    found = _read(path, card)
    if is_own(found):
        require_valid(found, path)
    elif is_zarr:
        raise ForeignInputError(
            "the Zarr store is not one of this package",
            expected=f"an attribute kind: {', '.join(KINDS)}",
            got=repr(found.attrs.get("kind")),
            where=str(path),
            likely_cause="write its numbers as netCDF or .npz",
        )
    return found


def is_zarr_store(path: Path) -> bool:
    """Whether a folder is a Zarr store of format 3."""
    return (path / METADATA_FILE).is_file()


def is_own(dataset: xr.Dataset) -> bool:
    """Whether a dataset says that it is of one of this package's kinds."""
    return dataset.attrs.get("kind") in KINDS


def require_valid(dataset: xr.Dataset, path: Path) -> None:
    """Refuse a dataset that breaks the schema of its kind.

    Raises
    ------
    ForeignInputError
        With every violation.
    """
    try:
        validate(dataset)
    except SchemaError as error:
        raise ForeignInputError(
            error.what, expected="a valid dataset", got="\n    ".join(error.violations), where=str(path)
        ) from error


def _read(path: Path, card: Mapping[str, Any]) -> xr.Dataset:
    import xarray as xr

    from bosonpeak.datasets.storage.store import read

    try:
        found = read(path, group=card.get("group"), largest=LARGEST_LOADED)
    except StoreError as error:
        raise ForeignInputError(
            error.what,
            expected=error.expected,
            got=error.got,
            where=error.where,
            likely_cause=error.likely_cause,
            done=error.done,
        ) from error
    if isinstance(found, xr.DataTree):
        raise ForeignInputError(
            "the file holds several datasets in groups",
            expected='one of them, by group = "..." in the card',
            got=", ".join(node.path for node in found.subtree if node.data_vars),
            where=str(path),
        )
    return found
