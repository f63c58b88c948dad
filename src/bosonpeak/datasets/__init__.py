"""What the data are: schemas, the netCDF store, named reference data, and readers for foreign files.

Names are loaded when they are first used, so that importing this package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bosonpeak.datasets.adapters.configuration_files import read_configuration_dataset
    from bosonpeak.datasets.adapters.configurations.formats import read_configurations
    from bosonpeak.datasets.adapters.conversion import convert
    from bosonpeak.datasets.adapters.files.unpacking import unpacked
    from bosonpeak.datasets.adapters.folders import FolderContents, read_folder
    from bosonpeak.datasets.adapters.frequencies import read_frequencies
    from bosonpeak.datasets.inspection import describe
    from bosonpeak.datasets.opening import open_dataset
    from bosonpeak.datasets.provenance import provenance_attributes
    from bosonpeak.datasets.registry import DatasetEntry, fetch, info, list_datasets
    from bosonpeak.datasets.schema import KINDS, validate
    from bosonpeak.datasets.storage.atomic import write_bytes
    from bosonpeak.datasets.storage.digest import content_digest, file_sha256
    from bosonpeak.datasets.storage.ragged import pack_ragged, unpack_ragged
    from bosonpeak.datasets.storage.store import read, write

_HOMES = {
    "DatasetEntry": "registry",
    "FolderContents": "adapters.folders",
    "KINDS": "schema",
    "content_digest": "storage.digest",
    "convert": "adapters.conversion",
    "describe": "inspection",
    "fetch": "registry",
    "file_sha256": "storage.digest",
    "info": "registry",
    "list_datasets": "registry",
    "open_dataset": "opening",
    "pack_ragged": "storage.ragged",
    "provenance_attributes": "provenance",
    "read": "storage.store",
    "read_configuration_dataset": "adapters.configuration_files",
    "read_configurations": "adapters.configurations.formats",
    "read_folder": "adapters.folders",
    "read_frequencies": "adapters.frequencies",
    "unpack_ragged": "storage.ragged",
    "unpacked": "adapters.files.unpacking",
    "validate": "schema",
    "write": "storage.store",
    "write_bytes": "storage.atomic",
}

__all__ = [
    "KINDS",
    "DatasetEntry",
    "FolderContents",
    "content_digest",
    "convert",
    "describe",
    "fetch",
    "file_sha256",
    "info",
    "list_datasets",
    "open_dataset",
    "pack_ragged",
    "provenance_attributes",
    "read",
    "read_configuration_dataset",
    "read_configurations",
    "read_folder",
    "read_frequencies",
    "unpack_ragged",
    "unpacked",
    "validate",
    "write",
    "write_bytes",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
