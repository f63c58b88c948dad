"""Heterogeneous-elasticity theory in the self-consistent Born approximation: uniform modulus G0 - Sigma(omega^2 + i0).

Lengths are in units of 1/k_xi, moduli in units of G0, and omega^2 in units of G0 k_xi^2 / rho_m.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import require_arrays, require_numbers
from bosonpeak.datasets.array_types import ComplexArray, FloatArray
from bosonpeak.datasets.errors import ConvergenceError, RecipeError
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import (
    longitudinal_stretch,
    static_self_energy,
)

_TOLERANCE = 1e-13
_ROUND_OFF = 2e-14
_NEWTON_STEPS = 60
_FIRST_OFFSET = 4.0
_OFFSET_FACTOR = 0.6
_SMALLEST_OFFSET = 1e-15


@dataclass(frozen=True)
class ElasticSpectrum:
    """Solution of the SCBA on a grid of frequencies, all arrays (frequencies,)."""

    frequency: FloatArray
    self_energy: ComplexArray  # Sigma(omega^2 + i0) / G0
    density_of_states: FloatArray  # g(omega), normalised to 1 over the d branches
    wave_number: ComplexArray  # omega / v_T(omega), the damping as imaginary part
    debye_level: float  # limit of g / omega^(d-1) in a stable infinite medium, NaN if unstable
    residual: float  # largest |Sigma - T(Sigma)| on the grid
    dimension: int = 3  # of space, d

    @property
    def attenuation(self) -> FloatArray:
        """Damping rate Gamma = 2 omega Im k / Re k of transverse waves, omega Im Sigma / (1 - Re Sigma) if small."""
        rate: FloatArray = 2.0 * self.frequency * self.wave_number.imag / self.wave_number.real
        return rate

    @property
    def reduced_density(self) -> FloatArray:
        """g(omega) over the medium's own Debye law."""
        ratio: FloatArray = self.density_of_states / (self.debye_level * self.frequency ** (self.dimension - 1))
        return ratio


def heterogeneous_elasticity(
    disorder: float,
    bulk_modulus: float,
    frequency: ArrayLike,
    *,
    shells: tuple[ArrayLike, ArrayLike] | None = None,
    imaginary_part: float = 0.0,
    dimension: int = 3,
) -> ElasticSpectrum:
    """Spectrum of an elastic medium with a fluctuating shear modulus.

    Parameters
    ----------
    disorder : float
        gamma = A <(Delta G)^2> / G0^2, not below 0, with A = 2 / (d + 2) by `tensor_factor`. Beyond
        `critical_disorder` the medium is unstable, which shows as spectral weight at omega^2 <= 0.
    bulk_modulus : float
        K / G0, not below 0; ``math.inf`` for an incompressible medium, whose longitudinal part of the spectrum, one
        branch of d, lies at infinite frequency.
    frequency : array_like, shape (frequencies,)
        Positive, ascending.
    shells : (array_like, array_like), optional
        Wave numbers k / k_xi of a finite sample and their weights, which sum to 1, such as `wave_number_shells`
        gives. By default the integrals of an infinite one.
    imaginary_part : float
        Added to omega^2. The limit i0 is taken analytically, so that 0 is the physical value and the default; anything
        else adds about this much times a constant to Im Sigma and hides Im Sigma ~ omega^d where omega^d is smaller.
    dimension : int
        Dimension of space d, 2 or 3.

    Returns
    -------
    spectrum : ElasticSpectrum

    Raises
    ------
    RecipeError
        If a parameter is out of range.
    ConvergenceError
        If some frequency has no solution, which is not known to happen.

    Notes
    -----
    Schirmacher et al., Nat. Commun. 15, 3107 (2024), eqs 33-35, with z~ = z rho_m / (G0 k_xi^2) (they print z^2).
    Sigma = T(Sigma) = gamma <(2/d) q^2 / (q^2 M - z) + q^2 / (q^2 mu - z)>, mu = 1 - Sigma, M = K + (2 - 2/d) mu; the
    mean is over 0 < q < 1 with the weight d q^(d-1) and known in closed form. T maps the upper half plane into itself,
    so that a fixed point with Im Sigma > 0 is unique, and a real one is the limit from above if |T'| < 1: a solution is
    accepted on these grounds only. Newton's method starts from the solution at the frequency before; where that fails,
    it comes down from large Im z. The source has d = 3; d = 2 follows from its eqs 20-28 with the traceless strain and
    the momentum integral of two dimensions.

    Examples
    --------
    >>> spectrum = heterogeneous_elasticity(0.2, 1.0, [0.01, 0.02])
    >>> bool(abs(spectrum.reduced_density - 1.0).max() < 0.01)
    True
    """
    require_numbers(RecipeError, disorder=disorder, bulk_modulus=bulk_modulus, imaginary_part=imaginary_part)
    require_arrays(RecipeError, frequency=frequency)
    omega = np.ascontiguousarray(frequency, dtype=np.float64)
    _check(disorder, bulk_modulus, omega, imaginary_part)
    square, weight = _shell_arrays(shells)
    start = static_self_energy(disorder, bulk_modulus, dimension=dimension)
    solution, response = np.empty(len(omega), np.complex128), np.empty(len(omega), np.complex128)
    longitudinal = 0.0 if math.isinf(bulk_modulus) else 1.0
    modulus = 0.0 if math.isinf(bulk_modulus) else float(bulk_modulus)
    residual = _solve_all(
        disorder, modulus, longitudinal, omega, imaginary_part, square, weight, dimension, start, solution, response
    )
    if not residual < 1e-8:
        raise ConvergenceError(
            "no solution of the self-consistent equation was found",
            expected="a residual below 1e-8",
            got=f"{residual:.2g}",
            where=f"gamma = {disorder:g}, K/G0 = {bulk_modulus:g}, d = {dimension}",
        )
    shear = 1.0 - solution
    return ElasticSpectrum(
        frequency=omega,
        self_energy=solution,
        density_of_states=2.0 * omega / (dimension * math.pi) * response.imag,
        wave_number=np.sqrt((omega**2 + 1j * imaginary_part) / shear),
        debye_level=_debye_level(start, bulk_modulus, dimension),
        residual=residual,
        dimension=dimension,
    )


def _debye_level(static: complex, bulk_modulus: float, dimension: int) -> float:
    """v_L^-d + (d - 1) v_T^-d with the static moduli."""
    if static.imag != 0.0:
        return math.nan
    shear = 1.0 - static.real
    power = -0.5 * dimension
    longitudinal = bulk_modulus + longitudinal_stretch(dimension) * shear
    return float(longitudinal**power + (dimension - 1) * shear**power)


def _check(disorder: float, bulk_modulus: float, omega: FloatArray, imaginary_part: float) -> None:
    problems = [
        ("disorder gamma", "a finite number, 0 or more", disorder, 0.0 <= disorder < math.inf),
        ("bulk modulus K/G0", "0 or more", bulk_modulus, bulk_modulus >= 0.0),
        ("imaginary part", "a finite number, 0 or more", imaginary_part, 0.0 <= imaginary_part < math.inf),
        (
            "frequency grid",
            "positive, finite, ascending",
            omega.shape,
            omega.ndim == 1
            and omega.size > 0
            and bool(np.isfinite(omega).all() and omega[0] > 0.0 and (np.diff(omega) > 0.0).all()),
        ),
    ]
    for name, expected, got, holds in problems:
        if not holds:
            raise RecipeError(f"the {name} cannot be used", expected=expected, got=str(got))


def _shell_arrays(shells: tuple[ArrayLike, ArrayLike] | None) -> tuple[FloatArray, FloatArray]:
    if shells is None:
        return np.empty(0), np.empty(0)
    wave_number, weight = (np.ascontiguousarray(part, dtype=np.float64) for part in shells)
    fits = wave_number.ndim == 1 and wave_number.shape == weight.shape and wave_number.size > 0
    if not (fits and wave_number.min() > 0.0 and weight.min() >= 0.0 and abs(weight.sum() - 1.0) < 1e-9):
        raise RecipeError("the shells cannot be used", expected="positive wave numbers, weights that sum to 1")
    return wave_number**2, weight


@njit(cache=True, error_model="numpy")
def _disc_means(u: complex) -> tuple[complex, complex]:
    """<1/(q^2 - u)> and u^2 <1/(q^2 - u)^2> over the unit disc, continued from above onto real u."""
    # <1/(q^2 - u)> = ln((1 - u)/(-u)), Im u >= 0.
    real, imag = u.real, u.imag
    logarithm = 0.5 * math.log(((1.0 - real) ** 2 + imag * imag) / (real * real + imag * imag))
    angle = math.atan2(-imag, 1.0 - real) - math.atan2(-imag, -real)
    return complex(logarithm, angle), -u / (1.0 - u)


@njit(cache=True, error_model="numpy")
def continuum_means(u: complex) -> tuple[complex, complex]:
    """<1/(q^2 - u)> and u^2 <1/(q^2 - u)^2> over the unit sphere, continued from above onto real u."""
    # With w = sqrt(u), Im w >= 0: <1/(q^2 - u)> = 3 [1 + (w/2) (ln((1 - w)/(1 + w)) + i pi)].
    root = np.sqrt(u)
    real, imag = root.real, abs(root.imag)
    logarithm = 0.5 * math.log(((1.0 - real) ** 2 + imag * imag) / ((1.0 + real) ** 2 + imag * imag))
    angle = math.pi + math.atan2(-imag, 1.0 - real) - math.atan2(imag, 1.0 + real)
    bracket = complex(logarithm, angle)
    root = complex(real, imag)
    mean = 3.0 * (1.0 + 0.5 * root * bracket)
    square = 3.0 * (0.25 * root * u * bracket - u * u / (2.0 * (1.0 - u)))
    return mean, square


@njit(cache=True, error_model="numpy")
def _shell_means(u: complex, square: FloatArray, weight: FloatArray) -> tuple[complex, complex]:
    mean, second = 0.0j, 0.0j
    for shell in range(len(square)):
        inverse = 1.0 / (square[shell] - u)
        mean += weight[shell] * inverse
        second += weight[shell] * inverse * inverse
    return mean, second * u * u


@njit(cache=True, error_model="numpy")
def _branch(
    z: complex, modulus: complex, square: FloatArray, weight: FloatArray, dimension: int
) -> tuple[complex, complex, complex]:
    """Green's function <1/(q^2 m - z)>, <q^2/(q^2 m - z)> and <q^4/(q^2 m - z)^2> of one polarisation."""
    u = z / modulus
    u = complex(u.real, abs(u.imag))
    if len(square) > 0:
        mean, second = _shell_means(u, square, weight)
    elif dimension == 3:
        mean, second = continuum_means(u)
    else:
        mean, second = _disc_means(u)
    first_moment = (1.0 + u * mean) / modulus
    second_moment = (1.0 + 2.0 * u * mean + second) / (modulus * modulus)
    return mean / modulus, first_moment, second_moment


@njit(cache=True, error_model="numpy")
def born_map(
    sigma: complex,
    z: complex,
    disorder: float,
    bulk: float,
    longitudinal: float,
    square: FloatArray,
    weight: FloatArray,
    dimension: int,
) -> tuple[complex, complex, complex]:
    """T(Sigma), T'(Sigma) and G_L + (d - 1) G_T; `longitudinal` is 0 for an incompressible medium, else 1."""
    shear = 1.0 - sigma
    green_t, first_t, second_t = _branch(z, shear, square, weight, dimension)
    green, value, slope = (dimension - 1.0) * green_t, first_t, second_t
    if longitudinal > 0.0:
        stretch, share = 2.0 * (dimension - 1.0) / dimension, 2.0 / dimension
        green_l, first_l, second_l = _branch(z, bulk + stretch * shear, square, weight, dimension)
        green = green + green_l
        value = value + share * first_l
        slope = slope + 4.0 * (dimension - 1.0) / (dimension * dimension) * second_l
    return disorder * value, disorder * slope, green


@njit(cache=True, error_model="numpy")
def _newton(
    sigma: complex,
    z: complex,
    disorder: float,
    bulk: float,
    longitudinal: float,
    square: FloatArray,
    weight: FloatArray,
    dimension: int,
) -> tuple[complex, bool]:
    """Fixed point near `sigma`, and a flag for convergence to the physical solution."""
    # Newton steps of at most 0.2, kept at Im Sigma >= 0.
    for _ in range(_NEWTON_STEPS):
        value, slope, _ = born_map(sigma, z, disorder, bulk, longitudinal, square, weight, dimension)
        step = (value - sigma) / (1.0 - slope)
        if abs(step) > 0.2:
            step *= 0.2 / abs(step)
        sigma = sigma + step
        if sigma.imag < 0.0:
            sigma = complex(sigma.real, 0.0)
        if not abs(step) < 1e3:
            return sigma, False
        if abs(step) <= _TOLERANCE * abs(sigma) + 1e-300:
            break
    real_value, real_slope, _ = born_map(
        complex(sigma.real, 0.0), z, disorder, bulk, longitudinal, square, weight, dimension
    )
    # A real fixed point with |T'| <= 1 is physical; means over the sphere lose digits in proportion to z at large z.
    if abs(real_value - sigma.real) < _ROUND_OFF * (1.0 + abs(z)) and abs(real_slope) <= 1.0:
        return (sigma if real_value.imag > 0.0 else complex(sigma.real, 0.0)), True
    # A complex fixed point must lie in the upper half plane and solve the equation.
    value, slope, _ = born_map(sigma, z, disorder, bulk, longitudinal, square, weight, dimension)
    return sigma, sigma.imag > 0.0 and abs(value - sigma) < 1e-9 * (1.0 + abs(sigma))


@njit(cache=True, error_model="numpy")
def _from_above(
    z: complex,
    disorder: float,
    bulk: float,
    longitudinal: float,
    square: FloatArray,
    weight: FloatArray,
    dimension: int,
) -> complex:
    """Fixed point followed from z + i eta as eta decreases to 0."""
    # Far above the real axis plain iteration converges to the physical fixed point.
    sigma, offset = 0.1j, _FIRST_OFFSET
    for _ in range(200):
        sigma = born_map(sigma, z + 1j * offset, disorder, bulk, longitudinal, square, weight, dimension)[0]
    # Follow the fixed point down; damped iteration replaces a failed Newton search.
    while offset > _SMALLEST_OFFSET:
        found, good = _newton(sigma, z + 1j * offset, disorder, bulk, longitudinal, square, weight, dimension)
        if good:
            sigma = found
        else:
            for _ in range(50):
                value = born_map(sigma, z + 1j * offset, disorder, bulk, longitudinal, square, weight, dimension)[0]
                sigma = 0.5 * (sigma + value)
        offset *= _OFFSET_FACTOR
    return sigma


@njit(cache=True, error_model="numpy")
def _solve_all(
    disorder: float,
    bulk: float,
    longitudinal: float,
    omega: FloatArray,
    imaginary_part: float,
    square: FloatArray,
    weight: FloatArray,
    dimension: int,
    start: complex,
    solution: ComplexArray,
    response: ComplexArray,
) -> float:
    """Solve at all frequencies, each started from the previous solution; return the largest residual."""
    largest = 0.0
    guess = start + 0.01j * omega[0]
    for k in range(len(omega)):
        z = complex(omega[k] * omega[k], imaginary_part)
        # Newton's method from the previous solution; if this fails, approach the real axis from above.
        sigma, good = _newton(guess, z, disorder, bulk, longitudinal, square, weight, dimension)
        if not good:
            guess = _from_above(z, disorder, bulk, longitudinal, square, weight, dimension)
            sigma, good = _newton(guess, z, disorder, bulk, longitudinal, square, weight, dimension)
        value, _, green = born_map(sigma, z, disorder, bulk, longitudinal, square, weight, dimension)
        error = abs(value - sigma)
        if not good:
            error = math.inf
        largest = max(largest, error)
        solution[k], response[k] = sigma, green
        # A small imaginary part lets the next search leave the real axis beyond the edge of a gap.
        guess = complex(sigma.real, max(sigma.imag, 1e-3 * omega[k] ** 3))
    return largest
