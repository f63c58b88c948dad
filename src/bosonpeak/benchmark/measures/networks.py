"""Measures for the claims about spring networks: excess, peaks, coordination, poles, participation.

All take an opener, the group to look at and the claim's parameters, as described in `bosonpeak.benchmark.measures`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval
from bosonpeak.validators.levels.participation import coordination_weight, mean_participation, participation_scaling
from bosonpeak.validators.spectra.debye_excess import excess, excess_peak, relative_counts
from bosonpeak.validators.spectra.network_structure import coordination_distribution, pole_change, zero_mode_surplus
from bosonpeak.validators.spectra.phonon_shells import shells_resolved_below
from bosonpeak.validators.spectra.van_hove import van_hove_peak

if TYPE_CHECKING:
    from bosonpeak.benchmark.measures.base import Measure, OpenCell


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
}
