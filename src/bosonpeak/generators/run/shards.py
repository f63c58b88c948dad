"""Store of finished samples: one file (shard) per sample, with checksum and the digest of its ensemble.

A place for shards belongs to one recipe and, while open, to one run, by the files ``manifest.json`` and ``lock``.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bosonpeak.datasets.errors import ResumeError, StoreError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bosonpeak.generators.run.recipe import Recipe
    from bosonpeak.generators.run.shard_directory import ShardPlace

VISIBILITY_PATIENCE = 30.0
"""Seconds to wait until a shard that a worker has written is seen here; network file systems take their time."""

_FORMAT = 1
_MANIFEST = "manifest.json"
_LABEL = "__shard__"
_CHECKSUM_LENGTH = 64
_OF_ANOTHER = "shard belongs to another ensemble or sample"


class DamagedShardError(StoreError):
    """Shard that is truncated, altered, or of another ensemble."""


@dataclass(frozen=True)
class Shard:
    """One finished sample with duration, package version and machine (empty in shards of version 0.1 and earlier)."""

    arrays: Mapping[str, NDArray[Any]]
    seconds: float
    code_version: str
    machine: str = ""


@dataclass(frozen=True)
class ShardSlot:
    """Address of one sample's shard, with the digest of its ensemble; can be pickled and sent to a worker."""

    place: ShardPlace
    group: str
    index: int
    digest: str

    @property
    def name(self) -> str:
        """Name of the shard in the place."""
        return f"{self.group}/{self.index:06d}.npz".lstrip("/")

    def write(self, shard: Shard) -> str:
        """Write a finished sample completely and return its checksum; `StoreError` if the manifest is missing."""
        self._require_the_run()
        label = {
            "digest": self.digest,
            "index": self.index,
            "seconds": shard.seconds,
            "code_version": shard.code_version,
            "machine": shard.machine,
        }
        content = _packed(shard.arrays, label)
        self.place.write(self.name, content)
        return content[-_CHECKSUM_LENGTH:].decode()

    def _require_the_run(self) -> None:
        """Require the manifest: a shard without manifest has no owner and would block every later run."""
        if self.place.exists(_MANIFEST):
            return
        raise StoreError(
            "the place for finished samples does not exist",
            expected="the place that the run has opened",
            got=f"no {_MANIFEST} there",
            where=self.place.address,
            likely_cause="it was removed during the run; or a worker does not see it: file:// needs a "
            "file system that all workers share, and memory:// a single process",
            done="samples finished before, if still present, were kept; run the same command again to resume",
        )

    def read(self) -> Shard:
        """Read the sample; `DamagedShardError` for a damaged or foreign file, `FileNotFoundError` for none."""
        where = self.place.where(self.name)
        try:
            packed = self.place.read(self.name)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise DamagedShardError("shard cannot be read", got=error.strerror or str(error), where=where) from error
        arrays, label = _unpacked(packed, where)
        if (label["digest"], label["index"]) != (self.digest, self.index):
            raise DamagedShardError(_OF_ANOTHER, where=where)
        return Shard(arrays, float(label["seconds"]), str(label["code_version"]), str(label.get("machine", "")))

    def confirm(self, checksum: str) -> None:
        """Check that the shard with a worker's checksum is stored; `DamagedShardError` or `StoreError` if not."""
        deadline = time.monotonic() + VISIBILITY_PATIENCE
        while True:
            try:
                if self.place.ending(self.name, _CHECKSUM_LENGTH) != checksum.encode():
                    self.read()  # a worker given up earlier may have made the same sample again
                return
            except FileNotFoundError as error:
                if time.monotonic() > deadline:
                    raise StoreError(
                        "a sample written by a worker is not visible here",
                        got=f"no such file for {VISIBILITY_PATIENCE:g} s",
                        where=self.place.where(self.name),
                        likely_cause="the worker and this process do not share the same place",
                        done="samples finished before, if any, were kept",
                    ) from error
                time.sleep(0.2)


class ShardStore:
    """Finished samples of one recipe, with the digest of each ensemble by group; made by `open_shards`."""

    def __init__(self, place: ShardPlace, digests: Mapping[str, str]) -> None:
        self.place = place
        self._digests = dict(digests)

    def slot(self, group: str, index: int) -> ShardSlot:
        """Slot of a sample's shard."""
        return ShardSlot(self.place, group, index, self._digests[group])

    def remove(self) -> None:
        """Remove the shards and the directories that become empty, and nothing else."""
        shards = [name for name in self.place.shards() if self.is_ours(name)]
        self.place.remove(shards, self._digests)
        # The manifest goes last: without the manifest the remaining shards look like foreign files.
        self.place.remove([_MANIFEST], [])

    def is_ours(self, name: str) -> bool:
        """Test whether a file of this name is a shard of the recipe."""
        group, _, file = name.rpartition("/")
        return group in self._digests and file.removesuffix(".npz").isdecimal()


@contextlib.contextmanager
def open_shards(place: ShardPlace, recipe: Recipe, digests: Mapping[str, str]) -> Iterator[ShardStore]:
    """Yield the finished samples of a recipe, exclusively for this process; make the place if missing."""
    place.prepare()
    store = ShardStore(place, digests)
    _refuse_strangers(store, digests)
    with place.exclusive():
        _claim(store, recipe, digests)
        place.clear_leftovers(digests)
        try:
            yield store
        finally:
            if not place.shards():
                store.remove()
                place.remove_itself()


def _refuse_strangers(store: ShardStore, groups: Iterable[str]) -> None:
    """Refuse a place with foreign files; folders of shards are allowed, even without a manifest."""
    place = store.place
    folders = {group.split("/")[0] for group in groups}
    strangers = [name for name in place.entries() if name not in folders and not store.is_ours(name)]
    if strangers and not place.exists(_MANIFEST) and _MANIFEST not in strangers:
        raise StoreError(
            "directory for finished samples contains other files",
            expected="an empty directory, or one that an earlier run of the recipe left",
            got=", ".join(strangers[:5]),
            where=place.address,
            done="nothing was changed",
        )


def _claim(store: ShardStore, recipe: Recipe, digests: Mapping[str, str]) -> None:
    """Check the manifest against the recipe, or write a missing manifest."""
    place = store.place
    manifest = {"format": _FORMAT, "identity": recipe.identity, "ensembles": dict(digests)}
    lost = not place.exists(_MANIFEST)
    if lost:
        _refuse_shards_of_others(store)
    if lost or not place.shards():
        place.write(_MANIFEST, json.dumps(manifest, indent=1).encode())
        return
    try:
        found = json.loads(place.read(_MANIFEST))
        same = found["format"] == _FORMAT and found["ensembles"] == manifest["ensembles"]
        changes = _changes(found["identity"], manifest["identity"])
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ResumeError(
            "manifest of the finished samples cannot be read",
            got=str(error),
            where=place.where(_MANIFEST),
            done="finished samples were kept; remove the directory to compute them again",
        ) from error
    if not same or changes:
        raise ResumeError(
            "finished samples belong to another recipe",
            expected=f"the recipe {recipe.name} as it was when the run began",
            got="; ".join(changes[:8]) or "other defaults of the generator",
            where=place.address,
            likely_cause="the recipe or the seed was changed after the run was interrupted",
            done="finished samples were kept; restore the recipe, give another output file, or remove the directory",
        )


def _refuse_shards_of_others(store: ShardStore) -> None:
    """Refuse shards of other ensembles, by the digest in each shard."""
    for name in sorted(store.place.shards()):
        group, _, file = name.rpartition("/")
        try:
            if store.is_ours(name):
                store.slot(group, int(file.removesuffix(".npz"))).read()
                continue
        except DamagedShardError as damage:
            if damage.what != _OF_ANOTHER:
                continue
        raise ResumeError(
            "finished samples without a manifest belong to another recipe",
            got=name,
            where=store.place.address,
            done="finished samples were kept; give another place, or remove the directory",
        )


def _changes(before: object, after: object, place: str = "") -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted({*before, *after})
        return [
            change for key in keys for change in _changes(before.get(key), after.get(key), f"{place} {key}".strip())
        ]
    return [] if before == after else [f"{place}: {before!r} became {after!r}"]


def _packed(arrays: Mapping[str, NDArray[Any]], label: Mapping[str, Any]) -> bytes:
    """Bytes of an ``.npz`` archive, with the checksum over all preceding bytes as archive comment."""
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


def missing_samples(
    store: ShardStore, groups: Sequence[str], samples: int
) -> Iterator[tuple[str, int, DamagedShardError | None]]:
    """Yield (group, index, error of a damaged shard or None) of missing samples, sample by sample over all groups."""
    present = store.place.shards()
    for index in range(samples):
        for group in groups:
            slot = store.slot(group, index)
            if slot.name not in present:
                yield group, index, None
                continue
            try:
                slot.read()
            except FileNotFoundError:
                yield group, index, None
            except DamagedShardError as damage:
                yield group, index, damage
