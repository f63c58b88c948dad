"""Density of states and counts from Chebyshev moments, by the kernel polynomial method.

The spectrum lambda = omega^2 of a dynamical matrix is mapped to x = 2 lambda/bound - 1 = cos(theta), with lambda = 0
exactly at x = -1, so that omega = Omega cos(theta/2) with Omega = sqrt(bound). The density is expanded in Chebyshev
polynomials T_n(x) = cos(n theta), damped by Jackson's kernel, with moments averaged over random vectors (A. Weisse, G.
Wellein, A. Alvermann and H. Fehske, Rev. Mod. Phys. 78, 275 (2006)). The kernel has the same width at every theta; as a
function of omega it is widest at omega = 0 and an even function there, so that no weight is lost at the lower edge.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import SchemaError

ANGLES_AT_A_TIME = 4096


def jackson_kernel(moments: int) -> FloatArray:
    """Jackson's damping factors g_n, n = 0 ... moments - 1 (Weisse et al., eq. 71)."""
    n = np.arange(moments)
    q = math.pi / (moments + 1)
    return np.asarray(((moments - n + 1) * np.cos(q * n) + np.sin(q * n) / math.tan(q)) / (moments + 1))


def jackson_resolution(moments: int, spectral_bound: float, frequencies: ArrayLike) -> FloatArray:
    """Rms width in frequency of the peak that the kernel makes of a single mode; zero at and above the bound."""
    # In theta the kernel's rms width is 2 sin(pi / (2 (M + 1))), about pi/M, everywhere. With omega = Omega
    # cos(theta/2), Omega = sqrt(bound), this is sigma_omega = (pi/M) (Omega/2) sqrt(1 - omega^2/Omega^2).
    limit = math.sqrt(spectral_bound)
    width = 2.0 * math.sin(0.5 * math.pi / (moments + 1))
    omega = np.asarray(frequencies, dtype=np.float64)
    return np.asarray(0.5 * width * np.sqrt(np.clip(limit**2 - omega**2, 0.0, None)))


def density_from_moments(moments: ArrayLike, spectral_bound: float, frequencies: ArrayLike) -> FloatArray:
    """Density of states (..., frequencies) per node from `moments` (..., moments); zero at and above the bound."""
    damped, theta = _expansion(moments, spectral_bound, frequencies)
    in_theta = damped[..., :1] + 2.0 * _series(np.cos, damped[..., 1:], theta)
    stretch = 0.5 * math.pi * math.sqrt(spectral_bound) * np.sin(0.5 * theta)
    return np.divide(in_theta, stretch, out=np.zeros_like(in_theta), where=stretch > 0.0)


def count_from_moments(moments: ArrayLike, spectral_bound: float, frequencies: ArrayLike) -> FloatArray:
    """Smoothed number of nonzero modes per node below each frequency, the integral of `density_from_moments`."""
    damped, theta = _expansion(moments, spectral_bound, frequencies)
    integrated = damped[..., 1:] / np.arange(1, damped.shape[-1])
    return np.asarray((damped[..., :1] * (math.pi - theta) - 2.0 * _series(np.sin, integrated, theta)) / math.pi)


def _expansion(moments: ArrayLike, spectral_bound: float, frequencies: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Damped moments, and theta at each frequency."""
    coefficients = np.asarray(moments, dtype=np.float64)
    scaled = checked_frequencies(frequencies) / math.sqrt(spectral_bound)
    return coefficients * jackson_kernel(coefficients.shape[-1]), 2.0 * np.arccos(np.minimum(scaled, 1.0))


def _series(wave: Callable[[FloatArray], FloatArray], coefficients: FloatArray, theta: FloatArray) -> FloatArray:
    """Sum over n = 1, 2, ... of coefficient times wave(n theta), for a few angles at a time to save memory."""
    n = np.arange(1.0, coefficients.shape[-1] + 1.0)[:, None]
    starts = range(0, len(theta), ANGLES_AT_A_TIME)
    parts = [coefficients @ wave(n * theta[start : start + ANGLES_AT_A_TIME]) for start in starts]
    return np.concatenate([np.zeros((*coefficients.shape[:-1], 0)), *parts], axis=-1)


def checked_frequencies(frequencies: ArrayLike) -> FloatArray:
    """Array (frequencies,) of finite frequencies, none of them negative; SchemaError otherwise."""
    omega = np.atleast_1d(np.asarray(frequencies, dtype=np.float64))
    if omega.ndim != 1 or not (np.isfinite(omega).all() and (omega >= 0.0).all()):
        raise SchemaError("impossible frequencies", expected="a list of finite numbers, not negative")
    return omega
