"""Temporary folders that are removed soon after their process ends, even after a kill."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

_PREFIX = "bosonpeak-scratch-"
_LOCK, _CONTENT = "lock", "content"
_ATTEMPTS = 5


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Context of an empty folder, removed at the end; folders of killed processes are removed first."""
    # The system releases the lock on a folder's lock file with its process: a free lock marks an abandoned folder.
    _remove_abandoned()
    folder, lock = _made()
    try:
        (folder / _CONTENT).mkdir()
        yield folder / _CONTENT
    finally:
        shutil.rmtree(folder / _CONTENT, ignore_errors=True)
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def _made() -> tuple[Path, FileLock]:
    """Create and lock a folder; retry if another process removed the new folder as abandoned before the lock."""
    for attempt in range(_ATTEMPTS):
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = FileLock(folder / _LOCK)
        try:
            lock.acquire(timeout=0)
        except OSError:  # includes the timeout of a lock held by another process
            shutil.rmtree(folder, ignore_errors=True)
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            break
    return folder, lock


def _remove_abandoned() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # A folder that cannot be examined or removed is left to the next process.
        with contextlib.suppress(OSError):
            if _is_own(folder) and (folder / _LOCK).is_file():
                with FileLock(folder / _LOCK, timeout=0):
                    shutil.rmtree(folder / _CONTENT, ignore_errors=True)
                if not (folder / _CONTENT).exists():
                    shutil.rmtree(folder)


def _is_own(folder: Path) -> bool:
    """Test whether the path is a folder of this user and not a symbolic link."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and (not hasattr(os, "geteuid") or found.st_uid == os.geteuid())
