"""Scorecards of the reference data, kept under the digest of everything that they follow from.

What is kept is used only where neither code, claims and data nor the versions of what they rest on have changed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import bosonpeak
from bosonpeak.benchmark.scorecards.results_folder import results_folder
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets.errors import BosonpeakError
from bosonpeak.datasets.storage.atomic import write_bytes

_CODE = (".py", ".toml", ".json")
_DATA = ".nc"


def digest_of_everything(environment: Mapping[str, str], asked: Iterable[str]) -> str:
    """Digest of the package's code, claims, recipes and registry, of the versions below it, and of what was asked.

    Reference data enter by the digests in the registry, and by the size and the time of their files.

    Parameters
    ----------
    environment : mapping of str to str
        Versions and platform.
    asked : iterable of str
        What tells one request from another.
    """
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
    """The scorecard that was kept under a digest, or None; what cannot be read counts as none."""
    try:
        return Scorecard.read(results_folder() / f"{digest}.json")
    except BosonpeakError:
        return None


def keep_scorecard(digest: str, scorecard: Scorecard) -> None:
    """Keep a scorecard; a folder that cannot be written keeps nothing, and is no failure."""
    try:
        results_folder().mkdir(parents=True, exist_ok=True)
        write_bytes(results_folder() / f"{digest}.json", scorecard.to_json().encode("utf-8"))
    except (OSError, BosonpeakError):
        return
