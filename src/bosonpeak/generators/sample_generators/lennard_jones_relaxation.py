"""Sample generator for relaxation times of liquids whose potential has a minimum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.generators.particles.diameters import LARGEST
from bosonpeak.generators.particles.potentials import LennardJones
from bosonpeak.generators.sample_generators.parameters import completed, refuse_impossible
from bosonpeak.generators.sample_generators.particle_systems import (
    lennard_jones_diameters,
    lennard_jones_potential,
    lennard_jones_range,
    lennard_jones_requirements,
    system_name,
    taper_name,
)
from bosonpeak.generators.sample_generators.relaxation import (
    PARAMETERS as SOFT_SPHERE_PARAMETERS,
)
from bosonpeak.generators.sample_generators.relaxation import (
    RelaxationEnsemble,
    relaxation_attributes,
    relaxation_requirements,
)

PARAMETERS: dict[str, Any] = {
    **{key: value for key, value in SOFT_SPHERE_PARAMETERS.items() if key != "exponent"},
    "cutoff": 2.5,
    "truncation": "force-shifted",
    "kob_andersen": False,
    "minority_fraction": 0.2,
}
"""Parameters of soft-sphere liquids, and those of the potential as in the ensembles of Lennard-Jones glasses."""


class LennardJonesRelaxation(RelaxationEnsemble):
    """Independent Lennard-Jones liquids at one temperature, as `RelaxationEnsemble`."""

    name = "lennard-jones-relaxation"

    def check(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Complete the parameters with defaults; refuse unknown or impossible ones."""
        complete = completed(parameters, PARAMETERS, self.name)
        requirements = relaxation_requirements(complete, lennard_jones_range(complete, LARGEST))
        refuse_impossible(complete, requirements + lennard_jones_requirements(complete), self.name)
        return complete

    def potential(self, parameters: Mapping[str, Any]) -> LennardJones:
        """Potential of the liquid."""
        return lennard_jones_potential(parameters)

    def given_diameters(self, parameters: Mapping[str, Any]) -> NDArray[np.float64] | None:
        """Diameters of the mixture, large particles first; None for the continuous distribution."""
        return lennard_jones_diameters(parameters)

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """What the dataset says of its liquid."""
        names = (system_name(parameters), taper_name(parameters))
        return relaxation_attributes(parameters, *names) | {"truncation": parameters["truncation"]}
