"""Density of states of the quasi-equilibrium theory in closed form.

C. Jiang, The anomalous density of states and quasi-localized vibration through homogeneous thermalization of an
inhomogeneous elastic system. The final result for one modulation wavenumber k_G is (eq. 16)

    D(omega) = (8 pi^2 / (N c)) omega^4 / (omega^2 + (3/4) c^2 k_G^2),

which is Debye's law for k_G = 0 (eq. 13) and crosses over from omega^4 to omega^2 at omega_BP = (sqrt(3)/2) c k_G,
where the local exponent d ln D / d ln omega is exactly 3. D/omega^2 has no maximum.

Equations 8, 11, 14 and 15 print the opposite sign of the term in k_G, with which D has a pole at omega_BP and is
negative below, and the derivation yields neither sign with this coefficient (`algebra`). The functions here use eq. 16
as printed, because eq. 16 is the claim of the theory.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import SchemaError
from bosonpeak.generators.given import present, require_arrays, require_numbers

GRADIENT_COEFFICIENT = 0.75
"""Factor of k_G^2 in eq. 16."""


def quasi_equilibrium(
    frequencies: ArrayLike,
    modulation_wavenumbers: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    speed: float = 1.0,
    mode_count: float = 1.0,
) -> FloatArray:
    """Density of states of eq. 16, for one modulation wavenumber or for several.

    Parameters
    ----------
    frequencies : array_like of float, shape (frequencies,)
        Angular frequencies omega, not negative.
    modulation_wavenumbers : float or array_like of float, shape (components,)
        Wavenumbers k_G,i of the inverse modulus; 0 is the uniform part.
    weights : array_like of float, shape (components,), optional
        Weights p_i of the components, not negative; they are divided by their sum. Equal by default.
    speed : float
        Sound speed c.
    mode_count : float
        Normalisation N.

    Returns
    -------
    ndarray, shape (frequencies,)
        D(omega); with several components the mean of eq. 16 over them. The theory solves eq. 6 for one component only:
        the square in eq. 6 also couples components at (k_i + k_j)/2, a term left out here and in the theory.

    Raises
    ------
    SchemaError
        If an argument is impossible.

    Examples
    --------
    Twice the frequency: omega^2 in a uniform medium, omega^4 in a modulated one.

    >>> debye, modulated = quasi_equilibrium([0.001, 0.002], 0.0), quasi_equilibrium([0.001, 0.002], 1.0)
    >>> round(float(debye[1] / debye[0]), 3), round(float(modulated[1] / modulated[0]), 3)
    (4.0, 16.0)
    """
    require_arrays(
        SchemaError, frequencies=frequencies, modulation_wavenumbers=modulation_wavenumbers, **present(weights=weights)
    )
    require_numbers(SchemaError, speed=speed, mode_count=mode_count)
    omega = np.atleast_1d(np.asarray(frequencies, dtype=np.float64))
    wavenumbers = np.atleast_1d(np.asarray(modulation_wavenumbers, dtype=np.float64))
    share = np.ones(wavenumbers.shape) if weights is None else np.atleast_1d(np.asarray(weights, dtype=np.float64))
    _check(omega, wavenumbers, share, speed, mode_count)
    crossover = crossover_frequency(wavenumbers, speed)
    squared = omega[:, None] ** 2
    # omega^2 times a fraction that is 1 without modulation, also at omega = 0.
    modulated = squared + crossover**2
    fraction = np.divide(squared, modulated, out=np.ones_like(modulated), where=modulated > 0.0)
    debye = debye_level(speed, mode_count) * omega**2
    return np.asarray(debye * (fraction @ (share / share.sum())))


def debye_level(speed: float = 1.0, mode_count: float = 1.0) -> float:
    """D / omega^2 of the homogeneous medium, 8 pi^2 / (N c) (eq. 13)."""
    return 8.0 * math.pi**2 / (mode_count * speed)


def crossover_frequency(modulation_wavenumber: ArrayLike, speed: float = 1.0) -> FloatArray:
    """Frequency omega_BP = (sqrt(3)/2) c k_G at which eq. 16 has the local exponent 3."""
    return np.asarray(math.sqrt(GRADIENT_COEFFICIENT) * speed * np.asarray(modulation_wavenumber, dtype=np.float64))


def local_exponent(frequencies: ArrayLike, modulation_wavenumber: float, *, speed: float = 1.0) -> FloatArray:
    """Logarithmic slope d ln D / d ln omega of eq. 16: 2 + 2 omega_BP^2 / (omega^2 + omega_BP^2)."""
    crossover2 = float(crossover_frequency(modulation_wavenumber, speed)) ** 2
    return np.asarray(2.0 + 2.0 * crossover2 / (np.asarray(frequencies, dtype=np.float64) ** 2 + crossover2))


def smearing_density(wavenumbers: ArrayLike, mode_wavenumber: float, modulation_wavenumber: float) -> FloatArray:
    """Distribution over |q| of the single mode k_0 of eq. 20, for a uniform angle between k_0 and k_G on the sphere.

    Probability density q / (k_0 k_G) between |k_G/2 - k_0| and k_G/2 + k_0, zero elsewhere; the product with
    `smearing_weight` gives eqs 20 and 21.
    """
    q = np.asarray(wavenumbers, dtype=np.float64)
    inside = (q >= abs(0.5 * modulation_wavenumber - mode_wavenumber)) & (
        q <= 0.5 * modulation_wavenumber + mode_wavenumber
    )
    return np.where(inside, q / (mode_wavenumber * modulation_wavenumber), 0.0)


def smearing_weight(
    mode_wavenumber: ArrayLike, modulation_wavenumber: ArrayLike, *, speed: float = 1.0, mode_count: float = 1.0
) -> FloatArray:
    """Weight of a single mode, (2 pi c^2 / N) k_0^2 / (k_0^2 + (3/4) k_G^2) (eqs 20 and 21)."""
    k0, kg = np.asarray(mode_wavenumber, dtype=np.float64), np.asarray(modulation_wavenumber, dtype=np.float64)
    return np.asarray(2.0 * math.pi * speed**2 / mode_count * k0**2 / (k0**2 + GRADIENT_COEFFICIENT * kg**2))


def _check(omega: FloatArray, wavenumbers: FloatArray, share: FloatArray, speed: float, mode_count: float) -> None:
    faults = []
    if omega.ndim != 1 or not (np.isfinite(omega).all() and (omega >= 0.0).all()):
        faults.append("frequencies: finite numbers, not negative")
    if wavenumbers.ndim != 1 or not (np.isfinite(wavenumbers).all() and (wavenumbers >= 0.0).all()):
        faults.append("modulation_wavenumbers: finite numbers, not negative")
    if share.shape != wavenumbers.shape or not ((share >= 0.0).all() and 0.0 < share.sum() < math.inf):
        faults.append("weights: one for each wavenumber, not negative, not all zero")
    if not (0.0 < speed < math.inf and 0.0 < mode_count < math.inf):
        faults.append("speed and mode_count: finite and above zero")
    if faults:
        raise SchemaError("impossible arguments of the quasi-equilibrium theory", expected="; ".join(faults))
