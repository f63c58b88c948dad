"""Medium of heterogeneous-elasticity theory for a solid with a measured modulus and measured local moduli.

The mean of local moduli under a strain of the whole solid is its macroscopic modulus G, which the disorder has softened
already: G = G0 (1 - Sigma(0)). With the measured v = A <(Delta G)^2> / G^2 and K / G the static equation of the theory
is linear in the softening mu = G / G0, so that no parameter is free:

    mu = (K/G + c) / (K/G + c + v (K/G + 2)),  gamma = v mu^2,  c = 2 (d - 1) / d.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import (
    critical_disorder,
    longitudinal_stretch,
    tensor_factor,
)


@dataclass(frozen=True)
class MeasuredMedium:
    """Parameters of the theory for a measured solid."""

    disorder: float  # gamma
    critical: float  # gamma_c at this K / G0
    bulk_modulus: float  # K / G0
    softening: float  # G / G0 = 1 - Sigma(0)
    dimension: int

    @property
    def is_stable(self) -> bool:
        """Return whether the measured softening lies on the stable branch of the theory."""
        return self.softening > 1.0 - critical_disorder(self.bulk_modulus, dimension=self.dimension).self_energy


def measured_medium(
    relative_variance: float, bulk_over_shear: float, *, dimension: int = 3, scalar: bool = False
) -> MeasuredMedium:
    """Medium with the measured <(Delta G)^2> / G^2 and K / G; a scalar field has A = 1/d and no bulk modulus."""
    if not (0.0 <= relative_variance < math.inf and bulk_over_shear > 0.0):
        raise RecipeError(
            "no medium has these moduli",
            expected="a variance of 0 or more, a positive bulk modulus",
            got=f"{relative_variance:g}, {bulk_over_shear:g}",
        )
    ratio = math.inf if scalar else bulk_over_shear
    factor = 1.0 / dimension if scalar else tensor_factor(dimension)
    scaled = factor * relative_variance
    if math.isinf(ratio):
        softening = 1.0 / (1.0 + scaled)
    else:
        stiffness = ratio + longitudinal_stretch(dimension)
        softening = stiffness / (stiffness + scaled * (ratio + 2.0))
    bulk = ratio * softening
    critical = critical_disorder(bulk, dimension=dimension).disorder
    return MeasuredMedium(scaled * softening**2, critical, bulk, softening, dimension)
