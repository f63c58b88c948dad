"""Reading and writing of netCDF-4 files and Zarr directories: atomic writes, verified reads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bosonpeak.datasets.errors import DigestMismatchError, StoreError
from bosonpeak.datasets.schema import validate, with_labels
from bosonpeak.datasets.storage.atomic import (
    replacing,
    replacing_directory,
    require_space,
    writable_target,
    write_failure,
)
from bosonpeak.datasets.storage.digest import content_digest, tree_digest
from bosonpeak.datasets.storage.raw_files import (
    as_dataset,
    existing_file,
    joined,
    plain_failures,
    read_groups,
    require_known_format,
)
from bosonpeak.datasets.storage.zarr_metadata import METADATA_FILE

if TYPE_CHECKING:
    import xarray as xr

    from bosonpeak.datasets.storage.netcdf_codec import Chunks

ZARR_SUFFIX = ".zarr"
"""Ending of the paths that are written as Zarr stores."""


def write(obj: xr.Dataset | xr.DataTree, path: str | os.PathLike[str]) -> str:
    """Validate a dataset or a collection and write it atomically as one netCDF-4 file or Zarr store.

    Missing labels (index coordinates, parameters as scalar coordinates, ``zero_modes``) are added in the file.
    The same object gives the same bytes. Double-precision and integer variables are compressed without loss,
    single-precision variables are stored unchanged; every chunk carries a checksum.

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
        If the dataset violates its schema; nothing is written.
    StoreError
        If the file cannot be written; a previous file is untouched and no partial file is left.

    Examples
    --------
    The returned digest is the digest of the content.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from bosonpeak.datasets import open_dataset
    >>> from bosonpeak.datasets.storage import content_digest
    >>> lattice = open_dataset("network/nine-node", group="lattice")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     digest = write(lattice, Path(folder) / "lattice.nc")
    >>> digest == content_digest(lattice)
    True
    """
    import xarray as xr

    from bosonpeak.datasets.storage import netcdf_codec, zarr_codec

    as_zarr = output_target(path).suffix == ZARR_SUFFIX
    loaded = with_labels(obj.compute()) if isinstance(obj, xr.Dataset | xr.DataTree) else obj
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
            # The netCDF library reports every failure of its file as an "HDF error".
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
    """Resolve the file or Zarr store that `write` will create, and raise `StoreError` early if that is impossible."""
    if Path(os.path.realpath(path)).suffix != ZARR_SUFFIX:
        return writable_target(path)
    from bosonpeak.datasets.storage.zarr_codec import require_zarr

    require_zarr(os.fspath(path))
    target = writable_target(path, as_directory=True)
    if target.exists() and not (target / METADATA_FILE).exists() and any(target.iterdir()):
        raise StoreError(
            "the output directory contains other files",
            expected="a new or empty directory, or a Zarr store",
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
        Open lazily as Dask arrays (``{}``: the chunks of the file). Damage in the values, or a changed file, is
        reported when values are computed.
    verify : bool, optional
        Check the content digest. Default: check if everything is read anyway and a digest is recorded. True with
        `chunks` reads everything once, a slab at a time.
    largest : int, optional
        Maximum bytes of arrays that are loaded into memory, for untrusted files.
    vouched : bool
        True for a trusted file, such as a file with a registered digest; any other HDF5 file is first checked by
        `require_no_external_references`.

    Returns
    -------
    xarray.Dataset or xarray.DataTree
        A tree if the file has groups and `group` is not given.

    Raises
    ------
    StoreError
        If the file is missing, truncated, damaged, too large, neither netCDF nor Zarr, or without that group; or if
        the file refers to other files.
    DigestMismatchError
        If the content does not match the recorded digest.

    Examples
    --------
    A written dataset is read back unchanged.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from bosonpeak.datasets import open_dataset, write
    >>> lattice = open_dataset("network/nine-node", group="lattice")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     digest = write(lattice, Path(folder) / "lattice.nc")
    ...     again = read(Path(folder) / "lattice.nc")
    >>> again.identical(lattice)
    True
    """
    file = existing_file(path)
    if chunks is None:
        opened = as_dataset(read_groups(file, group=group, largest=largest, vouched=vouched), file)
    else:
        opened = _open_lazily(file, None if group is None else f"/{group.strip('/')}", chunks, vouched)
    if verify or (verify is None and chunks is None):
        try:
            verify_digests(opened, file, required=bool(verify))
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
    """Digest every group with variables; the root of a collection gets the digest of the whole tree."""
    digests = {name: content_digest(dataset) for name, dataset in groups.items() if dataset.variables}
    if len(groups) > 1:
        digests["/"] = tree_digest(digests)
    elif not digests:
        digests["/"] = content_digest(groups["/"])
    return digests


def verify_digests(obj: xr.Dataset | xr.DataTree, file: Path, *, required: bool) -> None:
    """Compare the content with the recorded digests, which `required=True` makes obligatory for every group."""
    groups = _groups(obj)
    found = _digests(groups)
    recorded = {name: dataset.attrs.get("content_digest") for name, dataset in groups.items()}
    # Groups before the root, because the digest of a group locates the damage.
    for name in sorted(found, key=lambda name: name == "/"):
        if recorded[name] is None and not required:
            continue
        if recorded[name] != found[name]:
            raise DigestMismatchError(
                "the content of the file does not match its digest",
                expected=str(recorded[name] or "a recorded content_digest (SHA-256)"),
                got=found[name],
                where=f"{file}, group {name}",
                likely_cause="another program changed the values, or the file was damaged on disk or in transfer",
                done="nothing was loaded; verify=False opens it regardless",
            )


def _open_lazily(file: Path, group: str | None, chunks: Chunks, vouched: bool) -> xr.Dataset | xr.DataTree:
    from bosonpeak.datasets.storage import zarr_codec
    from bosonpeak.datasets.storage.lazy_netcdf import LazyFile

    with plain_failures(file):
        if file.is_dir():
            return joined(zarr_codec.open_lazily(file, group, chunks, where=str(file)))
        if not vouched:
            require_known_format(file, file)
        return LazyFile(file).read(group=group, chunks=chunks)
