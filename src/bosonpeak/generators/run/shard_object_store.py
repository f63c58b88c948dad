"""Finished samples in an object store or any other ``fsspec`` target, and the choice of place from a path or URL.

Objects are never partial. A lock object does not end with its holder: a killed run leaves it, and the user has to break
the lock. Two runs of a recipe that both get past the lock only do the same work twice.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import platform
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec.core
from fsspec.implementations.local import LocalFileSystem

from bosonpeak.datasets.errors import StoreError
from bosonpeak.generators.run.shard_directory import LOCK, DirectoryPlace, ShardPlace

_KEPT = "samples finished before, if any, were kept"


@dataclass(frozen=True)
class ObjectStorePlace:
    """Place behind a URL; the driver takes credentials from its own configuration or ``FSSPEC_...`` variables."""

    url: str
    break_lock: bool = False

    @property
    def address(self) -> str:
        """URL of the place."""
        return self.url

    @property
    def workers_write(self) -> bool:
        """True: workers write their samples themselves."""
        return True

    def where(self, name: str) -> str:
        """URL of one object."""
        return f"{self.url}/{name}"

    def prepare(self) -> None:
        """Do nothing: object stores have no folders, and a missing bucket means a mistyped URL."""

    def is_there(self) -> bool:
        """Test whether any object exists."""
        return bool(self.entries()) or self.exists(LOCK)

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold a lock object that names its holder and start time."""
        if self.break_lock:
            self.remove([LOCK], [])
        holder = _this_process()
        self._put_lock(holder)
        try:
            yield
        finally:
            # A lock left behind by an unreachable store must not hide the original error.
            with contextlib.suppress(StoreError):
                if self._lock_holder() == holder:
                    self.remove([LOCK], [])

    def entries(self) -> list[str]:
        """First components of all object names."""
        with _connected(self.url, "list") as (filesystem, root):
            try:
                paths = filesystem.ls(root, detail=False)
            except FileNotFoundError:
                return []
        names = {str(path).rstrip("/").rsplit("/", 1)[-1] for path in paths if str(path).strip("/") != root.strip("/")}
        return sorted(names - {LOCK})

    def shards(self) -> set[str]:
        """Names of all objects that end in ``.npz``."""
        with _connected(self.url, "list") as (filesystem, root):
            try:
                paths = filesystem.find(root)
            except FileNotFoundError:
                return set()
        prefix = f"{root}/"
        return {path.removeprefix(prefix) for path in paths if path.startswith(prefix) and path.endswith(".npz")}

    def exists(self, name: str) -> bool:
        """Test whether an object exists."""
        with _connected(self.where(name), "find") as (filesystem, path):
            try:
                filesystem.info(path)
            except FileNotFoundError:
                return False
        return True

    def read(self, name: str) -> bytes:
        """Content of an object."""
        with _connected(self.where(name), "read") as (filesystem, path):
            return bytes(filesystem.cat_file(path))

    def ending(self, name: str, length: int) -> bytes:
        """Last bytes of an object."""
        with _connected(self.where(name), "read") as (filesystem, path):
            size = filesystem.info(path)["size"]
            return bytes(filesystem.cat_file(path, start=max(0, size - length), end=size))

    def write(self, name: str, content: bytes) -> None:
        """Write an object."""
        with _connected(self.where(name), "write", missing_is_failure=True) as (filesystem, path):
            filesystem.pipe_file(path, content)

    def remove(self, names: Collection[str], folders: Collection[str]) -> None:
        """Remove existing objects; folders do not exist as such."""
        with _connected(self.url, "remove from") as (filesystem, root):
            present = set(filesystem.find(root)) if names else set()
            paths = sorted(present & {f"{root}/{name}" for name in names})
            if paths:
                filesystem.rm(paths)

    def clear_leftovers(self, folders: Collection[str]) -> None:
        """Do nothing: objects are never partial."""

    def remove_itself(self) -> None:
        """Do nothing: a place without objects does not exist."""

    def free_space(self) -> int | None:
        """None: the free space is unknown."""
        return None

    def _put_lock(self, holder: dict[str, Any]) -> None:
        if self.exists(LOCK):  # drivers without the mode "create" would replace it
            raise self._held(self._lock_holder())
        content = json.dumps(holder).encode()
        try:
            with _connected(self.where(LOCK), "write", missing_is_failure=True) as (filesystem, path):
                filesystem.pipe_file(path, content, mode="create")
        except FileExistsError as error:
            raise self._held(self._lock_holder()) from error
        found = self._lock_holder()  # for drivers that check first and write later
        if found != holder:
            raise self._held(found)

    def _lock_holder(self) -> dict[str, Any]:
        try:
            found = json.loads(self.read(LOCK))
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _held(self, holder: dict[str, Any]) -> StoreError:
        process, host, since = (str(holder.get(key, "?"))[:80] for key in ("process", "host", "since"))
        return StoreError(
            "another run is using these samples, or was killed there",
            got=f"locked by process {process} on {host} since {since}",
            where=self.where(LOCK),
            likely_cause="the same command runs elsewhere: wait for it, or give another place; "
            "if you know that it is dead, add --break-lock (break_lock=True), or remove that object",
            done="nothing was changed",
        )


def local_directory(url: str) -> Path | None:
    """Directory of a ``file://`` URL, None for a URL of another kind; `StoreError` without a usable driver."""
    if "::" in url or any(sign in url for sign in "*?[]{}"):
        raise StoreError(
            "finished samples cannot be kept at that URL",
            expected="the address of one place, without :: and wildcards",
            got=url,
            done="nothing was computed",
        )
    with _connected(url, "use") as (filesystem, root):
        return Path(root) if isinstance(filesystem, LocalFileSystem) else None


@contextlib.contextmanager
def _connected(url: str, action: str, *, missing_is_failure: bool = False) -> Iterator[tuple[Any, str]]:
    """Yield the driver and its path of the URL; errors other than missing or existing files become `StoreError`."""
    try:
        filesystem, path = fsspec.core.url_to_fs(url)
        filesystem.invalidate_cache()  # other processes write there
        yield filesystem, path.rstrip("/")
    except ImportError as error:
        raise StoreError(
            "the driver for that protocol is not installed",
            got=str(error),
            where=url,
            likely_cause="install it here and on all workers",
            done=_KEPT,
        ) from error
    except FileExistsError:
        raise
    except FileNotFoundError as error:
        if not missing_is_failure:
            raise
        raise _failure(action, url, error, "the bucket or folder does not exist; it is not created") from error
    except PermissionError as error:
        raise _failure(action, url, error, "no permission, or no valid credentials in this process") from error
    except Exception as error:  # drivers share no base class of errors
        raise _failure(action, url, error, "a mistyped URL, missing credentials, or no connection") from error


def _failure(action: str, url: str, error: Exception, likely_cause: str) -> StoreError:
    return StoreError(
        f"the place for finished samples: it was not possible to {action} it",
        got=f"{type(error).__name__}: {error}",
        where=url,
        likely_cause=likely_cause,
        done=_KEPT,
    )


def _this_process() -> dict[str, Any]:
    return {
        "process": os.getpid(),
        "host": platform.node(),
        "since": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "token": secrets.token_hex(8),
    }


def place_at(address: str | Path, *, break_lock: bool = False) -> ShardPlace:
    """Place at a directory path or a URL; `break_lock` removes the lock that a killed run left behind a URL."""
    if isinstance(address, Path) or "://" not in address:
        return DirectoryPlace(Path(address))
    from bosonpeak.generators.run.shard_object_store import ObjectStorePlace, local_directory

    directory = local_directory(address)
    if directory is not None:
        return DirectoryPlace(directory, workers_write=True)
    return ObjectStorePlace(address.rstrip("/"), break_lock)
