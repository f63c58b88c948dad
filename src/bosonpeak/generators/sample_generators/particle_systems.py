"""Particle systems described by recipe parameters, for the generators of glasses and of relaxation times."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.generators.particles.diameters import LARGEST
from bosonpeak.generators.particles.potentials import TRUNCATIONS, InversePower, LennardJones, PairPotential
from bosonpeak.generators.sample_generators.labelled_generator import Requirement

MAJORITY_DIAMETER, MINORITY_DIAMETER = 1.0, 0.88
"""Diameters by which `LennardJones` knows the species of the Kob-Andersen mixture."""


class ParticleSystem(Protocol):
    """Interaction and particle species, without particle number, box and temperature."""

    prefix: str
    """Prefix of the names of its sample generators."""
    defaults: Mapping[str, Any]
    """Parameters of the interaction."""

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Requirements on the parameters, beyond being positive."""
        ...

    def refuse(self, parameters: Mapping[str, Any]) -> None:
        """Raise the errors of the potential for its parameters."""
        ...

    def interaction_range(self, parameters: Mapping[str, Any]) -> float:
        """Largest distance at which two particles interact."""
        ...

    def potential(self, parameters: Mapping[str, Any]) -> PairPotential:
        """Potential of the liquid."""
        ...

    def quench_potential(self, parameters: Mapping[str, Any]) -> PairPotential:
        """Potential that the quench minimises."""
        ...

    def given_diameters(self, parameters: Mapping[str, Any]) -> FloatArray | None:
        """Diameters of the particles, shape (particles,); None if they are drawn from the distribution."""
        ...

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, str]:
        """System, order of the taper and further attributes, as recorded in datasets."""
        ...


class SoftSpheres:
    """Polydisperse soft spheres."""

    prefix = ""
    defaults: Mapping[str, Any] = {"exponent": 12, "cutoff": 1.955, "taper": 2.0}

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """No requirements."""
        return []

    def refuse(self, parameters: Mapping[str, Any]) -> None:
        """Raise the errors of the potential, for its own parameters and for the largest particle."""
        self.potential(parameters).check([LARGEST])

    def interaction_range(self, parameters: Mapping[str, Any]) -> float:
        """Cutoff distance, the same for all pairs."""
        return float(parameters["cutoff"])

    def potential(self, parameters: Mapping[str, Any]) -> InversePower:
        """Potential of the liquid."""
        return soft_sphere_potential(parameters)

    def quench_potential(self, parameters: Mapping[str, Any]) -> InversePower:
        """Potential that the quench minimises."""
        return soft_sphere_potential(parameters)

    def given_diameters(self, parameters: Mapping[str, Any]) -> None:
        """None: the diameters are drawn from the distribution."""

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, str]:
        """System and order of the taper."""
        return {"system": "soft-spheres", "taper": _named(parameters["taper"])}


class LennardJonesParticles:
    """Lennard-Jones particles with continuous diameters or as the Kob-Andersen mixture."""

    # A plain cut makes the energy jump, where a minimiser halts: such liquids are sampled with the jump, but quenched
    # with the forces of the shifted potential.

    prefix = "lennard-jones-"
    defaults: Mapping[str, Any] = {
        "cutoff": 2.5,
        "taper": 2.0,
        "truncation": "force-shifted",
        "kob_andersen": False,
        "minority_fraction": 0.2,
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require a known truncation, a valid taper and a valid mixture."""
        taper = parameters["taper"]
        return [
            ("truncation", " or ".join(TRUNCATIONS), parameters["truncation"] in TRUNCATIONS),
            ("taper", "an order of at least 2, or inf", taper >= 2 and (np.isinf(taper) or taper == int(taper))),
            ("minority_fraction", "below 1", parameters["minority_fraction"] < 1),
        ]

    def refuse(self, parameters: Mapping[str, Any]) -> None:
        """Raise the errors of the potential for its parameters."""
        self.potential(parameters)

    def interaction_range(self, parameters: Mapping[str, Any]) -> float:
        """Cutoff distance of a pair of the largest particles."""
        return float(parameters["cutoff"] * (MAJORITY_DIAMETER if parameters["kob_andersen"] else LARGEST))

    def potential(self, parameters: Mapping[str, Any]) -> LennardJones:
        """Potential of the liquid."""
        return lennard_jones_potential(parameters)

    def quench_potential(self, parameters: Mapping[str, Any]) -> LennardJones:
        """Potential that the quench minimises."""
        return smooth_forces(lennard_jones_potential(parameters))

    def given_diameters(self, parameters: Mapping[str, Any]) -> FloatArray | None:
        """Diameters of the mixture, large particles first; None for the continuous distribution."""
        if not parameters["kob_andersen"]:
            return None
        minority = round(parameters["minority_fraction"] * parameters["particles"])
        majority = parameters["particles"] - minority
        return np.repeat([MAJORITY_DIAMETER, MINORITY_DIAMETER], [majority, minority])

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, str]:
        """System, truncation, and order of the taper if the truncation has a taper."""
        return {
            "system": "kob-andersen" if parameters["kob_andersen"] else "lennard-jones",
            "taper": _named(parameters["taper"]) if parameters["truncation"] == "tapered" else "none",
            "truncation": parameters["truncation"],
        }


def soft_sphere_potential(parameters: Mapping[str, Any]) -> InversePower:
    """Potential with the parameters `exponent`, `cutoff` and `taper`; datasets record an infinite taper as "inf"."""
    return InversePower(parameters["exponent"], parameters["cutoff"], float(parameters["taper"]))


def lennard_jones_potential(parameters: Mapping[str, Any]) -> LennardJones:
    """Potential with the parameters `cutoff`, `truncation`, `taper` and `kob_andersen`."""
    return LennardJones(
        parameters["cutoff"], parameters["truncation"], float(parameters["taper"]), parameters["kob_andersen"]
    )


def smooth_forces(potential: LennardJones) -> LennardJones:
    """Potential with the same forces and an energy that does not jump at the cutoff."""
    return replace(potential, truncation="shifted") if potential.truncation == "hard" else potential


def box_length(parameters: Mapping[str, Any]) -> float:
    """Side of the cube for `particles` at `density`; 0 for a density or a number that is not positive."""
    density, particles, dimension = parameters["density"], parameters["particles"], parameters["dimension"]
    return float((particles / density) ** (1.0 / dimension)) if min(density, particles, dimension) > 0 else 0.0


def _named(taper: float) -> str:
    return "inf" if math.isinf(taper) else f"{taper:g}"
