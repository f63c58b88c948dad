"""Quasi-equilibrium theory: density of states in closed form, its double sum over wave vectors, its algebra.

C. Jiang, The anomalous density of states and quasi-localized vibration through homogeneous thermalization of an
inhomogeneous elastic system. Closed form for one modulation wavenumber k_G (eq. 16):

    D(omega) = (8 pi^2 / (N c)) omega^4 / (omega^2 + (3/4) c^2 k_G^2),

which is Debye's law for k_G = 0 (eq. 13) and crosses over from omega^4 to omega^2 at omega_BP = (sqrt(3)/2) c k_G,
where the local exponent d ln D / d ln omega is exactly 3. D/omega^2 has no maximum.

Equations 8, 11, 14 and 15 print the opposite sign of the term in k_G, with which D has a pole at omega_BP and is
negative below, and the derivation yields neither sign with this coefficient. The closed form here is eq. 16 as printed,
because eq. 16 is the claim of the theory.

**Double sum.** For omega > 0 the sum of eq. 11 over n and m leaves, for every wave vector q, the mode k = q +- k_G/2
with

    C(q, omega) = (2 pi c^2 / N) k^2 / (k^2 +- (3/4) k_G^2) delta(omega - c k),

twice (m = n, and m the inverse of n), a factor that eq. 12 and `mode_sum` drop. Eq. 11 prints the minus sign in the
denominator, eqs 16 and 20 the plus sign. The shift moves weight along q and not along omega: if q runs over all wave
vectors, the density of states equals exactly the density without shift. Only if q is confined to the Debye sphere,
modes with a shifted wave vector outside are lost (neglected in eq. 15).

**Algebra.** The theory requires a mean potential energy without gradient (eq. 2), hence (eq. 5, up to a factor)

    1/G(r) = sum_n [k_n^2 alpha_n^2 + (grad alpha_n)^2],

and inserts alpha_n ~ i exp(-i k_G.r/2), whose transform is a delta function at q = -k_G/2, to obtain the delta function
of 1/G at q = -k_G. The amplitude is then the square root of the inverse of the factor of this delta function.

- Printed factor (eqs 8, D5): k^2 - (3/4) k_G^2. Used for the density of states (eqs 16, 20): k^2 + (3/4) k_G^2.
- Result of the derivation: k^2 - (1/4) k_G^2. D4 has both gradient terms with the wrong sign (D3 gives
  -[q a] * [q a] = (k_G.q/2 + k_G^2/4) delta) and is then read at q = +k_G instead of -k_G.
- This reading takes the transform of alpha* for the conjugate of the transform of alpha. With the true alpha*,
  alpha alpha* is uniform: k^2 + (1/4) k_G^2 multiplies q = 0, nothing is left at -k_G, and the modulus is uniform.
- For a real amplitude A cos(k_G.r/2), the only choice with a real 1/G, (A^2/2)(k^2 + k_G^2/4) is the mean of 1/G and
  (A^2/2)(k^2 - k_G^2/4) its modulation: below k = k_G/2 the amplitude is small where the modulus is small.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.arguments import present, require_arrays, require_numbers
from bosonpeak.datasets.array_types import BooleanArray, ComplexArray, FloatArray
from bosonpeak.datasets.errors import SchemaError

_POINTS = 32


class Denominators(NamedTuple):
    """Factors of the delta functions of 1/G, for an amplitude of modulus 1."""

    modulation: float
    """At q = -k_G, with the transform of alpha* taken for the conjugate of that of alpha, as the theory does."""
    modulation_of_modulus: float
    """At q = -k_G, with alpha* the complex conjugate of alpha."""
    mean_of_modulus: float
    """At q = 0, with alpha* the complex conjugate of alpha."""


def amplitude_denominators(mode_wavenumber: float, modulation_wavenumber: float) -> Denominators:
    """Fourier components of k^2 alpha^2 + (grad alpha)^2 for alpha = i exp(-i k_G x / 2), by discrete transforms."""
    # One period of alpha; the modulation of 1/G is its second harmonic.
    phase = 2.0 * np.pi * np.arange(_POINTS) / _POINTS
    alpha = 1j * np.exp(-1j * phase)
    partner = -1j * np.exp(-1j * phase)
    unit = 0.5 * modulation_wavenumber
    read = _energy(alpha, partner, mode_wavenumber, unit)
    true = _energy(alpha, alpha.conj(), mode_wavenumber, unit)
    return Denominators(_component(read, -2), _component(true, -2), _component(true, 0))


def inverse_modulus(amplitude: FloatArray, length: float, mode_wavenumber: float) -> FloatArray:
    """Inverse modulus 1/G = k^2 a^2 + (da/dx)^2 (points,) for which alpha = i a satisfies eq. 5 with one mode."""
    return np.asarray(_energy(amplitude, amplitude, mode_wavenumber, 2.0 * np.pi / length).real)


def amplitude_slope(mode_wavenumber: float, modulation_wavenumber: float) -> float:
    """Slope (k^2 + k_G^2/4) / (k^2 - k_G^2/4) of a^2 / <a^2> on 1/G, required by eq. 5 for a = cos(k_G x / 2)."""
    phase = 2.0 * np.pi * np.arange(_POINTS) / _POINTS
    amplitude = np.cos(phase)
    inverse = inverse_modulus(amplitude, 4.0 * np.pi / modulation_wavenumber, mode_wavenumber)
    modulation = inverse / inverse.mean() - 1.0
    return float(modulation @ (2.0 * amplitude**2 - 1.0) / (modulation @ modulation))


def _energy(
    field: NDArray[np.inexact], partner: NDArray[np.inexact], mode_wavenumber: float, unit: float
) -> ComplexArray:
    return np.asarray(mode_wavenumber**2 * field * partner + _gradient(field, unit) * _gradient(partner, unit))


def _gradient(field: NDArray[np.inexact], unit: float) -> ComplexArray:
    """Derivative of a field over one period, in multiples ``unit`` of the lowest wavenumber."""
    wavenumbers = unit * np.fft.fftfreq(len(field), 1.0 / len(field))
    return np.asarray(np.fft.ifft(1j * wavenumbers * np.fft.fft(field)))


def _component(field: ComplexArray, harmonic: int) -> float:
    return float((np.fft.fft(field)[harmonic] / len(field)).real)


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


@dataclass(frozen=True)
class ModeSum:
    """All modes of the Debye sphere, (modes,), with the wave vector at which eq. 11 shows them."""

    mode_wavenumber: FloatArray  # |k| > 0 in Debye wavenumbers, with frequency c |k|
    shown_wavenumber: FloatArray  # |q| at which the mode appears in C(q, omega)
    weight: FloatArray  # k^2 / (k^2 +- (3/4) k_G^2), 1 without modulation

    @property
    def inside(self) -> BooleanArray:
        """Modes that are shown inside the Debye sphere."""
        return np.asarray(self.shown_wavenumber <= 1.0 + 1e-12)

    @property
    def lost_fraction(self) -> float:
        """Share of the weight that is shown outside the Debye sphere."""
        return float(self.weight[~self.inside].sum() / self.weight.sum())

    def density(self, edges: FloatArray, *, confined: bool) -> FloatArray:
        """Weight per mode and frequency in (bins,) of omega / omega_D, for all q or only inside the Debye sphere."""
        kept = self.inside if confined else np.ones(len(self.weight), dtype=bool)
        summed, _ = np.histogram(self.mode_wavenumber[kept], edges, weights=self.weight[kept])
        return np.asarray(summed / (len(self.weight) * np.diff(edges)))

    def smearing(self, mode_wavenumber: float) -> tuple[float, float, float]:
        """Lowest and highest |q| at which the modes of one shell k_0 appear, and their mean weight."""
        shell = np.abs(self.mode_wavenumber - mode_wavenumber) < 1e-9
        if not shell.any():
            raise SchemaError("no mode of the grid has this wavenumber", got=f"{mode_wavenumber:g}")
        shown = self.shown_wavenumber[shell]
        return float(shown.min()), float(shown.max()), float(self.weight[shell].mean())


def mode_sum(radius: int, half_shift: int, *, shift_sign: int = 1, gradient_sign: int = 1) -> ModeSum:
    """Sum of eq. 11 over all wave vectors 2 pi n / L in the Debye sphere, k_G along the first axis."""
    # Lengths in units of 2 pi / L; `half_shift` k_G/2 is an integer, because off the grid no delta function of eq. 11
    # is met. A mode k appears at q = k - k_G/2 (`shift_sign` 1, as printed) or k + k_G/2 (-1, from eq. 8);
    # `gradient_sign` of (3/4) k_G^2: 1 for eq. 16, -1 for eq. 11 as printed.
    if radius < 1 or half_shift < 0 or shift_sign not in (1, -1) or gradient_sign not in (1, -1):
        raise SchemaError(
            "impossible grid of wave vectors",
            expected="radius >= 1, half_shift >= 0, signs 1 or -1",
            got=f"radius = {radius}, half_shift = {half_shift}, signs {shift_sign} and {gradient_sign}",
        )
    axis = np.arange(-radius, radius + 1, dtype=np.float64)
    along, across = axis[:, None], axis[:, None] ** 2 + axis[None, :] ** 2
    squared = along[:, :, None] ** 2 + across[None, :, :]
    sphere = (squared <= radius**2) & (squared > 0.0)
    shifted = (along[:, :, None] - shift_sign * half_shift) ** 2 + across[None, :, :]
    k2 = squared[sphere]
    denominator = k2 + gradient_sign * GRADIENT_COEFFICIENT * (2.0 * half_shift) ** 2
    weight = np.divide(k2, denominator, out=np.full(k2.shape, np.inf), where=denominator != 0.0)
    return ModeSum(np.sqrt(k2) / radius, np.sqrt(shifted[sphere]) / radius, weight)
