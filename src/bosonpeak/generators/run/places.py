"""Where finished samples lie: a directory, or a place behind a URL.

A place takes files by name (``manifest.json``, ``delta-0.1/000007.npz``), whole or not at all, and lends itself to
one run at a time. A directory is filled by the run itself, which its workers need not share a file system with. A
URL is an address that workers can reach: they write their samples there themselves.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from bosonpeak.datasets.errors import StoreError
from bosonpeak.datasets.storage.atomic import write_bytes
from bosonpeak.generators.run.file_lock import exclusive_lock
from bosonpeak.generators.run.place import LOCK, ShardPlace

_TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.part")


@dataclass(frozen=True)
class DirectoryPlace:
    """A directory.

    Parameters
    ----------
    directory : Path
        Absolute, if workers write.
    workers_write : bool
        Whether workers write into it, so that they must all see it.
    """

    directory: Path
    workers_write: bool = False

    @property
    def address(self) -> str:
        """The directory."""
        return str(self.directory)

    def where(self, name: str) -> str:
        """Return the path of one file."""
        return str(self.directory / name)

    def prepare(self) -> None:
        """Make the directory and those above it."""
        _make_directory(self.directory)

    def exclusive(self) -> contextlib.AbstractContextManager[None]:
        """Hold the operating system's lock."""
        return exclusive_lock(self.directory / LOCK)

    def entries(self) -> list[str]:
        """Return the names of files and folders."""
        return sorted(
            entry.name
            for entry in self.directory.iterdir()
            if entry.name != LOCK and not _TEMPORARY.fullmatch(entry.name)
        )

    def shards(self) -> set[str]:
        """Return the names of all files that end in ``.npz``."""
        return {path.relative_to(self.directory).as_posix() for path in self.directory.rglob("*.npz")}

    def exists(self, name: str) -> bool:
        """Say whether there is such a file."""
        return (self.directory / name).exists()

    def read(self, name: str) -> bytes:
        """Return the content of a file; `OSError` if it is damaged beyond reading."""
        return (self.directory / name).read_bytes()

    def ending(self, name: str, length: int) -> bytes:
        """Return the last bytes of a file."""
        path = self.directory / name
        with open(path, "rb") as stream:
            stream.seek(max(0, path.stat().st_size - length))
            return stream.read()

    def write(self, name: str, content: bytes) -> None:
        """Write a temporary file and give it the name."""
        path = self.directory / name
        _make_directory(path.parent)
        write_bytes(path, content)

    def remove(self, names: Collection[str], folders: Collection[str]) -> None:
        """Remove files, and the given folders and those above them where they are then empty."""
        for name in names:
            (self.directory / name).unlink(missing_ok=True)
        paths = {parent for folder in folders for parent in (self.directory / folder / LOCK).parents}
        for path in sorted(paths, key=lambda path: len(path.parts), reverse=True):
            if self.directory in path.parents:
                _remove_if_empty(path)

    def clear_leftovers(self, folders: Collection[str]) -> None:
        """Remove temporary files."""
        for folder in {"", *folders}:
            for path in (self.directory / folder).glob(".*.part"):
                if _TEMPORARY.fullmatch(path.name):
                    path.unlink()

    def remove_itself(self) -> None:
        """Remove the lock file and the directory."""
        with contextlib.suppress(PermissionError):  # of systems where an open file cannot be removed
            (self.directory / LOCK).unlink(missing_ok=True)
        _remove_if_empty(self.directory)

    def free_space(self) -> int | None:
        """Return the free bytes of the disk."""
        return shutil.disk_usage(self.directory).free


def place_at(address: str | Path, *, break_lock: bool = False) -> ShardPlace:
    """Return the place at a path or a URL.

    Parameters
    ----------
    address : str or Path
        A directory; or a URL, such as ``"s3://bucket/run"`` or ``"file:///scratch/run"``, where workers write
        their samples themselves.
    break_lock : bool
        Take away the lock that a killed run left behind a URL. The lock of a directory ends with its process and
        needs no breaking.

    Raises
    ------
    StoreError
        If the URL cannot be used, because of its protocol, say, or because of a driver that is not installed.
    """
    if isinstance(address, Path) or "://" not in address:
        return DirectoryPlace(Path(address))
    from bosonpeak.generators.run.object_store import ObjectStorePlace, local_directory

    directory = local_directory(address)
    if directory is not None:
        return DirectoryPlace(directory, workers_write=True)
    return ObjectStorePlace(address.rstrip("/"), break_lock)


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            "directory for finished samples cannot be made",
            got=error.strerror or str(error),
            where=str(directory),
            likely_cause="the place is read-only, full, or a file of that name is in the way",
            done="samples finished before, if any, were kept",
        ) from error


def _remove_if_empty(directory: Path) -> None:
    with contextlib.suppress(OSError):
        directory.rmdir()
