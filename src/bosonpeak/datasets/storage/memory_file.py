"""A file in memory, for libraries that write files themselves and take no failing disk."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

MEMORY = Path("/dev/shm")
"""Where Linux keeps files in memory."""

_SHARE = 0.5
"""Of the memory that is free for files, how much one of them may take."""


class MemoryFile:
    """A file in memory; get one from `memory_file`.

    Parameters
    ----------
    path : Path
        Its name, until `hide` takes it away.
    descriptor : int
        It is open.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def hide(self) -> None:
        """Take its name away once the library has opened it, so that the memory goes with the process."""
        self.path.unlink(missing_ok=True)

    def copy_to(self, target: Path) -> None:
        """Write its content to a new file.

        Raises
        ------
        OSError
            If the disk does not take it.
        """
        with open(self._descriptor, "rb", closefd=False) as content, open(target, "xb") as stream:
            content.seek(0)
            shutil.copyfileobj(content, stream, 1 << 20)


@contextlib.contextmanager
def memory_file(size: int) -> Iterator[MemoryFile | None]:
    """Make an empty file in memory, which is gone after the block.

    Parameters
    ----------
    size : int
        Bytes that it must hold.

    Yields
    ------
    MemoryFile or None
        None where the system has no such files, or too little memory for this one.
    """
    if not _has_room(size):
        yield None
        return
    descriptor, name = tempfile.mkstemp(prefix="bosonpeak-", dir=MEMORY)
    made = MemoryFile(Path(name), descriptor)
    try:
        yield made
    finally:
        made.hide()
        os.close(descriptor)


def _has_room(size: int) -> bool:
    try:
        return os.access(MEMORY, os.W_OK) and size <= _SHARE * shutil.disk_usage(MEMORY).free
    except OSError:
        return False
