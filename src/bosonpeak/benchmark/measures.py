"""Measures that claims can name: a validator applied to one ensemble of a dataset.

A measure takes ``open_cell``, which opens an ensemble by its group name, the group it is to look at, and the
parameters that the claim gives, and returns one `Estimate`. One that compares two datasets takes the name of the other
as its parameter ``other_dataset``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import xarray as xr

from bosonpeak.benchmark import (
    glass_measures,
    heterogeneous_elasticity_measures,
    level_measures,
    potential_minimum_measures,
    quasi_equilibrium_measures,
    stress_tensor_measures,
    vortex_measures,
)
from bosonpeak.datasets.errors import ClaimError
from bosonpeak.validators.coordination import coordination_distribution
from bosonpeak.validators.debye_excess import excess, excess_peak, relative_counts
from bosonpeak.validators.estimate import Estimate
from bosonpeak.validators.intervals import LEVEL, mean_interval
from bosonpeak.validators.participation import coordination_weight, mean_participation, participation_scaling
from bosonpeak.validators.poles import pole_change
from bosonpeak.validators.shells import shells_resolved_below
from bosonpeak.validators.van_hove import van_hove_peak
from bosonpeak.validators.zero_mode_count import zero_mode_surplus

Measure = Callable[..., Estimate]


class OpenCell(Protocol):
    """Opens one ensemble of the dataset at hand, or of another one."""

    def __call__(self, group: str, dataset: str | None = None, /) -> xr.Dataset:
        """Return the ensemble in memory."""
        ...


def measure(name: str, open_cell: OpenCell, cell: str, parameters: Mapping[str, Any]) -> Estimate:
    """Apply a measure by its name.

    Raises
    ------
    ClaimError
        If there is no such measure or it does not take these parameters.
    """
    if name not in MEASURES:
        raise ClaimError("unknown measure", expected=", ".join(sorted(MEASURES)), got=repr(name))
    try:
        return MEASURES[name](open_cell, cell, **parameters)
    except TypeError as error:
        if name in str(error) or "argument" in str(error):
            raise ClaimError(f"measure {name} does not take these parameters", got=str(error)) from error
        raise


def _excess(open_cell: OpenCell, cell: str, **window: Any) -> Estimate:
    return excess(open_cell(cell), **window)


def _excess_change(open_cell: OpenCell, cell: str, *, against: str, **window: Any) -> Estimate:
    """Excess of one ensemble less that of another with the same node displacements, paired sample by sample."""
    here, there = (relative_counts(open_cell(group), **window) for group in (cell, _sibling(cell, against)))
    value, low, high = mean_interval(here - there)
    method = f"excess less that of {_sibling(cell, against)}, paired by sample; Student-t over samples"
    return Estimate("change of the excess", value, low, high, LEVEL, len(here), method)


def _peak(feature: str) -> Measure:
    def apply(open_cell: OpenCell, cell: str, **window: Any) -> Estimate:
        estimate = getattr(excess_peak(open_cell(cell), **window), feature)
        assert isinstance(estimate, Estimate)
        return estimate

    return apply


def _van_hove(feature: str) -> Measure:
    def apply(open_cell: OpenCell, cell: str, **window: Any) -> Estimate:
        estimate = getattr(van_hove_peak(open_cell(cell), **window), feature)
        assert isinstance(estimate, Estimate)
        return estimate

    return apply


def _coordination(feature: str) -> Measure:
    def apply(open_cell: OpenCell, cell: str) -> Estimate:
        estimate = getattr(coordination_distribution(open_cell(cell)), feature)
        assert isinstance(estimate, Estimate)
        return estimate

    return apply


def _participation(open_cell: OpenCell, cell: str, **window: Any) -> Estimate:
    return mean_participation(open_cell(cell), **window)


def _participation_scaling(open_cell: OpenCell, cell: str, *, sizes: Sequence[int]) -> Estimate:
    return participation_scaling([open_cell(f"{cell}/size-{size}") for size in sizes])


def _poles(which: int) -> Measure:
    def apply(open_cell: OpenCell, cell: str, *, before: str) -> Estimate:
        old, new = (open_cell(group)["eigenfrequency"].values[0] for group in (before, cell))
        return pole_change(old, new)[which]

    return apply


def _zero_modes(open_cell: OpenCell, cell: str) -> Estimate:
    return zero_mode_surplus(open_cell(cell))


def _shells(open_cell: OpenCell, cell: str) -> Estimate:
    return shells_resolved_below(open_cell(cell))


def _coordination_weight(open_cell: OpenCell, cell: str, **which: Any) -> Estimate:
    return coordination_weight(open_cell(cell), **which)


def _sibling(cell: str, against: str) -> str:
    """The group that differs from ``cell`` in its first level."""
    return "/".join([against, *cell.split("/")[1:]])


MEASURES: dict[str, Measure] = {
    "excess": _excess,
    "excess-change": _excess_change,
    "peak-position": _peak("position"),
    "peak-height": _peak("height"),
    "peak-width": _peak("width"),
    "van-hove-prominence": _van_hove("prominence"),
    "van-hove-position": _van_hove("position"),
    "most-probable-coordination": _coordination("most_probable"),
    "mean-coordination": _coordination("mean"),
    "coordination-variance": _coordination("variance"),
    "participation": _participation,
    "participation-scaling": _participation_scaling,
    "new-poles": _poles(0),
    "surviving-poles": _poles(1),
    "zero-mode-surplus": _zero_modes,
    "shells-resolved-below": _shells,
    "coordination-weight": _coordination_weight,
    **glass_measures.MEASURES,
    **heterogeneous_elasticity_measures.MEASURES,
    **level_measures.MEASURES,
    **potential_minimum_measures.MEASURES,
    **quasi_equilibrium_measures.MEASURES,
    **stress_tensor_measures.MEASURES,
    **vortex_measures.MEASURES,
}
