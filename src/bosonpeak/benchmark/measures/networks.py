"""Measures that compare spring networks with other networks, other sizes, or solids."""

from __future__ import annotations

from collections.abc import Sequence

from bosonpeak.benchmark.measures.base import OpenCell
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.glasses import coordination
from bosonpeak.validators.glasses.coordination import Neighbours
from bosonpeak.validators.levels.participation import participation_scaling
from bosonpeak.validators.spectra import debye_excess
from bosonpeak.validators.spectra.network_structure import coordination_distribution, pole_change


def excess_change(
    open_cell: OpenCell, cell: str, *, against: str, low: float, high: float, reference: str = "rescaled-crystal"
) -> Estimate:
    """Excess of one ensemble less the excess of another with the same node displacements, paired sample by sample."""
    other = "/".join([against, *cell.split("/")[1:]])
    return debye_excess.excess_change(
        open_cell(cell), open_cell(other), low=low, high=high, reference=reference, against=other
    )


def growth_of_participation(open_cell: OpenCell, cell: str, *, sizes: Sequence[int]) -> Estimate:
    """Exponent D of the participation number N e ~ N^D over the sizes of one family."""
    return participation_scaling([open_cell(f"{cell}/size-{size}") for size in sizes])


def coordination_spread(
    open_cell: OpenCell, cell: str, *, neighbours: Neighbours, against: str, other_dataset: str
) -> Estimate:
    """Relative standard deviation of a solid's coordination number over that of a network's."""
    network = coordination_distribution(open_cell(against, other_dataset))
    return coordination.coordination_spread(
        open_cell(cell), network.mean, network.variance, neighbours=neighbours, against=against
    )


def new_poles(open_cell: OpenCell, cell: str, *, before: str) -> Estimate:
    """Number of poles that a small system does not have in the group ``before``."""
    return _pole_change(open_cell, before, cell)[0]


def surviving_poles(open_cell: OpenCell, cell: str, *, before: str) -> Estimate:
    """Number of poles that a small system has in the group ``before``, too."""
    return _pole_change(open_cell, before, cell)[1]


def _pole_change(open_cell: OpenCell, before: str, after: str) -> tuple[Estimate, Estimate]:
    old, new = (open_cell(group)["eigenfrequency"].values[0] for group in (before, after))
    return pole_change(old, after=new)
