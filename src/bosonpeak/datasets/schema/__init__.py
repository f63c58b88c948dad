"""Schemas of the kinds of dataset, and validation that reports every violation in one error."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Literal

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
    "glass-ensemble": "glass_ensemble",
    "theory-spectrum": "theory_spectrum",
    "current-correlation": "current_correlation",
    "calibration": "calibration",
}

__all__ = ["KINDS"]

KINDS = tuple(_MODULES)
"""Kinds of dataset that there is a schema for.

Examples
--------
>>> "network-ensemble" in KINDS
True
"""

Level = Literal["structure", "full"]


def validate(obj: xr.Dataset | xr.DataTree, kind: str | None = None, *, level: Level = "full") -> None:
    """Check a dataset, or every dataset of a collection, against the schema of its kind.

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
    return found + violations(dataset, rules, {**provenance, **rules.attributes}, read_values=level == "full")


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
