"""References of the excess: a network's own Debye level, and its rescaled crystal.

A scalar network in two dimensions with one node per unit area and long-wave dispersion omega^2 = k.C.k has the Debye
level g_D(omega) = omega / (2 pi sqrt(det C)) per node. The square lattice with one spring constant has its density of
states in closed form; with that constant chosen to give the same sound speed it is the *rescaled crystal*.
"""

from __future__ import annotations

import functools

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.special import ellipkm1

from bosonpeak.datasets.arguments import doubles
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError


def squared_speed(effective_stiffness: ArrayLike) -> FloatArray:
    """Squared sound speed c^2 = sqrt(det C) that fixes the Debye level.

    Parameters
    ----------
    effective_stiffness : array_like, shape (..., 2, 2)
        Effective stiffness tensor, units t0/m a^2.

    Returns
    -------
    ndarray of float64, shape (...)

    Examples
    --------
    >>> float(squared_speed([[4.0, 0.0], [0.0, 1.0]]).round(12))
    2.0
    """
    tensor = np.asarray(None if isinstance(effective_stiffness, xr.Dataset | xr.DataTree) else effective_stiffness)
    if tensor.shape[-2:] != (2, 2) or tensor.dtype.kind not in "fiu":
        raise NotApplicableError(
            "this is not a stiffness of a network in two dimensions",
            expected="an array (..., 2, 2) of numbers",
            got=f"shape {tensor.shape} of {tensor.dtype}",
        )
    return np.asarray(np.sqrt(np.linalg.det(tensor.astype(np.float64))))


def debye_density(frequency: ArrayLike, speed2: ArrayLike) -> FloatArray:
    """Debye density of states per node, omega / (2 pi c^2).

    Parameters
    ----------
    frequency : array_like
        Angular frequencies, units sqrt(t0/m).
    speed2 : array_like
        Squared sound speed c^2, broadcast against ``frequency``.

    Returns
    -------
    ndarray of float64
        Density per node and unit frequency.

    Raises
    ------
    NotApplicableError
        If these are not numbers or do not fit each other, or a speed is not above zero.

    Examples
    --------
    At omega = 2 pi c^2 it is 1.

    >>> import math
    >>> float(debye_density(2.0 * math.pi, 1.0))
    1.0
    """
    omega, c2 = _broadcast(frequency, speed2)
    return np.asarray(omega / (2.0 * np.pi * c2))


def debye_count(low: float, high: float, speed2: ArrayLike) -> FloatArray:
    """Debye modes per node between two frequencies, (high^2 - low^2) / (4 pi c^2)."""
    return np.asarray((high**2 - low**2) / (4.0 * np.pi * np.asarray(speed2)))


def square_lattice_density(frequency: ArrayLike, speed2: ArrayLike = 1.0) -> FloatArray:
    """Density of states per node of the square lattice with springs of strength c^2.

    With E = omega^2 / c^2 the density in E is K(m) / (2 pi^2), m = 1 - (1 - E/4)^2, for 0 < E < 8, with K the complete
    elliptic integral of the first kind; it diverges logarithmically at E = 4, the Van Hove singularity.

    Parameters
    ----------
    frequency : array_like
        Angular frequencies, units sqrt(t0/m).
    speed2 : array_like
        Squared sound speed c^2, broadcast against ``frequency``.

    Returns
    -------
    ndarray of float64
        Density per node and unit frequency, infinite at the singularity.

    Raises
    ------
    NotApplicableError
        If these are not numbers or do not fit each other, or a speed is not above zero.

    Examples
    --------
    Debye's law at low frequency, Van Hove's singularity at omega = 2 c, nothing above the band:

    >>> from bosonpeak.validators.spectra import debye_density
    >>> round(float(square_lattice_density(0.01) / debye_density(0.01, 1.0)), 3)
    1.0
    >>> float(square_lattice_density(2.0)), float(square_lattice_density(3.0))
    (inf, 0.0)
    """
    omega, c2 = _broadcast(frequency, speed2)
    energy = omega**2 / c2
    inside = energy < 8.0
    complement = np.where(inside, (1.0 - energy / 4.0) ** 2, 1.0)
    return np.where(inside, omega / (np.pi**2 * c2) * ellipkm1(complement), 0.0)


def _broadcast(frequency: ArrayLike, speed2: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Convert frequencies and squared speeds to float arrays and test that they broadcast."""
    omega, c2 = doubles(frequency, "frequencies"), doubles(speed2, "squared speeds")
    if np.isnan(omega).any() or not (c2 > 0.0).all():
        raise NotApplicableError("there is no such density of states", expected="numbers, and squared speeds above 0")
    try:
        of_frequency, of_speed = np.broadcast_arrays(omega, c2)
    except ValueError as error:
        raise NotApplicableError(
            "frequencies and squared speeds do not fit each other",
            expected="arrays that broadcast",
            got=f"shapes {omega.shape} and {c2.shape}",
        ) from error
    return of_frequency, of_speed


@functools.cache
def _gauss_legendre() -> tuple[FloatArray, FloatArray]:
    return np.polynomial.legendre.leggauss(129)


def square_lattice_count(low: float, high: float, speed2: ArrayLike) -> FloatArray:
    """Modes per node of the rescaled crystal in a window, by quadrature; accurate to 1e-10 away from omega = 2c."""
    nodes, weights = _gauss_legendre()
    omega = 0.5 * (high + low) + 0.5 * (high - low) * nodes
    c2 = np.asarray(speed2, dtype=np.float64)
    density = square_lattice_density(omega, c2[..., None])
    return np.asarray(0.5 * (high - low) * np.sum(weights * density, axis=-1))


def square_lattice_frequencies(size: int, speed2: float = 1.0) -> FloatArray:
    """All size^2 eigenfrequencies of the periodic square lattice, ascending, the zero mode first."""
    band = 4.0 * np.sin(np.pi * np.arange(size) / size) ** 2
    return np.sort(np.sqrt(speed2 * (band[:, None] + band[None, :])).ravel())
