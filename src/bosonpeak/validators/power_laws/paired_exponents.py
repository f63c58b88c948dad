"""How far the exponents s of two ensembles lie apart that were made from the same chains, such as by two minimisers."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from bosonpeak.datasets.arrays import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, chain_labels, mode_lists, one_ensemble
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, jackknife_half_width, require_level
from bosonpeak.validators.estimates.ratios import warnings_of_both
from bosonpeak.validators.power_laws.exponent_s import clustered_modes, exponent
from bosonpeak.validators.power_laws.gates import Window
from bosonpeak.validators.power_laws.likelihood import powers_without_one, unbiased_power


def paired_exponent_difference(
    first: Ensemble, second: Ensemble, *, window: tuple[float, float], level: float = LEVEL
) -> Estimate:
    """Exponent s of one ensemble less that of another whose chains are the same.

    What both share, such as the liquids that they were quenched from, drops out of the error.

    Parameters
    ----------
    first, second : xarray.Dataset, xarray.DataTree or str
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
    >>> found = paired_exponent_difference(glasses, glasses, window=(0.3, 0.55))
    >>> found.low, found.value, found.high
    (0.0, 0.0, 0.0)
    """
    require_level(level)
    ensembles = [one_ensemble(each) for each in (first, second)]
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
