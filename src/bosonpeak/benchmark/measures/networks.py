"""Measures for the claims about spring networks: excess, peaks, coordination, poles, participation.

All take an opener, the group to look at and the claim's parameters, as described in `bosonpeak.benchmark.measures`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from bosonpeak.benchmark.measures.base import Measure, OpenCell, of_ensemble, part
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval
from bosonpeak.validators.glasses.coordination import Neighbours, solid_coordination
from bosonpeak.validators.levels.participation import coordination_weight, mean_participation, participation_scaling
from bosonpeak.validators.spectra.debye_excess import excess, excess_peak, relative_counts
from bosonpeak.validators.spectra.network_structure import coordination_distribution, pole_change, zero_mode_surplus
from bosonpeak.validators.spectra.phonon_shells import shells_resolved_below
from bosonpeak.validators.spectra.van_hove import van_hove_peak


def excess_change(
    open_cell: OpenCell, cell: str, *, against: str, low: float, high: float, reference: str = "rescaled-crystal"
) -> Estimate:
    """Excess of one ensemble less that of another with the same node displacements, paired sample by sample.

    The other one's group differs in its first level, which is ``against``.
    """
    other = "/".join([against, *cell.split("/")[1:]])
    here, there = (
        relative_counts(open_cell(group), low=low, high=high, reference=reference) for group in (cell, other)
    )
    value, lower, upper = mean_interval(here - there)
    method = f"excess less that of {other}, paired by sample; Student-t over samples"
    return Estimate("change of the excess", value, lower, upper, LEVEL, len(here), method)


def growth_of_participation(open_cell: OpenCell, cell: str, *, sizes: Sequence[int]) -> Estimate:
    """Exponent D of the participation number N e ~ N^D over the sizes of one family."""
    return participation_scaling([open_cell(f"{cell}/size-{size}") for size in sizes])


def coordination_spread(
    open_cell: OpenCell, cell: str, *, neighbours: Neighbours, against: str, other_dataset: str
) -> Estimate:
    """Relative standard deviation of a solid's coordination number over that of a network's."""
    solid = solid_coordination(open_cell(cell), neighbours=neighbours, statistic="relative-deviation")
    network = coordination_distribution(open_cell(against, other_dataset))
    spread = math.sqrt(network.variance.value) / network.mean.value
    name, method = (
        "relative spread of the coordination number over that of a network",
        f"{solid.method}; over {against}",
    )
    return dataclasses.replace(
        solid, name=name, value=solid.value / spread, low=solid.low / spread, high=solid.high / spread, method=method
    )


def new_poles(open_cell: OpenCell, cell: str, *, before: str) -> Estimate:
    """Number of poles that a small system does not have in the group ``before``."""
    return _pole_change(open_cell, before, cell)[0]


def surviving_poles(open_cell: OpenCell, cell: str, *, before: str) -> Estimate:
    """Number of poles that a small system has in the group ``before``, too."""
    return _pole_change(open_cell, before, cell)[1]


def _pole_change(open_cell: OpenCell, before: str, after: str) -> tuple[Estimate, Estimate]:
    old, new = (open_cell(group)["eigenfrequency"].values[0] for group in (before, after))
    return pole_change(old, new)


_PEAK, _VAN_HOVE = of_ensemble(excess_peak), of_ensemble(van_hove_peak)
_COORDINATION = of_ensemble(coordination_distribution)

MEASURES: dict[str, Measure] = {
    "excess": of_ensemble(excess),
    "excess-change": excess_change,
    "peak-position": part(_PEAK, "position"),
    "peak-height": part(_PEAK, "height"),
    "peak-width": part(_PEAK, "width"),
    "van-hove-prominence": part(_VAN_HOVE, "prominence"),
    "van-hove-position": part(_VAN_HOVE, "position"),
    "van-hove-place": part(_VAN_HOVE, "place"),
    "most-probable-coordination": part(_COORDINATION, "most_probable"),
    "mean-coordination": part(_COORDINATION, "mean"),
    "coordination-variance": part(_COORDINATION, "variance"),
    "solid-coordination": of_ensemble(solid_coordination),
    "coordination-spread": coordination_spread,
    "participation": of_ensemble(mean_participation),
    "participation-scaling": growth_of_participation,
    "new-poles": new_poles,
    "surviving-poles": surviving_poles,
    "zero-mode-surplus": of_ensemble(zero_mode_surplus),
    "shells-resolved-below": of_ensemble(shells_resolved_below),
    "coordination-weight": of_ensemble(coordination_weight),
}
