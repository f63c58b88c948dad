"""Density of states of a weakly modulated isotropic medium, exact to second order in the modulation.

With 1/G = (1/G_0)(1 + f), f of standard deviation s and all its wave vectors of length k_G in random directions,
second-order perturbation theory shifts the squared frequency of the wave k by s^2 [k^2 - A(k)] (G_0 = k_G = 1), where
the term k^2 is due to <G> and

    A(k) = <(k.(k + q))^2 / (|k + q|^2 - k^2)>, |q| = 1
         = (4 k^2 - 1)/4 + (2 k^2 - 1)^2/(16 k) ln|(1 + 2k)/(1 - 2k)|,

principal value of the mean over the directions of q. Long waves have A = k^2/3, hence c^2 = 1 + (2/3) s^2; short waves
give the density of states <G^(-3/2)>. A is singular at k = 1/2, where a wave is scattered into a wave of the same
frequency (the Bragg condition): only at this frequency does the medium have a feature of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray

_SERIES_BELOW = 0.02


def scattering_shift(wavenumbers: ArrayLike) -> FloatArray:
    """A(k) of the module's formula, units G_0 k_G^2, for k in units of k_G above zero; infinite at k = 1/2."""
    k = np.asarray(wavenumbers, dtype=np.float64)
    with np.errstate(divide="ignore"):
        logarithm = np.log(np.abs((1.0 + 2.0 * k) / (1.0 - 2.0 * k)))
    closed = (4.0 * k**2 - 1.0) / 4.0 + (2.0 * k**2 - 1.0) ** 2 / (16.0 * k) * logarithm
    # At low k the terms of the closed form cancel; use the series.
    return np.where(k < _SERIES_BELOW, k**2 / 3.0 + 7.0 * k**4 / 15.0, closed)


def excess_count(frequencies: ArrayLike) -> FloatArray:
    """Relative excess of modes below (frequencies,) per s^2: 1 - (3/2)(omega^2 - A(omega))/omega^2, units c k_G."""
    omega = np.asarray(frequencies, dtype=np.float64)
    return np.asarray(1.0 - 1.5 * (1.0 - scattering_shift(omega) / omega**2))


def mean_excess(edges: ArrayLike) -> FloatArray:
    """Relative excess over the own Debye density in bins, per s^2; edges in units c k_G, positive and not 1/2."""
    edge = np.asarray(edges, dtype=np.float64)
    return np.asarray(np.diff(edge**3 * excess_count(edge)) / np.diff(edge**3))


def energy_slope(wavenumbers: ArrayLike) -> FloatArray:
    """Slope of log(mean potential energy density) of a mode against log(1/G), to first order, 2 A(k)/k^2 - 1."""
    # -1/3 at low frequency, where soft places have low energy, and 3/2 at high frequency; k in units of k_G.
    k = np.asarray(wavenumbers, dtype=np.float64)
    return np.asarray(2.0 * scattering_shift(k) / k**2 - 1.0)
