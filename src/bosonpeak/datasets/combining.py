"""Combine ensembles that differ in parameters into one dataset with the parameters as coordinates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.opening import open_dataset
from bosonpeak.datasets.schema import with_labels
from bosonpeak.datasets.schema.labels import PARAMETERS

if TYPE_CHECKING:
    import xarray as xr


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
        ensembles, without parameters that distinguish no further ensembles.

    Returns
    -------
    xarray.Dataset
        The variables that all ensembles have, with the parameters as first dimensions, aligned by the labels of the
        other dimensions. NaN where an ensemble lacks a label that another has, such as a sample or a mode, or where a
        combination of parameters does not occur. Attributes equal in all ensembles are kept.

    Raises
    ------
    NotApplicableError
        If the group is missing, an ensemble lacks a parameter, or two ensembles have the same parameters.

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
    leaves = [
        with_labels(node.to_dataset())
        for node in tree.subtree
        if node.variables and f"{node.path}/".startswith(f"/{group.strip('/')}/" if group else "/")
    ]
    if not leaves:
        raise NotApplicableError("the group does not exist", got=str(group), expected=", ".join(tree.children))
    chosen = tuple(parameters) if parameters is not None else _told_apart_by(leaves)
    keys = [_key(leaf, chosen) for leaf in leaves]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise NotApplicableError(
            "several ensembles have the same parameters",
            got=", ".join(f"{name} = {value}" for name, value in zip(chosen, twice, strict=True)) or "no parameter",
            likely_cause="controls beside the ensembles: choose a group, or give the parameters that distinguish them",
        )
    shared = set.intersection(*(set(map(str, leaf.variables)) for leaf in leaves))
    attributes = _agreed([leaf.attrs for leaf in leaves])
    bare = [leaf[sorted(shared)].drop_vars(chosen, errors="ignore").drop_attrs(deep=False) for leaf in leaves]
    combined = _stacked(dict(zip(keys, bare, strict=True)), chosen)
    return combined.assign_attrs(attributes)


def _told_apart_by(leaves: Iterable[xr.Dataset]) -> tuple[str, ...]:
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
