"""Random modes of known extent: Gaussian displacements of particles at random places, under an envelope."""

from __future__ import annotations

import numpy as np


def random_participation_ratio(
    generator: np.random.Generator, particles: int, dimension: int, localisation_length: float
) -> float:
    """Participation ratio [N sum_i (psi_i . psi_i)^2]^-1 of a random mode at density 1.

    Amplitudes decay as exp(-r / localisation_length) from a random centre; an infinite length gives extended modes.
    """
    box = particles ** (1.0 / dimension)
    from_centre = box * (generator.random((particles, dimension)) - 0.5)
    distance = np.sqrt((from_centre**2).sum(axis=1))
    weight = (generator.standard_normal((particles, dimension)) ** 2).sum(axis=1)
    weight *= np.exp(-2.0 * distance / localisation_length)
    return float(weight.sum() ** 2 / (particles * (weight**2).sum()))
