"""Open a dataset by name or by path, with attributes for discovery, citation and unit conversion."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.arguments import file_path
from bosonpeak.datasets.citation import discovery_attributes
from bosonpeak.datasets.errors import BlindDataWarning, RegistryError
from bosonpeak.datasets.registry import fetch, info, is_blind, known_datasets, released_datasets, similar_names
from bosonpeak.datasets.schema import with_labels
from bosonpeak.datasets.schema.units import pint_expression
from bosonpeak.datasets.storage.store import read

if TYPE_CHECKING:
    import xarray as xr

    from bosonpeak.datasets.storage.netcdf_codec import Chunks


_HANDED_DOWN = ("name", "title", "source", "licence", "license", "references", "creator_name", "created", "git_commit")


def explained(opened: xr.Dataset | xr.DataTree) -> xr.Dataset | xr.DataTree:
    """Add attributes derived from the attributes of a file, and the labels that files of earlier versions lack.

    Values and content digest stay unchanged.
    """
    import xarray as xr

    opened = with_labels(opened)
    root: dict[Any, Any] = opened.attrs
    discovered = discovery_attributes(root)
    root |= {name: value for name, value in discovered.items() if name == "Conventions" or name not in root}
    groups = opened.subtree if isinstance(opened, xr.DataTree) else [opened]
    handed_down = {name: root[name] for name in _HANDED_DOWN if name in root}
    for group in groups:
        if group.variables:
            group.attrs |= handed_down | group.attrs
        for variable in group.variables.values():
            if "units" in variable.attrs:
                variable.attrs["pint_units"] = pint_expression(str(variable.attrs["units"]))
    return opened


def open_dataset(
    name_or_path: str | os.PathLike[str],
    *,
    group: str | None = None,
    chunks: Chunks | None = None,
    verify: bool | None = None,
    registry: Path | None = None,
) -> xr.Dataset | xr.DataTree:
    """Open reference data by name, or any file of this package by path.

    A name is looked up in the registry first. Its file is either in the package, and opens offline, or in the data
    release, and is downloaded once into the cache with a message on standard error. The file is compared with the
    registered SHA-256; the registered file was validated in full, so no further check is made.

    The returned object has more attributes than the file: ACDD attributes with the papers to cite, units that `pint`
    reads (``pint_units``), and title, source and licence on every ensemble of a tree.

    Parameters
    ----------
    name_or_path : str or path-like
        A name from `list_datasets`, with or without a group, such as ``"glass/taper-2"`` or
        ``"glass/taper-2/T-0.20"``; or the path of a netCDF file or a Zarr store.
    group : str, optional
        Path of one group, such as ``"situation-2/delta-0.1"``.
    chunks : int, str or mapping, optional
        Open lazily as Dask arrays; close the result or use it in a ``with`` block. Otherwise everything is loaded
        and the file is closed.
    verify : bool, optional
        For a path: see `read`. For a name, True also checks the content digests.
    registry : Path, optional
        Another registry file than the one in the package.

    Returns
    -------
    xarray.Dataset or xarray.DataTree
        A tree if the file has groups and `group` is not given.

    Raises
    ------
    RegistryError
        If the argument is neither a registered name nor a file.
    DataUnavailableError
        If the dataset belongs to the data release, is not on this machine and cannot be downloaded.
    StoreError, DigestMismatchError
        If the file cannot be read, or its content does not match the digest.

    Warns
    -----
    BlindDataWarning
        If the dataset is a block of an ensemble reserved for a single analysis that is fixed beforehand.

    Examples
    --------
    The 3 x 3 lattice of unit springs has the poles omega^2 = 0, 3 and 6.

    >>> lattice = open_dataset("network/nine-node/lattice")
    >>> (lattice["eigenfrequency"][0] ** 2).values.round(6).tolist()
    [0.0, 3.0, 3.0, 3.0, 3.0, 6.0, 6.0, 6.0, 6.0]
    >>> lattice["eigenfrequency"].attrs["units"]
    'sqrt(t0/m)'
    """
    if group is None and isinstance(name_or_path, str):
        name_or_path, group = _name_and_group(name_or_path, registry)
    path = local_path(name_or_path, registry=registry)
    _warn_of_blind_data(name_or_path, registry)
    if not is_name(name_or_path, registry=registry):
        return explained(read(path, group=group, chunks=chunks, verify=verify))
    opened = read(path, group=group, chunks=chunks, verify=bool(verify), vouched=True)
    entry = info(str(name_or_path), registry=registry)
    opened.attrs |= {"name": entry.name, "product_version": str(entry.version)}
    return explained(opened)


def _name_and_group(text: str, registry: Path | None) -> tuple[str, str | None]:
    """Split a registered name with a group; return any other text unchanged, without a group."""
    beginning = [name for name in known_datasets(registry=registry) if text.startswith(f"{name}/")]
    if not beginning or file_path(text).exists():
        return text, None
    name = max(beginning, key=len)
    return name, text.removeprefix(name).strip("/") or None


def _warn_of_blind_data(name_or_path: str | os.PathLike[str], registry: Path | None) -> None:
    """Warn if the dataset is blind, whether it is opened by name or by path."""
    place = file_path(name_or_path).as_posix()
    for entry in released_datasets(registry=registry):
        if (place == entry.name or place.endswith(entry.file)) and is_blind(entry, registry=registry):
            warnings.warn(
                f"{entry.name} is blind data: its frequencies, and quantities derived from them, must not be read "
                "before the fixed analysis opens them, once (docs/methods/limit.md, Blindness). "
                "Energies, sweeps and overlaps may be looked at.",
                BlindDataWarning,
                stacklevel=3,
            )


def is_name(name_or_path: str | os.PathLike[str], *, registry: Path | None = None) -> bool:
    """Return whether the argument is a registered dataset name and not a path."""
    return isinstance(name_or_path, str) and name_or_path in known_datasets(registry=registry)


def local_path(name_or_path: str | os.PathLike[str], *, registry: Path | None = None) -> Path:
    """Return the local file of a path, or of a name after fetching and verification.

    Raises `RegistryError` if the argument is neither a registered name nor an existing path, or cannot be fetched.
    """
    if is_name(name_or_path, registry=registry):
        return fetch(str(name_or_path), registry=registry)
    path = file_path(name_or_path)
    if path.exists():
        return path
    if any(known.startswith(f"{name_or_path}/") for known in known_datasets(registry=registry)):
        info(str(name_or_path), registry=registry)  # raises an error that explains that the name is a family
    raise RegistryError(
        "neither a named dataset nor an existing file",
        expected=similar_names(os.fspath(name_or_path), known_datasets(registry=registry)),
        got=os.fspath(name_or_path),
        likely_cause="a misspelt name or path",
    )
