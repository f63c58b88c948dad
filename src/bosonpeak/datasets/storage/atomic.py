"""Atomic creation, replacement and exchange of files and directories."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import hashlib
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bosonpeak.datasets.errors import StoreError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # linux/fs.h
_RENAME_SWAP = 2  # sys/stdio.h of macOS

_NOT_HERE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)
"""Errors of systems and file systems without an exchange."""


def exchange(first: Path, second: Path) -> bool:
    """Exchange the names of two files or directories on one file system; False if the system cannot."""
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


_LIKELY_CAUSES = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is mounted read-only",
    errno.EACCES: "no permission to write there",
    errno.EPERM: "no permission to write there",
    errno.ENAMETOOLONG: "the file name is too long",
    errno.EFBIG: "the file system does not take files of this size",
}


def writable_target(path: str | os.PathLike[str], *, as_directory: bool = False) -> Path:
    """Resolve the absolute path to write, following symbolic links, and raise `StoreError` if it is not writable."""
    target = Path(os.path.realpath(path))
    where = os.fspath(path)
    try:
        directory_mode = target.parent.stat().st_mode
    except OSError as error:
        raise StoreError(
            "the directory of the output file does not exist",
            expected="an existing directory",
            got=error.strerror or str(error),
            where=where,
            likely_cause="a mistyped path; directories are not created",
            done="nothing was written",
        ) from error
    _require_writable(directory_mode, target.parent, where, "the directory of the output file is read-only")
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    except OSError as error:
        raise write_failure(error, path) from error
    if as_directory and not stat.S_ISDIR(mode):
        raise StoreError(
            "the output path is not a directory",
            expected="the path of a new or an existing directory",
            got="a file",
            where=where,
            done="nothing was written",
        )
    if not as_directory and not stat.S_ISREG(mode):
        kind = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
        raise StoreError(
            "the output path is not a file",
            expected="the path of a new or an existing regular file",
            got=kind,
            where=where,
            done="nothing was written",
        )
    _require_writable(mode, target, where, "the output file exists and is read-only")
    return target


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Context of a temporary file beside the target that replaces the target if the block succeeds."""
    # After a failure even a library that keeps the file open frees its disk blocks: the file is truncated, then
    # removed.
    target = writable_target(path)
    temporary = _beside(target, "part")
    try:
        yield temporary
        with open(temporary, "rb+") as stream:
            os.fsync(stream.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
        _make_last(target, path)
    except OSError as error:
        raise write_failure(error, path) from error
    finally:
        # A failed removal must not hide the earlier error; `remove_leftovers` removes the file later.
        with contextlib.suppress(OSError):
            os.truncate(temporary, 0)
        with contextlib.suppress(OSError):
            temporary.unlink()


@contextlib.contextmanager
def replacing_directory(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Context of a temporary directory that replaces the target if the block succeeds; errors as in `replacing`."""
    # Without an exchange in one system call, `remove_leftovers` restores the previous directory, renamed to .former.
    target = writable_target(path, as_directory=True)
    temporary = _beside(target, "part")
    former = temporary.with_suffix(".former")
    try:
        yield temporary
        _synchronise_files(temporary)
        if target.exists():
            shutil.copymode(target, temporary)
            if not exchange(temporary, target):
                os.rename(target, former)
        if not target.exists():
            os.rename(temporary, target)
        _make_last(target, path)
    except OSError as error:
        raise write_failure(error, path) from error
    finally:
        _discard(temporary)
        with contextlib.suppress(OSError):
            if former.exists() and not target.exists():
                os.rename(former, target)
        if target.exists():
            _discard(former)


def _make_last(target: Path, path: str | os.PathLike[str]) -> None:
    """Synchronise the directory after the renaming; an error from here on leaves the new file in place."""
    try:
        synchronise_directory(target.parent)
    except OSError as error:
        raise StoreError(
            "the name of the written file could not be synchronised to disk",
            got=error.strerror or str(error),
            where=os.fspath(path),
            likely_cause="the disk fails, or is full",
            done="the new file is complete; a power failure may still restore the previous file",
        ) from error


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove temporary files of killed processes for one target, and restore a directory that was moved aside."""
    # The caller must hold the lock on the target: temporary files of a running write are removed, too.
    target = Path(os.path.realpath(path))
    try:
        left = leftovers(target)
        for entry in left:
            if entry.suffix == ".former" and not target.exists():
                os.rename(entry, target)
            elif entry.suffix in (".part", ".former"):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink(missing_ok=True)
        if left:
            synchronise_directory(target.parent)
    except OSError as error:
        raise write_failure(error, path) from error


def leftovers(path: str | os.PathLike[str]) -> list[Path]:
    """Paths of temporary files for one target, left by killed processes or in use by a running write."""
    target = Path(os.path.realpath(path))
    try:
        return [entry for entry in target.parent.iterdir() if entry.name.startswith(_mark(target))]
    except OSError as error:
        raise write_failure(error, path) from error


def require_space(temporary: Path, size: int) -> None:
    """Allocate and free `size` bytes, so that a full disk raises `OSError` before the library starts to write."""
    # The netCDF library hides the reason of a failed write and may reject that disk for the rest of the process.
    with open(temporary, "xb") as stream:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(stream.fileno(), 0, size)
        elif shutil.disk_usage(temporary.parent).free < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    temporary.unlink()


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file atomically: no reader, crash or full disk leaves or sees a partial file.

    Parameters
    ----------
    path : path-like
        File to create or replace.
    data : bytes
        The whole content.

    Raises
    ------
    StoreError
        If the file cannot be written; a previous file is then untouched.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_bytes(Path(folder) / "answer.txt", b"42")
    ...     [path.name for path in Path(folder).iterdir()]
    ['answer.txt']
    """
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def _discard(directory: Path) -> None:
    """Remove a directory as far as possible, with a second attempt for entries that remain after the first."""
    for _ in range(2):
        shutil.rmtree(directory, ignore_errors=True)


def _mark(target: Path) -> str:
    """Common prefix of all temporary names of a target; short, because file names have a maximum length."""
    return f".{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:8]}"


def _beside(target: Path, suffix: str) -> Path:
    return target.with_name(f"{_mark(target)}{secrets.token_hex(4)}.{suffix}")


def synchronise_directory(directory: Path) -> None:
    """Make new names in a directory survive a power failure, where the platform can; raise `OSError` on failure."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_failure(error: Exception, path: str | os.PathLike[str]) -> StoreError:
    """Build the `StoreError` that explains why a file could not be written."""
    number = error.errno if isinstance(error, OSError) else None
    cause = _LIKELY_CAUSES.get(number or 0, "")
    with contextlib.suppress(OSError):
        free = shutil.disk_usage(Path(os.path.realpath(path)).parent).free
        if cause and number in (errno.ENOSPC, errno.EDQUOT):
            cause += f" ({free:,} bytes free)"
        elif not cause:
            cause = f"the disk is full, if what was to be written exceeds the {free:,} bytes free on it"
    reason = error.strerror if isinstance(error, OSError) else ""
    return StoreError(
        "the file could not be written",
        got=reason or f"{type(error).__name__}: {error}",
        where=os.fspath(path),
        likely_cause=cause,
        done="nothing was written; a previous file of that name is untouched",
    )


def _require_writable(mode: int, path: Path, where: str, what: str) -> None:
    """Respect read-only permissions even where the superuser could ignore them."""
    if mode & 0o222 and os.access(path, os.W_OK):
        return
    raise StoreError(
        what,
        expected="permission to write",
        got=stat.filemode(mode),
        where=where,
        likely_cause="it was marked read-only, belongs to another user, or the file system is read-only",
        done="nothing was written",
    )


def _synchronise_files(directory: Path) -> None:
    for parent, _, files in os.walk(directory):
        for name in files:
            with open(Path(parent, name), "rb+") as stream:
                os.fsync(stream.fileno())
        synchronise_directory(Path(parent))
