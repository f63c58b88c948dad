"""Leaderboard entries: a folder each, with a recipe name, data with their digests, or both."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bosonpeak.datasets.errors import ForeignInputError, StoreError

ENTRY_FILE = "entry.toml"
PUBLISHED = "scorecard.json"
"""Scorecard of an entry from the last build, stored beside the entry under this name."""

LARGEST_ENTRY_FILE = 20_000
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_KEYS = {"recipe", "data"}
_DATA_KEYS = {"path", "url", "digest"}


@dataclass(frozen=True)
class DataFile:
    """A run packed into a single file, at a local `path` beside the entry file or at an HTTPS `url`."""

    digest: str  # ``sha256:`` and 64 hexadecimal digits
    path: str = ""
    url: str = ""


@dataclass(frozen=True)
class Entry:
    """A submission to the board, named after its folder, with a committed recipe, the submitter's data, or both."""

    name: str
    folder: Path
    recipe: str = ""
    data: DataFile | None = None

    @property
    def published(self) -> Path:
        """Path of the scorecard beside the entry."""
        return self.folder / PUBLISHED


def is_entry_name(name: str) -> bool:
    """Test whether a folder of this name can be an entry."""
    return _NAME.fullmatch(name) is not None


def read_entries(directory: str | Path) -> tuple[Entry, ...]:
    """Read all entries of a directory, sorted by name."""
    folder = Path(directory)
    files = sorted(folder.glob(f"*/{ENTRY_FILE}"))
    if not files:
        raise StoreError(
            "there is no entry for a leaderboard",
            expected=f"a directory with folders, each with a file {ENTRY_FILE}",
            got="a directory without any" if folder.is_dir() else "no directory",
            where=str(directory),
        )
    entries = tuple(read_entry(file.parent) for file in files)
    named = [entry.recipe for entry in entries if entry.recipe]
    if repeated := sorted({name for name in named if named.count(name) > 1}):
        raise ForeignInputError("two entries name the same recipe", got=", ".join(repeated), where=str(directory))
    return entries


def read_entry(directory: str | Path) -> Entry:
    """Read an entry without opening its recipe or data; the error lists all faults."""
    folder = Path(directory)
    file = folder / ENTRY_FILE
    if folder.is_symlink() or file.is_symlink():
        raise ForeignInputError("an entry is a link", expected="a folder with a file", where=str(file))
    try:
        content = file.read_bytes()
    except OSError as error:
        raise StoreError("an entry cannot be read", got=error.strerror or str(error), where=str(file)) from error
    try:
        table = tomllib.loads(content.decode("utf-8") if len(content) <= LARGEST_ENTRY_FILE else "too_large = true")
    except ValueError as error:
        raise ForeignInputError("an entry is not TOML", got=str(error), where=str(file)) from None
    faults = _faults(folder.resolve().name, table)
    if faults:
        raise ForeignInputError(
            "the entry cannot stand on a leaderboard",
            expected="recipe, or [data] with a digest and a path or an https address; small letters, digits, dots and "
            "hyphens in names",
            got="; ".join(faults),
            where=str(file),
        )
    data = table.get("data")
    return Entry(folder.resolve().name, folder, table.get("recipe", ""), None if data is None else DataFile(**data))


def _faults(name: str, table: Mapping[str, Any]) -> list[str]:
    faults = [] if _NAME.fullmatch(name) else [f"a folder named {name!r}"]
    faults += [f"unknown key {key!r}" for key in sorted(set(table) - _KEYS)]
    recipe, data = table.get("recipe"), table.get("data")
    if recipe is None and data is None:
        faults.append("neither recipe nor data")
    if recipe is not None and not (isinstance(recipe, str) and _NAME.fullmatch(recipe)):
        faults.append(f"recipe = {recipe!r}")
    if data is not None:
        faults += _data_faults(data) if isinstance(data, dict) else ["data is not a table"]
    return faults


def _data_faults(data: Mapping[str, Any]) -> list[str]:
    faults = [f"unknown key data.{key}" for key in sorted(set(data) - _DATA_KEYS)]
    if not all(isinstance(value, str) for value in data.values()):
        return [*faults, "data with other things than text"]
    path, url = data.get("path", ""), data.get("url", "")
    if bool(path) == bool(url):
        faults.append("data with both path and url" if path else "data without path and url")
    if path and not _NAME.fullmatch(path):
        faults.append(f"data.path = {path!r}, expected the name of a file beside the entry")
    if url and not re.fullmatch(r"https://[!-~]+", url):
        faults.append(f"data.url = {url!r}")
    if not _DIGEST.fullmatch(data.get("digest", "")):
        faults.append("data without a digest, sha256: and 64 hexadecimal digits")
    return faults
