"""Blocks of an ensemble joined to the whole ensemble, lazily if they are lazy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.schema import with_labels
from bosonpeak.datasets.schema.labels import COUNTED_ON, JOINED

if TYPE_CHECKING:
    import xarray as xr

_ROUND_OFF = 1e-12


def joined_blocks(blocks: Sequence[xr.Dataset]) -> xr.Dataset:
    """Join the blocks of an ensemble: samples, chains and quenches are counted on; different attributes are dropped."""
    import xarray as xr

    labelled = _counted_on([with_labels(block) for block in blocks])
    first = labelled[0]
    if any(set(block.variables) != set(first.variables) for block in labelled):
        raise NotApplicableError("the blocks do not have the same variables", got=f"{len(blocks)} blocks")
    parts = []
    for dimension in (name for name in JOINED if name in first.dims):
        names = [name for name, variable in first.variables.items() if dimension in variable.dims]
        along = [chosen.drop_vars(set(chosen.coords) - set(names)) for chosen in (block[names] for block in labelled)]
        together = xr.concat(
            along,
            dimension,
            data_vars="all",
            coords="different",
            compat="equals",
            join="exact",
            combine_attrs="override",
        )
        parts.append(together)
    shared = [block.drop_dims([name for name in JOINED if name in block.dims]) for block in labelled]
    for name, variable in shared[0].variables.items():
        if not all(_same(variable, other[name].variable) for other in shared[1:]):
            raise NotApplicableError("the blocks are not of one ensemble", got=f"different values of {name}")
    whole = xr.merge([shared[0], *parts], compat="override", join="exact", combine_attrs="override")
    agreed = {
        key: value
        for key, value in first.attrs.items()
        if key != "content_digest" and all(str(block.attrs.get(key)) == str(value) for block in labelled)
    }
    whole = whole[list(first.data_vars)].assign_coords(whole.coords)
    whole.attrs = agreed
    return whole


def _same(first: xr.Variable, second: xr.Variable) -> bool:
    """Compare two variables; edges of bins may differ in their last bit between machines."""
    if first.dtype.kind != "f" or first.shape != second.shape:
        return bool(np.array_equal(first.values, second.values))
    return bool(np.allclose(first.values, second.values, rtol=_ROUND_OFF, atol=0.0, equal_nan=True))


def _counted_on(blocks: Sequence[xr.Dataset]) -> list[xr.Dataset]:
    """The blocks with labels that continue those of the blocks before; labels below zero stay."""
    before = dict.fromkeys(COUNTED_ON, 0)
    found = []
    for block in blocks:
        changed = {}
        for dimension, names in COUNTED_ON.items():
            for name in names:
                if name in block.variables and before[dimension]:
                    labels = block[name].variable
                    shifted = labels.values + before[dimension] * (labels.values >= 0)
                    changed[name] = (labels.dims, shifted.astype(labels.dtype), labels.attrs)
        for dimension, names in COUNTED_ON.items():
            last = [int(block[name].max()) for name in names if name in block.variables and block[name].size]
            before[dimension] += 1 + max(last, default=-1)
        coordinates = {name: value for name, value in changed.items() if name in block.coords}
        variables = {name: value for name, value in changed.items() if name not in block.coords}
        found.append(block.assign_coords(coordinates).assign(variables))
    return found
