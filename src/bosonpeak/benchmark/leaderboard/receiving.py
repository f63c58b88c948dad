"""Extract an entry from a pull request: files of a single entry, no code, and no checkout of the branch.

Files are read blob by blob, so that none can be a link, be filtered by an attribute, or leave the given folder.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.datasets.storage.atomic import write_bytes

PLACE = "leaderboard/entries/"
PLAIN_FILE = "100644"
LARGEST_FILE = 20_000_000
MOST_FILES = 20
_PATH = re.compile(
    r"leaderboard/entries/([a-z0-9][a-z0-9.-]{0,62})/([a-z0-9][a-z0-9.-]{0,62}\.(?:toml|json|zip|tar|tar\.gz|tar\.xz))"
)
_COMMIT = re.compile(r"[0-9a-f]{40,64}")


@dataclass(frozen=True)
class _Change:
    mode: str
    blob: str
    status: str
    path: str


def receive(repository: Path, base: str, head: str, output: Path) -> Path:
    """Write the one entry that `head` adds to or changes in `base` into a folder of `output`; return its path."""
    for name in (base, head):
        if not _COMMIT.fullmatch(name):
            raise ForeignInputError("no commit", expected="its full hexadecimal name", got=name)
    changes = _changes(repository, base, head)
    faults = [fault for change in changes for fault in _faults(repository, change)]
    entries = {found[1] for change in changes if (found := _PATH.fullmatch(change.path))}
    if len(entries) > 1:
        faults.append(f"entries {', '.join(sorted(entries))}")
    if faults or not changes or len(changes) > MOST_FILES:
        raise ForeignInputError(
            "the branch is not an entry for the leaderboard",
            expected=f"files of one folder below {PLACE}: TOML, JSON, archives, {LARGEST_FILE:,} bytes each at most",
            got="; ".join(faults) or f"{len(changes)} files",
            done="nothing was written",
        )
    (name,) = entries
    entry = output / name
    entry.mkdir(parents=True)
    for change in changes:
        write_bytes(entry / Path(change.path).name, _git(repository, "cat-file", "blob", change.blob))
    return entry


def _changes(repository: Path, base: str, head: str) -> list[_Change]:
    """Files changed by the branch since its fork point; a renaming counts as a deletion and an addition."""
    reported = _git(repository, "diff-tree", "-r", "-z", "--no-renames", "--merge-base", base, head)
    fields = reported.decode("utf-8", "replace").split("\0")[:-1]
    changes = []
    for meta, path in zip(fields[::2], fields[1::2], strict=True):
        _, mode, _, blob, status = meta.split()
        changes.append(_Change(mode, blob, status, path))
    return changes


def _faults(repository: Path, change: _Change) -> list[str]:
    shown = change.path.encode("ascii", "backslashreplace").decode()[:200]
    if not _PATH.fullmatch(change.path):
        return [f"{shown} is not a file of an entry"]
    if change.status not in ("A", "M"):
        return [f"{shown} is deleted or becomes something else"]
    if change.mode != PLAIN_FILE:
        return [f"{shown} is not a plain file (mode {change.mode})"]
    size = int(_git(repository, "cat-file", "-s", change.blob))
    return [f"{shown} has {size:,} bytes"] if size > LARGEST_FILE else []


def _git(repository: Path, *words: str) -> bytes:
    done = subprocess.run(["git", "-C", str(repository), *words], capture_output=True, check=False)
    if done.returncode:
        raise ForeignInputError("Git does not answer", got=done.stderr.decode("utf-8", "replace")[-500:])
    return done.stdout
