"""What an opened dataset says beyond its file: how it is found, cited and converted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.citation.discovery import discovery_attributes
from bosonpeak.datasets.schema.units import pint_expression

if TYPE_CHECKING:
    import xarray as xr

_HANDED_DOWN = ("name", "title", "source", "licence", "license", "references", "creator_name", "created", "git_commit")


def explained(opened: xr.Dataset | xr.DataTree) -> xr.Dataset | xr.DataTree:
    """Add attributes that follow from those of a file; values and content digest stay as they are.

    Parameters
    ----------
    opened : xarray.Dataset or xarray.DataTree
        As read; its attributes are changed in place.

    Returns
    -------
    xarray.Dataset or xarray.DataTree
        The same object.
    """
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
