"""Relations of exponents: differences of ensembles, s against the stresses, likelihood of one exponent against another.

Differences are of independent ensembles; for ensembles of the same chains see `paired_exponent_difference`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, mode_lists, one_ensemble
from bosonpeak.validators.estimates.intervals import LEVEL
from bosonpeak.validators.estimates.ratios import difference_interval, warnings_of_both
from bosonpeak.validators.power_laws.exponent_s import exponent as exponent_s
from bosonpeak.validators.power_laws.likelihood import modes_to_separate
from bosonpeak.validators.power_laws.limit_exponent import limit_exponent
from bosonpeak.validators.power_laws.modes_below_foot import FOOT
from bosonpeak.validators.power_laws.small_stresses import ASYMPTOTIC, FitWindow, stress_distribution


def exponent_difference(here: Ensemble, there: Ensemble, *, window: FitWindow = "two-sided") -> Estimate:
    """Exponent s of one ensemble less the exponent of another, both in the narrower of their windows."""
    ensembles = (one_ensemble(here), one_ensemble(there))
    fits = [exponent_s(ensemble, window=window) for ensemble in ensembles]
    ends = [fit.window for fit in fits if fit.window is not None]
    if ends[0] != ends[1]:
        fits = [exponent_s(ensemble, window=min(ends, key=lambda end: end[1])) for ensemble in ensembles]
    first, second = fits
    details = {name: min(first.details[name], second.details[name]) for name in ("samples", "modes")}
    return independent_difference("difference of the exponents s", first, second, first.window, **details)


def limit_exponent_difference(
    here: Sequence[xr.Dataset], there: Sequence[xr.Dataset], *, foot: float = FOOT
) -> Estimate:
    """Exponent s as omega goes to 0 of one kind of glass less that of another, each from all of its sizes."""
    first, second = limit_exponent(here, foot=foot), limit_exponent(there, foot=foot)
    window = (0.0, max(end for each in (first, second) if each.window for end in each.window))
    return independent_difference("difference of the exponents s as omega goes to 0", first, second, window)


def independent_difference(
    name: str, here: Estimate, there: Estimate, window: tuple[float, float] | None, **details: Any
) -> Estimate:
    """One estimate less another that is independent of it, with the warnings of both."""
    value, low, high = difference_interval(here, there)
    return Estimate(
        name=name,
        value=value,
        low=low,
        high=high,
        level=here.level,
        n=min(here.n, there.n),
        method=f"difference of two independent estimates, limits combined in quadrature; each {here.method}",
        window=window,
        warnings=warnings_of_both(here, there),
        details={"values": [here.value, there.value], **details},
    )


def stress_exponent(data: Ensemble, *, low: float = ASYMPTOTIC[0], high: float = ASYMPTOTIC[1]) -> Estimate:
    """Exponent alpha of the distribution of small stresses, with the number of samples."""
    data = one_ensemble(data)
    found = stress_distribution(data, low=low, high=high).exponent
    return dataclasses.replace(found, details={**found.details, "samples": data.sizes["sample"]})


def limit_stress_relation(
    data: Sequence[xr.Dataset],
    *,
    particles: Sequence[int] | None = None,
    foot: float = FOOT,
    low: float = ASYMPTOTIC[0],
    high: float = ASYMPTOTIC[1],
) -> Estimate:
    """The value of s - (5 + 2 alpha) in the limits of frequency and stress; alpha from the first ensemble."""
    here, alpha = limit_exponent(data, particles=particles, foot=foot), stress_exponent(data[0], low=low, high=high)
    predicted = dataclasses.replace(
        alpha, value=5.0 + 2.0 * alpha.value, low=5.0 + 2.0 * alpha.low, high=5.0 + 2.0 * alpha.high
    )
    value, lower, upper = difference_interval(here, predicted)
    return Estimate(
        name="s - (5 + 2 alpha), both in their limits",
        value=value,
        low=lower,
        high=upper,
        level=here.level,
        n=min(here.n, alpha.n),
        method=f"limits combined in quadrature; {here.method}; {alpha.method}",
        window=here.window,
        warnings=(*here.warnings, *alpha.warnings),
        details={"s": here.value, "alpha": alpha.value},
    )


def log_likelihood_ratio(data: Ensemble, *, exponent: int, rival: int, window: FitWindow = "two-sided") -> Estimate:
    """Log-likelihood of one exponent less that of another, divided by the design effect of dependent samples."""
    fit = exponent_s(data, window=window)
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


def modes_needed(data: Ensemble, *, exponent: float, rival: float, window: FitWindow = "two-sided") -> Estimate:
    """Modes below the window's end that would tell one exponent from another at 3 sigma, 9 times out of 10."""
    data = one_ensemble(data)
    fit = exponent_s(data, window=window)
    assert fit.window is not None
    needed = modes_to_separate(exponent + 1.0, rival + 1.0, *fit.window) * max(fit.details.get("design_effect", 1), 1)
    lists = mode_lists(data)
    there = int(np.count_nonzero(lists.reduced < fit.window[1]))
    return Estimate(
        f"modes to tell s = {exponent:g} from {rival:g}",
        float(math.ceil(needed)),
        math.nan,
        math.nan,
        LEVEL,
        fit.n,
        f"there are {there} below {fit.window[1]:g} omega_0 in {len(lists.frequency)} samples",
        window=fit.window,
    )
