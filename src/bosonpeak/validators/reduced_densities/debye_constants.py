"""Dimension and Debye level of a solid, in two and three dimensions.

The Debye level is g_D(omega) / omega^(d-1) of a density of states per degree of freedom.
"""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from bosonpeak.datasets.arguments import number, numbers, whole_number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.spectral_methods.debye_law import debye_frequency, debye_level

_DIMENSIONS = (2, 3)
_SPHERE = {2: 2.0 * math.pi, 3: 4.0 * math.pi}


def dimension_of(data: xr.Dataset, dimension: int | None = None) -> int | None:
    """Dimension of space, as given or as recorded; None if unknown, NotApplicableError if it is not 2 or 3."""
    if dimension is None:
        dimension = _recorded_dimension(data)
    if dimension is None:
        return None
    dimension = whole_number(dimension, "dimension")
    if dimension not in _DIMENSIONS:
        raise NotApplicableError("the dimension is not supported", expected="2 or 3", got=str(dimension))
    return dimension


def debye_levels(
    data: xr.Dataset, dimension: int, degrees: int, level: float | None, speeds: tuple[float, float, float] | None
) -> FloatArray | None:
    """Debye level of each sample, (samples,), or (1,) for all: given, stored, or from speeds; None if unknown."""
    if level is not None:
        return np.array([number(level, "debye_level", above=0.0)])
    if speeds is not None:
        transverse, longitudinal, density = numbers(speeds, "two speeds and number density", finite=True)
        return _of_speeds(np.array([transverse]), np.array([longitudinal]), density, dimension)
    if "debye_level" in data:
        return np.atleast_1d(np.asarray(data["debye_level"].values, dtype=np.float64))
    if {"shear_modulus", "bulk_modulus"} <= set(data.variables) and "density" in data.attrs:
        # Unit masses: the mass density is the number density, and d degrees of freedom belong to each particle.
        density = float(data.attrs["density"])
        shear, bulk = (data[name].values.astype(np.float64) for name in ("shear_modulus", "bulk_modulus"))
        along = bulk + 2.0 * (dimension - 1) / dimension * shear
        particles = float(data.attrs.get("particles", degrees / dimension))
        share = particles * dimension / degrees
        return share * _of_speeds(np.sqrt(shear / density), np.sqrt(along / density), density, dimension)
    if "effective_stiffness" in data:
        tensor = data["effective_stiffness"].values.astype(np.float64)
        return np.asarray(_SPHERE[dimension] / ((2.0 * math.pi) ** dimension * np.sqrt(np.linalg.det(tensor))))
    return None


def _of_speeds(transverse: FloatArray, longitudinal: FloatArray, density: float, dimension: int) -> FloatArray:
    """Debye level per degree of freedom at a number density, d degrees of freedom per particle."""
    return np.asarray(debye_level(debye_frequency(transverse, longitudinal, density, 1.0, dimension), dimension))


def _recorded_dimension(data: xr.Dataset) -> int | None:
    for recorded in (data.coords, data.attrs):
        if "dimension" in recorded:
            return int(recorded["dimension"])
    if "effective_stiffness" in data:
        return int(data["effective_stiffness"].shape[-1])
    for name in ("position", "box"):
        if name in data and "axis" in data[name].dims:
            return int(data[name].sizes["axis"])
    return 2 if "lattice_size" in data.attrs else None
