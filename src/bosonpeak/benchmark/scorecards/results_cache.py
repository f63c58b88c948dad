"""Cache of scorecards of the reference data: folder, digest of all inputs, reading and writing.

A cached scorecard is used only if code, claims, data and the versions of the dependencies are unchanged.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import bosonpeak
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets.errors import BosonpeakError
from bosonpeak.datasets.storage.atomic import write_bytes

FOLDER_VARIABLE = "BOSONPEAK_RESULTS"
"""Environment variable: where results are kept, instead of the user's cache."""


def results_folder() -> Path:
    """Folder named by the environment variable, or a folder in the user's cache."""
    import pooch

    return Path(os.environ.get(FOLDER_VARIABLE) or Path(pooch.os_cache("bosonpeak")) / "results")


def keep(name: str, content: bytes) -> None:
    """Cache a file; an unwritable folder caches nothing and is not an error."""
    folder = results_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(folder / name, content)
    except (OSError, BosonpeakError):
        return


_CODE = (".py", ".toml", ".json", ".j2", ".css", ".js")
_DATA = ".nc"


def digest_of_everything(environment: Mapping[str, str], asked: Iterable[str]) -> str:
    """Digest of the package's files (data by size and time), of the dependency versions, and of the request."""
    content = hashlib.sha256()
    root = Path(bosonpeak.__file__).parent
    for folder, inner, names in os.walk(root):
        inner.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if name.endswith(_CODE):
                content.update(path.relative_to(root).as_posix().encode())
                content.update(hashlib.sha256(path.read_bytes()).digest())
            elif name.endswith(_DATA):
                told = path.stat()
                content.update(f"{path.relative_to(root).as_posix()} {told.st_size} {told.st_mtime_ns}".encode())
    for text in (*(f"{key}={value}" for key, value in sorted(environment.items())), *asked):
        content.update(text.encode() + b"\0")
    return content.hexdigest()


def kept_scorecard(digest: str) -> Scorecard | None:
    """Read the cached scorecard of a digest; None if missing or unreadable."""
    try:
        return Scorecard.read(results_folder() / f"{digest}.json")
    except BosonpeakError:
        return None


def keep_scorecard(digest: str, scorecard: Scorecard) -> None:
    """Cache a scorecard; an unwritable folder is ignored."""
    keep(f"{digest}.json", scorecard.to_json().encode("utf-8"))
