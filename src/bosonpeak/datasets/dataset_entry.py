"""Registry entry of a named dataset: file, digest, licence and source, known before the file is opened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import PurePosixPath
from typing import Any

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class DatasetEntry:
    """One named dataset.

    Parameters
    ----------
    name : str
        The name that `open_dataset` takes.
    file : str
        Embedded dataset: file name inside the directory ``reference`` beside the registry. Released dataset: path
        inside the data release, with ``/``.
    sha256 : str
        64 hexadecimal digits over the bytes of the file.
    size : int
        Bytes.
    licence : str
        SPDX identifier, or terms of use.
    recipe : str
        Path inside the package of the recipe that makes the file; empty if there is none.
    description : str
        One line.
    kind : str
        Kind of dataset.
    version : int
        Counted from 1; changed content under the same name is a new version.
    content_digest : str
        Digest of the content, independent of the file format; empty if not recorded.
    schema_version : str
        Version of the schema that the file obeys.
    source : str
        Papers, models or people that the data come from, as named in the file; empty if not recorded.
    summary : str
        A paragraph; empty if recorded only in the file.
    created : str
        ISO date; empty if recorded only in the file.
    urls : tuple of str
        Download addresses, in addition to the configured mirrors.
    embedded : bool
        Whether the file is part of the package.

    Examples
    --------
    >>> from bosonpeak.datasets.registry import info
    >>> entry = info("network/nine-node")
    >>> entry.kind, entry.licence, entry.embedded
    ('network-ensemble', 'CC-BY-4.0', True)
    """

    name: str
    file: str
    sha256: str
    size: int
    licence: str
    recipe: str
    description: str
    kind: str
    version: int = 1
    content_digest: str = ""
    schema_version: str = "1"
    source: str = ""
    summary: str = ""
    created: str = ""
    urls: tuple[str, ...] = ()
    embedded: bool = True


def entry_from(name: str, values: Mapping[str, Any], *, embedded: bool) -> DatasetEntry:
    """Build an entry from untrusted fields of a registry or manifest file."""
    given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    entry = DatasetEntry(name=name, embedded=embedded, **given)
    for item in fields(DatasetEntry):
        wanted = {"size": int, "version": int, "urls": tuple, "embedded": bool}.get(item.name, str)
        if not isinstance(getattr(entry, item.name), wanted):
            raise ValueError(f"{name}: {item.name} must be of type {wanted.__name__}")
    if not all(isinstance(url, str) for url in entry.urls):
        raise ValueError(f"{name}: urls must be texts")
    if not _DIGEST.fullmatch(entry.sha256):
        raise ValueError(f"{name}: sha256 must be 64 hexadecimal digits, not {entry.sha256!r}")
    for field, path in (("name", name), ("file", entry.file)):
        if not path.isprintable() or set("\\:") & set(path) or {"", ".", ".."} & set(path.split("/")):
            raise ValueError(f"{name!r}: {field} must be a path below the directory of the data, not {path!r}")
    if embedded and "/" in entry.file:
        raise ValueError(f"{name}: file must be a plain file name, not {entry.file!r}")
    return entry


def plain_file_name(entry: DatasetEntry) -> str:
    """File name of a dataset in a flat directory, such as ``"limit-taper-2-block-00.nc"``."""
    return entry.name.replace("/", "-") + PurePosixPath(entry.file).suffix
