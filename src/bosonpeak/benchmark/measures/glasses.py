"""Measures for claims about glasses: the exponent s below the first phonon, small stresses, and what ties them.

All take an opener, the group to look at and the claim's parameters, as described in `bosonpeak.benchmark.measures`.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import ModeLists, mode_lists, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval
from bosonpeak.validators.power_laws.exponent_s import exponent
from bosonpeak.validators.power_laws.likelihood import modes_to_separate
from bosonpeak.validators.power_laws.small_stresses import (
    most_likely_exponent,
    small_stress_exponent,
    stress_distribution,
)

if TYPE_CHECKING:
    from bosonpeak.benchmark.measures.base import Measure, OpenCell

ASYMPTOTIC = (1e-9, 1e-7)
"""The two lowest decades of stress that are stored, in units of epsilon."""

NEIGHBOUR_DISTANCE = 1.0
"""Distance of the nearest pairs, in mean diameters."""

BELOW = 0.6
"""Modes are counted below this, in units of omega_0."""

Window = str | Sequence[float]


def exponent_of_ensemble(open_cell: OpenCell, cell: str, *, window: Window = "two-sided") -> Estimate:
    """Exponent s of one ensemble."""
    return _exponent(open_cell(cell), window)


def exponent_difference(
    open_cell: OpenCell, cell: str, *, other_dataset: str, other_cell: str = "", window: Window = "two-sided"
) -> Estimate:
    """Exponent s of this ensemble less that of another, by default of the same group of another dataset.

    Both are fitted in the same window, the narrower one if they would choose differently.
    """
    ensembles = (open_cell(cell), open_cell(other_cell or cell, other_dataset))
    fits = [_exponent(ensemble, window) for ensemble in ensembles]
    ends = [fit.window for fit in fits if fit.window is not None]
    if ends[0] != ends[1]:
        fits = [_exponent(ensemble, min(ends, key=lambda end: end[1])) for ensemble in ensembles]
    here, there = fits
    low, high = _limits(here, there, 1.0)
    return Estimate(
        name="difference of the exponents s",
        value=here.value - there.value,
        low=low,
        high=high,
        level=here.level,
        n=min(here.n, there.n),
        method=f"difference of two independent estimates, limits combined in quadrature; each {here.method}",
        window=here.window,
        warnings=_labelled(("this one", here), ("the other", there)),
        details={
            "values": [here.value, there.value],
            "samples": min(here.details["samples"], there.details["samples"]),
            "modes": min(here.details["modes"], there.details["modes"]),
        },
    )


def stress_exponent(
    open_cell: OpenCell, cell: str, *, low: float = ASYMPTOTIC[0], high: float = ASYMPTOTIC[1]
) -> Estimate:
    """Exponent alpha of the distribution of small stresses."""
    return _stress_exponent(open_cell(cell), low, high)


def stress_exponent_beyond_cutoff(
    open_cell: OpenCell, cell: str, *, low: float = ASYMPTOTIC[0], high: float = ASYMPTOTIC[1]
) -> Estimate:
    """Small-stress exponent alpha less what the potential's cutoff makes of it in the same window, structure apart."""
    data = open_cell(cell)
    measured = _stress_exponent(data, low, high)
    assert measured.window is not None
    expected = _cutoff_exponent(data, measured.window)
    return dataclasses.replace(
        measured,
        name="alpha less that of the potential's cutoff",
        value=measured.value - expected,
        low=measured.low - expected,
        high=measured.high - expected,
        method=f"{measured.method}; the cutoff alone makes {expected:.3f} with g(r) flat",
        warnings=(),
    )


def stress_relation(
    open_cell: OpenCell,
    cell: str,
    *,
    window: Window = "two-sided",
    low: float = ASYMPTOTIC[0],
    high: float = ASYMPTOTIC[1],
    resonant: bool = False,
) -> Estimate:
    """The value of s - (5 + 2 alpha): 0 if rho(lambda) ~ sigma^2 P(sigma) at sigma = zeta lambda (eq. 8 of GHET).

    Parameters
    ----------
    open_cell, cell
        The ensemble.
    window : str or (float, float)
        Of the fit of s.
    low, high : float
        Stresses in which alpha is measured.
    resonant : bool
        Measure alpha at the stresses that belong to the window of s instead; see `resonant_stresses`.
    """
    data = open_cell(cell)
    s = _exponent(data, window)
    if resonant:
        assert s.window is not None
        low, high = resonant_stresses(data, s.window)
    alpha = _stress_exponent(data, low, high)
    value, lower, upper = _relation_interval(data, s, alpha, low, high)
    return Estimate(
        name="s - (5 + 2 alpha)",
        value=value,
        low=lower,
        high=upper,
        level=s.level,
        n=min(s.n, alpha.n),
        method=f"s by {s.method}; alpha = {alpha.value:.3f} on [{low:.2g}, {high:.2g}]; "
        "delete-one-chain jackknife of both together",
        window=s.window,
        warnings=_labelled(("s", s), ("alpha", alpha)) if math.isnan(lower) else (),
        details={
            "s": s.value,
            "alpha": alpha.value,
            "samples": s.details["samples"],
            "modes": s.details["modes"],
        },
    )


def _relation_interval(
    data: xr.Dataset, s: Estimate, alpha: Estimate, low: float, high: float
) -> tuple[float, float, float]:
    """Value and limits of s - 5 - 2 alpha, both taken from the same chains, left out together one by one."""
    value = s.value - 5.0 - 2.0 * alpha.value
    if math.isnan(s.low) or math.isnan(alpha.low):
        return value, math.nan, math.nan
    assert s.window is not None
    window = s.window
    cluster = mode_lists(data).cluster

    def relation(chosen: NDArray[np.intp]) -> float:
        part = data.isel(sample=np.flatnonzero(np.isin(cluster, chosen)))
        return _exponent(part, window).value - 5.0 - 2.0 * small_stress_exponent(part, low=low, high=high)

    return jackknife_interval(relation, int(cluster.max()) + 1, s.level)


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
    reach = _attribute(data, "cutoff")
    scale = float(data["first_phonon"].mean())
    nearest, farthest = 0.5 * NEIGHBOUR_DISTANCE**2, 0.5 * float(reach) ** 2
    return nearest * (window[0] * scale) ** 2, farthest * (window[1] * scale) ** 2


def modes_a_sample(open_cell: OpenCell, cell: str, *, below: float = BELOW) -> Estimate:
    """Modes of one sample below a multiple of omega_0."""
    lists, scale = _lists(open_cell(cell))
    count = (lists.frequency < below * scale[:, None]).sum(axis=1).astype(np.float64)
    labels = np.unique(lists.cluster)
    counts = np.array([count[lists.cluster == label].sum() for label in labels])
    sizes = np.array([np.count_nonzero(lists.cluster == label) for label in labels])

    def ratio(chosen: NDArray[np.intp]) -> float:
        return float(counts[chosen].sum() / sizes[chosen].sum())

    value, low, high = jackknife_interval(ratio, len(labels))
    method = "mean over samples; delete-one jackknife over chains"
    name = f"modes a sample below {below:g} omega_0"
    return Estimate(name, value, low, high, LEVEL, len(labels), method, details={"modes": int(count.sum())})


def log_likelihood_ratio(
    open_cell: OpenCell, cell: str, *, exponent: int, rival: int, window: Window = "two-sided"
) -> Estimate:
    """Log-likelihood of one exponent less that of another, divided by the design effect of dependent samples."""
    fit = _exponent(open_cell(cell), window)
    if "log_likelihood_ratio" not in fit.details:
        raise NotApplicableError("no likelihood can be given", expected="modes in the window", got="none")
    ratios: Mapping[str, float] = fit.details["log_likelihood_ratio"]
    effect = float(fit.details["design_effect"])
    if not {str(exponent), str(rival)} <= set(ratios):
        raise NotApplicableError(
            "the likelihood of this exponent is not computed", expected=", ".join(ratios), got=f"{exponent}, {rival}"
        )
    value = (ratios[str(exponent)] - ratios[str(rival)]) / max(effect, 1.0)
    return Estimate(
        f"ln L(s = {exponent}) - ln L(s = {rival})",
        value,
        math.nan,
        math.nan,
        LEVEL,
        fit.n,
        f"{fit.details['modes']} modes, design effect {effect:.2f}",
        window=fit.window,
    )


def modes_needed(
    open_cell: OpenCell, cell: str, *, exponent: float, rival: float, window: Window = "two-sided"
) -> Estimate:
    """Modes below the window's end that would tell one exponent from another at 3 sigma, 9 times out of 10."""
    data = open_cell(cell)
    fit = _exponent(data, window)
    assert fit.window is not None
    needed = modes_to_separate(exponent + 1.0, rival + 1.0, *fit.window) * max(fit.details.get("design_effect", 1), 1)
    lists, scale = _lists(data)
    there = int(np.count_nonzero(lists.frequency < fit.window[1] * scale[:, None]))
    return Estimate(
        f"modes to tell s = {exponent:g} from {rival:g}",
        float(math.ceil(needed)),
        math.nan,
        math.nan,
        LEVEL,
        fit.n,
        f"there are {there} below {fit.window[1]:g} omega_0 in {len(scale)} samples",
        window=fit.window,
    )


def _exponent(data: xr.Dataset, window: Window) -> Estimate:
    if isinstance(window, str):
        chosen: Any = window
    else:
        chosen = tuple(float(end) for end in window)
    return exponent(data, window=chosen)


def _stress_exponent(data: xr.Dataset, low: float, high: float) -> Estimate:
    found = stress_distribution(data, low=low, high=high).exponent
    return dataclasses.replace(found, details={**found.details, "samples": data.sizes["sample"]})


def _cutoff_exponent(data: xr.Dataset, window: tuple[float, float]) -> float:
    """Exponent that the tapered cutoff makes in a window, by the estimator that the data were put through."""
    from bosonpeak.generators.glasses.cutoff_stresses import cutoff_stress_counts
    from bosonpeak.generators.sample_generators.particle_systems import soft_sphere_potential

    parameters = json.loads(_attribute(data, "parameters"))
    if not {"exponent", "cutoff", "taper"} <= set(parameters):
        raise NotApplicableError("the potential is unknown", expected="exponent, cutoff and taper in the parameters")
    if parameters.get("dimension") != 3:
        raise NotApplicableError("the cutoff's stresses are known in three dimensions", expected="dimension = 3")
    potential = soft_sphere_potential(parameters)
    edges = data["stress_edge"].values
    inside = edges[(edges >= window[0] * (1.0 - 1e-9)) & (edges <= window[1] * (1.0 + 1e-9))]
    step = math.log(inside[-1] / inside[0]) / (len(inside) - 1)
    return most_likely_exponent(cutoff_stress_counts(potential, inside), step)


def _attribute(data: xr.Dataset, name: str) -> Any:
    if name not in data.attrs:
        raise NotApplicableError("the ensemble does not say what it is", expected=f"an attribute {name}", got="none")
    return data.attrs[name]


def _lists(data: xr.Dataset) -> tuple[ModeLists, NDArray[np.float64]]:
    lists = mode_lists(data)
    if lists.first_phonon is None:
        raise NotApplicableError("modes cannot be placed", expected="first_phonon", got="no first_phonon")
    return lists, lists.first_phonon


def _limits(first: Estimate, second: Estimate, factor: float) -> tuple[float, float]:
    """Limits of ``first - factor * second`` for independent estimates, each with its own asymmetric limits.

    Zou and Donner, Statistics in Medicine 27, 1693 (2008): the distances to the limits that matter add in quadrature.
    """
    value = first.value - factor * second.value
    low = value - math.hypot(first.value - first.low, factor * (second.high - second.value))
    high = value + math.hypot(first.high - first.value, factor * (second.value - second.low))
    return low, high


def _labelled(*estimates: tuple[str, Estimate]) -> tuple[str, ...]:
    return tuple(f"{label}: {warning}" for label, estimate in estimates for warning in estimate.warnings)


MEASURES: dict[str, Measure] = {
    "exponent": exponent_of_ensemble,
    "exponent-difference": exponent_difference,
    "stress-exponent": stress_exponent,
    "stress-exponent-beyond-cutoff": stress_exponent_beyond_cutoff,
    "stress-relation": stress_relation,
    "modes-a-sample": modes_a_sample,
    "log-likelihood-ratio": log_likelihood_ratio,
    "modes-to-separate": modes_needed,
}
