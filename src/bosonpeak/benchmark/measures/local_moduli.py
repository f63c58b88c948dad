"""Measures of the local shear moduli of glasses against the critical disorder of heterogeneous-elasticity theory."""

from __future__ import annotations

import functools

import numpy as np
import xarray as xr

from bosonpeak.benchmark.measures.base import OpenCell, potential_of
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.generators.glasses.elastic_moduli import moduli_of_cubes, particle_shares
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.potentials import PairPotential
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import critical_disorder
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import chain_labels, require_variables
from bosonpeak.validators.estimates.memoise import remembered
from bosonpeak.validators.glasses import local_moduli as estimated

CHAINS = 12
"""Chains of which the first stored configuration is used by default."""


def local_disorder(open_cell: OpenCell, cell: str, *, width: float, chains: int = CHAINS) -> Estimate:
    """Variance of local shear moduli, in cubes of about `width`, over their mean squared, over its critical value."""
    gamma, critical = _gamma(open_cell(cell), width, chains)
    return estimated.local_disorder(gamma, critical=critical, method=f"cubes of edge about {width:g}")


def disorder_ratio(
    open_cell: OpenCell, cell: str, *, against: str, width: float, chains: int = CHAINS, logarithmic: bool = False
) -> Estimate:
    """Variance of local shear moduli over their mean squared, over the value of another ensemble."""
    here, there = (_gamma(open_cell(group), width, chains)[0] for group in (cell, against))
    return estimated.disorder_ratio(here, reference=there, logarithmic=logarithmic)


def _gamma(data: xr.Dataset, width: float, chains: int) -> tuple[FloatArray, FloatArray]:
    """<(Delta G)^2> / <G>^2 of single glasses, and the critical gamma of their K/G."""
    if "local_shear_variance" in data:
        nearest = float(data["cell_width"].sel(cell_width=width, method="nearest"))
        gamma = np.asarray(data["local_shear_variance"].sel(cell_width=nearest).values)
        return gamma, _critical(data, np.arange(len(gamma)))
    require_variables(data, "position", "diameter", "box")
    index = rows_of(data, "configuration")
    _, first = np.unique(chain_labels(data)[index], return_index=True)
    chosen = first[:chains]
    potential, box = potential_of(data), data["box"].values
    divisions = max(2, round(float(box[0]) / width))
    values = []
    for number in chosen:
        places, diameters = (data[name].values[number].astype(np.float64) for name in ("position", "diameter"))
        values.append(_disorder(places, diameters, box, potential, divisions))
    return np.array(values), _critical(data, index[chosen])


def _disorder(
    places: FloatArray, diameters: FloatArray, box: FloatArray, potential: PairPotential, divisions: int
) -> float:
    """<(Delta G)^2> / <G>^2 of the cubes of one glass."""
    folded, shares = places_and_shares(places, diameters, box, potential)
    return estimated.disorder_parameter(moduli_of_cubes(folded, box, shares, divisions))


@remembered(512)
def places_and_shares(
    places: FloatArray, diameters: FloatArray, box: FloatArray, potential: PairPotential
) -> tuple[FloatArray, FloatArray]:
    """Places in the box, and what each particle has of the stiffness: the long part, and the same for all cubes."""
    glass = Configuration.checked(places, diameters, box, potential)
    return glass.positions, particle_shares(glass)


def _critical(data: xr.Dataset, samples: IntegerArray) -> FloatArray:
    require_variables(data, "shear_modulus", "bulk_modulus")
    ratio = data["bulk_modulus"].values[samples] / data["shear_modulus"].values[samples]
    if not (ratio > 0.0).all():
        raise NotApplicableError("a glass is unstable", got=f"K/G down to {ratio.min():.3g}")
    return np.array([_critical_disorder(float(each)) for each in ratio])


@functools.lru_cache(1024)
def _critical_disorder(ratio: float) -> float:
    return float(critical_disorder(ratio).disorder)
