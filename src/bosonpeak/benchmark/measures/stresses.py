"""Measures of the stresses of pairs and particles in the configurations of a glass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr

from bosonpeak.benchmark.measures.base import OpenCell, potential_of
from bosonpeak.datasets.array_types import BooleanArray, FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.generators.glasses.pair_stresses import pair_stresses
from bosonpeak.generators.particles.configuration import interactions
from bosonpeak.generators.particles.potentials import InversePower, PairPotential
from bosonpeak.generators.theories.heterogeneous_elasticity.stress_coupling import rotational_oscillators
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables
from bosonpeak.validators.estimates.memoise import remembered
from bosonpeak.validators.power_laws import pair_stresses as small
from bosonpeak.validators.theories import stress_predictions
from bosonpeak.validators.theories.stress_predictions import PAIR_INERTIA

Regions = Literal["pairs", "particles"]
"""Regions whose stress tensors rotate."""

_SCATTER_SEED = 20261122


def stable_coupling(
    open_cell: OpenCell, cell: str, *, regions: Regions = "pairs", configurations: int = 12
) -> Estimate:
    """Share of the coupling between stresses and strain that goes through rotations with positive stiffness."""
    return stress_predictions.stable_coupling(**_oscillators(open_cell(cell), regions, configurations), regions=regions)


def tensor_exponent(
    open_cell: OpenCell,
    cell: str,
    *,
    regions: Regions = "particles",
    inertia: float = PAIR_INERTIA,
    configurations: int = 12,
) -> Estimate:
    """Exponent s that the tensor form predicts for the modes' frequencies, from the stresses of configurations."""
    data = open_cell(cell)
    require_variables(data, "first_phonon")
    return stress_predictions.tensor_exponent(
        **_oscillators(data, regions, configurations),
        first_phonon=float(data["first_phonon"].mean()),
        regions=regions,
        inertia=inertia,
    )


def _oscillators(data: xr.Dataset, regions: Regions, configurations: int) -> dict[str, Any]:
    """Stiffness and coupling of the rotations in the first configurations."""
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
    return {"data": [each.stiffness for each in found], "coupling": [each.coupling for each in found]}


@dataclass(frozen=True)
class _Pairs:
    """Stress |r phi'| of the pairs of one configuration, and whether they are in the well, where phi'' > 0."""

    stress: FloatArray
    in_well: BooleanArray


def minimum_share(
    open_cell: OpenCell, cell: str, *, low: float = 0.0, high: float = small.WINDOW[1], scattered: bool = False
) -> Estimate:
    """Share of the pairs with small stress that are near the potential's minimum and not in its tail.

    With `scattered` the particles are at random places, so that the shells of small stress alone decide.
    """
    data = _scattered(open_cell(cell)) if scattered else open_cell(cell)
    if isinstance(potential_of(data), InversePower):
        raise NotApplicableError("the potential has no minimum", expected="Lennard-Jones particles")
    pairs = _configurations(data)
    stress, in_well = [each.stress for each in pairs], [each.in_well for each in pairs]
    return small.minimum_share(stress, in_well=in_well, chain=_chain(data), low=low, high=high)


def pair_stress_exponent(
    open_cell: OpenCell, cell: str, *, low: float = small.WINDOW[0], high: float = small.WINDOW[1]
) -> Estimate:
    """Exponent alpha of the distribution of |r phi'| in a window."""
    data = open_cell(cell)
    stress = [each.stress for each in _configurations(data)]
    return small.pair_stress_exponent(stress, chain=_chain(data), low=low, high=high)


def _configurations(data: xr.Dataset) -> list[_Pairs]:
    require_variables(data, "position", "diameter", "box")
    potential, box = potential_of(data), data["box"].values
    configurations = zip(data["position"].values, data["diameter"].values, strict=True)
    return [_pairs(position, diameter, box, potential) for position, diameter in configurations]


@remembered(128)
def _pairs(position: FloatArray, diameter: FloatArray, box: FloatArray, potential: PairPotential) -> _Pairs:
    pairs = interactions(position, diameter, box, potential)
    return _Pairs(np.abs(pairs.distance * pairs.first), pairs.second > 0.0)


def _scattered(data: xr.Dataset) -> xr.Dataset:
    """The same particles at random places."""
    require_variables(data, "position", "box")
    place = np.random.default_rng(_SCATTER_SEED).random(data["position"].shape) * data["box"].values
    return data.assign(position=data["position"].copy(data=place))


def _chain(data: xr.Dataset) -> FloatArray | None:
    """Chain of each configuration, None if unknown."""
    known = "chain" in data and {"configuration", "configuration_index"} & set(data.variables)
    return np.asarray(data["chain"].values[rows_of(data, "configuration")]) if known else None
