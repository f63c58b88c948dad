"""In-memory files, for libraries that write files themselves and crash on disk errors."""

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
    """In-memory file created by `memory_file`, with a path until `hide` and an open file descriptor."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def hide(self) -> None:
        """Remove the file name after the library has opened the file, so that the memory ends with the process."""
        self.path.unlink(missing_ok=True)

    def copy_to(self, target: Path) -> None:
        """Copy the content to a new file; raise `OSError` if the disk rejects the data."""
        with open(self._descriptor, "rb", closefd=False) as content, open(target, "xb") as stream:
            content.seek(0)
            shutil.copyfileobj(content, stream, 1 << 20)


@contextlib.contextmanager
def memory_file(size: int) -> Iterator[MemoryFile | None]:
    """Context of an empty in-memory file with room for `size` bytes; None if unsupported or short of memory."""
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
