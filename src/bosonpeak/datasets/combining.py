"""Combine datasets: the samples of several into one ensemble, or ensembles of several parameters into one dataset."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bosonpeak.datasets.ensembles.blocks import joined_blocks
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.opening import open_dataset
from bosonpeak.datasets.schema import with_labels
from bosonpeak.datasets.schema.labels import DELTA, JOINED, PARAMETERS, RECORDED, ZERO_MODES

if TYPE_CHECKING:
    import xarray as xr

    from bosonpeak.datasets.storage.netcdf_codec import Chunks

_ALIKE = ("kind", ZERO_MODES, "particles", "dimension", "degrees_of_freedom", *PARAMETERS)
"""Attributes and scalar coordinates that the samples of one ensemble have in common."""

_PADDED = ("mode", "unstable_mode")
"""Dimensions along which shorter rows end in NaN."""

_LISTED = ("title", "code", "code_version", "licence", "license", "source", "input_warnings")
"""Attributes of which every different text is kept."""

_CAUSES = {
    "particles": "samples of several sizes: one dataset per size",
    "degrees_of_freedom": "lists of the lowest modes beside complete spectra: set the attribute in both",
    ZERO_MODES: "project_translations=True in one call of vibrations alone",
    "kind": "a file of frequencies beside a dataset of another kind",
}


def combine(data: Sequence[xr.Dataset | str | os.PathLike[str]], *, chunks: Chunks | None = None) -> xr.Dataset:
    """Put the samples of several datasets into one ensemble, such as several results of `vibrations`.

    Parameters
    ----------
    data : sequence of xarray.Dataset, str or path-like
        Datasets with a dimension ``sample``, names of datasets, or paths of files of this package. Foreign files are
        read before, by `read_frequencies` or `vibrations`.
    chunks : int, str or mapping, optional
        Open names and paths lazily as Dask arrays, as `open_dataset` does. Lazy datasets stay lazy in any case.

    Returns
    -------
    xarray.Dataset
        The variables that all datasets have. Samples are counted on from 0; so are the chains from dataset to dataset,
        where a sample without a chain is a chain of its own. Where the numbers of modes differ, rows end in NaN and
        ``mode_count`` says where. Frequencies of unstable modes are kept wherever there are any. Of titles, licences,
        sources and warnings all are listed; other attributes that differ are dropped.

    Raises
    ------
    NotApplicableError
        If a dataset has no samples, or differs from the first in kind, number of particles, dimension, parameters,
        units, or in whether zero modes are included. Ensembles of different parameters are for `combine_ensembles`.
    RegistryError, StoreError
        As of `open_dataset`.

    Examples
    --------
    Two rings of three springs, one twice as stiff as the other:

    >>> import numpy as np
    >>> from bosonpeak import vibrations
    >>> ring = 3.0 * np.eye(3) - np.ones((3, 3))
    >>> both = combine([vibrations(ring), vibrations(2.0 * ring)])
    >>> both["sample"].values.tolist(), (both["eigenfrequency"] ** 2).values.round(6).tolist()
    ([0, 1], [[0.0, 3.0, 3.0], [0.0, 6.0, 6.0]])
    """
    if isinstance(data, str | os.PathLike) or not isinstance(data, Sequence) or not len(data):
        raise NotApplicableError(
            "data: not several datasets",
            expected="a list of datasets, names or paths",
            got="an empty list" if isinstance(data, Sequence) and not isinstance(data, str) else type(data).__name__,
            likely_cause="a single dataset or tree: combine_ensembles takes the ensembles of a tree",
        )
    found = [open_dataset(each, chunks=chunks) if isinstance(each, str | os.PathLike) else each for each in data]
    names = [
        f"dataset {number}" + (f", {each}" if isinstance(each, str | os.PathLike) else "")
        for number, each in enumerate(data)
    ]
    parts = [_samples(each, name) for each, name in zip(found, names, strict=True)]
    dropped = [name for name in RECORDED if not _equal_in_all(name, parts)]
    parts = [part.drop_vars(dropped, errors="ignore") for part in parts]
    for name, part in zip(names[1:], parts[1:], strict=True):
        _require_alike(parts[0], part, name)
    parts = _padded(_with_chains(parts))
    kept = set.intersection(*(set(map(str, part.variables)) for part in parts))
    left_out = sorted({str(name) for part in parts for name in part.data_vars} - kept)
    whole = joined_blocks([part.drop_vars(set(map(str, part.variables)) - kept) for part in parts])
    texts = {
        name: list(dict.fromkeys(str(part.attrs[name]) for part in parts if part.attrs.get(name))) for name in _LISTED
    }
    if left_out:
        texts["input_warnings"].append(f"left out, as not in every dataset: {', '.join(left_out)}")
    differing = {name for part in parts for name, value in part.attrs.items() if isinstance(value, str)}
    whole.attrs = (
        {name: "" for name in ("recipe", "recipe_digest", "seed", "git_commit", "created") if name in differing}
        | whole.attrs
        | {name: ("\n" if name == "input_warnings" else "; ").join(each) for name, each in texts.items() if each}
        | {"summary": f"{whole.sizes['sample']} samples of {len(parts)} datasets."}
    )

    def close() -> None:
        for each in found:
            each.close()

    whole.set_close(close)
    return whole


def _samples(data: Any, name: str) -> xr.Dataset:
    """Dataset of samples with labels; NotApplicableError for anything else."""
    import xarray as xr

    if not isinstance(data, xr.Dataset) or "sample" not in data.dims:
        tree = isinstance(data, xr.DataTree)
        raise NotApplicableError(
            f"{name}: no samples",
            expected="a dataset with a dimension sample",
            got=f"a {type(data).__name__}" + (f" of {', '.join(data.children)}" if tree else f" {np.shape(data)}"),
            likely_cause="several ensembles in a file: open_dataset(path, group=...)"
            if tree
            else "an array: bosonpeak.vibrations or read_frequencies makes a dataset of it",
        )
    return with_labels(data)


def _require_alike(first: xr.Dataset, other: xr.Dataset, name: str) -> None:
    """Raise NotApplicableError if a dataset has other facts, units or sizes than the first."""
    for fact in _ALIKE:
        here, there = (each.attrs.get(fact, _parameters(each).get(fact)) for each in (first, other))
        if str(here) != str(there):
            raise NotApplicableError(
                f"{name}: {fact} differs from that of dataset 0",
                expected=f"{fact} {here}" if here is not None else f"no {fact}",
                got=f"{fact} {there}" if there is not None else f"no {fact}",
                likely_cause=_CAUSES.get(fact, "ensembles of several parameters: combine_ensembles keeps them apart"),
            )
    for variable in first.variables:
        if variable not in other.variables:
            continue
        here, there = (each[variable].attrs.get("units") for each in (first, other))
        sizes = [
            {dim: size for dim, size in each[variable].sizes.items() if dim not in _PADDED and dim not in JOINED}
            for each in (first, other)
        ]
        if here != there or sizes[0] != sizes[1]:
            raise NotApplicableError(
                f"{name}: {variable} is of another {'unit' if here != there else 'shape'} than in dataset 0",
                expected=f"units {here}" if here != there else f"{sizes[0]}",
                got=f"units {there}" if here != there else f"{sizes[1]}",
            )


def _with_chains(parts: Sequence[xr.Dataset]) -> list[xr.Dataset]:
    """Datasets that all have chains if one has; a sample without a chain is a chain of its own."""
    known = [part["chain"] for part in parts if "chain" in part]
    if not known or len(known) == len(parts):
        return list(parts)
    return [
        part
        if "chain" in part
        else part.assign(chain=("sample", np.arange(part.sizes["sample"], dtype=known[0].dtype), known[0].attrs))
        for part in parts
    ]


def _padded(parts: Sequence[xr.Dataset]) -> list[xr.Dataset]:
    """Datasets of equal numbers of modes, NaN at the end, with ``mode_count`` if they differed."""
    found = list(parts)
    counted = any("mode_count" in part for part in found) or len({part.sizes.get("mode") for part in found}) > 1
    said = {"units": "1", "long_name": "number of modes of each sample"}
    unstable = next((part["unstable_frequency"] for part in found if "unstable_frequency" in part), None)
    for number, part in enumerate(found):
        if counted and "mode_count" not in part and "mode" in part.dims:
            count = np.full(part.sizes["sample"], part.sizes["mode"], dtype=np.int32)
            part = part.assign(mode_count=("sample", count, said))
        if unstable is not None and "unstable_frequency" not in part:
            none = np.empty((part.sizes["sample"], 0))
            part = part.assign(unstable_frequency=(("sample", "unstable_mode"), none, unstable.attrs))
        found[number] = part
    for dimension in _PADDED:
        longest = max((part.sizes.get(dimension, 0) for part in found), default=0)
        for number, part in enumerate(found):
            missing = longest - part.sizes.get(dimension, longest)
            if missing:
                with_it = [
                    name for name, each in part.variables.items() if dimension in each.dims and name != dimension
                ]
                longer = part[with_it].drop_vars(dimension, errors="ignore").pad({dimension: (0, missing)})
                found[number] = part.drop_dims(dimension).assign(longer)
    return [with_labels(part) for part in found]


def combine_ensembles(
    data: xr.DataTree | str, *, group: str | None = None, parameters: Sequence[str] | None = None
) -> xr.Dataset:
    """Put the ensembles of a tree into one dataset, so that they are chosen by parameter instead of by group.

    Parameters
    ----------
    data : xarray.DataTree or str
        A tree, or the name of a dataset.
    group : str, optional
        Only the ensembles below this group, such as ``"situation-2"``.
    parameters : sequence of str, optional
        Scalar coordinates that become dimensions. Default: the `PARAMETERS` that differ between
        ensembles, without parameters that distinguish no further ensembles; if these do not distinguish all
        ensembles, the dimension ``group``, with the parameters that differ as coordinates along it.

    Returns
    -------
    xarray.Dataset
        The variables that all ensembles have, with the parameters as first dimensions, aligned by the labels of the
        other dimensions; along ``group`` only variables that have the same dimensions everywhere. Networks are also
        selected by ``delta``, the same number as ``displacement``. NaN where an ensemble lacks a label that another
        has, such as a sample or a mode, or where a combination of parameters does not occur. Attributes equal in all
        ensembles are kept.

    Raises
    ------
    NotApplicableError
        If the group is missing, an ensemble lacks a given parameter, or two ensembles have the same given parameters.

    Examples
    --------
    >>> networks = combine_ensembles("network/paper", group="situation-2")
    >>> networks["displacement"].values.tolist()
    [0.0, 0.1, 0.2, 0.3]
    >>> networks["eigenfrequency"].sel(displacement=0.1).sizes["sample"]
    10
    """
    import xarray as xr

    tree = open_dataset(data) if isinstance(data, str) else data
    if not isinstance(tree, xr.DataTree):
        raise NotApplicableError("these are not several ensembles", expected="a tree", got=type(tree).__name__)
    found = {
        node.path.strip("/"): with_labels(node.to_dataset())
        for node in tree.subtree
        if node.variables and f"{node.path}/".startswith(f"/{group.strip('/')}/" if group else "/")
    }
    leaves = list(found.values())
    if not leaves:
        raise NotApplicableError("the group does not exist", got=str(group), expected=", ".join(tree.children))
    chosen = tuple(parameters) if parameters is not None else _distinguishing_parameters(leaves)
    keys = [_key(leaf, chosen) for leaf in leaves]
    if len(set(keys)) < len(keys) and parameters is None:
        return _along_groups(found)
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise NotApplicableError(
            "several ensembles have the same parameters",
            got=", ".join(f"{name} = {value}" for name, value in zip(chosen, twice, strict=True)) or "no parameter",
            likely_cause="controls beside the ensembles: choose a group, or give the parameters that distinguish them",
        )
    shared = set.intersection(*(set(map(str, leaf.variables)) for leaf in leaves))
    attributes = _agreed([leaf.attrs for leaf in leaves])
    dropped = (*chosen, *(name for name in RECORDED if not _equal_in_all(name, leaves)))
    bare = [leaf[sorted(shared)].drop_vars(dropped, errors="ignore").drop_attrs(deep=False) for leaf in leaves]
    combined = _stacked(dict(zip(keys, bare, strict=True)), chosen)
    if "displacement" in combined.indexes and all(DELTA in leaf.coords for leaf in leaves):
        delta = ("displacement", combined["displacement"].values, leaves[0][DELTA].attrs)
        combined = combined.assign_coords({DELTA: delta}).set_xindex(DELTA)
    return combined.assign_attrs(attributes)


def _equal_in_all(name: str, leaves: Sequence[xr.Dataset]) -> bool:
    """Test whether a recorded parameter is a scalar coordinate of the same value in all ensembles, or in none."""
    return len({_parameters(leaf).get(name) for leaf in leaves}) == 1


def _along_groups(leaves: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Ensembles along the dimension ``group``, labelled by their paths, with their parameters as coordinates."""
    import xarray as xr

    shared = set.intersection(*(set(map(str, leaf.variables)) for leaf in leaves.values()))
    parameters = {path: _parameters(leaf) for path, leaf in leaves.items()}
    names = dict.fromkeys(name for known in parameters.values() for name in known)
    first = next(iter(leaves.values()))
    alike = {
        name for name in shared - set(names) if all(leaf[name].dims == first[name].dims for leaf in leaves.values())
    }
    if not alike & set(map(str, first.data_vars)):
        raise NotApplicableError(
            "the ensembles have no variable of the same dimensions",
            expected="several ensembles on one kind of grid",
            got=", ".join(leaves),
            likely_cause="grids of different parameters: choose a group",
        )
    bare = [leaf.drop_vars(set(map(str, leaf.variables)) - alike) for leaf in leaves.values()]
    combined = xr.concat(
        [each.drop_attrs(deep=False) for each in bare],
        xr.DataArray(list(leaves), dims="group", name="group", attrs={"units": "1", "long_name": "group of the file"}),
        data_vars="all",
        coords="different",
        compat="equals",
        join="outer",
        combine_attrs="drop_conflicts",
    )
    for name in names:
        if name not in combined.variables and name not in combined.dims:
            texts = any(isinstance(known.get(name), str) for known in parameters.values())
            values = [known.get(name, "" if texts else np.nan) for known in parameters.values()]
            attributes = next(leaf[name].attrs for leaf in leaves.values() if name in _parameters(leaf))
            equal = all(value == values[0] for value in values)
            label = ((), values[0], attributes) if equal else ("group", np.asarray(values), attributes)
            combined = combined.assign_coords({name: label})
    return combined.assign_attrs(_agreed([leaf.attrs for leaf in leaves.values()]))


def _distinguishing_parameters(leaves: Iterable[xr.Dataset]) -> tuple[str, ...]:
    """Choose the parameters that distinguish the ensembles; skip a parameter that splits no group any further."""
    known = list(leaves)
    chosen: list[str] = []
    kinds = 1
    for name in PARAMETERS:
        if all(name in _parameters(leaf) for leaf in known):
            count = len({_key(leaf, [*chosen, name]) for leaf in known})
            if count > kinds:
                chosen.append(name)
                kinds = count
    return tuple(chosen)


def _parameters(leaf: xr.Dataset) -> dict[str, Any]:
    """Parameters of an ensemble, its scalar coordinates."""
    return {str(name): label.item() for name, label in leaf.coords.items() if label.ndim == 0}


def _key(leaf: xr.Dataset, parameters: Sequence[str]) -> tuple[Any, ...]:
    known = _parameters(leaf)
    if missing := [name for name in parameters if name not in known]:
        raise NotApplicableError(
            f"an ensemble has no {' and no '.join(missing)}", expected=", ".join(known), got=str(missing)
        )
    return tuple(known[name] for name in parameters)


def _stacked(leaves: Mapping[tuple[Any, ...], xr.Dataset], parameters: Sequence[str]) -> xr.Dataset:
    """Concatenate along the first parameter after joining recursively along the remaining parameters."""
    import xarray as xr

    if not parameters:
        (only,) = leaves.values()
        return only
    values = sorted({key[0] for key in leaves}, key=lambda value: (isinstance(value, str), value))
    parts = [
        _stacked({key[1:]: leaf for key, leaf in leaves.items() if key[0] == value}, parameters[1:]) for value in values
    ]
    index = xr.Variable(parameters[0], np.asarray(values), {"units": "1", "long_name": parameters[0].replace("_", " ")})
    return xr.concat(
        parts,
        dim=xr.DataArray(index, name=parameters[0]),
        data_vars="all",
        coords="different",
        compat="equals",
        join="outer",
        combine_attrs="drop_conflicts",
    )


def _agreed(attributes: Sequence[Mapping[Any, Any]]) -> dict[Any, Any]:
    first, *others = attributes
    return {
        name: value
        for name, value in first.items()
        if name != "content_digest" and all(name in other and np.array_equal(other[name], value) for other in others)
    }
