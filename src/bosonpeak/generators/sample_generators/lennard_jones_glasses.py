"""Sample generator for glasses whose potential has a minimum: polydisperse Lennard-Jones particles and Kob-Andersen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.generators.particles.diameters import LARGEST
from bosonpeak.generators.particles.potentials import LennardJones
from bosonpeak.generators.sample_generators.glasses import (
    PARAMETERS as SOFT_SPHERE_PARAMETERS,
)
from bosonpeak.generators.sample_generators.glasses import (
    GlassEnsemble,
    glass_attributes,
    glass_requirements,
)
from bosonpeak.generators.sample_generators.parameters import completed, refuse_impossible
from bosonpeak.generators.sample_generators.particle_systems import (
    lennard_jones_diameters,
    lennard_jones_potential,
    lennard_jones_range,
    lennard_jones_requirements,
    smooth_forces,
    system_name,
    taper_name,
)

PARAMETERS: dict[str, Any] = {
    **{key: value for key, value in SOFT_SPHERE_PARAMETERS.items() if key != "exponent"},
    "cutoff": 2.5,
    "truncation": "force-shifted",
    "kob_andersen": False,
    "minority_fraction": 0.2,
}
"""Parameters of soft-sphere glasses, with the cutoff in units of sigma_ij, how the potential ends there, and whether
the particles are the Kob-Andersen mixture with a share of small ones; `taper` belongs to the truncation "tapered"."""


class LennardJonesGlasses(GlassEnsemble):
    """Glasses of Lennard-Jones particles, of many diameters or of the Kob-Andersen mixture, as `GlassEnsemble`.

    A plain cut makes the energy jump, and a minimiser halts where a pair would have to cross the cutoff. Such liquids
    are sampled with the jump and quenched by their forces, which are those of the shifted potential.
    """

    name = "lennard-jones-glass"

    def check(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Complete the parameters with defaults; refuse unknown or impossible ones."""
        complete = completed(parameters, PARAMETERS, self.name)
        requirements = glass_requirements(complete, lennard_jones_range(complete, LARGEST))
        refuse_impossible(complete, requirements + lennard_jones_requirements(complete), self.name)
        return complete

    def potential(self, parameters: Mapping[str, Any]) -> LennardJones:
        """Potential of the liquid."""
        return lennard_jones_potential(parameters)

    def quench_potential(self, parameters: Mapping[str, Any]) -> LennardJones:
        """Potential whose minimum the glass is."""
        return smooth_forces(lennard_jones_potential(parameters))

    def given_diameters(self, parameters: Mapping[str, Any]) -> NDArray[np.float64] | None:
        """Diameters of the mixture, large particles first; None for the continuous distribution."""
        return lennard_jones_diameters(parameters)

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """What the dataset says of its ensemble."""
        names = (system_name(parameters), taper_name(parameters))
        return glass_attributes(parameters, *names) | {"truncation": parameters["truncation"]}
