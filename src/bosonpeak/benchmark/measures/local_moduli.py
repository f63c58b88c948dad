"""Measures of the local shear moduli of glasses against the critical disorder of heterogeneous-elasticity theory.

All take an opener, the group to look at and the claim's parameters, as described in `bosonpeak.benchmark.measures`.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np

from bosonpeak.benchmark.measures.base import potential_of
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import critical_disorder
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import chain_labels, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval
from bosonpeak.validators.estimates.memoise import remembered

if TYPE_CHECKING:
    import xarray as xr

    from bosonpeak.benchmark.measures.base import Measure, OpenCell
    from bosonpeak.datasets.array_types import FloatArray, IntegerArray
    from bosonpeak.generators.particles.potentials import PairPotential

CHAINS = 12
"""Chains of which the first stored configuration is looked at, unless told otherwise."""


def local_disorder(open_cell: OpenCell, cell: str, *, width: float, chains: int = CHAINS) -> Estimate:
    """Variance of local shear moduli over their mean squared, over the critical one of the same K/G.

    Parameters
    ----------
    open_cell, cell
        Glasses with configurations, or with stored variances.
    width : float
        Edge of the cubes; the nearest that divides the box is taken.
    chains : int
        At most so many.
    """
    gamma, critical = _gamma(open_cell(cell), width, chains)
    value, low, high = mean_interval(gamma / critical)
    method = f"cubes of edge about {width:g}; Student-t over glasses of different chains"
    name = "gamma over its critical value"
    return Estimate(name, value, low, high, LEVEL, len(gamma), method, details={"gamma": gamma.tolist()})


def disorder_ratio(
    open_cell: OpenCell, cell: str, *, against: str, width: float, chains: int = CHAINS, logarithmic: bool = False
) -> Estimate:
    """Variance of local shear moduli over their mean squared, over that of another ensemble.

    The mean over glasses is taken, or, with `logarithmic`, the geometric one, which single soft places do not rule.
    """
    values = [_gamma(open_cell(group), width, chains)[0] for group in (cell, against)]
    means = [mean_interval(np.log(each) if logarithmic else each) for each in values]
    if logarithmic:
        middle, halves = means[0][0] - means[1][0], [0.5 * (high - low) for _, low, high in means]
    else:
        middle = math.log(means[0][0] / means[1][0])
        halves = [0.5 * (high - low) / mean for mean, low, high in means]
    half = math.hypot(*halves)
    method = f"{'geometric ' if logarithmic else ''}means over glasses, relative errors in quadrature"
    value, low, high = (math.exp(logarithm) for logarithm in (middle, middle - half, middle + half))
    return Estimate("ratio of gamma", value, low, high, LEVEL, len(values[0]), method)


def _gamma(data: xr.Dataset, width: float, chains: int) -> tuple[FloatArray, FloatArray]:
    """<(Delta G)^2> / <G>^2 of single glasses, and the critical gamma of their K/G."""
    if "local_shear_variance" in data:
        nearest = float(data["cell_width"].sel(cell_width=width, method="nearest"))
        gamma = np.asarray(data["local_shear_variance"].sel(cell_width=nearest).values)
        return gamma, _critical(data, np.arange(len(gamma)))
    require_variables(data, "position", "diameter", "box", "configuration_index")
    index = data["configuration_index"].values
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
    from bosonpeak.generators.glasses.elastic_moduli import moduli_of_cubes

    folded, shares = _with_shares(places, diameters, box, potential)
    moduli = moduli_of_cubes(folded, box, shares, divisions)
    return float(moduli.var() / moduli.mean() ** 2)


@remembered(512)
def _with_shares(
    places: FloatArray, diameters: FloatArray, box: FloatArray, potential: PairPotential
) -> tuple[FloatArray, FloatArray]:
    """Places in the box, and what each particle has of the stiffness: the long part, and the same for all cubes."""
    from bosonpeak.generators.glasses.elastic_moduli import particle_shares
    from bosonpeak.generators.particles.configuration import Configuration

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


MEASURES: dict[str, Measure] = {
    "local-disorder": local_disorder,
    "disorder-ratio": disorder_ratio,
}
