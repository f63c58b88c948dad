"""Choice of the place for finished samples: a directory, or a place behind a URL.

A place stores named files (``manifest.json``, ``delta-0.1/000007.npz``), never partial, and is held by one run at a
time. The run itself writes into a directory, so that its workers need no shared file system. Workers that can reach a
URL write their samples there themselves.
"""

from __future__ import annotations

from pathlib import Path

from bosonpeak.generators.run.directory_place import DirectoryPlace
from bosonpeak.generators.run.place import ShardPlace


def place_at(address: str | Path, *, break_lock: bool = False) -> ShardPlace:
    """Place at a directory path or at a URL such as ``"s3://bucket/run"`` or ``"file:///scratch/run"``.

    `break_lock` removes the lock of a killed run behind a URL; a directory lock ends with its process. `StoreError` for
    an unusable URL.
    """
    if isinstance(address, Path) or "://" not in address:
        return DirectoryPlace(Path(address))
    from bosonpeak.generators.run.object_store import ObjectStorePlace, local_directory

    directory = local_directory(address)
    if directory is not None:
        return DirectoryPlace(directory, workers_write=True)
    return ObjectStorePlace(address.rstrip("/"), break_lock)
