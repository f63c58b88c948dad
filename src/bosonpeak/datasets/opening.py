"""Open a dataset by name or by path, with attributes for discovery, citation and unit conversion."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.arguments import file_path
from bosonpeak.datasets.citation import discovery_attributes
from bosonpeak.datasets.ensembles.names import families, name_and_group, similar_names
from bosonpeak.datasets.ensembles.selection import open_ensembles
from bosonpeak.datasets.errors import BlindDataWarning, RegistryError, did_you_mean
from bosonpeak.datasets.registry import fetch, info, is_blind, known_datasets, released_datasets, released_outlines
from bosonpeak.datasets.schema import with_labels
from bosonpeak.datasets.schema.units import pint_expression

if TYPE_CHECKING:
    import xarray as xr

    from bosonpeak.datasets.dataset_entry import DatasetEntry
    from bosonpeak.datasets.ensembles.released_blocks import ReleasedBlock
    from bosonpeak.datasets.storage.netcdf_codec import Chunks
    from bosonpeak.datasets.storage.outline import Outline


_HANDED_DOWN = ("name", "title", "source", "licence", "license", "references", "creator_name", "created", "git_commit")


def explained(opened: xr.Dataset | xr.DataTree) -> xr.Dataset | xr.DataTree:
    """Add attributes derived from the attributes of a file, and the labels that files of earlier versions lack."""
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
    if isinstance(opened, xr.Dataset):
        return opened
    from bosonpeak.datasets.ensembles.ensemble_tree import shown_in_short

    return shown_in_short(opened)


def open_dataset(
    name_or_path: str | os.PathLike[str],
    *,
    group: str | None = None,
    chunks: Chunks | None = None,
    verify: bool | None = None,
    blocks: bool = False,
    registry: Path | None = None,
    **parameters: float | str,
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
        ``"glass/taper-2/T-0.20"``; or the path of a netCDF file or a Zarr store. The name of an ensemble of the data
        release without a dataset of its own, such as ``"limit/sizes-500"``, opens its blocks.
    group : str, optional
        Path of one group, such as ``"situation-2/delta-0.1"``, or of several below it, such as ``"situation-2"``.
    chunks : int, str or mapping, optional
        Open lazily as Dask arrays. Otherwise everything is loaded and the file is closed.
    verify : bool, optional
        For a path: see `read`. For a name, True also checks the content digests.
    blocks : bool
        Open the blocks of the data release with all their variables, joined along ``sample`` as Dask arrays. A block
        is downloaded when its values are computed; with `verify`, all are downloaded at once. The dataset of the same
        name in the package has the variables that claims measure.
    registry : Path, optional
        Another registry file than the one in the package.
    **parameters : float or str
        Values of parameters that select ensembles instead of `group`, such as ``parent_temperature=0.20``, or
        ``delta=0.1`` of networks.

    Returns
    -------
    xarray.Dataset or xarray.DataTree
        A tree if there are several ensembles.

    Raises
    ------
    RegistryError
        If the argument is neither a registered name nor a file, or no ensemble has these parameters.
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

    Ensembles by their parameters:

    >>> open_dataset("glass/taper-2", parent_temperature=0.20).sizes["sample"]
    300
    """
    known = known_datasets(registry=registry)
    if isinstance(name_or_path, str) and (name_or_path in known or not file_path(name_or_path).exists()):
        name_or_path, inner = name_and_group(name_or_path, known)
        group = "/".join(filter(None, [inner, group])) or None
    _warn_of_blind_data(name_or_path, registry)
    members = families(known).get(name_or_path, []) if isinstance(name_or_path, str) else []
    if members and (blocks or name_or_path not in known):
        lazy = {"chunks": {} if chunks is None else chunks, "verify": bool(verify), "vouched": True}
        outlines = {} if verify else released_outlines(registry=registry)
        sources = [_block(known[member], outlines, registry) for member in members]
        opened = _joined([open_ensembles(source, group, parameters, **lazy) for source in sources])
        opened.attrs |= {"name": str(name_or_path), "blocks": ", ".join(PurePosixPath(each).name for each in members)}
        return explained(opened)
    if blocks:
        raise RegistryError(
            "the data release has no blocks of that name",
            expected=similar_names(os.fspath(name_or_path), families(known)),
            got=os.fspath(name_or_path),
        )
    path = local_path(name_or_path, registry=registry)
    if not is_name(name_or_path, registry=registry):
        return explained(open_ensembles(path, group, parameters, chunks=chunks, verify=verify))
    opened = open_ensembles(path, group, parameters, chunks=chunks, verify=bool(verify), vouched=True)
    entry = info(str(name_or_path), registry=registry)
    opened.attrs |= {"name": entry.name, "product_version": str(entry.version)}
    if members:
        opened.attrs["more_variables"] = (
            f"open_dataset({entry.name!r}, blocks=True) joins {len(members)} released files"
        )
    return explained(opened)


def _block(entry: DatasetEntry, outlines: Mapping[str, Outline], registry: Path | None) -> Path | ReleasedBlock:
    """Block that is fetched when values are computed, or its fetched file if there is no outline."""
    from bosonpeak.datasets.ensembles.released_blocks import ReleasedBlock

    fetched = partial(fetch, entry.name, registry=registry)
    return ReleasedBlock(entry, outlines[entry.sha256], fetched) if entry.sha256 in outlines else fetched()


def _joined(opened: Sequence[xr.Dataset | xr.DataTree]) -> xr.Dataset | xr.DataTree:
    """Join the blocks of one ensemble, or of several ensemble by ensemble; closing the whole closes the blocks."""
    import xarray as xr

    from bosonpeak.datasets.ensembles.blocks import joined_blocks

    def close() -> None:
        for each in opened:
            each.close()

    trees = [each for each in opened if isinstance(each, xr.DataTree)]
    if not trees:
        dataset = joined_blocks([each for each in opened if isinstance(each, xr.Dataset)])
        dataset.set_close(close)
        return dataset
    paths = dict.fromkeys(node.path for tree in trees for node in tree.subtree if node.data_vars)
    shared = {
        key: value for key, value in trees[0].attrs.items() if all(tree.attrs.get(key) == value for tree in trees)
    }
    nodes = [{node.path: node for node in tree.subtree} for tree in trees]
    leaves = {
        path: joined_blocks([each[path].to_dataset(inherit=False) for each in nodes if path in each]) for path in paths
    }
    whole = xr.DataTree.from_dict({"/": xr.Dataset(attrs=shared), **leaves})
    whole.set_close(close)
    return whole


def _warn_of_blind_data(name_or_path: str | os.PathLike[str], registry: Path | None) -> None:
    """Warn if the dataset is blind, whether it is opened by name or by path."""
    place = file_path(name_or_path).as_posix()
    for entry in released_datasets(registry=registry):
        its_own = place == entry.name or place.endswith(entry.file) or entry.name.startswith(f"{place}/block-")
        if its_own and is_blind(entry, registry=registry):
            blind = place if entry.name.startswith(place) else entry.name
            warnings.warn(
                f"{blind} is blind data: its frequencies, and quantities "
                "derived from them, must not be read before the fixed analysis opens them, once "
                "(docs/methods/limit.md, Blindness). Energies, sweeps and overlaps may be looked at.",
                BlindDataWarning,
                stacklevel=3,
            )
            return


def is_name(name_or_path: str | os.PathLike[str], *, registry: Path | None = None) -> bool:
    """Return whether the argument is a registered dataset name, with or without a group, and not a path."""
    if not isinstance(name_or_path, str):
        return False
    known = known_datasets(registry=registry)
    return name_or_path in known or (
        name_and_group(name_or_path, known)[0] in known and not file_path(name_or_path).exists()
    )


def local_path(name_or_path: str | os.PathLike[str], *, registry: Path | None = None) -> Path:
    """Return the local file of a path, or of a registered name after fetching and verification."""
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
        likely_cause=did_you_mean(os.fspath(name_or_path), known_datasets(registry=registry))
        or "a misspelt name, all of which `bosonpeak datasets list` prints, or a misspelt path",
    )
