"""Boson peak of heterogeneous-elasticity theory: the maximum of g(omega) over the Debye law of the same medium."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from bosonpeak.datasets.arguments import require_numbers
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import critical_disorder
from bosonpeak.generators.theories.heterogeneous_elasticity.self_consistent_born import heterogeneous_elasticity

_LOWEST, _HIGHEST = 1e-7, 1.0
_POINTS_PER_DECADE = 60
_PRECISION = 1e-9
_LEAST_EXCESS = 1e-6


@dataclass(frozen=True)
class BosonPeak:
    """Maximum of g over the medium's own Debye law: frequency, height, and onset at half of the excess."""

    frequency: float
    height: float
    onset: float


def heterogeneous_elasticity_boson_peak(disorder: float, bulk_modulus: float, *, dimension: int = 3) -> BosonPeak:
    """Position, height and onset of the boson peak of a stable infinite medium.

    Parameters
    ----------
    disorder : float
        gamma, above 0 and below the critical value.
    bulk_modulus : float
        K / G0.
    dimension : int
        Dimension of space d, 2 or 3.

    Returns
    -------
    peak : BosonPeak

    Raises
    ------
    RecipeError
        If the medium is not stable, or has too little disorder for a peak.

    Notes
    -----
    The onset goes to 0 like (gamma_c - gamma)^(1/2), since lambda_c ~ gamma_c - gamma. The maximum does not: beyond
    the onset g / g_Debye rises to its value at gamma_c, less a term (onset / omega)^2, and falls by a term omega^2, so
    that omega_BP ~ onset^(1/2) ~ (gamma_c - gamma)^(1/4).

    Examples
    --------
    A quarter of the distance to the instability halves the onset.

    >>> import math
    >>> near, nearer = (heterogeneous_elasticity_boson_peak(0.25 - away, math.inf) for away in (4e-6, 1e-6))
    >>> near.onset < near.frequency
    True
    >>> round(nearer.onset / near.onset, 2)
    0.5
    """
    require_numbers(RecipeError, disorder=disorder, bulk_modulus=bulk_modulus)
    critical = critical_disorder(bulk_modulus, dimension=dimension).disorder
    if not 0.0 < disorder < critical:
        raise RecipeError(
            "the medium has no boson peak", expected=f"0 < gamma < {critical:.6g}", got=f"gamma = {disorder:g}"
        )
    points = int(_POINTS_PER_DECADE * np.log10(_HIGHEST / _LOWEST))
    grid = np.geomspace(_LOWEST, _HIGHEST, points)
    reduced = heterogeneous_elasticity(disorder, bulk_modulus, grid, dimension=dimension).reduced_density

    def ratio(logarithm: float) -> float:
        frequency = [float(np.exp(logarithm))]
        spectrum = heterogeneous_elasticity(disorder, bulk_modulus, frequency, dimension=dimension)
        return float(spectrum.reduced_density[0])

    # The van Hove singularity of the cutoff at k_xi lies above; the boson peak is the first maximum.
    rising = np.flatnonzero((reduced[1:-1] > reduced[:-2]) & (reduced[1:-1] >= reduced[2:])) + 1
    above = rising[reduced[rising] > 1.0 + _LEAST_EXCESS]
    if len(above) == 0:
        raise RecipeError(
            "the boson peak is lower than the precision of the solution",
            expected=f"a height above 1 + {_LEAST_EXCESS:g}",
            got=f"gamma = {disorder:g}",
        )
    top = int(above[0])
    found = minimize_scalar(
        lambda x: -ratio(x), bracket=tuple(np.log(grid[top - 1 : top + 2])), options={"xtol": _PRECISION}
    )
    height = ratio(float(found.x))
    half = 0.5 * (1.0 + height)
    onset = brentq(lambda x: ratio(x) - half, np.log(grid[0]), float(found.x))
    return BosonPeak(float(np.exp(found.x)), height, float(np.exp(onset)))
