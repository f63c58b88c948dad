"""Registry of reference data: names, file locations and verification by digest."""

from __future__ import annotations

import functools
import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bosonpeak.datasets.arguments import file_path
from bosonpeak.datasets.dataset_entry import DatasetEntry, entry_from, plain_file_name
from bosonpeak.datasets.download.cache import checkout_release
from bosonpeak.datasets.ensembles.names import name_and_group, similar_names
from bosonpeak.datasets.errors import DigestMismatchError, RegistryError, did_you_mean
from bosonpeak.datasets.manifest import MANIFEST, attributes_of_file, read_manifest
from bosonpeak.datasets.storage.atomic import write_bytes
from bosonpeak.datasets.storage.digest import file_sha256

if TYPE_CHECKING:
    from bosonpeak.datasets.storage.outline import Outline

__all__ = ["DatasetEntry", "fetch_all", "info", "released_datasets"]

PACKAGE = Path(__file__).parent
EMBEDDED_REGISTRY = PACKAGE / "registry.toml"

FRESH_ENSEMBLES = "generators/recipes/limit/"
"""Folder of the recipes of ensembles for preregistered analyses, unblinded once."""

_ONLY_IN_THE_FILE = ("content_digest", "schema_version", "source", "summary", "created")
_HEADER = (
    "# Reference data by name. Written by bosonpeak.datasets.registry.update_entry; do not edit digests by hand.\n"
)


def list_datasets(*, registry: Path | None = None) -> tuple[DatasetEntry, ...]:
    """Entries of all datasets in the package, sorted by name.

    Parameters
    ----------
    registry : Path, optional
        Another registry file than the one in the package.

    Returns
    -------
    tuple of DatasetEntry

    Raises
    ------
    RegistryError
        If the registry is damaged.

    Examples
    --------
    >>> "network/nine-node" in [entry.name for entry in list_datasets()]
    True
    >>> all(entry.embedded for entry in list_datasets())
    True
    """
    path = registry or EMBEDDED_REGISTRY
    try:
        return _parsed(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise RegistryError(
            "the registry of reference data cannot be read",
            got=f"{type(error).__name__}: {error}",
            where=str(path),
            likely_cause="an edit by hand, or an incomplete installation",
        ) from error


@functools.lru_cache(maxsize=8)
def _parsed(text: str) -> tuple[DatasetEntry, ...]:
    """Parse a registry's text, cached because every use of a dataset asks for the same entries."""
    entries = tomllib.loads(text).get("dataset", {})
    found = [entry_from(name, values, embedded=True) for name, values in entries.items()]
    return tuple(sorted(found, key=lambda entry: entry.name))


def released_datasets(*, registry: Path | None = None) -> tuple[DatasetEntry, ...]:
    """Entries of all datasets of the data release, sorted by name.

    The files are too large for the package and are downloaded at first use. The package contains the manifest that
    lists them; in a checkout the manifest is in ``data-release``.

    Parameters
    ----------
    registry : Path, optional
        Another registry file than the one in the package; the manifest is in the same directory.

    Returns
    -------
    tuple of DatasetEntry
        Empty if there is no manifest.

    Raises
    ------
    RegistryError
        If the manifest is damaged.

    Examples
    --------
    No released dataset is part of the package.

    >>> any(entry.embedded for entry in released_datasets())
    False
    """
    directory = _release_directory(registry)
    return read_manifest(directory / MANIFEST) if directory else ()


def released_outlines(*, registry: Path | None = None) -> Mapping[str, Outline]:
    """Outlines of blocks of the data release by SHA-256, from the index beside the manifest."""
    from bosonpeak.datasets.storage.outline import INDEX, read_index

    directory = _release_directory(registry)
    return read_index(directory / INDEX) if directory else {}


def _release_directory(registry: Path | None) -> Path | None:
    """Directory of the manifest of the data release; None if there is no manifest."""
    places = [(registry or EMBEDDED_REGISTRY).parent]
    if registry is None and (checkout := checkout_release()):
        places.insert(0, checkout)
    return next((place for place in places if (place / MANIFEST).is_file()), None)


def known_datasets(*, registry: Path | None = None) -> dict[str, DatasetEntry]:
    """All datasets by name, first the package, then the data release; `RegistryError` if either list is damaged."""
    embedded = {entry.name: entry for entry in list_datasets(registry=registry)}
    return embedded | {
        entry.name: entry for entry in released_datasets(registry=registry) if entry.name not in embedded
    }


def info(name: str, *, registry: Path | None = None) -> DatasetEntry:
    """Registry entry of a named dataset, without opening the file.

    Parameters
    ----------
    name : str
        Name in the registry; a group behind it is left out.
    registry : Path, optional
        Another registry file than the one in the package.

    Returns
    -------
    DatasetEntry

    Raises
    ------
    RegistryError
        If there is no such name; the message offers similar ones.

    Examples
    --------
    >>> info("network/nine-node").file
    'network-nine-node.nc'
    """
    entries = known_datasets(registry=registry)
    file_path(name)  # raises an error unless the name is text
    name, _ = name_and_group(os.fspath(name), entries)
    if name in entries:
        return entries[name]
    if blocks := [known for known in entries if known.startswith(f"{name}/")]:
        raise RegistryError(
            f"{name!r} is not a dataset but a family of {len(blocks)}",
            expected=", ".join(blocks[:3]) + (" ..." if len(blocks) > 3 else ""),
            got=name,
            likely_cause="the name of several files: open_dataset joins blocks of an ensemble, and bosonpeak datasets "
            "fetch takes any family",
        )
    raise RegistryError(
        f"there is no dataset named {name!r}",
        expected=similar_names(name, entries),
        got=name,
        likely_cause=did_you_mean(name, entries)
        or ("a misspelt name; `bosonpeak datasets list` prints all" if entries else ""),
    )


def is_blind(entry: DatasetEntry, *, registry: Path | None = None) -> bool:
    """Test whether the frequencies of a dataset are still blind."""
    # The fresh ensembles for the limit omega to 0 are for preregistered analyses, unblinded once. Opening
    # embeds the data that claims need: blocks are blind until the package contains some of their ensemble. A recipe
    # name with a final number of particles adds a system size to the ensemble named by the rest.
    if entry.embedded or not entry.recipe.startswith(FRESH_ENSEMBLES):
        return False
    of_ensemble = {entry.recipe, re.sub(r"-\d+\.toml$", ".toml", entry.recipe)}
    return not any(each.recipe in of_ensemble for each in list_datasets(registry=registry))


def complete_entry(name: str, *, registry: Path | None = None) -> DatasetEntry:
    """Registry entry of a dataset, from file attributes or the manifest of the data release, without a download."""
    entry = info(name, registry=registry)
    if not entry.embedded:
        return entry
    said = attributes_of_file(fetch(name, registry=registry))
    return replace(entry, **{key: said[key] for key in _ONLY_IN_THE_FILE})


def fetch(
    name: str, *, directory: str | os.PathLike[str] | None = None, registry: Path | None = None, progress: bool = True
) -> Path:
    """Return the local, verified file of a named dataset.

    Parameters
    ----------
    name : str
        Name of a dataset of the package or of the data release, with or without a group, such as
        ``"glass/taper-2/T-0.20"``.
    directory : path-like, optional
        Directory for a copy. By default a file of the package, or of a mirror directory, is used in place, and a
        downloaded file goes to the cache (environment variable ``BOSONPEAK_CACHE``, else the user's cache directory).
        The environment variable ``BOSONPEAK_MIRRORS`` lists mirrors; ``BOSONPEAK_OFFLINE=1`` forbids network access.
    registry : Path, optional
        Another registry file than the one in the package.
    progress : bool
        Report downloads on standard error.

    Returns
    -------
    Path
        The file, whose SHA-256 has been checked.

    Raises
    ------
    RegistryError
        If the name is unknown, or the file of the package is missing.
    DataUnavailableError
        If the file is neither in the package nor on this machine, and cannot be downloaded.
    DigestMismatchError
        If the file is not the registered one.
    StoreError
        If the copy cannot be written.

    Examples
    --------
    >>> fetch("network/nine-node").name
    'network-nine-node.nc'
    """
    entry = info(name, registry=registry)
    if entry.embedded:
        file = _embedded_file(entry, registry)
    else:
        from bosonpeak.datasets.download.fetching import obtain

        file = obtain(entry, progress=progress)
    _require_group(file, os.fspath(name), entry.name)
    if directory is None:
        return file
    copy = Path(directory) / plain_file_name(entry)
    write_bytes(copy, file.read_bytes())
    return copy


def fetch_all(
    names: Iterable[str] | None = None, *, registry: Path | None = None, progress: bool = True
) -> dict[str, Path]:
    """Return the local, verified files of several datasets.

    Parameters
    ----------
    names : iterable of str, optional
        Names of datasets, or of families such as ``"limit/taper-2"``. Default: the whole data release.
    registry : Path, optional
        Another registry file than the one in the package.
    progress : bool
        Report downloads on standard error.

    Returns
    -------
    dict of str to Path
        By name.

    Raises
    ------
    BosonpeakError
        As `fetch`; files fetched before the error are kept.

    Examples
    --------
    >>> [path.name for path in fetch_all(["network/nine-node"]).values()]
    ['network-nine-node.nc']
    """
    known = known_datasets(registry=registry)
    if names is None:
        wanted = [entry.name for entry in known.values() if not entry.embedded]
    else:
        wanted = [member for name in names for member in _members(name, known)]
    return {name: fetch(name, registry=registry, progress=progress) for name in dict.fromkeys(wanted)}


def _members(name: str, known: Iterable[str]) -> list[str]:
    """Expand the name of a family to its blocks; any other name is returned alone, for `fetch` to accept or reject."""
    blocks = [other for other in known if other.startswith(f"{name.rstrip('/')}/")]
    return [name] if name in known or not blocks else blocks


def _require_group(file: Path, text: str, name: str) -> None:
    """Reject a name whose group does not exist in the file."""
    from bosonpeak.datasets.storage.raw_files import read_groups

    group = text.removeprefix(name).strip("/")
    if not group:
        return
    there = [path.strip("/") for path in read_groups(file, vouched=True, with_values=False)]
    if group not in there:
        raise RegistryError(
            f"dataset {name!r} has no group {group!r}",
            expected=similar_names(group, filter(None, there)),
            got=text,
            likely_cause="a misspelt group; bosonpeak datasets info shows all",
        )


def _embedded_file(entry: DatasetEntry, registry: Path | None) -> Path:
    file = (registry or EMBEDDED_REGISTRY).parent / "reference" / entry.file
    if not file.is_file():
        raise RegistryError(
            f"the file of dataset {entry.name!r} is missing",
            expected=f"{entry.size:,} bytes",
            where=str(file),
            likely_cause="an incomplete installation, or a checkout without the reference data",
        )
    found = file_sha256(file)
    if found != entry.sha256:
        raise DigestMismatchError(
            f"the file of dataset {entry.name!r} does not have the registered SHA-256",
            expected=entry.sha256,
            got=found,
            where=str(file),
            likely_cause="the file was changed or damaged, or the registry belongs to another version of the package",
            done="the file was not used",
        )
    return file


def update_entry(
    file: str | os.PathLike[str], *, name: str, recipe: str = "", description: str = "", registry: Path | None = None
) -> DatasetEntry:
    """Check a file in ``reference/``, and write its entry into the registry; the description defaults to its title."""
    from bosonpeak.datasets.schema import validate
    from bosonpeak.datasets.storage.store import read

    path = Path(file)
    target = registry or EMBEDDED_REGISTRY
    _require_place(path, recipe, target)
    dataset = read(path, verify=True)
    validate(dataset)
    leaves = [dataset.attrs, *(node.attrs for node in getattr(dataset, "leaves", ()))]
    others = {other.name: other for other in list_datasets(registry=target)} if target.exists() else {}
    entry = DatasetEntry(
        name=name,
        file=path.name,
        sha256=file_sha256(path),
        size=path.stat().st_size,
        licence=str(dataset.attrs["licence"]),
        recipe=recipe,
        description=description or str(dataset.attrs["title"]),
        kind=next(str(attributes["kind"]) for attributes in leaves if "kind" in attributes),
        content_digest=str(dataset.attrs["content_digest"]),
        schema_version=str(dataset.attrs["schema_version"]),
        source=str(dataset.attrs["source"]),
    )
    if former := others.get(name):
        entry = replace(entry, version=former.version + (former.sha256 != entry.sha256))
    write_bytes(target, _toml(others | {name: entry}).encode())
    return entry


def _require_place(path: Path, recipe: str, registry: Path) -> None:
    reference = registry.parent / "reference"
    if path.resolve().parent != reference.resolve():
        raise RegistryError(
            "the file is not in the folder of embedded data", expected=f"a file in {reference}", got=str(path)
        )
    package = registry.parent.parent
    if recipe and not (package / recipe).is_file():
        raise RegistryError("the recipe does not exist", expected=f"a file inside {package}", got=recipe)


def _toml(entries: Mapping[str, DatasetEntry]) -> str:
    usual = {field.name: field.default for field in fields(DatasetEntry)}
    blocks = [_HEADER]
    for name in sorted(entries):
        values = asdict(entries[name])
        lines = [
            f"{key} = {_toml_value(value)}" for key, value in values.items() if key != "name" and value != usual[key]
        ]
        blocks.append("\n".join([f"\n[dataset.{_toml_value(name)}]", *lines]) + "\n")
    return "".join(blocks)


def _toml_value(value: str | int) -> str:
    """Format a TOML value; a JSON string is a valid TOML string except for the character DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
