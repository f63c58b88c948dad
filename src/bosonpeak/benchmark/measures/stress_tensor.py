"""Measures of the tensor form of generalised heterogeneous-elasticity theory on the configurations of a glass.

All take an opener, the group to look at and the claim's parameters, as described in `bosonpeak.benchmark.measures`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
import xarray as xr

from bosonpeak.benchmark.measures.heterogeneous_elasticity import PAIR_INERTIA
from bosonpeak.benchmark.measures.potentials import potential_of
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables
from bosonpeak.validators.estimates.intervals import LEVEL
from bosonpeak.validators.estimates.ratios import ratio_interval
from bosonpeak.validators.power_laws.small_stresses import exponent_interval

if TYPE_CHECKING:
    from bosonpeak.benchmark.measures.base import Measure, OpenCell
    from bosonpeak.generators.theories.heterogeneous_elasticity.stress_rotations import RotationalOscillators

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
    from bosonpeak.generators.theories.heterogeneous_elasticity.stress_rotations import rotational_oscillators

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


MEASURES: dict[str, Measure] = {
    "stable-coupling": stable_coupling,
    "tensor-exponent": tensor_exponent,
}
