"""Read whole netCDF files and Zarr stores as plain arrays, and explain why a file is unreadable."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bosonpeak.datasets.arguments import file_path
from bosonpeak.datasets.errors import StoreError
from bosonpeak.datasets.storage.raw_groups import StoredGroup, labelled
from bosonpeak.datasets.storage.zarr_metadata import METADATA_FILE

if TYPE_CHECKING:
    import xarray as xr

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
NETCDF_SIGNATURES = (HDF5_SIGNATURE, b"CDF\x01", b"CDF\x02", b"CDF\x05")
_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive, such as .npz; score or convert it instead"),
    (b"\x93NUMPY", "a NumPy array; score or convert it instead"),
    (b"\x1f\x8b", "gzip-compressed; unpack it first"),
    (b"<", "a web page or XML, as a failed download leaves it"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself"),
)

READ_FAILURES = (
    OSError,
    RuntimeError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    MemoryError,
)
"""Errors of the netCDF library and the decoders on invalid bytes, names or attributes."""


def read_groups(
    path: str | os.PathLike[str],
    *,
    group: str | None = None,
    largest: int | None = None,
    vouched: bool = False,
    with_values: bool = True,
) -> dict[str, StoredGroup]:
    """Read a netCDF file or Zarr store as plain arrays by group path; arguments and errors as for `read`."""
    file = existing_file(path)
    wanted = None if group is None else f"/{group.strip('/')}"
    with plain_failures(file):
        if file.is_dir():
            from bosonpeak.datasets.storage import zarr_codec

            return zarr_codec.decode(file, wanted, where=str(file), largest=largest, with_values=with_values)
        source = file.read_bytes() if with_values else file
        if not vouched:
            require_known_format(source, file)
        from bosonpeak.datasets.storage import netcdf_codec

        return netcdf_codec.decode(source, wanted, where=str(file), largest=largest, with_values=with_values)


def as_dataset(groups: Mapping[str, StoredGroup], file: Path) -> xr.Dataset | xr.DataTree:
    """Convert groups of plain arrays to a dataset, or to a tree if there are several groups."""
    with plain_failures(file):
        return joined({path: labelled(group) for path, group in groups.items()})


def joined(groups: Mapping[str, xr.Dataset]) -> xr.Dataset | xr.DataTree:
    """Join several groups to a tree; a single group is returned as a dataset."""
    import xarray as xr

    return xr.DataTree.from_dict(dict(groups)) if len(groups) > 1 else next(iter(groups.values()))


def existing_file(path: str | os.PathLike[str]) -> Path:
    """Path of an existing file or Zarr directory; raise `StoreError` if neither exists."""
    file = file_path(path)
    if file.is_file() or (file / METADATA_FILE).is_file():
        return file
    is_older_zarr = any((file / name).exists() for name in (".zgroup", ".zarray", ".zmetadata"))
    raise StoreError(
        "the file does not exist" if not file.exists() else "the path is not a file",
        expected="a netCDF file, or a Zarr store",
        got="a directory" if file.is_dir() else "no such file",
        where=os.fspath(path),
        likely_cause="a Zarr store of format 2, where only format 3 is read" if is_older_zarr else "",
    )


def require_known_format(source: bytes | Path, file: Path) -> None:
    """Accept only classic netCDF, and HDF5 without external references; the netCDF library also opens other formats."""
    from bosonpeak.datasets.storage.external_references import require_no_external_references

    if isinstance(source, Path):
        with open(source, "rb") as stream:
            head = stream.read(8)
    else:
        head = source[:8]
    if head.startswith(HDF5_SIGNATURE):
        require_no_external_references(source, str(file))
    elif not head.startswith(NETCDF_SIGNATURES):
        raise ValueError("the file begins as neither netCDF nor HDF5")


@contextlib.contextmanager
def plain_failures(path: Path) -> Iterator[None]:
    """Context that translates read errors of a file or store into a `StoreError` with a likely cause."""
    try:
        yield
    except READ_FAILURES as error:
        raise (_unreadable_store if path.is_dir() else _unreadable)(path, error) from error


def _unreadable_store(store: Path, error: Exception) -> StoreError:
    return StoreError(
        "the directory could not be read as a Zarr store",
        expected="a Zarr store of format 3 that holds numbers, flags and texts",
        got=f"{type(error).__name__}: {error}",
        where=str(store),
        likely_cause="it does not fit into memory: open it with chunks={}"
        if isinstance(error, MemoryError)
        else "it is damaged, a copy of it was interrupted, or another program wrote it for other purposes",
        done="nothing was loaded",
    )


def _unreadable(file: Path, error: Exception) -> StoreError:
    return StoreError(
        "the file could not be read as netCDF",
        expected="a netCDF file",
        got=f"{type(error).__name__}: {error}",
        where=str(file),
        likely_cause=_likely_cause(file, error),
        done="nothing was loaded",
    )


def _likely_cause(file: Path, error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, MemoryError):
        return "it does not fit into memory: open it with chunks={}"
    size = file.stat().st_size
    with open(file, "rb") as stream:
        head = stream.read(128)
    if size == 0:
        return "it is empty: a copy, a download or a write was interrupted"
    declared = _declared_size(head)
    if declared is not None and declared > size:
        return f"it is truncated: {size:,} bytes of {declared:,}; a copy or a download was interrupted"
    if head.startswith(HDF5_SIGNATURE):
        return "it is damaged, or HDF5 that is not netCDF-4"
    for signature, explanation in _SIGNATURES:
        if head.startswith(signature):
            return f"it is {explanation}"
    return "it is in another format: text tables and .npz archives are read by score and convert"


def _declared_size(head: bytes) -> int | None:
    """Read the end-of-file address from an HDF5 superblock of version 0 to 3."""
    if not head.startswith(HDF5_SIGNATURE) or len(head) < 60:
        return None
    version = head[8]
    offset_size = head[13] if version < 2 else head[9]
    if version > 3 or offset_size not in (4, 8):
        return None
    first_address = {0: 24, 1: 28}.get(version, 12)
    start = first_address + 2 * offset_size
    return int.from_bytes(head[start : start + offset_size], "little")
