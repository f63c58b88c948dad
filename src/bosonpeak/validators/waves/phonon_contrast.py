"""Comparison of the first shell's plane-wave content of modes below and at the first phonon.

Disorder spreads the waves, so that no mode of a small glass consists mostly of waves; low modes are of another kind
only if they have less of the waves. The contrast is the probability that of two modes of one glass, one below and one
at the phonon, the lower mode has the smaller overlap: 1/2 for equal distributions, 1 for disjoint distributions (McGraw
and Wong, Psychological Bulletin 111, 361 (1992); Mann and Whitney's U over its largest value).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.datasets.arguments import number, window_ends
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, several_ensembles
from bosonpeak.validators.estimates.intervals import (
    LEVEL,
    clustered_fraction,
    jackknife_interval,
    mean_interval,
    require_level,
)
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.estimates.stored_modes import StoredModes
from bosonpeak.validators.waves.wave_overlap import LEAST_WAVE_SHARE, SIGNIFICANCE, ensemble_wave_overlap

Window = tuple[float, float]

HIGHEST = 0.8
"""Modes below this fraction of omega_0 are the low ones."""

AT_THE_PHONON = (0.9, 1.1)
"""Fractions of omega_0 of the modes of comparison: waves, if the glass has any."""


@accept_old_spelling("ensembles")
def wave_contrast(
    data: Sequence[Ensemble] | xr.DataTree,
    *,
    highest: float = HIGHEST,
    at_the_phonon: Window = AT_THE_PHONON,
    level: float = LEVEL,
) -> Estimate:
    """Probability that a mode below the phonon has less of the waves than a mode at the phonon, within one glass.

    Parameters
    ----------
    data : sequence of xarray.Dataset
        Glass ensembles whose modes in space are stored: what `StoredModes` needs. Chains of different ensembles are
        independent.
    highest : float
        Low modes lie below this fraction of omega_0.
    at_the_phonon : (float, float)
        Window of the reference modes, in units of omega_0.
    level : float
        Confidence level of the Student-t interval over chains.

    Returns
    -------
    Estimate
        1/2: no difference; 1: every low mode has less than every mode at the phonon. Glasses without modes of either
        sort are left out; the details count the modes and give the median shares.

    Raises
    ------
    NotApplicableError
        If no glass has modes of both sorts.

    Examples
    --------
    In glasses of discs, modes below the phonon have less of the waves than modes at it.

    >>> from bosonpeak.datasets import open_dataset
    >>> discs = open_dataset("glass/modes-2d")
    >>> found = wave_contrast([discs["m-2/T-0.20"].to_dataset(), discs["m-2/T-1.00"].to_dataset()])
    >>> 0.5 < found.low < found.high <= 1.0
    True
    """
    data = several_ensembles(data)
    require_level(level)
    by_chain: list[float] = []
    low_shares: list[FloatArray] = []
    high_shares: list[FloatArray] = []
    # Probability of a smaller share within each glass, averaged over the glasses of each chain.
    for dataset in data:
        ratio, share, cluster = _shares(dataset)
        values: dict[int, list[float]] = {}
        for own_ratio, own_share, label in zip(ratio, share, cluster, strict=True):
            low = own_share[own_ratio < highest]
            high = own_share[(own_ratio >= at_the_phonon[0]) & (own_ratio < at_the_phonon[1])]
            if len(low) and len(high):
                values.setdefault(int(label), []).append(_probability_of_less(low, high))
                low_shares.append(low)
                high_shares.append(high)
        by_chain += [float(np.mean(each)) for each in values.values()]
    if not by_chain:
        raise NotApplicableError(
            "no glass has modes both below and at the first phonon",
            expected=f"modes below {highest:g} and in [{at_the_phonon[0]:g}, {at_the_phonon[1]:g}) omega_0",
            likely_cause="too few modes are stored",
        )
    value, lower, upper = mean_interval(by_chain, level=level)
    below, at = np.concatenate(low_shares), np.concatenate(high_shares)
    return Estimate(
        "probability that a low mode has less of the waves than one at the phonon",
        value,
        max(lower, 0.0),
        min(upper, 1.0),
        level,
        len(by_chain),
        "pairs of modes of one glass, mean over glasses and chains; Student-t interval over chains",
        window=(0.0, highest),
        details={
            "modes": len(below),
            "modes_at_the_phonon": len(at),
            "median_share": float(np.median(below)),
            "median_share_at_the_phonon": float(np.median(at)),
            "glasses": len(low_shares),
        },
    )


@accept_old_spelling("dataset")
def mean_wave_share(data: Ensemble, *, low: float = 0.0, high: float = HIGHEST, level: float = LEVEL) -> Estimate:
    """Mean share of the first shell's waves in the stored modes of a window of frequency.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        As for `wave_contrast`.
    low, high : float
        In units of omega_0.
    level : float
        Confidence level of the delete-one jackknife over chains.

    Returns
    -------
    Estimate
        0 for random fields, 1 for pure superpositions.

    Raises
    ------
    NotApplicableError
        If no stored mode lies in the window.

    Examples
    --------
    In glasses of discs the modes at the first phonon have more of the waves than lower modes, but are not pure waves.

    >>> from bosonpeak.datasets import open_dataset
    >>> discs = open_dataset("glass/modes-2d", group="m-2/T-0.20")
    >>> at_the_phonon = mean_wave_share(discs, low=0.9, high=1.1)
    >>> mean_wave_share(discs, high=0.8).high < at_the_phonon.low < at_the_phonon.high < 1.0
    True
    """
    data = one_ensemble(data)
    require_level(level)
    ratio, share, cluster = _shares(data)
    label, values = _inside(ratio, share, cluster, low, high)
    sums, counts = np.bincount(label, weights=values), np.bincount(label)
    used = np.flatnonzero(counts)

    def mean(chosen: NDArray[np.intp]) -> float:
        return float(sums[used[chosen]].sum() / counts[used[chosen]].sum())

    value, lower, upper = jackknife_interval(mean, len(used), level)
    return Estimate(
        "mean share of the first shell's waves",
        value,
        lower,
        upper,
        level,
        len(used),
        "mean over modes; delete-one jackknife over chains",
        window=(low, high),
        details={"modes": len(values), "largest": float(values.max())},
    )


@accept_old_spelling("dataset")
def superposed_fraction(
    data: Ensemble,
    *,
    low: float = 0.0,
    high: float = HIGHEST,
    wave_share: float = LEAST_WAVE_SHARE,
    significance: float = SIGNIFICANCE,
    level: float = LEVEL,
) -> Estimate:
    """Fraction of the modes in a window that cannot be distinguished from superposed waves of the first shell.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        As for `wave_contrast`.
    low, high : float
        In units of omega_0.
    wave_share : float
        Least share of waves in a mode that counts as superposed waves.
    significance : float
        Probability of rejecting a mode that does consist of superposed waves.
    level : float
        Confidence level of the interval, as in `vortex_census`.

    Returns
    -------
    Estimate
        At least 1 - significance for true superpositions.

    Raises
    ------
    NotApplicableError
        If no stored mode lies in the window.

    Examples
    --------
    More modes at the first phonon look like waves than modes below it.

    >>> from bosonpeak.datasets import open_dataset
    >>> discs = open_dataset("glass/modes-2d", group="m-2/T-1.00")
    >>> at_the_phonon = superposed_fraction(discs, low=0.9, high=1.1)
    >>> superposed_fraction(discs, high=0.8).value < at_the_phonon.value
    True
    """
    data, (low, high) = one_ensemble(data), window_ends(low, high)
    require_level(level)
    if not 0.0 < number(significance, "significance") < 1.0:
        raise NotApplicableError(
            "significance is not a probability", expected="between 0 and 1", got=f"{significance:g}"
        )
    found = ensemble_wave_overlap(data, shells=1, wave_share=wave_share)
    label, p_waves = _inside(*_laid_out(data, found, "p_waves"), low, high)
    hits = p_waves > significance
    trials = np.bincount(label)
    value, lower, upper = clustered_fraction(np.bincount(label, weights=hits), trials, level)
    return Estimate(
        "modes indistinguishable from superposed waves",
        value,
        lower,
        upper,
        level,
        int(np.count_nonzero(trials)),
        "fraction of modes; Clopper-Pearson at the effective number of modes, clustered by chain",
        window=(low, high),
        details={"modes": len(hits), "hits": int(np.count_nonzero(hits))},
    )


def _probability_of_less(low: FloatArray, high: FloatArray) -> float:
    difference = np.sign(high[None, :] - low[:, None])
    return float(0.5 + 0.5 * difference.mean())


def _shares(dataset: xr.Dataset) -> tuple[FloatArray, FloatArray, IntegerArray]:
    return _laid_out(dataset, ensemble_wave_overlap(dataset, shells=1), "wave_share")


def _laid_out(dataset: xr.Dataset, found: xr.Dataset, name: str) -> tuple[FloatArray, FloatArray, IntegerArray]:
    """Reduced frequency and one quantity per mode, (configuration, low_mode), and the chain per configuration."""
    return found["frequency_ratio"].values, found[name].values[..., 0], StoredModes(dataset).cluster


def _inside(
    ratio: FloatArray, values: FloatArray, cluster: IntegerArray, low: float, high: float
) -> tuple[IntegerArray, FloatArray]:
    """Chains and values of the modes of a window."""
    inside = (ratio >= low) & (ratio < high)
    if not inside.any():
        raise NotApplicableError(
            "no stored mode lies in the window",
            expected=f"some in [{low:g}, {high:g}) omega_0",
            got=f"up to {float(ratio.max()):.3g}" if ratio.size and math.isfinite(ratio.max()) else "none",
        )
    return np.broadcast_to(cluster[:, None], ratio.shape)[inside], values[inside]
