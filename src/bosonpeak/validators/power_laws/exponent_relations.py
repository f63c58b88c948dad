"""Relations of exponents: differences of independent ensembles, s against the stresses, likelihood ratios."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, mode_lists, one_ensemble, several_ensembles
from bosonpeak.validators.estimates.intervals import LEVEL, require_level
from bosonpeak.validators.estimates.ratios import difference_interval, warnings_of_both
from bosonpeak.validators.power_laws.exponent_s import exponent as exponent_s
from bosonpeak.validators.power_laws.likelihood import modes_to_separate
from bosonpeak.validators.power_laws.limit_exponent import limit_exponent
from bosonpeak.validators.power_laws.modes_below_foot import FOOT
from bosonpeak.validators.power_laws.small_stresses import ASYMPTOTIC, FitWindow, stress_distribution


def exponent_difference(
    data: Ensemble, *, reference: Ensemble, window: FitWindow = "two-sided", level: float = LEVEL
) -> Estimate:
    """Exponent s of one ensemble less the exponent of another, independent one.

    Both are fitted in the same window: the narrower one if they would choose differently.

    Parameters
    ----------
    data, reference : xarray.Dataset, xarray.DataTree or str
        Ensembles as for `exponent`.
    window : str or (float, float)
        As for `exponent`.
    level : float
        Confidence level.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> here, there = "glass/taper-2/T-0.20", "glass/taper-2/T-0.15"
    >>> print(exponent_difference(here, reference=there).in_short)
    -0.1415 [-0.7879, 0.4477] (95 %, n = 25)
    """
    require_level(level)
    ensembles = (one_ensemble(data), one_ensemble(reference))
    fits = [exponent_s(ensemble, window=window, level=level) for ensemble in ensembles]
    ends = [fit.window for fit in fits if fit.window is not None]
    if ends[0] != ends[1]:
        narrower = min(ends, key=lambda end: end[1])
        fits = [exponent_s(ensemble, window=narrower, level=level) for ensemble in ensembles]
    first, second = fits
    details = {name: min(first.details[name], second.details[name]) for name in ("samples", "modes")}
    return independent_difference("difference of the exponents s", first, second, first.window, **details)


def limit_exponent_difference(
    data: Ensemble | Sequence[Ensemble],
    *,
    reference: Ensemble | Sequence[Ensemble],
    foot: float = FOOT,
    level: float = LEVEL,
) -> Estimate:
    """Exponent s as omega goes to 0 of one kind of glass less the exponent of another, each from all of its sizes.

    Parameters
    ----------
    data, reference : xarray.DataTree, str, or sequence of xarray.Dataset or str
        Ensembles of one or more sizes, as for `limit_exponent`.
    foot : float
        As for `limit_exponent`.
    level : float
        Confidence level.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> spectra = "null/bent-spectra/straight/"
    >>> found = limit_exponent_difference(spectra + "s-4", reference=spectra + "s-3")
    >>> found.low < 1.0 < found.high
    True
    """
    first, second = (limit_exponent(each, foot=foot, level=level) for each in (data, reference))
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


def stress_exponent(
    data: Ensemble, *, low: float = ASYMPTOTIC[0], high: float = ASYMPTOTIC[1], level: float = LEVEL
) -> Estimate:
    """Exponent alpha of the distribution of small stresses, with the number of samples.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Glasses as for `stress_distribution`.
    low, high : float
        Window of stress in units of epsilon.
    level : float
        Confidence level.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> print(stress_exponent("glass/taper-2/T-0.20").in_short)
    -0.537 [-0.5404, -0.5336] (95 %, n = 25)
    """
    require_level(level)
    data = one_ensemble(data)
    found = stress_distribution(data, low=low, high=high, level=level).exponent
    return dataclasses.replace(found, details={**found.details, "samples": data.sizes["sample"]})


def limit_stress_relation(
    data: Ensemble | Sequence[Ensemble],
    *,
    particles: Sequence[int] | None = None,
    foot: float = FOOT,
    low: float = ASYMPTOTIC[0],
    high: float = ASYMPTOTIC[1],
    level: float = LEVEL,
) -> Estimate:
    """The value of s - (5 + 2 alpha) with both exponents taken in their limits: omega to 0, small stresses.

    Parameters
    ----------
    data : xarray.DataTree, str, or sequence of xarray.Dataset or str
        Ensembles of one or more sizes, as for `limit_exponent`; alpha is from the first.
    particles : sequence of int, optional
        Particles of each size, for datasets without the attribute.
    foot : float
        As for `limit_exponent`.
    low, high : float
        Window of stress in units of epsilon.
    level : float
        Confidence level.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> print(limit_stress_relation("limit/taper-2/T-1.00").name)
    s - (5 + 2 alpha), both in their limits
    """
    require_level(level)
    ensembles = several_ensembles(data)
    here = limit_exponent(ensembles, particles=particles, foot=foot, level=level)
    alpha = stress_exponent(ensembles[0], low=low, high=high, level=level)
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
    """Log-likelihood of one exponent less the log-likelihood of another, over the design effect of dependent samples.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Ensemble as for `exponent`.
    exponent, rival : int
        Exponents whose likelihood `exponent` reports.
    window : str or (float, float)
        As for `exponent`.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> print(log_likelihood_ratio("glass/taper-2/T-0.20", exponent=4, rival=2).in_short)
    -18.89, no interval (n = 25)
    """
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
    """Modes below the window's end that would tell one exponent from another at 3 sigma, 9 times out of 10.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Ensemble as for `exponent`.
    exponent, rival : float
        Exponents s.
    window : str or (float, float)
        As for `exponent`.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> print(modes_needed("glass/taper-2/T-0.20", exponent=4, rival=3).in_short)
    881, no interval (n = 25)
    """
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
