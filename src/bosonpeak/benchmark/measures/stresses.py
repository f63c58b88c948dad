"""Measures of the local stresses of glasses: tensor form of the theory (GHET), and minimum of the potential.

The tensor form needs the configurations of a glass. The minimum is tested on the pairs of configurations, because |r
phi'| of a pair, unlike its off-diagonal components, has no logarithms of its own: near a minimum it is spread evenly, P
~ sigma^0. All measures take an opener, the group and the claim's parameters, as described in
`bosonpeak.benchmark.measures`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import xarray as xr

from bosonpeak.benchmark.measures.base import potential_of
from bosonpeak.benchmark.measures.heterogeneous_elasticity import PAIR_INERTIA
from bosonpeak.datasets.array_types import BooleanArray, FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import chain_sums, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL
from bosonpeak.validators.estimates.memoise import remembered
from bosonpeak.validators.estimates.ratios import ratio_interval
from bosonpeak.validators.power_laws.small_stresses import exponent_interval

if TYPE_CHECKING:
    from bosonpeak.benchmark.measures.base import Measure, OpenCell
    from bosonpeak.generators.particles.potentials import PairPotential
    from bosonpeak.generators.theories.heterogeneous_elasticity.stress_coupling import RotationalOscillators


Regions = Literal["pairs", "particles"]

FREQUENCIES = (0.3, 0.55)
"""Window of the modes, in units of omega_0."""

_BINS = 8


def stable_coupling(
    open_cell: OpenCell, cell: str, *, regions: Regions = "pairs", configurations: int = 12
) -> Estimate:
    """Share of the coupling between stresses and strain that goes through rotations with positive stiffness.

    Only these have states at omega^2 > 0. A pair under compression has none that couples; a particle's stress, half the
    sum over its pairs, may have.

    Parameters
    ----------
    open_cell, cell
        Glasses with configurations.
    regions : {"pairs", "particles"}
        Whose stress tensors are taken.
    configurations : int
        At most so many are looked at.
    """
    data = open_cell(cell)
    sets = _oscillators(data, regions, configurations)
    stable = np.array([found.coupling[found.stiffness > 0.0].sum() for found in sets])
    total = np.array([found.coupling.sum() for found in sets])
    value, low, high = ratio_interval(stable, total)
    method = f"traceless stresses of {regions}; delete-one jackknife over configurations"
    return Estimate("share of the coupling that is stable", value, low, high, LEVEL, len(sets), method)


def tensor_exponent(
    open_cell: OpenCell,
    cell: str,
    *,
    regions: Regions = "particles",
    inertia: float = PAIR_INERTIA,
    configurations: int = 12,
) -> Estimate:
    """Exponent s that the tensor form predicts for the modes' frequencies, from the stresses of configurations.

    Every rotation of positive stiffness K counts with its coupling at omega = sqrt(K/zeta).

    Parameters
    ----------
    open_cell, cell
        Glasses with configurations.
    regions : {"pairs", "particles"}
        Whose stress tensors are taken.
    inertia : float
        zeta.
    configurations : int
        At most so many are looked at.
    """
    data = open_cell(cell)
    scale = float(data["first_phonon"].mean()) if "first_phonon" in data else math.nan
    low, high = (inertia * (limit * scale) ** 2 for limit in FREQUENCIES)
    edges = np.geomspace(low, high, _BINS + 1)
    weights = np.array(
        [
            np.histogram(found.stiffness, edges, weights=found.coupling)[0]
            for found in _oscillators(data, regions, configurations)
        ]
    )
    if not weights.sum(axis=0).min() > 0.0:
        raise NotApplicableError(
            "no rotation of the right stiffness couples to strain", expected=f"stiffness in [{low:.2g}, {high:.2g}]"
        )
    step = math.log(high / low) / _BINS
    value, lower, upper = (1.0 + 2.0 * alpha for alpha in exponent_interval(weights, step))
    method = f"rotations of {regions} weighted with their coupling; delete-one jackknife over configurations"
    name = "s predicted by the tensor form"
    return Estimate(name, value, lower, upper, LEVEL, len(weights), method, window=FREQUENCIES)


def _oscillators(data: xr.Dataset, regions: Regions, configurations: int) -> list[RotationalOscillators]:
    from bosonpeak.generators.glasses.pair_stresses import pair_stresses
    from bosonpeak.generators.theories.heterogeneous_elasticity.stress_coupling import rotational_oscillators

    require_variables(data, "position", "diameter", "box")
    potential = potential_of(data)
    found = []
    for number in range(min(configurations, data.sizes["configuration"])):
        pairs = pair_stresses(
            data["position"].values[number], data["diameter"].values[number], data["box"].values, potential
        )
        stress = pairs.stress
        if regions == "particles":
            stress = np.zeros((data.sizes["particle"], 3, 3))
            for column in (0, 1):
                np.add.at(stress, pairs.pairs[:, column], 0.5 * pairs.stress)
        found.append(rotational_oscillators(stress))
    return found


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
    "stable-coupling": stable_coupling,
    "tensor-exponent": tensor_exponent,
    "minimum-share": minimum_share,
    "pair-stress-exponent": pair_stress_exponent,
}
