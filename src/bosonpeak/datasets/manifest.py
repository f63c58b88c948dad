"""The manifest of a data release, which lists every file with its digests."""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath
from typing import Any

from bosonpeak.datasets.dataset_entry import DatasetEntry, entry_from
from bosonpeak.datasets.errors import DigestMismatchError, RegistryError, StoreError
from bosonpeak.datasets.storage.atomic import write_bytes
from bosonpeak.datasets.storage.digest import file_sha256

MANIFEST = "manifest.json"
MANIFEST_VERSION = "1"
MANIFEST_LIMIT = 8 << 20
"""Largest manifest that is read, in bytes: some ten thousand files."""

_TITLE = "Data release of bosonpeak: what is too large for the package"
_ATTRIBUTES = {
    "licence": "licence",
    "description": "title",
    "kind": "kind",
    "content_digest": "content_digest",
    "schema_version": "schema_version",
    "source": "source",
    "summary": "summary",
    "created": "created",
}


def read_manifest(path: str | os.PathLike[str]) -> tuple[DatasetEntry, ...]:
    """Read the entries of a ``manifest.json``, sorted by name; raise `RegistryError` if it is invalid."""
    try:
        with open(path, "rb") as file:
            return parse_manifest(file.read(MANIFEST_LIMIT + 1))
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise RegistryError(
            "the manifest of the data release cannot be read",
            expected=f"a manifest of version {MANIFEST_VERSION}",
            got=f"{type(error).__name__}: {error}",
            where=os.fspath(path),
            likely_cause="an edit by hand, a download that was cut, or a release for another version of the package",
        ) from error


@functools.lru_cache(maxsize=8)
def parse_manifest(text: bytes) -> tuple[DatasetEntry, ...]:
    """Parse the text of a manifest."""
    if len(text) > MANIFEST_LIMIT:
        raise ValueError(f"more than {MANIFEST_LIMIT:,} bytes")
    document = json.loads(text)
    if document["manifest_version"] != MANIFEST_VERSION:
        raise ValueError(f"manifest_version {document['manifest_version']!r}")
    found = [
        entry_from(item["name"], {key: value for key, value in item.items() if key != "name"}, embedded=False)
        for item in document["files"]
    ]
    for field in ("name", "file"):
        twice = [value for value, count in Counter(getattr(entry, field) for entry in found).items() if count > 1]
        if twice:
            raise ValueError(f"the same {field} twice: {', '.join(sorted(twice))}")
    return tuple(sorted(found, key=lambda entry: entry.name))


def manifest_text(entries: Iterable[DatasetEntry]) -> bytes:
    """Serialise entries reproducibly: equal entries give equal bytes."""
    files = [_as_json(entry) for entry in sorted(entries, key=lambda entry: entry.name)]
    document = {"manifest_version": MANIFEST_VERSION, "title": _TITLE, "files": files}
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def update_manifest(directory: str | os.PathLike[str]) -> tuple[DatasetEntry, ...]:
    """List every netCDF file of a release in its manifest, by bytes and attributes; a listed file keeps its content."""
    from bosonpeak.datasets.storage.outline import INDEX, index_bytes, outline

    root = Path(directory)
    path = root / MANIFEST
    listed = {entry.file: entry for entry in read_manifest(path)} if path.exists() else {}
    present = {file.relative_to(root).as_posix(): file for file in sorted(root.rglob("*.nc"))}
    if gone := sorted(set(listed) - set(present)):
        raise RegistryError(
            "files of the data release are missing",
            expected=", ".join(gone),
            where=str(root),
            done="nothing was written",
        )
    for name, file in present.items():
        entry, former = describe_file(file, name), listed.get(name)
        if former is None or former.sha256 == entry.sha256:
            kept: dict[str, Any] = {} if former is None else {"version": former.version, "urls": former.urls}
            listed[name] = replace(entry, **kept)
        else:
            raise DigestMismatchError(
                "a file of the data release does not have the listed SHA-256",
                expected=former.sha256,
                got=entry.sha256,
                where=str(file),
                likely_cause="a block was regenerated; new data need a new name",
                done="nothing was written",
            )
    blocks = [entry for entry in listed.values() if "/block-" in entry.name]
    outlines = {entry.sha256: outline(present[entry.file]) for entry in blocks}
    write_bytes(path, manifest_text(listed.values()))
    write_bytes(root / INDEX, index_bytes(outlines))
    return read_manifest(path)


def describe_file(file: Path, path: str) -> DatasetEntry:
    """Build the entry of a netCDF file from its bytes and attributes; `path` without its suffix is the dataset name."""
    name, family = str(PurePosixPath(path).with_suffix("")), str(PurePosixPath(path).parent)
    recipes = (f"generators/recipes/{named}.toml" for named in (name, family))
    return DatasetEntry(
        name=name,
        file=path,
        recipe=next((recipe for recipe in recipes if (Path(__file__).parent.parent / recipe).is_file()), ""),
        embedded=False,
        **attributes_of_file(file),
        sha256=file_sha256(file),
        size=file.stat().st_size,
    )


def attributes_of_file(file: Path) -> dict[str, Any]:
    """Read the fields of `DatasetEntry` that the attributes of a netCDF file contain."""
    from bosonpeak.datasets.storage import netcdf_codec

    try:
        with netcdf_codec.opened(file) as content:
            return {name: content.getncattr(attribute) for name, attribute in _ATTRIBUTES.items()}
    except (OSError, AttributeError, RuntimeError) as error:
        raise StoreError(
            "a file of the data release is not a netCDF file of this package",
            got=f"{type(error).__name__}: {error}",
            where=str(file),
        ) from error


def _as_json(entry: DatasetEntry) -> dict[str, Any]:
    return {key: value for key, value in asdict(entry).items() if key != "embedded"}
