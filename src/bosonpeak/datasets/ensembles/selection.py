"""Selection of the ensembles of a file by group or by the values of parameters."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.errors import RegistryError, StoreError, did_you_mean
from bosonpeak.datasets.schema.labels import PARAMETERS, RECORDED, parameter_value, recorded_parameters
from bosonpeak.datasets.storage.raw_files import read_groups
from bosonpeak.datasets.storage.store import read

if TYPE_CHECKING:
    import xarray as xr

    from bosonpeak.datasets.ensembles.released_blocks import ReleasedBlock


def open_ensembles(
    source: Path | ReleasedBlock, group: str | None, parameters: Mapping[str, float | str], **options: Any
) -> xr.Dataset | xr.DataTree:
    """Read the ensembles of a file or block below a group with the given parameters; a tree if there are several."""
    read_group = functools.partial(read, source) if isinstance(source, Path) else source.read
    chosen: Mapping[str, Mapping[str, Any]]
    if not parameters:
        try:
            return read_group(group=group, **options)
        except StoreError:
            chosen = _datasets(source, group, options) if group is not None else {}
            if not chosen:
                raise
    else:
        below = _datasets(source, group, options)
        if not below:
            return read_group(group=group, **options)  # raises an error that lists the groups
        chosen = _with_parameters(below, parameters, source)
    if len(chosen) == 1:
        (only,) = chosen
        return read_group(group=None if only == "/" else only, **options)
    return _pruned(read_group(**options), list(chosen), f"/{(group or '').strip('/')}")


def _datasets(source: Path | ReleasedBlock, group: str | None, options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Attributes, with inherited ones, of every dataset of a file at or below a group, by path."""
    vouched = bool(options.get("vouched"))
    groups = read_groups(source, vouched=vouched, with_values=False) if isinstance(source, Path) else source.groups
    top = f"/{(group or '').strip('/')}".rstrip("/")
    found = {}
    for place, node in groups.items():
        if node.variables and (place == top or place.startswith(f"{top}/")):
            above = [each for each in groups if each == "/" or place == each or place.startswith(f"{each}/")]
            attributes = {
                key: value for each in sorted(above, key=len) for key, value in groups[each].attributes.items()
            }
            found[place] = recorded_parameters(attributes) | attributes
    return found


def _with_parameters(
    datasets: Mapping[str, Mapping[str, Any]], parameters: Mapping[str, float | str], source: Path | ReleasedBlock
) -> dict[str, Mapping[str, Any]]:
    recorded = {
        name: sorted({str(each[name]) for each in datasets.values() if name in each})
        for name in (*PARAMETERS, *RECORDED)
        if any(name in each for each in datasets.values())
    }
    for name in parameters:
        if name not in recorded:
            raise RegistryError(
                f"no ensemble has a parameter {name!r}",
                expected=", ".join(recorded) or "an ensemble with parameters",
                got=name,
                where=str(source),
                likely_cause=did_you_mean(name, [*recorded, "group", "chunks", "verify", "blocks", "registry"]),
            )
    chosen = dict(datasets)
    for name, wanted in parameters.items():
        chosen = {key: each for key, each in chosen.items() if name in each and _agree(name, each[name], wanted)}
    if not chosen:
        raise RegistryError(
            "no ensemble has these parameters",
            expected="; ".join(f"{name} = {' or '.join(recorded[name])}" for name in parameters),
            got=", ".join(f"{name} = {value}" for name, value in parameters.items()),
            where=str(source),
        )
    return chosen


def _agree(name: str, recorded: Any, wanted: float | str) -> bool:
    """Compare a recorded parameter with a given one; numbers may be given as text, a missing taper as "none"."""
    found = parameter_value(name, recorded)
    try:
        return math.isclose(float(str(found)), float(str(wanted)), rel_tol=1e-9)
    except ValueError:
        return str(found).lower() == str(wanted).lower()


def _pruned(tree: xr.Dataset | xr.DataTree, paths: list[str], top: str) -> xr.DataTree:
    """The chosen datasets of a tree as a tree of their own, with paths below `top` and the attributes above it."""
    import xarray as xr

    inherited: dict[Any, Any] = {}
    for place in ["", *_ancestors(top)]:
        inherited |= tree[place].attrs if place else tree.attrs
    nodes = {node.path: node for node in tree.subtree} if isinstance(tree, xr.DataTree) else {}
    kept = {path.removeprefix(top.rstrip("/")): nodes[path].to_dataset(inherit=False) for path in paths}
    inherited.pop("content_digest", None)
    chosen = xr.DataTree.from_dict({"/": xr.Dataset(attrs=inherited), **kept})
    chosen.set_close(tree.close)
    return chosen


def _ancestors(path: str) -> list[str]:
    parts = path.strip("/").split("/") if path.strip("/") else []
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]
