"""What has been fetched, and where it lies."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bosonpeak.datasets.entry import DatasetEntry, plain_file_name
from bosonpeak.datasets.storage.atomic import write_failure

CACHE_VARIABLE = "BOSONPEAK_CACHE"
PARTIAL = ".part"
LOCK = ".lock"

_DIGITS = 16


@dataclass(frozen=True)
class CachedFile:
    """A file of the cache.

    Parameters
    ----------
    path : Path
    name : str
        Dataset that it belongs to; empty if this version of the package knows none.
    size : int
        Bytes that are there.
    complete : bool
        Whether it is whole, or the beginning of a file that is still to come.
    """

    path: Path
    name: str
    size: int
    complete: bool


def cache_directory() -> Path:
    """Directory of fetched data: the environment variable ``BOSONPEAK_CACHE``, else the user's cache."""
    import pooch

    return Path(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("bosonpeak"))


def cached_path(entry: DatasetEntry) -> Path:
    """Where a dataset lies once it was fetched; files of equal name and other content do not meet."""
    return cache_directory() / f"{entry.sha256[:_DIGITS]}-{plain_file_name(entry)}"


def make_directory(folder: Path) -> None:
    """Create a directory with those above it.

    Raises
    ------
    StoreError
        If it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_failure(error, folder) from error


def cached_files(entries: Iterable[DatasetEntry]) -> tuple[CachedFile, ...]:
    """Everything in the cache, also of other versions of the package.

    Parameters
    ----------
    entries : iterable of DatasetEntry
        Known datasets.

    Returns
    -------
    tuple of CachedFile
        By path.
    """
    known = {cached_path(entry).name: entry.name for entry in entries}
    folder = cache_directory()
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return tuple(
        CachedFile(
            path=file,
            name=known.get(file.name.removesuffix(PARTIAL), ""),
            size=file.stat().st_size,
            complete=file.suffix != PARTIAL,
        )
        for file in files
        if file.is_file() and file.suffix != LOCK
    )


def clear_cache() -> int:
    """Delete the fetched files.

    Returns
    -------
    int
        Bytes that were freed.

    Raises
    ------
    StoreError
        If a file cannot be deleted.
    """
    files = cached_files(())
    for file in files:
        try:
            file.path.unlink()
        except OSError as error:
            raise write_failure(error, file.path) from error
    return sum(file.size for file in files)
