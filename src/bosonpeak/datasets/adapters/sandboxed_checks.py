"""Opening, description and validation of files in this package's format that may come from an untrusted source."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder
from bosonpeak.datasets.adapters.decoding.protected import ProtectedDecoder
from bosonpeak.datasets.inspection import DatasetDescription, describe, described
from bosonpeak.datasets.opening import is_name, local_path, open_dataset
from bosonpeak.datasets.registry import list_datasets
from bosonpeak.datasets.sandbox.limits import DEFAULT_LIMITS, Limits
from bosonpeak.datasets.schema import validate
from bosonpeak.datasets.storage.digest import file_sha256
from bosonpeak.datasets.storage.raw_files import as_dataset, existing_file
from bosonpeak.datasets.storage.store import verify_digests

if TYPE_CHECKING:
    import xarray as xr


def describe_checked(
    name_or_path: str, *, trust_files: bool = False, limits: Limits = DEFAULT_LIMITS
) -> DatasetDescription:
    """Describe a dataset as `describe` does, in a protected process unless registered or ``trust_files`` is set."""
    if known := _registered(name_or_path):
        return dataclasses.replace(describe(known), name=name_or_path, file=str(local_path(name_or_path)))
    with _reading(local_path(name_or_path), trust_files, limits) as (path, decoder):
        return described(name_or_path, path, decoder.groups(path, with_values=False))


def validate_checked(name_or_path: str, *, trust_files: bool = False, limits: Limits = DEFAULT_LIMITS) -> None:
    """Check a dataset against the schema of its kind and against its digests, protected as in `describe_checked`."""
    if known := _registered(name_or_path):
        with open_dataset(known, verify=True) as dataset:
            validate(dataset)
        return
    with _reading(local_path(name_or_path), trust_files, limits) as (path, decoder):
        found = as_dataset(decoder.groups(path), path)
    verify_digests(found, path, required=True)
    validate(found)


def open_checked(
    name_or_path: str, *, trust_files: bool = False, limits: Limits = DEFAULT_LIMITS
) -> xr.Dataset | xr.DataTree:
    """Open a dataset, in a protected process unless registered or ``trust_files`` is set."""
    if known := _registered(name_or_path):
        return open_dataset(known)
    with _reading(local_path(name_or_path), trust_files, limits) as (path, decoder):
        return as_dataset(decoder.groups(path), path)


@contextmanager
def _reading(path: Path, trust_files: bool, limits: Limits) -> Iterator[tuple[Path, Decoder]]:
    existing_file(path)
    if trust_files:
        yield path, IN_PLACE
        return
    with ProtectedDecoder(limits) as decoder:
        decoder.confine(path)
        yield path, decoder


def _registered(name_or_path: str) -> str:
    """Registered name of the argument, a name or a file with the digest of a registered dataset; "" for other files."""
    # The registered file is read in place of its copy, which could be exchanged after its digest was taken.
    if is_name(name_or_path):
        return name_or_path
    path = Path(name_or_path)
    digest = file_sha256(path) if path.is_file() else ""
    return next((entry.name for entry in list_datasets() if entry.sha256 == digest), "")
