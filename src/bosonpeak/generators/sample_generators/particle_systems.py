"""What the generators of Lennard-Jones liquids and glasses read from a recipe's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.generators.particles.potentials import TRUNCATIONS, LennardJones
from bosonpeak.generators.sample_generators.parameters import Requirement
from bosonpeak.generators.sample_generators.soft_spheres import named_taper

MAJORITY_DIAMETER, MINORITY_DIAMETER = 1.0, 0.88
"""Diameters by which `LennardJones` knows the species of the Kob-Andersen mixture."""


def lennard_jones_potential(parameters: Mapping[str, Any]) -> LennardJones:
    """Potential with the parameters `cutoff`, `truncation`, `taper` and `kob_andersen`."""
    return LennardJones(
        parameters["cutoff"], parameters["truncation"], float(parameters["taper"]), parameters["kob_andersen"]
    )


def smooth_forces(potential: LennardJones) -> LennardJones:
    """Return the potential with the same forces whose energy does not jump at the cutoff."""
    return replace(potential, truncation="shifted") if potential.truncation == "hard" else potential


def lennard_jones_diameters(parameters: Mapping[str, Any]) -> NDArray[np.float64] | None:
    """Diameters of the Kob-Andersen mixture, shape (particles,), large ones first; None if they are drawn."""
    if not parameters["kob_andersen"]:
        return None
    minority = round(parameters["minority_fraction"] * parameters["particles"])
    majority = parameters["particles"] - minority
    return np.repeat([MAJORITY_DIAMETER, MINORITY_DIAMETER], [majority, minority])


def lennard_jones_range(parameters: Mapping[str, Any], largest: float) -> float:
    """Largest distance at which two particles interact, with the largest diameter of the continuous distribution."""
    return float(parameters["cutoff"] * (MAJORITY_DIAMETER if parameters["kob_andersen"] else largest))


def lennard_jones_requirements(parameters: Mapping[str, Any]) -> list[Requirement]:
    """What the parameters of the potential must fulfil, as `refuse_impossible` takes it."""
    taper = parameters["taper"]
    return [
        ("truncation", " or ".join(TRUNCATIONS), parameters["truncation"] in TRUNCATIONS),
        ("taper", "an order of at least 2, or inf", taper >= 2 and (np.isinf(taper) or taper == int(taper))),
        ("minority_fraction", "below 1", parameters["minority_fraction"] < 1),
    ]


def system_name(parameters: Mapping[str, Any]) -> str:
    """Name of the system as datasets record it."""
    return "kob-andersen" if parameters["kob_andersen"] else "lennard-jones"


def taper_name(parameters: Mapping[str, Any]) -> str:
    """Order of the taper as datasets record it, "none" unless the truncation is "tapered"."""
    return named_taper(parameters["taper"]) if parameters["truncation"] == "tapered" else "none"
