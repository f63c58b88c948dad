"""NetCDF files and Zarr stores, of this package or another, as input of the foreign-data readers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.errors import ForeignInputError, SchemaError, StoreError
from bosonpeak.datasets.schema import KINDS, validate, with_labels
from bosonpeak.datasets.storage.raw_groups import StoredGroup
from bosonpeak.datasets.storage.zarr_metadata import METADATA_FILE

if TYPE_CHECKING:
    import xarray as xr

LARGEST_LOADED = 1 << 32
"""Bytes of arrays that a file from elsewhere may hold: four times the largest file, as spectra compress."""


def stored_group(path: Path, card: Mapping[str, Any]) -> StoredGroup:
    """Read a group of a netCDF file or Zarr store as plain arrays; ``card["group"]`` selects among several."""
    from bosonpeak.datasets.storage.raw_files import read_groups

    with as_foreign():
        found = read_groups(path, group=card.get("group"), largest=LARGEST_LOADED)
    if len(found) > 1:
        raise ForeignInputError(
            "the file holds several datasets in groups",
            expected='the name of a group, by group = "..." in the card',
            got=", ".join(name for name, group in found.items() if group.variables)[:200],
            where=str(path),
        )
    return next(iter(found.values()))


def dataset_of(group: StoredGroup, path: Path) -> xr.Dataset:
    """Build a dataset from plain arrays; a dataset of this package is checked against schema and digests."""
    import xarray as xr

    from bosonpeak.datasets.storage.raw_files import as_dataset
    from bosonpeak.datasets.storage.store import verify_digests

    with as_foreign():
        found = as_dataset({"/": group}, path)
        verify_digests(found, path, required=False)
    assert isinstance(found, xr.Dataset)
    if is_own(found):
        found = with_labels(found)
        require_valid(found, path)
    elif path.is_dir():
        raise ForeignInputError(
            "the Zarr store was not written by this package",
            expected=f"an attribute kind: {', '.join(KINDS)}",
            got=repr(found.attrs.get("kind"))[:80],
            where=str(path),
            likely_cause="write its numbers as netCDF or .npz",
        )
    return found


def is_own(dataset: xr.Dataset) -> bool:
    """Test whether a dataset declares a kind of this package."""
    kind = dataset.attrs.get("kind")
    return isinstance(kind, str) and kind in KINDS


def is_zarr_store(path: Path) -> bool:
    """Test whether a folder is a Zarr store of format 3."""
    return (path / METADATA_FILE).is_file()


def require_valid(dataset: xr.Dataset, path: Path) -> None:
    """Reject a dataset that breaks the schema of its kind; `ForeignInputError` with every violation."""
    try:
        validate(dataset)
    except SchemaError as error:
        raise ForeignInputError(
            error.what, expected="a valid dataset", got="\n    ".join(error.violations), where=str(path)
        ) from error


@contextlib.contextmanager
def as_foreign() -> Iterator[None]:
    """Convert `StoreError` to `ForeignInputError` inside the block."""
    try:
        yield
    except StoreError as error:
        raise ForeignInputError(
            error.what,
            expected=error.expected,
            got=error.got,
            where=error.where,
            likely_cause=error.likely_cause,
            done=error.done,
        ) from error
