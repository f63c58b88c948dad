"""Sound speeds, the first phonon and the Debye level of an isotropic solid in d = 2 or 3."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.periodic_box import longest_wavelength
from bosonpeak.spectral_methods.debye_law import debye_frequency, debye_level


@dataclass(frozen=True)
class Sound:
    """Speeds of transverse and longitudinal sound; frequencies of the first phonon and of Debye; NaN if unstable."""

    transverse_velocity: float
    longitudinal_velocity: float
    first_phonon: float
    debye_frequency: float
    debye_level: float  # g_D / omega^(d-1) of a density normalised to one, d / omega_D^d


def sound_of_solid(
    shear: float, bulk: float, masses: FloatArray, cell: FloatArray, dimension: int, scale: float
) -> Sound | None:
    """Sound of a solid from its moduli; None if it is unstable or has one dimension."""
    # `scale` converts modulus over mass density to squared speed.
    longitudinal = bulk + 2.0 * (dimension - 1) / dimension * shear
    if dimension not in (2, 3) or not (shear > 0.0 and longitudinal > 0.0):
        return None
    volume = float(np.prod(cell if cell.ndim == 1 else np.diag(cell)))
    transverse_speed, longitudinal_speed = (
        math.sqrt(scale * modulus * volume / float(masses.sum())) for modulus in (shear, longitudinal)
    )
    debye = debye_frequency(transverse_speed, longitudinal_speed, len(masses), volume, dimension)
    return Sound(
        transverse_velocity=transverse_speed,
        longitudinal_velocity=longitudinal_speed,
        first_phonon=2.0 * math.pi * transverse_speed / longest_wavelength(cell),
        debye_frequency=debye,
        debye_level=debye_level(debye, dimension),
    )
