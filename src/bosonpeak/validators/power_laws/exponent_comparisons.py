"""Drift of a window's exponent with the box size, and difference of exponents of ensembles with common chains."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import xarray as xr

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import (
    Ensemble,
    Ensembles,
    PerSize,
    chain_labels,
    mode_lists,
    mode_lists_of_sizes,
    one_ensemble,
)
from bosonpeak.validators.estimates.intervals import (
    FEWEST_SAMPLES,
    LEVEL,
    jackknife_half_width,
    require_level,
    t_factor,
    weighted_slope,
)
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.estimates.ratios import warnings_of_both
from bosonpeak.validators.power_laws.exponent_s import exponent
from bosonpeak.validators.power_laws.likelihood import powers_without_one, unbiased_power
from bosonpeak.validators.power_laws.mode_sums import Window, clustered_modes

WINDOW = (0.3, 0.55)
"""In units of each size's own mean omega_0."""


@accept_old_spelling(positional=("particles", "first_phonon", "chain"))
def exponent_drift(
    data: Ensembles,
    *,
    particles: int | Sequence[int] | None = None,
    first_phonon: PerSize | None = None,
    chain: PerSize | None = None,
    window: tuple[float, float] = WINDOW,
    level: float = LEVEL,
) -> Estimate:
    """Change of the exponent s per doubling of the number of particles, in a window that moves with the first phonon.

    Where all sizes share one density of states of modes per particle, and it bends, s grows as the window of larger
    boxes moves down the curve. A power law has no drift.

    Parameters
    ----------
    data, particles, first_phonon, chain
        Ensembles of several sizes, as for `limit_exponent`.
    window : (float, float)
        In units of the mean omega_0 of each size.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Slope of a weighted straight line of s against the logarithm of the size to base 2, from the intervals without
        gates. ``details`` has s and its error for each size. Sizes with fewer than eight modes in the window are left
        out, which ``warnings`` tells.

    Raises
    ------
    NotApplicableError
        If fewer than two sizes are left, or omega_0 of one is unknown.

    Examples
    --------
    A power law has no drift.

    >>> from bosonpeak.datasets import open_dataset
    >>> straight = open_dataset("null/bent-spectra")["straight/s-4"]
    >>> found = exponent_drift([straight[size].to_dataset() for size in ("N-500", "N-1000", "N-2000")])
    >>> found.low < 0.0 < found.high
    True
    """
    require_level(level)
    sizes, found, warnings = [], [], []
    for number, lists in mode_lists_of_sizes(data, particles, first_phonon, chain):
        one = exponent(lists.frequency, first_phonon=lists.first_phonon, chain=lists.chain, window=window, level=level)
        low, high = one.details["interval_without_gates"]
        if not np.isfinite([low, high]).all():
            warnings.append(f"N = {number} is left out: {'; '.join(one.warnings)}")
            continue
        sizes.append(number)
        found.append((one.value, 0.5 * (high - low) / t_factor(one.n, level), one.n))
    if len(set(sizes)) < 2:
        raise NotApplicableError(
            "a drift needs two sizes",
            expected="modes in the window in two sizes",
            got="; ".join(warnings) or "one size",
        )
    value, error, counted = (np.array(each) for each in zip(*found, strict=True))
    slope, scatter, _ = weighted_slope(np.log2(sizes), value, error)
    half = scatter * t_factor(int(counted.min()), level)
    return Estimate(
        name="change of s per doubling of the size",
        value=slope,
        low=slope - half,
        high=slope + half,
        level=level,
        n=int(counted.sum()),
        method=f"weighted straight line of s in [{window[0]:g}, {window[1]:g}] omega_0 against ln N, Student-t",
        window=window,
        warnings=tuple(warnings),
        details={"particles": sizes, "exponents": value.tolist(), "errors": error.tolist()},
    )


@accept_old_spelling("first", positional=("reference",), second="reference")
def paired_exponent_difference(
    data: Ensemble, *, reference: Ensemble, window: tuple[float, float], level: float = LEVEL
) -> Estimate:
    """Exponent s of one ensemble less the exponent of another whose chains are the same.

    What both share, such as the liquids that they were quenched from, drops out of the error.

    Parameters
    ----------
    data, reference : xarray.Dataset, xarray.DataTree or str
        Ensembles as `exponent` takes them, with ``first_phonon``. Chains of the same label belong together; those of
        one ensemble alone are left out.
    window : (float, float)
        In units of each ensemble's mean omega_0.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Delete-one-chain jackknife of the difference, each chain left out of both, with Student's t. The limits are NaN
        where a gate of `exponent` fired for either, as ``warnings`` tell. ``n`` counts chains. ``details`` has both
        exponents, the limits without gates, and the share of the variance that both have in common.

    Raises
    ------
    NotApplicableError
        If fewer than three chains are common to both, or omega_0 is unknown.

    Examples
    --------
    An ensemble does not differ from itself.

    >>> from bosonpeak.datasets import open_dataset
    >>> glasses = open_dataset("limit/taper-2", group="T-1.00")
    >>> found = paired_exponent_difference(glasses, reference=glasses, window=(0.3, 0.55))
    >>> found.low, found.value, found.high
    (0.0, 0.0, 0.0)
    """
    require_level(level)
    ensembles = [one_ensemble(each) for each in (data, reference)]
    here, there = (exponent(each, window=window, level=level) for each in ensembles)
    common = np.intersect1d(chain_labels(ensembles[0]), chain_labels(ensembles[1]))
    if len(common) < FEWEST_SAMPLES:
        raise NotApplicableError(
            "these ensembles share too few chains to be compared chain by chain",
            expected=f"{FEWEST_SAMPLES} chains of the same labels",
            got=str(len(common)),
        )
    assert here.window is not None
    (s, s_without), (other, other_without) = (_exponents(each, Window(*here.window), common) for each in ensembles)
    half = jackknife_half_width(s_without - other_without, level)
    apart = math.hypot(jackknife_half_width(s_without, level), jackknife_half_width(other_without, level))
    limits = [s - other - half, s - other + half]
    low, high = [math.nan, math.nan] if here.details["gates"] or there.details["gates"] else limits
    return Estimate(
        name="difference of the exponents s, chain by chain",
        value=s - other,
        low=low,
        high=high,
        level=level,
        n=len(common),
        method=f"{here.method.partition(';')[0]}; delete-one-chain jackknife of the difference, Student-t",
        window=here.window,
        warnings=warnings_of_both(here, there),
        details={
            **{name: min(here.details[name], there.details[name]) for name in ("samples", "modes")},
            "values": [s, other],
            "interval_without_gates": limits,
            "variance_shared": 1.0 - (half / apart) ** 2,
        },
    )


def _exponents(data: xr.Dataset, window: Window, common: IntegerArray) -> tuple[float, FloatArray]:
    """Exponent of the chains that are common to both, and with each of them left out; NaN without modes."""
    lists = mode_lists(data)
    kept = np.isin(np.unique(chain_labels(data)), common)
    count, total = (each[kept] for each in clustered_modes(lists).sums(window))
    whole = float(unbiased_power(count.sum(), total.sum(), window.span))
    return whole - 1.0, powers_without_one(count, total, window.span) - 1.0
