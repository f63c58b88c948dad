"""Schemas of the kinds of dataset, and validation that reports every violation in one error."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Literal, TypeVar

from bosonpeak.datasets.errors import SchemaError, did_you_mean

if TYPE_CHECKING:
    import xarray as xr

    from bosonpeak.datasets.schema.specification import KindSpecification

_MODULES = {
    "mode-ensemble": "mode_ensemble",
    "configuration": "configuration",
    "network-ensemble": "network_ensemble",
    "relaxation": "relaxation",
    "spectrum": "spectrum",
    "density-of-states": "density_of_states",
    "glass-ensemble": "glass_ensemble",
    "theory-spectrum": "theory_spectrum",
    "current-correlation": "current_correlation",
    "calibration": "calibration",
}

__all__ = ["KINDS", "with_labels"]

KINDS = tuple(_MODULES)
"""Kinds of dataset that there is a schema for.

Examples
--------
>>> "network-ensemble" in KINDS
True
"""

Level = Literal["structure", "full"]
_Labelled = TypeVar("_Labelled", "xr.Dataset", "xr.DataTree", "xr.Dataset | xr.DataTree")


def validate(obj: xr.Dataset | xr.DataTree, kind: str | None = None, *, level: Level = "full") -> None:
    """Check a dataset, or every dataset of a collection, against the schema of its kind.

    Every dimension needs an index coordinate, every parameter in the attributes a scalar coordinate of the same value,
    and eigenfrequencies the attribute ``zero_modes``, which must agree with the numbers.

    Parameters
    ----------
    obj : xarray.Dataset or xarray.DataTree
        Eager or in Dask chunks. In a tree the root carries the provenance, and every group with variables is
        checked as a separate dataset.
    kind : str, optional
        Required kind; by default the kind in the attribute ``kind`` of the dataset.
    level : {"full", "structure"}
        ``"structure"`` checks names, dimensions, types, units and attributes and reads no value, which suits lazily
        opened files far larger than memory; ``"full"`` reads everything once.

    Raises
    ------
    SchemaError
        One error that lists every violation in its message and in `SchemaError.violations`, with group, variable,
        index and value.

    Examples
    --------
    A valid dataset, and a variable made invalid by its unit:

    >>> from bosonpeak.datasets import open_dataset
    >>> from bosonpeak.datasets.errors import SchemaError
    >>> lattice = open_dataset("network/nine-node", group="lattice")
    >>> validate(lattice)
    >>> lattice["eigenfrequency"].attrs["units"] = "furlong"
    >>> try:
    ...     validate(lattice)
    ... except SchemaError as error:
    ...     print(*(violation.partition(":")[0] for violation in error.violations))
    eigenfrequency
    """
    import xarray as xr

    if isinstance(obj, xr.DataTree):
        found = _tree_violations(obj, kind, level)
        what = "the collection of datasets does not obey its schema"
    elif isinstance(obj, xr.Dataset):
        found = _dataset_violations(obj, kind, level, with_provenance=True)
        what = f"the dataset does not obey the schema of its kind ({kind or obj.attrs.get('kind', 'unknown')})"
    else:
        raise SchemaError(
            "only datasets can be checked", expected="xarray.Dataset or xarray.DataTree", got=type(obj).__name__
        )
    if found:
        count = "1 violation" if len(found) == 1 else f"{len(found)} violations"
        raise SchemaError(f"{what}: {count}", violations=found)


def with_labels(obj: _Labelled) -> _Labelled:
    """Add the labels that a dataset, or a dataset of a collection, lacks.

    Every dimension gets an index coordinate: the sample, mode, particle, node or chain counted from 0, the axes x, y
    and z, and for a subset such as ``configuration`` the samples that its variable ``configuration_index`` gives.
    Parameters in the attributes become scalar coordinates, the rows of a ragged array get the label of their owner, and
    the attribute ``zero_modes`` says if zero modes are "included" in ``eigenfrequency`` or were "removed".

    Parameters
    ----------
    obj : xarray.Dataset or xarray.DataTree
        Coordinates, attributes and values in it do not change.

    Returns
    -------
    xarray.Dataset or xarray.DataTree
        The same object if it lacks nothing.

    Examples
    --------
    >>> import xarray as xr
    >>> frequency = ("sample", "mode"), [[0.0, 1.5, 2.0]], {"units": "1", "long_name": "angular frequency"}
    >>> found = with_labels(xr.Dataset({"eigenfrequency": frequency}, attrs={"particles": 3}))
    >>> sorted(found.coords), found.attrs["zero_modes"]
    (['mode', 'particles', 'sample'], 'included')
    """
    import xarray as xr

    from bosonpeak.datasets.schema.labels import dataset_with_labels

    if isinstance(obj, xr.Dataset):
        return dataset_with_labels(obj)
    groups = {node.path: node.to_dataset(inherit=False) for node in obj.subtree}
    found = {path: dataset_with_labels(dataset) if dataset.variables else dataset for path, dataset in groups.items()}
    changed = any(found[path] is not groups[path] for path in groups)
    return xr.DataTree.from_dict(found, name=obj.name) if changed else obj


def kind_specification(kind: str) -> KindSpecification:
    """Rules of a kind of dataset (see `KINDS`); raise `SchemaError` for an unknown kind."""
    if kind not in _MODULES:
        raise SchemaError(_unknown_kind(kind))
    module = importlib.import_module(f"{__name__}.{_MODULES[kind]}")
    found: KindSpecification = module.SPECIFICATION
    return found


def _unknown_kind(kind: str) -> str:
    question = did_you_mean(kind, KINDS)
    return f"unknown kind {kind!r}: expected one of {', '.join(KINDS)}" + (f"; {question}" if question else "")


def _dataset_violations(dataset: xr.Dataset, kind: str | None, level: Level, *, with_provenance: bool) -> list[str]:
    from bosonpeak.datasets.schema.attributes import provenance_rules
    from bosonpeak.datasets.schema.labels import label_violations
    from bosonpeak.datasets.schema.pandera_schema import violations
    from bosonpeak.datasets.schema.specification import KindSpecification

    found = []
    recorded = dataset.attrs.get("kind")
    if recorded is None:
        found.append(f"missing dataset attribute 'kind': expected one of {', '.join(KINDS)}")
    elif kind is not None and str(recorded) != kind:
        found.append(f"dataset attribute 'kind': expected {kind!r}, got {recorded!r}")
    wanted = str(recorded) if kind is None else kind
    if wanted not in KINDS and not (recorded is None and kind is None):
        found.append(_unknown_kind(wanted))
    rules = kind_specification(wanted) if wanted in KINDS else KindSpecification(variables={})
    provenance = provenance_rules(dataset.attrs) if with_provenance else {}
    read_values = level == "full"
    found += violations(dataset, rules, {**provenance, **rules.attributes}, read_values=read_values)
    return found + label_violations(dataset, rules.variables, read_values=read_values)


def _tree_violations(tree: xr.DataTree, kind: str | None, level: Level) -> list[str]:
    from bosonpeak.datasets.schema.attributes import provenance_rules
    from bosonpeak.datasets.schema.pandera_schema import violations
    from bosonpeak.datasets.schema.specification import KindSpecification

    nothing = KindSpecification(variables={})
    root = tree.to_dataset(inherit=False)[[]]
    found = [f"group /: {line}" for line in violations(root, nothing, provenance_rules(root.attrs), read_values=False)]
    groups = [node for node in tree.subtree if node.data_vars]
    if not groups:
        found.append("group /: the collection holds no dataset")
    for node in groups:
        dataset = node.to_dataset().assign_attrs({**root.attrs, **node.attrs})
        lines = _dataset_violations(dataset, kind, level, with_provenance=False)
        found += [f"group {node.path}: {line}" for line in lines]
    return found
