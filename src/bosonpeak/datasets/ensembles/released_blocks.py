"""Blocks of the data release that are fetched for their values: their outlines have the labels and the lengths."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from dask.utils import SerializableLock
from xarray.backends import AbstractDataStore, BackendArray
from xarray.core import indexing

from bosonpeak.datasets.errors import DigestMismatchError
from bosonpeak.datasets.storage.netcdf_codec import chunk_shape, opened
from bosonpeak.datasets.storage.outline import INDEX, Outline, has_values, outline, outline_text
from bosonpeak.datasets.storage.raw_files import plain_failures
from bosonpeak.datasets.storage.raw_groups import DECODING, StoredVariable, inherited_attributes, text_values

if TYPE_CHECKING:
    from bosonpeak.datasets.dataset_entry import DatasetEntry
    from bosonpeak.datasets.storage.netcdf_codec import Chunks


class ReleasedBlock:
    """Block of the data release with its outline; `fetch` returns the verified file when a value is first needed."""

    def __init__(self, entry: DatasetEntry, groups: Outline, fetch: Callable[[], Path]) -> None:
        self.entry, self.groups = entry, groups
        self._fetch, self._lock = fetch, SerializableLock()
        self._file: Path | None = None

    def __str__(self) -> str:
        return self.entry.name

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_file": None}  # another machine has the file elsewhere

    def read(self, *, group: str | None = None, chunks: Chunks | None = None, **_: Any) -> xr.Dataset | xr.DataTree:
        """Open all groups or a single group with values in Dask arrays, as `store.read` does with a file."""
        wanted = None if group is None else f"/{group.strip('/')}"
        inherited = {} if wanted is None else inherited_attributes(self.groups, wanted, self.entry.name)
        found = {}
        for path in self.groups if wanted is None else [wanted]:
            found[path] = xr.open_dataset(_Group(self, path), chunks={} if chunks is None else chunks, **DECODING)
            found[path].attrs = {**inherited, **found[path].attrs}
        return xr.DataTree.from_dict(found) if len(found) > 1 else next(iter(found.values()))

    def values(self, group: str, name: str, key: Any) -> np.ndarray[Any, Any]:
        """Values of a part of a variable; the file is fetched, verified and compared with the outline before."""
        with self._lock:
            if self._file is None or not self._file.is_file():
                file = self._fetch()
                self._require_outline(file)
                self._file = file
        with plain_failures(self._file), opened(self._file) as file:
            variable = file[group][name]
            variable.set_auto_maskandscale(False)
            variable.set_auto_chartostring(False)
            return np.asarray(variable[key])

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


class _Group(AbstractDataStore):
    """Group of a block as a data store of xarray."""

    def __init__(self, block: ReleasedBlock, path: str) -> None:
        self._block, self._path = block, path

    def get_variables(self) -> dict[str, xr.Variable]:
        """Variables by name."""
        group = self._block.groups[self._path]
        return {name: _variable(self._block, self._path, name, each) for name, each in group.variables.items()}

    def get_attrs(self) -> dict[str, Any]:
        """Attributes of the group."""
        return dict(self._block.groups[self._path].attributes)

    def __dask_tokenize__(self) -> Hashable:
        return self._block.entry.sha256, self._path


def _variable(block: ReleasedBlock, path: str, name: str, stored: StoredVariable) -> xr.Variable:
    values, attributes = stored.values, dict(stored.attributes)
    if has_values(name, stored.dimensions):
        return xr.Variable(stored.dimensions, text_values(values), attributes)
    chunks = dict(zip(stored.dimensions, chunk_shape(values.shape, values.dtype), strict=True))
    lazy = indexing.LazilyIndexedArray(_Values(block, path, name, values))
    return xr.Variable(stored.dimensions, lazy, attributes, {"preferred_chunks": chunks})


class _Values(BackendArray):
    """Values of a variable of a block, read when they are indexed."""

    def __init__(self, block: ReleasedBlock, path: str, name: str, described: np.ndarray[Any, Any]) -> None:
        self.shape, self.dtype = described.shape, text_values(described).dtype
        self._read = functools.partial(block.values, path, name)

    def __getitem__(self, key: Any) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)
