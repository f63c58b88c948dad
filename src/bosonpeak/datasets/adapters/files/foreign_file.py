"""Checks of a foreign file before its format is known, and its provenance."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bosonpeak.datasets.adapters.files.archive_checks import require_plain_file_name
from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.datasets.storage.digest import file_sha256

MAXIMUM_BYTES = 1 << 30
"""Foreign input larger than this, on disk or unpacked, is refused."""

_HEAD = 4096


@dataclass(frozen=True)
class Source:
    """Origin of the numbers: name without path, SHA-256 digest, and full path for messages."""

    # The digest of a folder is the digest of the output of ``sha256sum`` for its files in reading order.

    name: str
    sha256: str
    path: Path

    @classmethod
    def of_file(cls, file: Path) -> Source:
        """Describe one file."""
        return cls(_name(file), file_sha256(file), file)

    @classmethod
    def of_folder(cls, folder: Path, files: Sequence[Path]) -> Source:
        """Describe files of a folder."""
        lines = [f"{file_sha256(file)}  {_name(file)}\n" for file in files]
        return cls(_name(folder.resolve()), hashlib.sha256("".join(lines).encode()).hexdigest(), folder)


def foreign_provenance(kind: str, content: str, layout: str, source: Source, card: Mapping[str, Any]) -> dict[str, Any]:
    """Provenance attributes of a dataset from foreign files, from a description of its data and of their layout."""
    described = provenance_attributes(
        kind=kind,
        title=str(card.get("title") or f"{content} from {source.name}"),
        summary=f"Made elsewhere; read from {source.name} ({layout}).",
        created="",
        licence=str(card.get("licence") or "not stated"),
        source=str(card.get("source") or "not stated"),
    )
    recorded = {"source_file": source.name, "source_sha256": source.sha256, "source_layout": layout}
    return described | recorded


def existing_file(path: Path, expected: str) -> Path:
    """Return the path of a readable, plainly named file; ``expected`` lists the supported formats for messages."""
    if not path.is_file():
        raise ForeignInputError(
            "the file does not exist" if not path.exists() else "the path is not a file",
            expected=expected,
            got="a directory" if path.is_dir() else "no such file",
            where=str(path),
        )
    require_plain_file_name(path.name, str(path))
    size = path.stat().st_size
    if not 0 < size <= MAXIMUM_BYTES:
        raise ForeignInputError(
            "the file is too large" if size else "the file is empty",
            expected=f"1 to {MAXIMUM_BYTES:,} bytes",
            got=f"{size:,} bytes",
            where=str(path),
            likely_cause="data beyond the needed arrays: store the needed arrays alone"
            if size
            else "an interrupted copy",
        )
    return path


def head_of(path: Path) -> bytes:
    """First bytes of a file, by which its format is recognised; `ForeignInputError` if unreadable."""
    try:
        with open(path, "rb") as stream:
            return stream.read(_HEAD)
    except OSError as error:
        raise ForeignInputError(
            "the file could not be read", got=error.strerror or str(error), where=str(path)
        ) from error


def natural_order(name: str) -> list[tuple[int, str]]:
    """Sort key that puts ``glass-2`` before ``glass-10``."""
    parts = re.split(r"([0-9]+)", name)
    # Sort numbers by length, then by digits: Python refuses to convert thousands of digits to an integer.
    numbers = [part.lstrip("0") for part in parts]
    return [
        (len(number), number) if index % 2 else (-1, part)
        for index, (part, number) in enumerate(zip(parts, numbers, strict=True))
    ]


def _name(path: Path) -> str:
    return path.name.encode("utf-8", "replace").decode()
