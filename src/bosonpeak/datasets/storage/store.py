"""The store: whole netCDF-4 files and Zarr directories, written atomically, checked when read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.errors import DigestMismatchError, StoreError
from bosonpeak.datasets.schema import validate
from bosonpeak.datasets.storage.atomic import (
    replacing,
    replacing_directory,
    require_space,
    writable_target,
    write_failure,
)
from bosonpeak.datasets.storage.digest import content_digest, tree_digest
from bosonpeak.datasets.storage.zarr_metadata import METADATA_FILE

if TYPE_CHECKING:
    import xarray as xr

    from bosonpeak.datasets.storage.netcdf_codec import Chunks

ZARR_SUFFIX = ".zarr"
"""Ending of the paths that are written as Zarr stores."""


_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_CLASSIC = (b"CDF\x01", b"CDF\x02", b"CDF\x05")
_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive, such as .npz; score or convert it instead"),
    (b"\x93NUMPY", "a NumPy array; score or convert it instead"),
    (b"\x1f\x8b", "gzip-compressed; unpack it first"),
    (b"<", "a web page or XML, as a failed download leaves it"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself"),
)


def write(obj: xr.Dataset | xr.DataTree, path: str | os.PathLike[str]) -> str:
    """Validate a dataset or a collection and write it as one netCDF-4 file or Zarr store, whole or not at all.

    The same object gives the same bytes. Double-precision and integer variables are compressed without loss,
    single-precision ones are stored as they are; every chunk carries a checksum.

    Parameters
    ----------
    obj : xarray.Dataset or xarray.DataTree
        Dask chunks are computed. The attribute ``content_digest`` is set in the file, not on `obj`.
    path : path-like
        File to create or to replace; if it ends in ``.zarr``, the directory of a Zarr store (format 3), for which
        ``bosonpeak[zarr]`` must be installed.

    Returns
    -------
    str
        The content digest, ``"sha256:..."``.

    Raises
    ------
    SchemaError
        If the dataset does not obey its schema; nothing is written.
    StoreError
        If the file cannot be written; a previous file is untouched and no partial file is left.
    """
    import xarray as xr

    from bosonpeak.datasets.storage import netcdf_codec, zarr_codec

    as_zarr = output_target(path).suffix == ZARR_SUFFIX
    loaded = obj.compute() if isinstance(obj, xr.Dataset | xr.DataTree) else obj
    validate(loaded)
    groups = _groups(loaded)
    digests = _digests(groups)
    stamped = {
        name: dataset.assign_attrs(content_digest=digests[name]) if name in digests else dataset
        for name, dataset in groups.items()
    }
    with (replacing_directory if as_zarr else replacing)(path) as temporary:
        require_space(temporary, netcdf_codec.size_bound(stamped))
        try:
            (zarr_codec if as_zarr else netcdf_codec).encode(stamped, temporary)
        except RuntimeError as error:
            # The netCDF library reports whatever goes wrong with its file as an "HDF error".
            raise write_failure(error, path) from error
        except (TypeError, ValueError, OverflowError) as error:
            raise StoreError(
                f"the dataset cannot be expressed in {'Zarr' if as_zarr else 'netCDF-4'}",
                got=f"{type(error).__name__}: {error}",
                where=os.fspath(path),
                likely_cause="an attribute or a variable of a type that the format does not know",
                done="nothing was written; a previous file of that name is untouched",
            ) from error
    return digests["/"]


def output_target(path: str | os.PathLike[str]) -> Path:
    """Resolve the file or Zarr store to write, and refuse early what cannot be written.

    Parameters
    ----------
    path : path-like
        What `write` will be given.

    Returns
    -------
    Path
        Absolute path of what will be created or replaced.

    Raises
    ------
    StoreError
        If it cannot be written, is a directory that holds something else, or would be a Zarr store and the package
        ``zarr`` is not installed.
    """
    if Path(os.path.realpath(path)).suffix != ZARR_SUFFIX:
        return writable_target(path)
    from bosonpeak.datasets.storage.zarr_codec import require_zarr

    require_zarr(os.fspath(path))
    target = writable_target(path, as_directory=True)
    if target.exists() and not (target / METADATA_FILE).exists() and any(target.iterdir()):
        raise StoreError(
            "the output directory holds something else",
            expected="no directory, an empty one, or a Zarr store",
            got=", ".join(sorted(entry.name for entry in target.iterdir())[:5]),
            where=os.fspath(path),
            done="nothing was written",
        )
    return target


def read(
    path: str | os.PathLike[str],
    *,
    group: str | None = None,
    chunks: Chunks | None = None,
    verify: bool | None = None,
    largest: int | None = None,
    vouched: bool = False,
) -> xr.Dataset | xr.DataTree:
    """Read a netCDF file or a Zarr store of this package.

    Without `chunks` everything asked for is in memory and the file is closed on return.

    Parameters
    ----------
    path : path-like
        A local file, or the directory of a Zarr store (format 3).
    group : str, optional
        Path of one group, such as ``"situation-2/delta-0.1"``; it inherits the attributes of the groups above it.
    chunks : int, str or mapping, optional
        Open lazily as Dask arrays (``{}``: the chunks of the file). Close the result, or use it in a ``with``
        block. Damage in the values then shows when they are computed.
    verify : bool, optional
        Whether the content digest is checked. By default it is if everything is read anyway and a digest is
        recorded. True with `chunks` reads everything once, a slab at a time.
    largest : int, optional
        Bytes of arrays beyond which nothing is loaded into memory, for files that nobody vouches for.
    vouched : bool
        Whether somebody vouches for the file, as a registered digest does; any other HDF5 file is first inspected by
        `require_self_contained`.

    Returns
    -------
    xarray.Dataset or xarray.DataTree
        A tree if the file has groups and none was asked for.

    Raises
    ------
    StoreError
        If the file is missing, truncated, damaged, too large, neither netCDF nor Zarr, or without that group; or it
        refers to other files, or in circles.
    DigestMismatchError
        If the content is not what the recorded digest says.
    """
    file = _existing_file(path)
    wanted = None if group is None else f"/{group.strip('/')}"
    if file.is_dir():
        opened = _open_zarr(file, wanted, chunks, largest)
    else:
        opened = (
            _load(file, wanted, largest, vouched) if chunks is None else _open_lazily(file, wanted, chunks, vouched)
        )
    if verify or (verify is None and chunks is None):
        try:
            _verify(opened, file, required=bool(verify))
        except BaseException:
            opened.close()
            raise
    return opened


def _groups(obj: xr.Dataset | xr.DataTree) -> dict[str, xr.Dataset]:
    import xarray as xr

    if isinstance(obj, xr.Dataset):
        return {"/": obj}
    return {node.path: node.to_dataset(inherit=False) for node in obj.subtree}


def _digests(groups: Mapping[str, xr.Dataset]) -> dict[str, str]:
    """Digest every group with variables; the root of a collection stands for all of them."""
    digests = {name: content_digest(dataset) for name, dataset in groups.items() if dataset.variables}
    if len(groups) > 1:
        digests["/"] = tree_digest(digests)
    elif not digests:
        digests["/"] = content_digest(groups["/"])
    return digests


def _verify(obj: xr.Dataset | xr.DataTree, file: Path, *, required: bool) -> None:
    groups = _groups(obj)
    found = _digests(groups)
    recorded = {name: dataset.attrs.get("content_digest") for name, dataset in groups.items()}
    # The digests of the groups come first: they say where the damage is.
    for name in sorted(found, key=lambda name: name == "/"):
        if recorded[name] is None and not required:
            continue
        if recorded[name] != found[name]:
            raise DigestMismatchError(
                "the content of the file is not what its digest says",
                expected=str(recorded[name] or "a recorded content_digest (SHA-256)"),
                got=found[name],
                where=f"{file}, group {name}",
                likely_cause="another program changed the values, or the file was damaged on disk or in transfer",
                done="nothing was loaded; verify=False opens it regardless",
            )


def _existing_file(path: str | os.PathLike[str]) -> Path:
    file = Path(path)
    if file.is_file() or (file / METADATA_FILE).is_file():
        return file
    is_older_zarr = any((file / name).exists() for name in (".zgroup", ".zarray", ".zmetadata"))
    raise StoreError(
        "the file does not exist" if not file.exists() else "the path is no file",
        expected="a netCDF file, or a Zarr store",
        got="a directory" if file.is_dir() else "nothing of that name",
        where=os.fspath(path),
        likely_cause="a Zarr store of format 2, where only format 3 is read" if is_older_zarr else "",
    )


def _load(file: Path, group: str | None, largest: int | None, vouched: bool) -> xr.Dataset | xr.DataTree:
    import xarray as xr

    from bosonpeak.datasets.storage import netcdf_codec

    try:
        data = file.read_bytes()
        if not vouched:
            _require_known_format(data[:8], data, file)
        groups = netcdf_codec.decode(data, group, where=str(file), largest=largest)
    except netcdf_codec.ENGINE_FAILURES as error:
        raise _unreadable(file, error) from error
    return xr.DataTree.from_dict(groups) if len(groups) > 1 else next(iter(groups.values()))


def _open_zarr(store: Path, group: str | None, chunks: Chunks | None, largest: int | None) -> xr.Dataset | xr.DataTree:
    import xarray as xr

    from bosonpeak.datasets.storage import netcdf_codec, zarr_codec

    try:
        groups = zarr_codec.decode(store, group, chunks, where=str(store), largest=largest)
    except netcdf_codec.ENGINE_FAILURES as error:
        raise StoreError(
            "the directory could not be read as a Zarr store",
            expected="a Zarr store of format 3 that holds numbers, flags and texts",
            got=f"{type(error).__name__}: {error}",
            where=str(store),
            likely_cause="it does not fit into memory: open it with chunks={}"
            if isinstance(error, MemoryError)
            else "it is damaged, a copy of it was interrupted, or another program wrote it for other purposes",
            done="nothing was loaded",
        ) from error
    return xr.DataTree.from_dict(groups) if len(groups) > 1 else next(iter(groups.values()))


def _require_known_format(head: bytes, source: bytes | Path, file: Path) -> None:
    """Let only classic netCDF and inspected HDF5 come to the netCDF library, which knows other formats too."""
    from bosonpeak.datasets.storage.hdf5_inspection import require_self_contained

    if head.startswith(_HDF5_SIGNATURE):
        require_self_contained(source, str(file))
    elif not head.startswith(_CLASSIC):
        raise ValueError("the file begins neither as netCDF nor as HDF5 does")


def _open_lazily(file: Path, group: str | None, chunks: Chunks, vouched: bool) -> xr.Dataset | xr.DataTree:
    import netCDF4
    import xarray as xr

    from bosonpeak.datasets.storage import netcdf_codec

    options: dict[str, Any] = {"engine": "netcdf4", "chunks": chunks, **netcdf_codec.DECODING}
    try:
        if not vouched:
            with open(file, "rb") as stream:
                head = stream.read(8)
            _require_known_format(head, file, file)
        with netCDF4.Dataset(file, "r") as handle:
            paths = netcdf_codec.group_paths(handle) if group is None else [group]
            inherited = {} if group is None else netcdf_codec.inherited_attributes(handle, group, str(file))
        groups = {path: xr.open_dataset(file, group=path, **options) for path in paths}
    except netcdf_codec.ENGINE_FAILURES as error:
        raise _unreadable(file, error) from error
    if len(groups) == 1:
        (dataset,) = groups.values()
        dataset.attrs = {**inherited, **dataset.attrs}
        return dataset
    # xarray's own open_datatree gave equal names to the Dask arrays of different groups until it was mended.
    tree = xr.DataTree.from_dict(groups)
    for path, dataset in groups.items():
        tree[path].set_close(dataset.close)
    return tree


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
    if head.startswith(_HDF5_SIGNATURE):
        return "it is damaged, or HDF5 that is not netCDF-4"
    for signature, explanation in _SIGNATURES:
        if head.startswith(signature):
            return f"it is {explanation}"
    return "it is in another format: text tables and .npz archives are read by score and convert"


def _declared_size(head: bytes) -> int | None:
    """Read the end-of-file address out of an HDF5 superblock of version 0 to 3."""
    if not head.startswith(_HDF5_SIGNATURE) or len(head) < 60:
        return None
    version = head[8]
    offset_size = head[13] if version < 2 else head[9]
    if version > 3 or offset_size not in (4, 8):
        return None
    first_address = {0: 24, 1: 28}.get(version, 12)
    start = first_address + 2 * offset_size
    return int.from_bytes(head[start : start + offset_size], "little")
