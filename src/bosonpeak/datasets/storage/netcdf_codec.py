"""Encode datasets as netCDF-4 files in memory, and decode the bytes of netCDF files to arrays."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import netCDF4
import numpy as np

from bosonpeak.datasets.storage.raw_groups import StoredGroup, StoredVariable, inherited_attributes

if TYPE_CHECKING:
    import xarray as xr
    from xarray.backends import CachingFileManager, NetCDF4DataStore

_LOCK = threading.Lock()

MEMORY = Path("/dev/shm")
"""Folder of files in memory on Linux."""

_SHARE = 0.5
"""Of the memory that is free for files, how much one of them may take."""


class MemoryFile:
    """In-memory file created by `memory_file`, with a path until `hide` and an open file descriptor."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def hide(self) -> None:
        """Remove the file name after the library has opened the file, so that the memory ends with the process."""
        self.path.unlink(missing_ok=True)

    def copy_to(self, target: Path) -> None:
        """Copy the content to a new file; raise `OSError` if the disk rejects the data."""
        with open(self._descriptor, "rb", closefd=False) as content, open(target, "xb") as stream:
            content.seek(0)
            shutil.copyfileobj(content, stream, 1 << 20)


@contextlib.contextmanager
def memory_file(size: int) -> Iterator[MemoryFile | None]:
    """Context of an empty in-memory file with room for `size` bytes; None if unsupported or short of memory."""
    if not _has_room(size):
        yield None
        return
    descriptor, name = tempfile.mkstemp(prefix="bosonpeak-", dir=MEMORY)
    made = MemoryFile(Path(name), descriptor)
    try:
        yield made
    finally:
        made.hide()
        os.close(descriptor)


def _has_room(size: int) -> bool:
    try:
        return os.access(MEMORY, os.W_OK) and size <= _SHARE * shutil.disk_usage(MEMORY).free
    except OSError:
        return False


Chunks = int | str | Mapping[str, Any]

_LEAST_COMPRESSED = 2048  # bytes of the chunk index of an array, more than smaller arrays can save
_CHUNK_BYTES = 1 << 20


def encode(groups: Mapping[str, xr.Dataset], path: Path) -> None:
    """Write datasets as groups of a new netCDF-4 file, the root ``"/"`` first; equal datasets give equal bytes."""
    # The library writes to memory: netCDF 4.10 crashes (segmentation fault) if the last write to a disk fails.
    with library(), memory_file(size_bound(groups)) as image:
        if image is None:
            _write(groups, netCDF4.Dataset(path, "w", format="NETCDF4"))
            return
        file = netCDF4.Dataset(image.path, "w", format="NETCDF4")
        image.hide()
        _write(groups, file)
        image.copy_to(path)


def _write(groups: Mapping[str, xr.Dataset], file: netCDF4.Dataset) -> None:
    """Write datasets in memory as groups of an open file, and close the file."""
    try:
        for name, dataset in groups.items():
            group = file if name == "/" else file.createGroup(name)
            plain = dataset.drop_encoding()
            encoding = {variable: variable_encoding(plain.variables[variable]) for variable in plain.variables}
            plain.dump_to_store(_store(group), encoding=encoding)
    finally:
        file.close()


def size_bound(groups: Mapping[str, xr.Dataset]) -> int:
    """Upper bound in bytes of the file size of these datasets, compressed or not."""
    values = sum(dataset.nbytes for dataset in groups.values())
    texts = sum(len(str(text).encode()) for dataset in groups.values() for text in dataset.attrs.values())
    variables = sum(len(dataset.variables) for dataset in groups.values())
    return values + values // 50 + texts + 16_384 * (1 + len(groups) + variables)


def decode(
    source: bytes | Path,
    group: str | None = None,
    *,
    where: str = "",
    largest: int | None = None,
    with_values: bool | Callable[[str, tuple[str, ...]], bool] = True,
) -> dict[str, StoredGroup]:
    """Read groups by path, with all values or as `with_values` decides by name and dimensions; no compound types."""
    available = len(source) if isinstance(source, bytes) else source.stat().st_size
    with opened(source) as image:
        inherited = {} if group is None else inherited_attributes(group_headers(image), group, where)
        nodes = {path: node for path, node in _walk(image) if group in (None, path)}
        _refuse_inflated(nodes.values(), available, largest)
        return {
            path: StoredGroup(
                {
                    name: _variable(
                        found, with_values(name, found.dimensions) if callable(with_values) else with_values
                    )
                    for name, found in node.variables.items()
                    if _is_plain(found)
                },
                {**inherited, **_attributes(node)},
            )
            for path, node in nodes.items()
        }


@contextlib.contextmanager
def opened(source: bytes | Path) -> Iterator[netCDF4.Dataset]:
    """Context of an open netCDF file, or of its bytes, in which no other thread uses the netCDF library."""
    with library():
        # Values are read from bytes: after a failure the library serves a damaged file under its name even once
        # replaced. Without xarray, no other handle of the file is open.
        if isinstance(source, bytes) or "xarray" not in sys.modules:
            name, memory = ("image.nc", source) if isinstance(source, bytes) else (source, None)
            with netCDF4.Dataset(name, "r", memory=memory) as file:
                yield file
            return
        handle = shared_handle(source)
        try:
            yield handle.acquire(needs_lock=False)
        finally:
            handle.close(needs_lock=False)


@contextlib.contextmanager
def library() -> Iterator[None]:
    """Context in which no other thread uses the netCDF library, here or in xarray."""
    # Two threads in the library crash the process, even with different files. A process that reads plain arrays of
    # untrusted files does not import xarray, which takes longer than the reading.
    with _LOCK:
        if "xarray" in sys.modules:
            from xarray.backends.netCDF4_ import NETCDF4_PYTHON_LOCK

            with NETCDF4_PYTHON_LOCK:
                yield
        else:
            yield


def shared_handle(file: Path) -> CachingFileManager[Any]:
    """Manager of the only handle of a file in its present state; who acquires it after it was closed opens it again."""
    from xarray.backends import CachingFileManager
    from xarray.backends.netCDF4_ import NETCDF4_PYTHON_LOCK

    # HDF5 2.2 crashes if a file is opened three times, closed twice and opened again.
    state = file.stat()
    return CachingFileManager(
        netCDF4.Dataset,
        os.path.realpath(file),
        mode="r",
        lock=NETCDF4_PYTHON_LOCK,
        manager_id=(state.st_size, state.st_mtime_ns),
    )


def _attributes(found: Any) -> dict[str, Any]:
    return {name: found.getncattr(name) for name in found.ncattrs()}


def _is_plain(variable: Any) -> bool:
    return variable.dtype is str or variable.dtype.kind in "biufcS"


def _variable(variable: Any, with_values: bool) -> StoredVariable:
    variable.set_auto_maskandscale(False)
    variable.set_auto_chartostring(False)
    dtype = np.dtype(object if variable.dtype is str else variable.dtype)
    if with_values:
        return StoredVariable(variable.dimensions, np.asarray(variable[...], dtype=dtype), _attributes(variable))
    return StoredVariable(variable.dimensions, without_values(dtype, variable.shape), _attributes(variable))


def without_values(dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Array of a type and a shape that needs no memory, for a variable whose values are not read."""
    return np.broadcast_to(np.array("" if dtype.hasobject else 0, dtype=dtype), shape)


def group_headers(file: netCDF4.Dataset) -> dict[str, StoredGroup]:
    """Variables, unread, and attributes of all groups of an open file by path, the root (``"/"``) first."""
    return {path: StoredGroup(node.variables, _attributes(node)) for path, node in _walk(file)}


def group_paths(file: netCDF4.Dataset) -> list[str]:
    """Paths of all groups of an open file, the root (``"/"``) first."""
    return [path for path, _ in _walk(file)]


def stored_chunks(file: Path) -> dict[tuple[str, str], tuple[int, ...]]:
    """Chunk shapes of the variables of a netCDF file by group path and name; contiguous variables have none."""
    with opened(file) as content:
        return {
            (path, name): tuple(chunks)
            for path, node in _walk(content)
            for name, variable in node.variables.items()
            if isinstance(chunks := variable.chunking(), list)
        }


def _store(group: Any) -> NetCDF4DataStore:
    from xarray.backends import NetCDF4DataStore

    return NetCDF4DataStore(group, lock=False)  # type: ignore[no-untyped-call]


def _walk(group: Any, path: str = "/") -> Iterator[tuple[str, Any]]:
    yield path, group
    for name, child in group.groups.items():
        yield from _walk(child, f"{path.rstrip('/')}/{name}")


def _refuse_inflated(nodes: Any, available: int, largest: int | None) -> None:
    """Reject small files that declare arrays larger than any compression ratio explains."""
    declared = sum(
        variable.size * getattr(variable.dtype, "itemsize", 1) for node in nodes for variable in node.variables.values()
    )
    too_many = largest is not None and declared > largest
    if too_many or (declared > (1 << 26) and declared > 2000 * available):
        raise ValueError(f"the file declares {declared:,} bytes of arrays in {available:,} bytes")


def variable_encoding(variable: xr.Variable) -> dict[str, Any]:
    """Compression, checksum and chunks of a variable; values rounded to fewer bits are compressed in any type."""
    if variable.dtype.kind not in "biuf":
        return {}
    if variable.dtype.kind == "f":
        encoding: dict[str, Any] = {"_FillValue": None}
    else:
        encoding = {}
    if variable.nbytes <= _LEAST_COMPRESSED or variable.ndim == 0:
        return encoding
    encoding |= {"fletcher32": True, "chunksizes": chunk_shape(variable.shape, variable.dtype)}
    return encoding | {"zlib": True, "complevel": 6, "shuffle": True}


def chunk_shape(shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, ...]:
    """Chunk shape of about a megabyte, by halving the leading axes, so that whole samples are read together."""
    chunk = list(shape)
    size = dtype.itemsize
    for length in shape:
        size *= length
    for axis in range(len(chunk)):
        while size > _CHUNK_BYTES and chunk[axis] > 1:
            size = size // chunk[axis]
            chunk[axis] = (chunk[axis] + 1) // 2
            size *= chunk[axis]
    return tuple(chunk)
