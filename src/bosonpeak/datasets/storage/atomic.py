"""Files appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from bosonpeak.datasets.errors import StoreError
from bosonpeak.datasets.storage.exchange import exchange

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
    """Resolve the file to write, and refuse early what cannot be written.

    Parameters
    ----------
    path : path-like
        The file asked for; a symbolic link stands for its target.
    as_directory : bool
        Whether a directory is to be written there instead of a file.

    Returns
    -------
    Path
        Absolute path of the file that will be created or replaced.

    Raises
    ------
    StoreError
        If the directory above is missing, or the target is a directory and should not, or a device, or read-only.
    """
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
            "the output path is no directory",
            expected="the path of a new or an existing directory",
            got="a file",
            where=where,
            done="nothing was written",
        )
    if not as_directory and not stat.S_ISREG(mode):
        kind = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
        raise StoreError(
            "the output path is no file",
            expected="the path of a new or an existing regular file",
            got=kind,
            where=where,
            done="nothing was written",
        )
    _require_writable(mode, target, where, "the output file exists and is read-only")
    return target


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Let a block write a temporary file that takes the place of the target if the block succeeds.

    The temporary file lies in the same directory and is forced to disk before it takes the name. It is emptied
    and removed whatever else happens, so that not even a library that keeps it open holds on to its blocks.

    Parameters
    ----------
    path : path-like
        File to create or replace.

    Yields
    ------
    Path
        The temporary file; it does not exist yet.

    Raises
    ------
    StoreError
        If an `OSError` occurs in the block or on the way to the target; a previous file is then untouched.
    """
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
        # What cannot be removed either must not hide what went wrong before; `remove_leftovers` takes it.
        with contextlib.suppress(OSError):
            os.truncate(temporary, 0)
        with contextlib.suppress(OSError):
            temporary.unlink()


@contextlib.contextmanager
def replacing_directory(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Let a block write a temporary directory that takes the place of the target if the block succeeds.

    As `replacing`. A previous directory is exchanged for the new one in one step. Where the system has no such step it
    is first moved aside, to ``.<random>.former`` beside it; if the process ends in that instant, `remove_leftovers`
    gives it back.

    Parameters
    ----------
    path : path-like
        Directory to create or replace.

    Yields
    ------
    Path
        The temporary directory; it does not exist yet.

    Raises
    ------
    StoreError
        If an `OSError` occurs in the block or on the way to the target; a previous directory is then untouched.
    """
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
    """Synchronise the name that was just given; what fails from here on leaves the new file there."""
    try:
        synchronise_directory(target.parent)
    except OSError as error:
        raise StoreError(
            "the name of the written file could not be forced to disk",
            got=error.strerror or str(error),
            where=os.fspath(path),
            likely_cause="the disk fails, or is full",
            done="the new file is there, whole; a power cut might still bring the previous one back",
        ) from error


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove what killed processes left on the way to a target, and give back a directory that was moved aside.

    Only whoever keeps others from writing the same target may call this: a file that is being written is removed, too.

    Parameters
    ----------
    path : path-like
        The file or directory that they were to create or replace.

    Raises
    ------
    StoreError
        If something cannot be removed.
    """
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
    """What killed processes left on the way to a target, or others are just writing there.

    Parameters
    ----------
    path : path-like
        The file or directory that they were to create or replace.

    Returns
    -------
    list of Path

    Raises
    ------
    StoreError
        If the directory cannot be read.
    """
    target = Path(os.path.realpath(path))
    try:
        return [entry for entry in target.parent.iterdir() if entry.name.startswith(_mark(target))]
    except OSError as error:
        raise write_failure(error, path) from error


def require_space(temporary: Path, size: int) -> None:
    """Have the system set space aside for a moment, so that a full disk is met here and not inside a library.

    The netCDF library hides the reason of a failed write, keeps the file and may refuse that disk for the rest of
    the process. Quotas and limits on file sizes count too.

    Parameters
    ----------
    temporary : Path
        A file that does not exist yet, nor afterwards.
    size : int
        Bytes that must fit.

    Raises
    ------
    OSError
        If they do not.
    """
    with open(temporary, "xb") as stream:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(stream.fileno(), 0, size)
        elif shutil.disk_usage(temporary.parent).free < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    temporary.unlink()


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file so that a reader, a crash or a full disk never meets half of it.

    Parameters
    ----------
    path : path-like
        File to create or replace.
    data : bytes
        Its whole content.

    Raises
    ------
    StoreError
        If it cannot be written; a previous file is then untouched.

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
    """Remove a directory as far as that is possible; a second time, where something did not go at first."""
    for _ in range(2):
        shutil.rmtree(directory, ignore_errors=True)


def _mark(target: Path) -> str:
    """How the names of all temporary files of a target begin; short, since names may be as long as systems allow."""
    return f".{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:8]}"


def _beside(target: Path, suffix: str) -> Path:
    return target.with_name(f"{_mark(target)}{secrets.token_hex(4)}.{suffix}")


def synchronise_directory(directory: Path) -> None:
    """Make new names in a directory survive a power cut, where the system offers that.

    Parameters
    ----------
    directory : Path

    Raises
    ------
    OSError
        If the system cannot.
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_failure(error: Exception, path: str | os.PathLike[str]) -> StoreError:
    """Error that tells a user why a file could not be written.

    Parameters
    ----------
    error : Exception
        What the system, or a library on top of it, raised.
    path : path-like
        The file that was to be written.

    Returns
    -------
    StoreError
    """
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
    """Respect a read-only mark even where the superuser could ignore it."""
    if mode & 0o222 and os.access(path, os.W_OK):
        return
    raise StoreError(
        what,
        expected="permission to write",
        got=stat.filemode(mode),
        where=where,
        likely_cause="it was marked read-only, belongs to somebody else, or the file system is read-only",
        done="nothing was written",
    )


def _synchronise_files(directory: Path) -> None:
    for parent, _, files in os.walk(directory):
        for name in files:
            with open(Path(parent, name), "rb+") as stream:
                os.fsync(stream.fileno())
        synchronise_directory(Path(parent))
