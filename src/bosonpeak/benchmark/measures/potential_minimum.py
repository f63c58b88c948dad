"""Measures for the claim that the minimum of a potential rules the small stresses of a glass.

They look at the pairs of configurations, because |r phi'| of a pair, unlike its off-diagonal components, has no
logarithms of its own: near a minimum it is spread evenly, P ~ sigma^0. All take an opener, the group to look at and the
claim's parameters, as described in `bosonpeak.benchmark.measures`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from bosonpeak.benchmark.measures.potentials import potential_of
from bosonpeak.datasets.arrays import BooleanArray, FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import chain_sums, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL
from bosonpeak.validators.estimates.ratios import ratio_interval
from bosonpeak.validators.estimates.remembered import remembered
from bosonpeak.validators.power_laws.small_stresses import exponent_interval

if TYPE_CHECKING:
    from bosonpeak.benchmark.measures.base import Measure, OpenCell
    from bosonpeak.generators.particles.potentials import PairPotential

WINDOW = (1e-4, 1e-2)
"""Stresses of pairs, in units of epsilon: the smallest of which fifty configurations hold hundreds."""

_BINS_A_DECADE = 5
_SCATTER_SEED = 20261122


@dataclass(frozen=True)
class _Pairs:
    """Stress |r phi'| of the pairs of one configuration, and whether they are in the well, where phi'' > 0."""

    stress: FloatArray
    in_well: BooleanArray


def minimum_share(
    open_cell: OpenCell, cell: str, *, low: float = 0.0, high: float = WINDOW[1], scattered: bool = False
) -> Estimate:
    """Share of the pairs with small stress that are near the potential's minimum and not in its tail.

    Parameters
    ----------
    open_cell, cell
        Glasses with configurations.
    low, high : float
        Stresses |r phi'|.
    scattered : bool
        Put the particles anywhere, so that the shapes of the shells of small stress decide alone.
    """
    from bosonpeak.generators.particles.potentials import InversePower

    data = _scattered(open_cell(cell)) if scattered else open_cell(cell)
    if isinstance(potential_of(data), InversePower):
        raise NotApplicableError("the potential has no minimum", expected="Lennard-Jones particles")
    counted = np.array([_count(pairs, low, high) for pairs in _configurations(data)], dtype=np.float64)
    inside, total = _by_chain(data, counted).T
    if np.count_nonzero(total) < 2:
        raise NotApplicableError("too few pairs have so small a stress", expected=f"pairs in [{low:g}, {high:g})")
    value, lower, upper = ratio_interval(inside, total)
    method = f"pairs with phi'' > 0 of {int(total.sum())} in [{low:g}, {high:g}); delete-one jackknife over chains"
    return Estimate("share of small stresses from the minimum", value, lower, upper, LEVEL, len(total), method)


def pair_stress_exponent(
    open_cell: OpenCell, cell: str, *, low: float = WINDOW[0], high: float = WINDOW[1]
) -> Estimate:
    """Exponent alpha of the distribution of |r phi'| in a window.

    Parameters
    ----------
    open_cell, cell
        Glasses with configurations.
    low, high : float
        Window.
    """
    data = open_cell(cell)
    bins = max(round(math.log10(high / low) * _BINS_A_DECADE), 2)
    edges = np.geomspace(low, high, bins + 1)
    counts = np.array([np.histogram(pairs.stress, edges)[0] for pairs in _configurations(data)], dtype=np.float64)
    clusters = _by_chain(data, counts)
    if np.count_nonzero(clusters.sum(axis=0)) < 2:
        raise NotApplicableError("too few pairs have so small a stress", expected=f"pairs in [{low:g}, {high:g})")
    step = math.log(high / low) / bins
    value, lower, upper = exponent_interval(clusters, step)
    method = f"likelihood of {int(counts.sum())} pairs in bins; delete-one jackknife over chains"
    return Estimate("alpha of |r phi'|", value, lower, upper, LEVEL, len(clusters), method, window=(low, high))


def _count(pairs: _Pairs, low: float, high: float) -> tuple[int, int]:
    """Pairs in the well, and pairs, with stresses in the window."""
    small = (pairs.stress >= low) & (pairs.stress < high)
    return int(np.count_nonzero(small & pairs.in_well)), int(np.count_nonzero(small))


def _configurations(data: xr.Dataset) -> list[_Pairs]:
    require_variables(data, "position", "diameter", "box")
    potential, box = potential_of(data), data["box"].values
    configurations = zip(data["position"].values, data["diameter"].values, strict=True)
    return [_pairs(position, diameter, box, potential) for position, diameter in configurations]


@remembered(128)
def _pairs(position: FloatArray, diameter: FloatArray, box: FloatArray, potential: PairPotential) -> _Pairs:
    from bosonpeak.generators.particles.configuration import interactions

    pairs = interactions(position, diameter, box, potential)
    return _Pairs(np.abs(pairs.distance * pairs.first), pairs.second > 0.0)


def _scattered(data: xr.Dataset) -> xr.Dataset:
    """The same particles at random places."""
    require_variables(data, "position", "box")
    place = np.random.default_rng(_SCATTER_SEED).random(data["position"].shape) * data["box"].values
    return data.assign(position=data["position"].copy(data=place))


def _by_chain(data: xr.Dataset, values: FloatArray) -> FloatArray:
    """Sums over the configurations of each chain; every configuration by itself where chains are not told."""
    if not {"chain", "configuration_index"} <= set(data.variables):
        return values
    chain = data["chain"].values[data["configuration_index"].values]
    return chain_sums(values, chain)


MEASURES: dict[str, Measure] = {
    "minimum-share": minimum_share,
    "pair-stress-exponent": pair_stress_exponent,
}
