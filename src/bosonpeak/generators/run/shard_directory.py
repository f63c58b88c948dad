"""Protocol of a place for finished samples (named files, never partial, one run at a time), and its directory."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from bosonpeak.datasets.errors import StoreError
from bosonpeak.datasets.storage.atomic import synchronise_directory, write_bytes

LOCK = "lock"
"""Name of the file, or object, that holds off a second run."""


class ShardPlace(Protocol):
    """Picklable place for finished samples by relative name; a missing file raises `FileNotFoundError`."""

    @property
    def address(self) -> str:
        """Address of the place, for messages."""

    @property
    def workers_write(self) -> bool:
        """True if workers write their samples themselves, instead of sending them to the run."""

    def is_there(self) -> bool:
        """Test whether the place, or any part of it, exists."""

    def where(self, name: str) -> str:
        """Address of one file, for messages."""

    def prepare(self) -> None:
        """Make the place if it does not exist."""

    def exclusive(self) -> contextlib.AbstractContextManager[None]:
        """Hold the place for this run alone; `StoreError` if another run holds it."""

    def entries(self) -> list[str]:
        """Names of all entries directly in the place, without locks and partial files."""

    def shards(self) -> set[str]:
        """Names of all files that end in ``.npz``."""

    def exists(self, name: str) -> bool:
        """Test whether a file exists."""

    def read(self, name: str) -> bytes:
        """Content of a file."""

    def ending(self, name: str, length: int) -> bytes:
        """Last bytes of a file."""

    def write(self, name: str, content: bytes) -> None:
        """Create or replace a file, never partially; `StoreError` if the file cannot be written."""

    def remove(self, names: Collection[str], folders: Collection[str]) -> None:
        """Remove existing files, and the given folders if they become empty."""

    def clear_leftovers(self, folders: Collection[str]) -> None:
        """Remove partial files of a killed process in the place and in the given folders."""

    def remove_itself(self) -> None:
        """Remove the place if only its lock is left."""

    def free_space(self) -> int | None:
        """Free bytes in the place; None if unknown."""


_HOLDER = f"{LOCK}.holder"
"""Beside the lock: the number of the process that holds it, for the message to the second comer."""

_LOCK_PATIENCE = 0.2  # timeout in seconds; covers a lock file that its last holder has just removed
_MOST_ATTEMPTS = 100  # attempts, if other holders remove the place between its making and its locking
_TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.part")


@dataclass(frozen=True)
class DirectoryPlace:
    """Directory for finished samples, with an absolute path if the workers write into it."""

    directory: Path
    workers_write: bool = False

    @property
    def address(self) -> str:
        """Path of the directory."""
        return str(self.directory)

    def where(self, name: str) -> str:
        """Path of one file."""
        return str(self.directory / name)

    def prepare(self) -> None:
        """Make the directory and its parents."""
        _make_directory(self.directory)

    def is_there(self) -> bool:
        """Test whether the directory exists."""
        return self.directory.is_dir()

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the operating system's file lock, which ends with the process, so that a killed run leaves no lock."""
        lock = FileLock(self.directory / LOCK, timeout=_LOCK_PATIENCE, fallback_to_soft=False)
        holder = self.directory / _HOLDER
        for attempt in range(_MOST_ATTEMPTS):
            try:
                lock.acquire()
                holder.write_text(f"{os.getpid()}\n")
                break
            except Timeout as error:
                raise self._held() from error
            except OSError as error:
                lock.release()
                # The last holder removes an empty directory.
                if isinstance(error, FileNotFoundError) and attempt + 1 < _MOST_ATTEMPTS:
                    self.prepare()
                    continue
                raise StoreError(
                    "the place for finished samples cannot be locked",
                    got=error.strerror or str(error),
                    where=self.where(LOCK),
                    likely_cause="the place is read-only or full, or a network file system without locks; keep the "
                    "finished samples elsewhere",
                    done="nothing was computed",
                ) from error
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # content for people to read; only the lock itself counts
                holder.unlink(missing_ok=True)
            lock.release()

    def entries(self) -> list[str]:
        """Names of files and folders directly in the directory."""
        try:
            names = os.listdir(self.directory)
        except FileNotFoundError:
            return []
        return sorted(name for name in names if name not in (LOCK, _HOLDER) and not _TEMPORARY.fullmatch(name))

    def shards(self) -> set[str]:
        """Names of all files that end in ``.npz``."""
        return {
            Path(parent, name).relative_to(self.directory).as_posix()
            for parent, _, names in os.walk(self.directory)
            for name in names
            if name.endswith(".npz")
        }

    def exists(self, name: str) -> bool:
        """Test whether a file exists."""
        return (self.directory / name).exists()

    def read(self, name: str) -> bytes:
        """Content of a file; `OSError` if the file is unreadable."""
        return (self.directory / name).read_bytes()

    def ending(self, name: str, length: int) -> bytes:
        """Last bytes of a file."""
        path = self.directory / name
        with open(path, "rb") as stream:
            stream.seek(max(0, path.stat().st_size - length))
            return stream.read()

    def write(self, name: str, content: bytes) -> None:
        """Write a temporary file and rename it, so that the file is never partial."""
        path = self.directory / name
        _make_directory(path.parent)
        try:
            write_bytes(path, content)
        except StoreError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            raise StoreError(
                "the place for finished samples has disappeared",
                got="a folder that was removed during writing",
                where=str(path.parent),
                likely_cause="it was removed during the run",
                done="samples finished before, if still present, were kept; run the same command again to resume",
            ) from error

    def remove(self, names: Collection[str], folders: Collection[str]) -> None:
        """Remove files, then the given folders and their parents if empty."""
        for name in names:
            self._unlink(self.directory / name)
        paths = {parent for folder in folders for parent in (self.directory / folder / LOCK).parents}
        for path in sorted(paths, key=lambda path: len(path.parts), reverse=True):
            if self.directory in path.parents:
                _remove_if_empty(path)

    def clear_leftovers(self, folders: Collection[str]) -> None:
        """Remove temporary files of killed processes."""
        for folder in {"", *folders}:
            for path in (self.directory / folder).glob(".*.part"):
                if _TEMPORARY.fullmatch(path.name):
                    self._unlink(path)

    def remove_itself(self) -> None:
        """Remove the lock file and the directory."""
        for name in (_HOLDER, LOCK):
            with contextlib.suppress(OSError):  # on systems that cannot remove an open file; the next run tries again
                (self.directory / name).unlink(missing_ok=True)
        _remove_if_empty(self.directory)

    def free_space(self) -> int | None:
        """Free bytes of the disk."""
        return shutil.disk_usage(self.directory).free

    def _unlink(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(
                "a file in the place for finished samples cannot be removed",
                got=error.strerror or str(error),
                where=str(path),
                done="everything else was kept; run the same command again to resume",
            ) from error

    def _held(self) -> StoreError:
        try:
            holder = (self.directory / _HOLDER).read_text(errors="replace")[:32].strip()
        except OSError:  # the holder has just locked the file, or is about to end
            holder = "?"
        return StoreError(
            "another run is using these samples",
            got=f"locked by process {holder}",
            where=self.address,
            likely_cause="the same command runs elsewhere; wait for it, or give another output file",
            done="nothing was changed",
        )


def _make_directory(directory: Path) -> None:
    try:
        missing = [folder for folder in (directory, *directory.parents) if not folder.exists()]
        directory.mkdir(parents=True, exist_ok=True)
        for folder in missing:
            synchronise_directory(folder.parent)
    except OSError as error:
        raise StoreError(
            "directory for finished samples cannot be made",
            got=error.strerror or str(error),
            where=str(directory),
            likely_cause="the place is read-only, full, or a file of that name exists",
            done="samples finished before, if any, were kept",
        ) from error


def _remove_if_empty(directory: Path) -> None:
    with contextlib.suppress(OSError):
        directory.rmdir()
