"""The store of finished samples: one file each, written before the sample is counted.

A shard directory belongs to one recipe and, while it is open, to one process::

    manifest.json               which recipe the shards belong to
    lock                        held by the running process
    <group>/<index>.npz         one finished sample

A shard carries a checksum over its arrays and the digest of its ensemble. A damaged or foreign shard is
noticed and counts as missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bosonpeak.datasets.atomic import write_bytes
from bosonpeak.datasets.errors import ResumeError, StoreError
from bosonpeak.generators.file_lock import exclusive_lock

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bosonpeak.generators.recipe import Recipe

_FORMAT = 1
_MANIFEST = "manifest.json"
_LOCK = "lock"
_LABEL = "__shard__"
_CHECKSUM_LENGTH = 64
_TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.part")


class DamagedShardError(StoreError):
    """A shard is truncated, altered, or of another ensemble."""


@dataclass(frozen=True)
class Shard:
    """One finished sample.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        What the generator returned.
    seconds : float
        How long it took.
    code_version : str
        The version of this package that made it.
    """

    arrays: Mapping[str, NDArray[Any]]
    seconds: float
    code_version: str


class ShardStore:
    """The finished samples of one recipe; get one from `open_shards`.

    Parameters
    ----------
    directory : Path
        Where the shards lie.
    digests : mapping of str to str
        The digest of each ensemble, by group.
    """

    def __init__(self, directory: Path, digests: Mapping[str, str]) -> None:
        self.directory = directory
        self._digests = dict(digests)

    def path(self, group: str, index: int) -> Path:
        """Return where a sample's shard lies."""
        return self.directory / group / f"{index:06d}.npz"

    def write(self, group: str, index: int, shard: Shard) -> None:
        """Write a finished sample; it is on disk, whole, when this returns.

        Raises
        ------
        StoreError
            If it cannot be written.
        """
        label = {
            "digest": self._digests[group],
            "index": index,
            "seconds": shard.seconds,
            "code_version": shard.code_version,
        }
        path = self.path(group, index)
        _make_directory(path.parent)
        write_bytes(path, _packed(shard.arrays, label))

    def read(self, group: str, index: int) -> Shard:
        """Return a finished sample.

        Raises
        ------
        DamagedShardError
            If the file is truncated or altered, or holds another sample.
        FileNotFoundError
            If there is none.
        """
        path = self.path(group, index)
        try:
            packed = path.read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise DamagedShardError(
                "shard cannot be read", got=error.strerror or str(error), where=str(path)
            ) from error
        arrays, label = _unpacked(packed, str(path))
        if (label["digest"], label["index"]) != (self._digests[group], index):
            raise DamagedShardError("shard belongs to another ensemble or sample", where=str(path))
        return Shard(arrays, float(label["seconds"]), str(label["code_version"]))

    def remove(self) -> None:
        """Remove the shards and the directories that are then empty, and nothing else."""
        for group in self._digests:
            for path in (self.directory / group).glob("*.npz"):
                if path.stem.isdecimal():
                    path.unlink()
        (self.directory / _MANIFEST).unlink(missing_ok=True)
        folders = {parent for group in self._digests for parent in self.path(group, 0).parents}
        for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
            if self.directory in folder.parents:
                _remove_if_empty(folder)

    def clear_leftovers(self) -> None:
        """Remove the temporary files of a process that was killed while it wrote."""
        for group in {"", *self._digests}:
            for path in (self.directory / group).glob(".*.part"):
                if _TEMPORARY.fullmatch(path.name):
                    path.unlink()


@contextlib.contextmanager
def open_shards(directory: Path, recipe: Recipe, digests: Mapping[str, str]) -> Iterator[ShardStore]:
    """Open the shard directory of a recipe, for this process alone, and make it if it does not exist.

    Parameters
    ----------
    directory : Path
        The directory.
    recipe : Recipe
        The recipe that the shards must belong to.
    digests : mapping of str to str
        The digest of each ensemble, by group.

    Raises
    ------
    ResumeError
        If the shards there belong to another recipe; they are left as they are.
    StoreError
        If another process holds the directory, or it cannot be written, or holds something else.
    """
    _make_directory(directory)
    _refuse_strangers(directory)
    with exclusive_lock(directory / _LOCK):
        store = ShardStore(directory, digests)
        _claim(directory, recipe, digests)
        store.clear_leftovers()
        try:
            yield store
        finally:
            if not _holds_shards(directory):
                store.remove()
                _remove_lock_and_directory(directory)


def _holds_shards(directory: Path) -> bool:
    return any(directory.rglob("*.npz"))


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


def _refuse_strangers(directory: Path) -> None:
    if (directory / _MANIFEST).exists():
        return
    strangers = sorted(entry.name for entry in directory.iterdir() if not _is_ours(entry.name))
    if strangers:
        raise StoreError(
            "directory for finished samples holds something else",
            expected="an empty directory, or one that an earlier run of the recipe left",
            got=", ".join(strangers[:5]),
            where=str(directory),
            done="nothing was touched",
        )


def _is_ours(name: str) -> bool:
    return name == _LOCK or _TEMPORARY.fullmatch(name) is not None


def _claim(directory: Path, recipe: Recipe, digests: Mapping[str, str]) -> None:
    """Check the manifest against the recipe, or write it if there is none."""
    path = directory / _MANIFEST
    manifest = {"format": _FORMAT, "identity": recipe.identity, "ensembles": dict(digests)}
    if not path.exists() or not _holds_shards(directory):
        write_bytes(path, json.dumps(manifest, indent=1).encode())
        return
    try:
        found = json.loads(path.read_bytes())
        same = found["format"] == _FORMAT and found["ensembles"] == manifest["ensembles"]
        changes = _changes(found["identity"], manifest["identity"])
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ResumeError(
            "manifest of the finished samples cannot be read",
            got=str(error),
            where=str(path),
            done="finished samples were kept; remove the directory to compute them again",
        ) from error
    if not same or changes:
        raise ResumeError(
            "finished samples belong to another recipe",
            expected=f"the recipe {recipe.name} as it was when the run began",
            got="; ".join(changes[:8]) or "other defaults of the generator",
            where=str(directory),
            likely_cause="the recipe or the seed was changed after the run was interrupted",
            done="finished samples were kept; restore the recipe, give another output file, or remove the directory",
        )


def _changes(before: object, after: object, place: str = "") -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted({*before, *after})
        return [
            change for key in keys for change in _changes(before.get(key), after.get(key), f"{place} {key}".strip())
        ]
    return [] if before == after else [f"{place}: {before!r} became {after!r}"]


def _packed(arrays: Mapping[str, NDArray[Any]], label: Mapping[str, Any]) -> bytes:
    """Return an ``.npz`` archive whose comment is the checksum over all bytes before it."""
    buffer = io.BytesIO()
    text = np.frombuffer(json.dumps(label).encode(), dtype=np.uint8)
    np.savez(buffer, allow_pickle=False, **{_LABEL: text}, **arrays)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"0" * _CHECKSUM_LENGTH
    content = buffer.getvalue()[:-_CHECKSUM_LENGTH]
    return content + _checksum(content)


def _unpacked(packed: bytes, where: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    content, checksum = packed[:-_CHECKSUM_LENGTH], packed[-_CHECKSUM_LENGTH:]
    if checksum != _checksum(content):
        raise DamagedShardError("shard does not match its checksum", where=where)
    with np.load(io.BytesIO(packed), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    return arrays, json.loads(arrays.pop(_LABEL).tobytes())


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _remove_lock_and_directory(directory: Path) -> None:
    with contextlib.suppress(PermissionError):  # of systems where an open file cannot be removed
        (directory / _LOCK).unlink(missing_ok=True)
    _remove_if_empty(directory)


def _remove_if_empty(directory: Path) -> None:
    with contextlib.suppress(OSError):
        directory.rmdir()


def missing_samples(
    store: ShardStore, groups: Sequence[str], samples: int
) -> Iterator[tuple[str, int, DamagedShardError | None]]:
    """Yield the samples that are not in the store, sample by sample over all groups.

    Parameters
    ----------
    store : ShardStore
        The store.
    groups : sequence of str
        The ensembles.
    samples : int
        Samples of each.

    Yields
    ------
    group : str
    index : int
    damage : DamagedShardError or None
        What is wrong with the shard, if there is one.
    """
    for index in range(samples):
        for group in groups:
            try:
                store.read(group, index)
            except FileNotFoundError:
                yield group, index, None
            except DamagedShardError as damage:
                yield group, index, damage
