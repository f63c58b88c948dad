"""Reference data by name: which there are, where they lie, and whether they are what they should be."""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bosonpeak.datasets.errors import DigestMismatchError, RegistryError
from bosonpeak.datasets.storage.atomic import replacing, write_bytes, write_failure
from bosonpeak.datasets.storage.digest import file_sha256

PACKAGE = Path(__file__).parent
EMBEDDED_REGISTRY = PACKAGE / "registry.toml"
CACHE_VARIABLE = "BOSONPEAK_CACHE"

_HEADER = (
    "# Reference data by name. Written by bosonpeak.datasets.registry.update_entry; do not edit digests by hand.\n"
)


@dataclass(frozen=True)
class DatasetEntry:
    """One named dataset.

    Parameters
    ----------
    name : str
        The name that `open_dataset` takes.
    file : str
        File name inside the directory ``reference`` beside the registry, or in the cache for one with a `url`.
    sha256 : str
        64 hexadecimal digits over the bytes of the file.
    size : int
        Bytes.
    licence : str
        SPDX identifier, or how the data may be used.
    recipe : str
        Path inside the package of the recipe that makes the file; empty if there is none.
    description : str
        One line.
    kind : str
        Kind of dataset.
    url : str
        Where to fetch the file from; empty if it is part of the package.
    """

    name: str
    file: str
    sha256: str
    size: int
    licence: str
    recipe: str
    description: str
    kind: str
    url: str = ""


def list_datasets(*, registry: Path | None = None) -> tuple[DatasetEntry, ...]:
    """All named datasets, in the order of their names.

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
    """
    path = registry or EMBEDDED_REGISTRY
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("dataset", {})
        found = [_entry(name, values) for name, values in entries.items()]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise RegistryError(
            "the registry of reference data cannot be read",
            got=f"{type(error).__name__}: {error}",
            where=str(path),
            likely_cause="an edit by hand, or an incomplete installation",
        ) from error
    return tuple(sorted(found, key=lambda entry: entry.name))


def info(name: str, *, registry: Path | None = None) -> DatasetEntry:
    """What is known about a named dataset, without opening it.

    Parameters
    ----------
    name : str
        Name in the registry.
    registry : Path, optional
        Another registry file than the one in the package.

    Returns
    -------
    DatasetEntry

    Raises
    ------
    RegistryError
        If there is no such name; the message offers similar ones.
    """
    entries = {entry.name: entry for entry in list_datasets(registry=registry)}
    if name in entries:
        return entries[name]
    raise RegistryError(
        f"there is no dataset named {name!r}",
        expected=similar_names(name, entries),
        got=name,
        likely_cause="a misspelt name; bosonpeak datasets list shows all" if entries else "",
    )


def similar_names(name: str, names: Iterable[str]) -> str:
    """What a user may have meant: the names most like it, or else all of them.

    Parameters
    ----------
    name : str
        What was asked for.
    names : iterable of str
        Registered names.

    Returns
    -------
    str
    """
    known = list(names)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    return ", ".join(close or known) or "a registered name, but the registry is empty"


def fetch(name: str, *, directory: str | os.PathLike[str] | None = None, registry: Path | None = None) -> Path:
    """Local, verified copy of a named dataset.

    Parameters
    ----------
    name : str
        Name in the registry.
    directory : path-like, optional
        Where to put a copy. By default a file of the package is used where it lies, and a downloaded one goes to
        the cache (environment variable ``BOSONPEAK_CACHE``, else the user's cache directory).
    registry : Path, optional
        Another registry file than the one in the package.

    Returns
    -------
    Path
        The file, whose SHA-256 has been checked.

    Raises
    ------
    RegistryError
        If the name is unknown, the file is missing, or it cannot be downloaded.
    DigestMismatchError
        If the file is not the registered one.
    StoreError
        If the copy cannot be written.
    """
    entry = info(name, registry=registry)
    if entry.url:
        return _download(entry, directory)
    file = (registry or EMBEDDED_REGISTRY).parent / "reference" / entry.file
    if not file.is_file():
        raise RegistryError(
            f"the file of dataset {name!r} is missing",
            expected=f"{entry.size:,} bytes",
            where=str(file),
            likely_cause="an incomplete installation, or a checkout without the reference data",
        )
    found = file_sha256(file)
    if found != entry.sha256:
        raise _mismatch(entry, found, str(file))
    if directory is None:
        return file
    copy = Path(directory) / entry.file
    write_bytes(copy, file.read_bytes())
    return copy


def update_entry(
    file: str | os.PathLike[str],
    *,
    name: str,
    recipe: str = "",
    description: str = "",
    url: str = "",
    registry: Path | None = None,
) -> DatasetEntry:
    """Compute the entry of a reference file and write it into the registry, replacing one of the same name.

    The file is read whole, and its digest and its schema are checked: what is registered has been validated, and
    opening it by name only needs to compare SHA-256.

    Parameters
    ----------
    file : path-like
        A netCDF file of this package; without a `url` it must lie in ``reference`` beside the registry.
    name : str
        Name to give it.
    recipe : str
        Path of its recipe inside the package, such as ``"generators/recipes/network.toml"``.
    description : str
        One line; by default the title of the dataset.
    url : str
        Where users fetch it from (http or https) if it is not part of the package.
    registry : Path, optional
        Another registry file than the one in the package.

    Returns
    -------
    DatasetEntry
        The entry as written.

    Raises
    ------
    RegistryError
        If the file lies in the wrong place or the recipe does not exist.
    SchemaError, StoreError
        If the file is not a valid dataset, or the registry cannot be written.
    """
    from bosonpeak.datasets.schema import validate
    from bosonpeak.datasets.storage.store import read

    path = Path(file)
    target = registry or EMBEDDED_REGISTRY
    _require_place(path, recipe, url, target)
    dataset = read(path, verify=True)
    validate(dataset)
    leaves = [dataset.attrs, *(node.attrs for node in getattr(dataset, "leaves", ()))]
    entry = DatasetEntry(
        name=name,
        file=path.name,
        sha256=file_sha256(path),
        size=path.stat().st_size,
        licence=str(dataset.attrs["licence"]),
        recipe=recipe,
        description=description or str(dataset.attrs["title"]),
        kind=next(str(attributes["kind"]) for attributes in leaves if "kind" in attributes),
        url=url,
    )
    others = list_datasets(registry=target) if target.exists() else ()
    entries = {other.name: other for other in others} | {name: entry}
    write_bytes(target, _toml(entries).encode())
    return entry


def _entry(name: str, values: Mapping[str, Any]) -> DatasetEntry:
    entry = DatasetEntry(name=name, **values)
    for item in fields(DatasetEntry):
        wanted = int if item.name == "size" else str
        if not isinstance(getattr(entry, item.name), wanted):
            raise ValueError(f"{name}: {item.name} must be of type {wanted.__name__}")
    if Path(entry.file).name != entry.file or entry.file in ("", ".", ".."):
        raise ValueError(f"{name}: file must be a plain file name, not {entry.file!r}")
    return entry


def _require_place(path: Path, recipe: str, url: str, registry: Path) -> None:
    reference = registry.parent / "reference"
    if not url and path.resolve().parent != reference.resolve():
        raise RegistryError(
            "the file is not where embedded data lie", expected=f"a file in {reference}, or a url", got=str(path)
        )
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise RegistryError("the url cannot be fetched from", expected="http:// or https://", got=url)
    package = registry.parent.parent
    if recipe and not (package / recipe).is_file():
        raise RegistryError("the recipe does not exist", expected=f"a file inside {package}", got=recipe)


def _toml(entries: Mapping[str, DatasetEntry]) -> str:
    blocks = [_HEADER]
    for name in sorted(entries):
        values = {key: value for key, value in asdict(entries[name]).items() if key != "name" and value != ""}
        values.setdefault("recipe", "")
        lines = [f"{key} = {_toml_value(value)}" for key, value in values.items()]
        blocks.append("\n".join([f"\n[dataset.{_toml_value(name)}]", *lines]) + "\n")
    return "".join(blocks)


def _toml_value(value: str | int) -> str:
    """Write a TOML value; JSON strings are TOML strings but for the character DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _mismatch(entry: DatasetEntry, found: str, where: str, done: str = "the file was not used") -> DigestMismatchError:
    return DigestMismatchError(
        f"the file of dataset {entry.name!r} is not the registered one (SHA-256)",
        expected=entry.sha256,
        got=found,
        where=where,
        likely_cause="the file was changed or damaged, or the registry belongs to another version of the package",
        done=done,
    )


def _download(entry: DatasetEntry, directory: str | os.PathLike[str] | None) -> Path:
    import pooch

    folder = Path(directory or os.environ.get(CACHE_VARIABLE) or pooch.os_cache("bosonpeak"))
    target = folder / entry.file
    if target.is_file() and file_sha256(target) == entry.sha256:
        return target
    if directory is None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_failure(error, folder) from error
    with replacing(target) as temporary:
        _retrieve(entry, temporary)
        found = file_sha256(temporary)
        if found != entry.sha256:
            raise _mismatch(entry, found, entry.url, "the download was deleted")
    return target


def _retrieve(entry: DatasetEntry, file: Path) -> None:
    import pooch

    # Unless the body is read at once, the connection of a refused request stays open.
    download = pooch.HTTPDownloader(stream=False, timeout=60)
    try:
        download(entry.url, str(file), None)
    except (OSError, ValueError) as error:
        raise RegistryError(
            f"dataset {entry.name!r} could not be downloaded",
            expected=f"{entry.size:,} bytes",
            got=f"{type(error).__name__}: {error}",
            where=entry.url,
            likely_cause=f"no connection to {urlsplit(entry.url).netloc}, or it has moved",
            done="nothing was stored",
        ) from error
