"""A lock that one process holds on a file, and that the system releases when the process ends in any way."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from bosonpeak.datasets.errors import StoreError


@contextlib.contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold a lock file for this process alone.

    The lock is the operating system's, not the file's existence: the file that a killed process left behind
    locks nothing. The holder's process number stands in the file, for the message to the second comer.

    Parameters
    ----------
    path : Path
        The lock file, in a directory that exists. It is left in place.

    Raises
    ------
    StoreError
        If another process holds it, or it cannot be made.
    """
    descriptor = _locked(path)
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def _locked(path: Path) -> int:
    """Descriptor of the lock file, locked; a holder that ends takes the file away, and the next one makes another."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StoreError(
                "lock file cannot be made",
                got=error.strerror or str(error),
                where=str(path),
                likely_cause="the place is read-only or full",
                done="nothing was computed",
            ) from error
        try:
            _acquire(descriptor, path)
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except StoreError:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _acquire(descriptor: int, path: Path) -> None:
    try:
        _lock(descriptor)
    except (BlockingIOError, PermissionError) as error:
        holder = os.read(descriptor, 32).decode(errors="replace").strip()
        raise StoreError(
            "another run is at work on these samples",
            got=f"locked by process {holder}",
            where=str(path.parent),
            likely_cause="the same command runs elsewhere; wait for it, or give another output file",
            done="nothing was touched",
        ) from error
    except OSError as error:
        raise StoreError(
            "the file system does not lock files",
            got=error.strerror or str(error),
            where=str(path),
            likely_cause="a network file system without locks; keep the finished samples elsewhere",
        ) from error


if sys.platform == "win32":
    import msvcrt

    _FAR_BEYOND_THE_TEXT = 1 << 20  # Windows forbids others to read what is locked

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR_BEYOND_THE_TEXT, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
