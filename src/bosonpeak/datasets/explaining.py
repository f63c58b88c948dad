"""Attributes added to a dataset on opening, for discovery, citation and unit conversion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.citation.discovery import discovery_attributes
from bosonpeak.datasets.schema.units import pint_expression

if TYPE_CHECKING:
    import xarray as xr

_HANDED_DOWN = ("name", "title", "source", "licence", "license", "references", "creator_name", "created", "git_commit")


def explained(opened: xr.Dataset | xr.DataTree) -> xr.Dataset | xr.DataTree:
    """Add attributes derived from the attributes of a file, in place; values and content digest stay unchanged."""
    import xarray as xr

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
