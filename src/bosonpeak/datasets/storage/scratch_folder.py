"""A temporary folder that does not outlive its process for long, even if that was killed."""

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
    """Give an empty folder, which is removed at the end of the block; first remove those that killed processes left.

    A lock beside the content is held as long as the process lives, and the system takes it away with the process: a
    folder of this user whose lock is free belongs to nobody. Without a lock no folder is touched.

    Yields
    ------
    Path

    Raises
    ------
    OSError
        If no folder can be made.
    """
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
    """A folder with its lock held; another process may have taken it for an abandoned one before that was."""
    for attempt in range(_ATTEMPTS):
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = FileLock(folder / _LOCK)
        try:
            lock.acquire(timeout=0)
        except OSError:  # also that of a lock which somebody holds
            shutil.rmtree(folder, ignore_errors=True)
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            break
    return folder, lock


def _remove_abandoned() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # Whatever cannot be looked at, or be removed, is left to the next process.
        with contextlib.suppress(OSError):
            if _is_own(folder) and (folder / _LOCK).is_file():
                with FileLock(folder / _LOCK, timeout=0):
                    shutil.rmtree(folder / _CONTENT, ignore_errors=True)
                if not (folder / _CONTENT).exists():
                    shutil.rmtree(folder)


def _is_own(folder: Path) -> bool:
    """Whether it is a folder, not a link to one, that this user made."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and (not hasattr(os, "geteuid") or found.st_uid == os.geteuid())
