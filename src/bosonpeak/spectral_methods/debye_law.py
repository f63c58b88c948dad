"""Debye's law of an isotropic solid in two or three dimensions."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from bosonpeak.datasets.array_types import FloatArray

_Numbers = TypeVar("_Numbers", float, np.float64, FloatArray)

_PER_STATE = {2: 4.0 * math.pi, 3: 6.0 * math.pi**2}


def debye_frequency(
    transverse: _Numbers, longitudinal: _Numbers, particles: float, volume: float, dimension: int
) -> _Numbers:
    """Frequency omega_D below which there are as many plane waves as degrees of freedom, from the sound speeds."""
    # Waves are counted by d N = V omega_D^d S / b, b = 4 pi and 6 pi^2 for d = 2 and 3, S the sum of c^-d over the
    # polarisations.
    waves = (dimension - 1) * transverse**-dimension + longitudinal**-dimension
    found: _Numbers = (dimension * particles * _PER_STATE[dimension] / (volume * waves)) ** (1.0 / dimension)
    return found


def debye_level(frequency: _Numbers, dimension: int) -> _Numbers:
    """Debye's g / omega^(d-1) of a density of states normalised to one, d / omega_D^d, from the Debye frequency."""
    level: _Numbers = dimension / frequency**dimension
    return level
