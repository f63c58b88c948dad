"""Where finished samples lie: a directory, or a place behind a URL.

A place takes files by name (``manifest.json``, ``delta-0.1/000007.npz``), whole or not at all, and lends itself to
one run at a time. A directory is filled by the run itself, which its workers need not share a file system with. A
URL is an address that workers can reach: they write their samples there themselves.
"""

from __future__ import annotations

from pathlib import Path

from bosonpeak.generators.run.directory_place import DirectoryPlace
from bosonpeak.generators.run.place import ShardPlace


def place_at(address: str | Path, *, break_lock: bool = False) -> ShardPlace:
    """Place at a path or a URL.

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
