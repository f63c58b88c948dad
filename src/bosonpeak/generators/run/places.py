"""Choice of the place for finished samples: a directory, or a place behind a URL.

The run itself writes into a directory, so that its workers need no shared file system. Workers write to a URL
themselves.
"""

from __future__ import annotations

from pathlib import Path

from bosonpeak.generators.run.directory_place import DirectoryPlace
from bosonpeak.generators.run.place import ShardPlace


def place_at(address: str | Path, *, break_lock: bool = False) -> ShardPlace:
    """Place at a directory path or a URL; `break_lock` removes the lock that a killed run left behind a URL."""
    if isinstance(address, Path) or "://" not in address:
        return DirectoryPlace(Path(address))
    from bosonpeak.generators.run.object_store import ObjectStorePlace, local_directory

    directory = local_directory(address)
    if directory is not None:
        return DirectoryPlace(directory, workers_write=True)
    return ObjectStorePlace(address.rstrip("/"), break_lock)
