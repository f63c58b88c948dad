"""Instability of heterogeneous-elasticity theory, and low-frequency limits in closed form.

At omega = 0 the self-consistent Born approximation is algebraic: with mu = 1 - Sigma and the bulk modulus K, both in
units of the mean shear modulus, mu (1 - mu) (K + c mu) = gamma (K + 2 mu) in d dimensions, where c = 2 (d - 1) / d.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from bosonpeak.datasets.arguments import require_numbers
from bosonpeak.datasets.array_types import ComplexArray
from bosonpeak.datasets.errors import RecipeError

DIMENSIONS = (2, 3)
"""Dimensions of space in which the theory is solved."""


def tensor_factor(dimension: int = 3) -> float:
    """Ratio of gamma to <(Delta G)^2> / G0^2 by the angular averages of the traceless strain, 2 / (d + 2)."""
    require_dimension(dimension)
    return 2.0 / (dimension + 2)


@dataclass(frozen=True)
class MarginalPoint:
    """Medium at the edge of stability: gamma_c - gamma = curvature (Sigma_c - Sigma)^2 nearby."""

    disorder: float  # critical gamma
    self_energy: float  # Sigma_c / G0, 1/2 if incompressible
    curvature: float  # -d2 gamma / d Sigma2 / 2


def critical_disorder(bulk_modulus: float, *, dimension: int = 3) -> MarginalPoint:
    """Largest disorder gamma for which the medium is stable.

    Parameters
    ----------
    bulk_modulus : float
        K / G0, not below 0, ``math.inf`` for an incompressible medium.
    dimension : int
        Dimension of space d, 2 or 3.

    Returns
    -------
    point : MarginalPoint

    Raises
    ------
    RecipeError
        If the bulk modulus is negative, or the dimension is another.

    Notes
    -----
    gamma(mu) = mu (1 - mu) (K + c mu) / (K + 2 mu), c = 2 (d - 1) / d, is stationary at a root of a cubic. The limits
    are 1/4 (K -> infinity) and (d - 1) / (4 d) (K = 0). Schirmacher et al., Nat. Commun. 15, 3107 (2024), put
    gamma (1 + B(0)) = 1/4 with B at Sigma = 1/2 (after eq. 39), which neglects that B depends on Sigma.

    Examples
    --------
    >>> import math
    >>> critical_disorder(math.inf).disorder
    0.25
    """
    require_numbers(RecipeError, bulk_modulus=bulk_modulus)
    _require_bulk_modulus(bulk_modulus)
    return _marginal_point(float(bulk_modulus), longitudinal_stretch(dimension))


@functools.lru_cache(maxsize=1024)
def _marginal_point(bulk_modulus: float, stretch: float) -> MarginalPoint:
    """Point of `critical_disorder`, cached because spectra of one medium ask for it at every disorder."""
    if math.isinf(bulk_modulus):
        return MarginalPoint(0.25, 0.5, 1.0)
    if bulk_modulus == 0.0:
        return MarginalPoint(stretch / 8.0, 0.5, stretch / 2.0)
    numerator = np.polynomial.Polynomial([0.0, bulk_modulus, stretch - bulk_modulus, -stretch])
    denominator = np.polynomial.Polynomial([bulk_modulus, 2.0])
    stationary = numerator.deriv() * denominator - numerator * denominator.deriv()
    roots = stationary.roots()
    inside = roots.real[(abs(roots.imag) < 1e-9) & (roots.real > 0.0) & (roots.real < 1.0)]
    shear = float(inside[np.argmax(numerator(inside) / denominator(inside))])
    value = float(numerator(shear) / denominator(shear))
    # At a stationary point the second derivative of N/D is (N'' - value D'') / D, and D is linear.
    curvature = -0.5 * float(numerator.deriv(2)(shear) / denominator(shear))
    return MarginalPoint(value, 1.0 - shear, curvature)


def static_self_energy(disorder: float, bulk_modulus: float, *, dimension: int = 3) -> complex:
    """Sigma(omega = 0) / G0 on the branch that starts from the uniform medium; complex beyond the critical disorder."""
    _require_bulk_modulus(bulk_modulus)
    if not 0.0 <= disorder < math.inf:
        raise RecipeError("the disorder gamma cannot be used", expected="a finite number, 0 or more", got=str(disorder))
    point = critical_disorder(bulk_modulus, dimension=dimension)
    if disorder == point.disorder:
        return complex(point.self_energy)
    roots = _static_roots(disorder, bulk_modulus, longitudinal_stretch(dimension))
    if disorder < point.disorder:
        real = roots.real[abs(roots.imag) < 1e-6]
        return complex(1.0 - float(real.max()))
    return complex(1.0 - roots[np.argmin(roots.imag)])


def rayleigh_coefficient(disorder: float, bulk_modulus: float, *, dimension: int = 3) -> float:
    """Im Sigma / omega^d as omega goes to 0 in a stable medium of infinite size, for gamma and K / G0."""
    # Eq. 33 to first order in Im z G = (d pi / 2) omega^d m^(-d/2): Im Sigma (1 - T') = gamma (d pi / 2) omega^d [(2/d)
    # M^(-1-d/2) + mu^(-1-d/2)], T' = gamma [(2 c/d) M^-2 + mu^-2]; it diverges like (gamma_c - gamma)^(-1/2).
    sigma = _stable(disorder, bulk_modulus, dimension)
    stretch, share = longitudinal_stretch(dimension), 2.0 / dimension
    power = -1.0 - 0.5 * dimension
    shear = 1.0 - sigma
    longitudinal = bulk_modulus + stretch * shear
    slope = disorder * (4.0 * (dimension - 1) / dimension**2 * longitudinal**-2 + shear**-2)
    source = 0.5 * dimension * math.pi * (share * longitudinal**power + shear**power)
    return float(disorder * source / (1.0 - slope))


def critical_excess(bulk_modulus: float) -> float:
    """Limit of g over the medium's own Debye law as omega goes to 0 at the critical disorder, in three dimensions."""
    # 1 + 2 sqrt(3) / pi = 2.103 if incompressible. At gamma_c, (Sigma - Sigma_c)^2 = -z h with h > 0: Im Sigma = omega
    # sqrt(h) adds a second omega^2 term to the contribution of the waves.
    point = critical_disorder(bulk_modulus)
    shear = 1.0 - point.self_energy
    longitudinal = bulk_modulus + 4.0 / 3.0 * shear
    # Eq. 33 to first order in z is Sigma = T_0(Sigma) + z gamma C; T_0'' = 2 curvature / share at the fold.
    share = 1.0 / shear + 2.0 / 3.0 / longitudinal
    source = 3.0 * point.disorder * (shear**-2 + 2.0 / 3.0 * longitudinal**-2)
    root = math.sqrt(source / (point.curvature * share))
    disordered = 3.0 * root * (2.0 * shear**-2 + 4.0 / 3.0 * longitudinal**-2)
    waves = 1.5 * math.pi * (longitudinal**-1.5 + 2.0 * shear**-1.5)
    return float(1.0 + disordered / waves)


def longitudinal_stretch(dimension: int) -> float:
    """Coefficient c = 2 (d - 1) / d of the shear modulus in the longitudinal modulus K + c G; 4/3 if d = 3."""
    require_dimension(dimension)
    return 2.0 * (dimension - 1) / dimension


def require_dimension(dimension: int) -> None:
    """Raise RecipeError unless the theory is solved in this dimension of space."""
    if dimension not in DIMENSIONS:
        raise RecipeError("the dimension of space cannot be used", expected="2 or 3", got=str(dimension))


def _static_roots(disorder: float, bulk_modulus: float, stretch: float) -> ComplexArray:
    if math.isinf(bulk_modulus):
        return np.polynomial.Polynomial([-disorder, 1.0, -1.0]).roots().astype(np.complex128)
    scale = max(1.0, bulk_modulus)
    k, slope = bulk_modulus / scale, stretch / scale
    cubic = [-disorder * k, k - 2.0 * disorder / scale, slope - k, -slope]
    return np.polynomial.Polynomial(cubic).roots().astype(np.complex128)


def _stable(disorder: float, bulk_modulus: float, dimension: int) -> float:
    sigma = static_self_energy(disorder, bulk_modulus, dimension=dimension)
    critical = critical_disorder(bulk_modulus, dimension=dimension).disorder
    if not disorder < critical:
        raise RecipeError("the medium is not stable", expected=f"gamma below {critical:.6g}", got=str(disorder))
    return sigma.real


def _require_bulk_modulus(bulk_modulus: float) -> None:
    if not bulk_modulus >= 0.0:
        raise RecipeError("the bulk modulus K/G0 cannot be used", expected="0 or more", got=str(bulk_modulus))
