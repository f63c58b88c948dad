"""Numbers of low modes: per sample, below a frequency, relative to another kind of glass, and per small stress."""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy import special

from bosonpeak.datasets.arguments import number, whole_number, window_ends
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import (
    Ensemble,
    ModeLists,
    chain_sums,
    ensemble_or_array,
    mode_lists,
    one_ensemble,
    require_variables,
)
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, require_level, t_factor
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.estimates.ratios import quotient_limits, ratio_interval
from bosonpeak.validators.power_laws.mode_sums import clustered_modes
from bosonpeak.validators.power_laws.small_stresses import COUNTED_BY_CHAIN, counted_by_chain

FrequencyUnit = Literal["absolute", "first-phonon"]

BELOW = 0.6
"""Modes are counted below this, in units of the mean omega_0."""


def modes_per_sample(data: Ensemble, *, below: float = BELOW, level: float = LEVEL) -> Estimate:
    """Modes of one sample below a multiple of the mean omega_0.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Modes with ``first_phonon`` (sample).
    below : float
        In units of the mean omega_0.
    level : float
        Confidence level.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> print(modes_per_sample("glass/taper-2/T-0.20"))
    3.927 [3.442, 4.411] (95 %, n = 25)
    """
    require_level(level)
    lists = _lists(one_ensemble(data))
    count = (lists.reduced < below).sum(axis=1).astype(np.float64)
    counts, sizes = chain_sums(np.stack([count, np.ones_like(count)], axis=1), lists.cluster).T
    value, low, high = ratio_interval(counts, sizes, level)
    method = "mean over samples; delete-one jackknife over chains"
    name = f"modes per sample below {below:g} omega_0"
    return Estimate(name, value, low, high, level, len(sizes), method, details={"modes": int(count.sum())})


def share_of_soft_modes(
    data: Ensemble,
    *,
    reference: Ensemble,
    below: float = 0.4,
    against: str = "the other ensemble",
    level: float = LEVEL,
) -> Estimate:
    """Modes per glass below a multiple of each kind's mean omega_0, relative to another kind of glass.

    Parameters
    ----------
    data, reference : xarray.Dataset, xarray.DataTree or str
        Modes with ``first_phonon`` (sample).
    below : float
        In units of each mean omega_0.
    against : str
        Name of the reference in the description.
    level : float
        Confidence level.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> here, there = "glass/taper-2/T-0.20", "glass/taper-2/T-0.15"
    >>> print(share_of_soft_modes(here, reference=there).in_short)
    1.499 [1.102, 2.191] (95 %, n = 25)
    """
    first, second = (modes_per_sample(each, below=below, level=level) for each in (data, reference))
    value = first.value / second.value if second.value > 0.0 else math.nan
    low, high = quotient_limits(first, second)
    return Estimate(
        name=f"modes below {below:g} omega_0 over those of {against}",
        value=value,
        low=low,
        high=high,
        level=first.level,
        n=min(first.n, second.n),
        method="quotient of two means over chains, limits by Fieller's theorem",
        window=(0.0, below),
        details={"modes_a_sample": [first.value, second.value]},
    )


def intensity_over_small_stresses(
    data: Ensemble,
    *,
    reference: Ensemble,
    below: float,
    stress: float,
    unit: FrequencyUnit = "absolute",
    names: tuple[str, str] = ("the first ensemble", "the second ensemble"),
    level: float = LEVEL,
) -> Estimate:
    """Ratio of the numbers of low modes of two ensembles, over the ratio of their numbers of small stresses.

    Parameters
    ----------
    data, reference : xarray.Dataset, xarray.DataTree or str
        Modes with ``stress_count`` and ``stress_edge``; stresses are counted by sample or chain.
    below : float
        Frequency below which modes are counted.
    stress : float
        Stress below which stresses are counted, in units of epsilon.
    unit : str
        Of `below`: "absolute", or "first-phonon", each ensemble's own mean omega_0.
    names : (str, str)
        Names of the ensembles in messages.
    level : float
        Confidence level.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> here, there = "glass/taper-2/T-0.20", "glass/taper-2/T-0.15"
    >>> print(intensity_over_small_stresses(here, reference=there, below=0.8, stress=1e-4).in_short)
    1.843 [1.407, 2.414] (95 %, n = 25)
    """
    require_level(level)
    logarithm, square = 0.0, 0.0
    counted: list[list[int]] = []
    for name, each, sign in zip(names, (data, reference), (1.0, -1.0), strict=True):
        modes, stresses = low_modes_and_small_stresses(each, below=below, stress=stress, unit=unit)
        value, low, high = ratio_interval(modes, stresses, level)
        if not low > 0.0:
            raise NotApplicableError("too few modes to compare", got=f"{modes.sum():g} in {name}")
        logarithm += sign * math.log(value)
        square += (0.5 * math.log(high / low)) ** 2
        counted.append([int(modes.sum()), int(stresses.sum()), len(modes)])
    value, half = math.exp(logarithm), math.sqrt(square)
    place = f"{below:g}" if unit == "absolute" else f"{below:g} omega_0 of each"
    return Estimate(
        "intensity of low modes over small stresses",
        value,
        value * math.exp(-half),
        value * math.exp(half),
        level,
        min(chains for _, _, chains in counted),
        f"modes below {place} over stresses below {stress:g}, over the same of {names[1]}; jackknife over chains",
        details={"modes_stresses_chains": counted},
    )


def low_modes_and_small_stresses(
    data: Ensemble, *, below: float, stress: float, unit: FrequencyUnit = "absolute"
) -> tuple[FloatArray, FloatArray]:
    """Numbers of modes below a frequency and of stress components below a stress, each of shape (chains,)."""
    data = one_ensemble(data)
    lists = _lists(data)
    if unit not in get_args(FrequencyUnit):
        raise NotApplicableError("unknown unit", expected=" or ".join(get_args(FrequencyUnit)), got=repr(unit))
    frequency = lists.frequency if unit == "absolute" else lists.reduced
    modes = chain_sums((frequency < below).sum(axis=1), lists.cluster)
    per_chain = counted_by_chain(data)
    require_variables(data, COUNTED_BY_CHAIN if per_chain else "stress_count", "stress_edge")
    small = data["stress_edge"].values[1:] <= stress * (1.0 + 1e-9)
    if per_chain:
        stresses = data[COUNTED_BY_CHAIN].values[:, small].sum(axis=1).astype(np.float64)
    else:
        stresses = chain_sums(data["stress_count"].values[:, small].sum(axis=1), lists.cluster)
    return modes, stresses


def _lists(data: xr.Dataset) -> ModeLists:
    lists = mode_lists(data)
    if lists.first_phonon is None:
        raise NotApplicableError("modes cannot be placed", expected="first_phonon", got="no first_phonon")
    return lists


@accept_old_spelling(positional=("first_phonon", "chain"))
def reduced_cumulative_count(
    data: Ensemble | ArrayLike,
    *,
    first_phonon: ArrayLike | None = None,
    chain: ArrayLike | None = None,
    exponent: float,
    low: float = 0.1,
    high: float = 1.2,
    points: int = 120,
    level: float = LEVEL,
) -> xr.Dataset:
    """F(omega) / omega^(s+1) with a pointwise band, for a plot: it is flat where g ~ omega^s.

    Parameters
    ----------
    data, first_phonon, chain
        As for `exponent`.
    exponent : float
        s of the plot.
    low, high : float
        Range in units of the mean omega_0.
    points : int
        Points, equally far apart in ln(omega).
    level : float
        Confidence level of the band. Its points are correlated: no line may be fitted to it.

    Returns
    -------
    xarray.Dataset
        ``reduced_count``, ``lower``, ``upper`` against ``reduced_frequency``: modes per sample below the frequency over
        (omega/omega_0)^(s+1).

    Examples
    --------
    Frequencies up to 2 omega_0 from omega^4, ten a sample: flat at 10 / 2^5.

    >>> import numpy as np
    >>> quantiles = (np.arange(1000) + 0.5) / 1000
    >>> modes = 2.0 * quantiles**0.2
    >>> rows = modes.reshape(100, 10)
    >>> found = reduced_cumulative_count(rows, first_phonon=1.0, exponent=4.0, low=1.0, high=1.8, points=3)
    >>> (found["reduced_count"] * 2.0**5 / 10.0).values.round(1).tolist()
    [1.0, 1.0, 1.0]
    """
    data = ensemble_or_array(data)
    require_level(level)
    lists = mode_lists(data, first_phonon, chain)
    if lists.first_phonon is None:
        raise NotApplicableError("the plot needs the phonon scale", expected="first_phonon", got="no first_phonon")
    modes = clustered_modes(lists)
    low, high = window_ends(number(low, "low", above=0.0), high)
    exponent, points = number(exponent, "exponent"), whole_number(points, "points")
    grid = np.geomspace(low, number(high, "high"), points)
    counts = np.stack(
        [np.searchsorted(np.sort(modes.frequency[modes.cluster == k]), grid) for k in range(modes.clusters)]
    )
    total = counts.sum(axis=0).astype(np.float64)
    lower, upper = _count_band(counts, modes.independent, level)
    weight = 1.0 / (len(lists.frequency) * grid ** (exponent + 1.0))
    return xr.Dataset(
        {
            "reduced_count": ("reduced_frequency", total * weight),
            "lower": ("reduced_frequency", lower * weight),
            "upper": ("reduced_frequency", upper * weight),
        },
        coords={"reduced_frequency": grid},
    )


def _count_band(counts: IntegerArray, independent: bool, level: float) -> tuple[FloatArray, FloatArray]:
    """Limits of the summed counts: Poisson, widened by the scatter of dependent samples' chains."""
    total = counts.sum(axis=0).astype(np.float64)
    if independent:
        effect, factor = np.ones_like(total), float(special.ndtri(0.5 + 0.5 * level))
    elif len(counts) < FEWEST_SAMPLES:
        return np.full_like(total, np.nan), np.full_like(total, np.nan)
    else:
        spread = counts.var(axis=0, ddof=1) * len(counts)
        effect = np.maximum(1.0, np.divide(spread, total, out=np.ones_like(total), where=total > 0))
        factor = t_factor(len(counts), level)
    tail = special.ndtr(-factor)
    effective = total / effect
    lower = np.where(total > 0, special.gammaincinv(np.maximum(effective, 1e-12), tail), 0.0)
    upper = special.gammainccinv(effective + 1.0, tail)
    return lower * effect, upper * effect
