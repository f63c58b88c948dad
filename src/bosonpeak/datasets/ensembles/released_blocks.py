"""Blocks of the data release that are fetched for their values: their outlines have the labels and the lengths."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dask.utils import SerializableLock

from bosonpeak.datasets.errors import DigestMismatchError
from bosonpeak.datasets.storage.lazy_netcdf import LazyFile
from bosonpeak.datasets.storage.outline import INDEX, Outline, has_values, outline, outline_text

if TYPE_CHECKING:
    from bosonpeak.datasets.dataset_entry import DatasetEntry


class ReleasedBlock(LazyFile):
    """Block of the data release with its outline; `fetch` returns the verified file when a value is first needed."""

    is_known = staticmethod(has_values)

    def __init__(self, entry: DatasetEntry, groups: Outline, fetch: Callable[[], Path]) -> None:
        self.entry, self.groups, self.chunks = entry, groups, {}
        self._fetch, self._lock = fetch, SerializableLock()
        self._fetched: Path | None = None
        self._handle = None

    def __str__(self) -> str:
        return self.entry.name

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_fetched": None, "_handle": None}  # another machine has the file elsewhere

    def token(self) -> Hashable:
        """Digest of the file."""
        return self.entry.sha256

    def path(self) -> Path:
        """Path of the fetched file, which was verified and compared with the outline."""
        with self._lock:
            if self._fetched is None or not self._fetched.is_file():
                file = self._fetch()
                self._require_outline(file)
                self._fetched, self._handle = file, None
            return self._fetched

    def _require_outline(self, file: Path) -> None:
        if outline_text(outline(file)) != outline_text(self.groups):
            raise DigestMismatchError(
                f"the index of the data release does not describe {self.entry.name!r}",
                expected=f"shapes, types, attributes and labels as in {INDEX}",
                got="others, in a file with the registered SHA-256",
                where=str(file),
                likely_cause="an index that was changed or damaged",
                done="no value was returned",
            )
