"""Atomic exchange of two names in a directory, where the operating system supports it."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # linux/fs.h
_RENAME_SWAP = 2  # sys/stdio.h of macOS

_NOT_HERE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)
"""What systems and file systems answer that have no exchange."""


def exchange(first: Path, second: Path) -> bool:
    """Exchange the names of two files or directories on one file system.

    Returns False, with nothing changed, if the system or the file system does not support the exchange; other failures
    raise `OSError`.
    """
    call = _system_call()
    if call is None:
        return False
    number = call(os.fsencode(first), os.fsencode(second))
    if number in _NOT_HERE:
        return False
    if number:
        raise OSError(number, os.strerror(number), str(first), None, str(second))
    return True


@functools.cache
def _system_call() -> Callable[[bytes, bytes], int] | None:
    """Wrap renameat2 or renamex_np as a function of two paths that returns errno or 0; None if unsupported."""
    library: Any = ctypes.CDLL(None, use_errno=True) if sys.platform != "win32" else None
    if hasattr(library, "renameat2"):
        linux = library.renameat2

        def call(first: bytes, second: bytes) -> int:
            failed = linux(_AT_FDCWD, first, _AT_FDCWD, second, ctypes.c_uint(_RENAME_EXCHANGE))
            return ctypes.get_errno() if failed else 0

        return call
    if hasattr(library, "renamex_np"):
        macos = library.renamex_np

        def swap(first: bytes, second: bytes) -> int:
            failed = macos(first, second, ctypes.c_uint(_RENAME_SWAP))
            return ctypes.get_errno() if failed else 0

        return swap
    return None
