"""netCDF files as datasets with values in Dask arrays."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from xarray.backends import AbstractDataStore, BackendArray
from xarray.core import indexing

from bosonpeak.datasets.errors import StoreError
from bosonpeak.datasets.storage.netcdf_codec import chunk_shape, decode, library, shared_handle, stored_chunks
from bosonpeak.datasets.storage.raw_files import existing_file, plain_failures
from bosonpeak.datasets.storage.raw_groups import (
    DECODING,
    StoredGroup,
    StoredVariable,
    inherited_attributes,
    parts,
    text_values,
)

if TYPE_CHECKING:
    from xarray.backends import CachingFileManager

    from bosonpeak.datasets.storage.netcdf_codec import Chunks


class LazyFile:
    """netCDF file described by its groups, without values other than labels; other values are read when needed."""

    def __init__(self, file: Path) -> None:
        self.groups: Mapping[str, StoredGroup] = decode(file, with_values=self.is_known)
        self.chunks: Mapping[tuple[str, str], tuple[int, ...]] = stored_chunks(file)
        self._file, self._stamp = file, _stamp(file)
        self._handle: CachingFileManager[Any] | None = None

    def __str__(self) -> str:
        return str(self._file)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {
            "groups": {},
            "chunks": {},
            "_handle": None,
        }  # arrays that are sent to a worker read values only

    @staticmethod
    def is_known(name: str, dimensions: tuple[str, ...]) -> bool:
        """Test whether the description has the values of a variable."""
        return name in dimensions or not dimensions

    def token(self) -> Hashable:
        """Identity of the content for Dask."""
        return str(self._file), self._stamp

    def path(self) -> Path:
        """Path of the unchanged file."""
        if _stamp(existing_file(self._file)) != self._stamp:
            raise StoreError(
                "the file changed after it was opened",
                expected="size and time of modification as before",
                where=str(self._file),
                likely_cause="another program wrote it; open it again",
                done="no value was returned",
            )
        return self._file

    def read(self, *, group: str | None = None, chunks: Chunks | None = None, **_: Any) -> xr.Dataset | xr.DataTree:
        """Open all groups or a single group with values in Dask arrays, as `store.read` does with a file."""
        wanted = None if group is None else f"/{group.strip('/')}"
        inherited = {} if wanted is None else inherited_attributes(self.groups, wanted, str(self))
        found = {}
        for path in self.groups if wanted is None else [wanted]:
            found[path] = xr.open_dataset(_Group(self, path), chunks={} if chunks is None else chunks, **DECODING)
            found[path].attrs = {**inherited, **found[path].attrs}
        if len(found) == 1:
            return next(iter(found.values()))
        tree = xr.DataTree.from_dict(found)
        tree.set_close(self.close)
        return tree

    def values(self, group: str, name: str, key: Any) -> np.ndarray[Any, Any]:
        """Values of a part of a variable."""
        file = self.path()
        with plain_failures(file), library():
            if self._handle is None:
                self._handle = shared_handle(file)
            content = self._handle.acquire(needs_lock=False)
            variable = (content if group == "/" else content[group])[name]
            variable.set_auto_maskandscale(False)
            variable.set_auto_chartostring(False)
            return np.asarray(variable[key])

    def close(self) -> None:
        """Close the handle, which a later value opens again."""
        if self._handle is not None:
            self._handle.close()


def _stamp(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_size, found.st_mtime_ns


class _Group(AbstractDataStore):
    """Group of a file as a data store of xarray."""

    def __init__(self, file: LazyFile, path: str) -> None:
        self._file, self._path = file, path

    def get_variables(self) -> dict[str, xr.Variable]:
        """Variables by name."""
        group = self._file.groups[self._path]
        return {name: _variable(self._file, self._path, name, each) for name, each in group.variables.items()}

    def get_attrs(self) -> dict[str, Any]:
        """Attributes of the group."""
        return dict(self._file.groups[self._path].attributes)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __dask_tokenize__(self) -> Hashable:
        return self._file.token(), self._path


def _variable(file: LazyFile, path: str, name: str, stored: StoredVariable) -> xr.Variable:
    dimensions, values, attributes = parts(stored)
    if file.is_known(name, dimensions):
        return xr.Variable(dimensions, values, attributes)
    chunks = file.chunks.get((path, name)) or chunk_shape(values.shape, values.dtype)
    lazy = indexing.LazilyIndexedArray(_Values(file, path, name, values))
    return xr.Variable(dimensions, lazy, attributes, {"preferred_chunks": dict(zip(dimensions, chunks, strict=True))})


class _Values(BackendArray):
    """Values of a variable of a file, read when they are indexed."""

    def __init__(self, file: LazyFile, path: str, name: str, described: np.ndarray[Any, Any]) -> None:
        self.shape, self.dtype = described.shape, text_values(described).dtype
        self._read = functools.partial(file.values, path, name)

    def __getitem__(self, key: Any) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)
