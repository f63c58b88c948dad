"""What generalised heterogeneous-elasticity theory ties: the exponent s of the modes to that of the small stresses.

Schirmacher et al., Nat. Commun. 15, 3107 (2024): rho(lambda) ~ sigma^2 P(sigma) at sigma = zeta lambda (eqs 8, 84-86),
hence s = 5 + 2 alpha for a power law P ~ sigma^alpha.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import chain_labels, chain_sums, mode_lists, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval
from bosonpeak.validators.power_laws.exponent_s import exponent, ungated_exponent
from bosonpeak.validators.power_laws.small_stresses import (
    COUNTED_BY_CHAIN,
    counted_by_chain,
    exponent_interval,
    small_stress_exponent,
    stress_distribution,
)

NEIGHBOUR_DISTANCE = 1.0
"""Distance of the nearest pairs, in mean diameters."""

_LOOKED_AT = ("eigenfrequency", "first_phonon", "chain", "stress_edge", "stress_count", COUNTED_BY_CHAIN)
"""Variables from which both exponents follow."""

FitWindow = Literal["two-sided", "one-sided"] | tuple[float, float]


def stress_relation(
    data: xr.Dataset, *, low: float, high: float, window: FitWindow = "two-sided", resonant: bool = False
) -> Estimate:
    """The value of s - (5 + 2 alpha): 0 if rho(lambda) ~ sigma^2 P(sigma) at sigma = zeta lambda (eq. 8).

    Parameters
    ----------
    data : xarray.Dataset
        As `exponent` and `stress_distribution` want it.
    low, high : float
        Stresses in which alpha is measured.
    window : str or (float, float)
        Of the fit of s.
    resonant : bool
        Measure alpha at the stresses that belong to the window of s instead; see `resonant_stresses`.

    Returns
    -------
    Estimate
        Delete-one-chain jackknife of both exponents together; no interval where either has none.
    """
    s = exponent(data, window=window)
    assert s.window is not None
    fitted = s.window
    if resonant:
        low, high = resonant_stresses(data, fitted)
    alpha = stress_distribution(data, low=low, high=high).exponent
    value, lower, upper = s.value - 5.0 - 2.0 * alpha.value, math.nan, math.nan
    if s.has_interval and alpha.has_interval:
        cluster = mode_lists(data).cluster
        looked_at = data[[name for name in _LOOKED_AT if name in data]]
        # The window stays at the same frequencies whichever chain is left out.
        looked_at = looked_at.assign(first_phonon=("sample", np.full(data.sizes["sample"], mode_lists(data).scale)))

        def relation(chosen: NDArray[np.intp]) -> float:
            kept = looked_at.isel(sample=np.flatnonzero(np.isin(cluster, chosen)))
            if counted_by_chain(data):
                kept = kept.isel(independent_chain=chosen)
            s_of_kept = ungated_exponent(kept, window=fitted)
            return s_of_kept - 5.0 - 2.0 * small_stress_exponent(kept, low=low, high=high)

        value, lower, upper = jackknife_interval(relation, int(cluster.max()) + 1, s.level)
    warnings = [f"{label}: {warning}" for label, each in (("s", s), ("alpha", alpha)) for warning in each.warnings]
    return Estimate(
        name="s - (5 + 2 alpha)",
        value=value,
        low=lower,
        high=upper,
        level=s.level,
        n=min(s.n, alpha.n),
        method=f"s by {s.method}; alpha = {alpha.value:.3f} on [{low:.2g}, {high:.2g}]; "
        "delete-one-chain jackknife of both together",
        window=fitted,
        warnings=tuple(warnings) if math.isnan(lower) else (),
        details={
            "s": s.value,
            "s_interval_without_gates": s.details["interval_without_gates"],
            "s_has_interval": s.has_interval,
            "alpha": alpha.value,
            "samples": s.details["samples"],
            "modes": s.details["modes"],
        },
    )


def resonant_stresses(data: xr.Dataset, window: tuple[float, float]) -> tuple[float, float]:
    """Stresses sigma = zeta omega^2 that belong to a window of frequency.

    The source leaves zeta, a moment-of-inertia density, without a number. Its own displacements u + (r . grad) u / 2
    (eq. 49) say what it is for one pair: two particles of mass m at a distance r turn with the kinetic energy
    m r^2 eta'^2 / 4 = Omega zeta eta'^2 / 2, so that Omega zeta = m r^2 / 2, and the volume Omega divides the stress,
    too. r runs from nearest neighbours to the cutoff; a patch of more particles has more inertia.

    Parameters
    ----------
    data : xarray.Dataset
        Ensemble with ``first_phonon`` and the attribute ``cutoff``.
    window : (float, float)
        In units of omega_0.

    Returns
    -------
    low, high : float
    """
    require_variables(data, "first_phonon")
    if "cutoff" not in data.attrs:
        raise NotApplicableError("the ensemble does not say what it is", expected="an attribute cutoff", got="none")
    scale = float(data["first_phonon"].mean())
    nearest, farthest = 0.5 * NEIGHBOUR_DISTANCE**2, 0.5 * float(data.attrs["cutoff"]) ** 2
    return nearest * (window[0] * scale) ** 2, farthest * (window[1] * scale) ** 2


def exponent_from_stresses(data: xr.Dataset, *, low: float, high: float) -> Estimate:
    """Exponent s that a glass's own stresses predict for the modes whose stresses lie in a window.

    Every component counts with the weight sigma^2 at omega = sqrt(sigma/zeta) (eqs 84-85).

    Parameters
    ----------
    data : xarray.Dataset
        With ``stress_count``, ``stress_edge`` and, where samples depend on each other, ``chain``.
    low, high : float
        Stresses; bins that lie wholly inside are used.

    Raises
    ------
    NotApplicableError
        If the histogram does not reach there.
    """
    require_variables(data, "stress_count", "stress_edge")
    edges = data["stress_edge"].values
    inside = np.flatnonzero((edges[:-1] >= low * (1.0 - 1e-9)) & (edges[1:] <= high * (1.0 + 1e-9)))
    if len(inside) < 2:
        raise NotApplicableError(
            "the stresses that belong to the window are not in the histogram",
            expected=f"two bins in [{low:.2g}, {high:.2g}]",
            got=f"[{edges[0]:.2g}, {edges[-1]:.2g}]",
        )
    centre = np.sqrt(edges[inside] * edges[inside + 1])
    weight = data["stress_count"].values[:, inside] * centre**2
    chain = chain_labels(data)
    clusters = chain_sums(weight, chain)
    step = math.log(edges[inside[0] + 1] / edges[inside[0]])
    value, lower, upper = (1.0 + 2.0 * alpha for alpha in exponent_interval(clusters, step))
    method = f"components weighted with sigma^2 in [{low:.2g}, {high:.2g}]; delete-one jackknife over chains"
    name = "s predicted from the stresses"
    return Estimate(name, value, lower, upper, LEVEL, len(clusters), method, window=(low, high))
