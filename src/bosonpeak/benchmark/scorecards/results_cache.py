"""Cache of scorecards of the reference data, used only if code, claims, data and dependencies are unchanged.

With ``CI`` set, or if others can write the folder, all is measured.
"""

from __future__ import annotations

import hashlib
import os
import stat
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
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_bytes(folder / name, content)
    except (OSError, BosonpeakError):
        return


_INPUTS = (".py", ".toml", ".json", ".csv", ".j2", ".css", ".js", ".nc")


def digest_of_everything(environment: Mapping[str, str], asked: Iterable[str]) -> str:
    """Digest of the contents of the package's files, of the dependency versions, and of the request."""
    content = hashlib.sha256()
    root = Path(bosonpeak.__file__).parent
    for folder, inner, names in os.walk(root):
        inner.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if name.endswith(_INPUTS):
                content.update(path.relative_to(root).as_posix().encode())
                content.update(hashlib.sha256(path.read_bytes()).digest())
    for text in (*(f"{key}={value}" for key, value in sorted(environment.items())), *asked):
        content.update(text.encode() + b"\0")
    return content.hexdigest()


def kept_scorecard(digest: str) -> Scorecard | None:
    """Read the cached scorecard of a digest; None if missing, of other inputs, unreadable or not to be trusted."""
    if os.environ.get("CI") or not _is_private(results_folder()):
        return None
    try:
        named, _, document = (results_folder() / f"{digest}.json").read_text(encoding="utf-8").partition("\n")
        return Scorecard.from_json(document) if named == digest else None
    except (OSError, UnicodeDecodeError, BosonpeakError):
        return None


def keep_scorecard(digest: str, scorecard: Scorecard) -> None:
    """Cache a scorecard below a line with the digest of its inputs; an unwritable folder is ignored."""
    keep(f"{digest}.json", f"{digest}\n{scorecard.to_json()}".encode())


def _is_private(folder: Path) -> bool:
    """Return whether a folder belongs to the user and cannot be written by others, where the system has owners."""
    if not hasattr(os, "getuid"):
        return True
    try:
        found = folder.stat()
    except OSError:
        return False
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
