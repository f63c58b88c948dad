"""What the generators of polydisperse soft spheres read from a recipe's parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from bosonpeak.generators.particles.potentials import InversePower


def box_length(parameters: Mapping[str, Any]) -> float:
    """Side of the box that holds `particles` at `density`; 0 for a density that is not positive."""
    density = parameters["density"]
    return float((parameters["particles"] / density) ** (1.0 / parameters["dimension"])) if density > 0 else 0.0


def soft_sphere_potential(parameters: Mapping[str, Any]) -> InversePower:
    """Potential with the parameters `exponent`, `cutoff` and `taper`, which a dataset records as the text "inf"."""
    return InversePower(parameters["exponent"], parameters["cutoff"], float(parameters["taper"]))


def named_taper(taper: float) -> str:
    """Order of a taper as datasets record it."""
    return "inf" if math.isinf(taper) else f"{taper:g}"


def random_stream(seed: np.random.SeedSequence, number: int) -> np.random.SeedSequence:
    """Random stream of one step of a sample, so that further steps leave the earlier ones as they are."""
    return np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, number))
