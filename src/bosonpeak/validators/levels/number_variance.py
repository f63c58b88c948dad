"""Correlation of soft modes from the scatter of their number below a frequency, sample by sample.

Independent modes have the variance over mean, the Fano factor, 1; repulsion lowers it, differences between samples only
raise it. Fewer than one mode per sample suffices, and no unfolding is needed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import number
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import (
    Ensemble,
    Ensembles,
    ModeLists,
    PerSize,
    ensemble_or_array,
    mode_lists,
    mode_lists_of_sizes,
)
from bosonpeak.validators.estimates.intervals import (
    LEVEL,
    jackknife_half_width,
    require_level,
    t_factor,
    weighted_slope,
)
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling

FEWEST_MODES = 30
"""Below so many modes in all samples the variance of their counts says nothing."""

FEWEST_PAIRS = 20
"""Of independent modes that share a sample: below, an interval would hold the truth in less than 93 of 100 cases."""


@accept_old_spelling(positional=("first_phonon", "chain"))
def count_dispersion(
    data: Ensemble | ArrayLike,
    *,
    first_phonon: ArrayLike | None = None,
    chain: ArrayLike | None = None,
    below: float = 0.4,
    mean_count: float | None = None,
    level: float = LEVEL,
) -> Estimate:
    """Variance over mean of the number of modes of a sample below a frequency (Fano factor).

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree, str or array_like
        Dataset with ``eigenfrequency`` (sample, mode), ``first_phonon`` (sample) and, where samples depend on each
        other, ``chain`` (sample); or an array (samples, modes), NaN at the end of short rows.
    first_phonon : array_like, optional
        omega_0 = 2 pi v_T / L from the moduli, one for all or one per sample.
    chain : array_like, optional
        Independent run of each sample.
    below : float
        The frequency, in units of the mean omega_0.
    mean_count : float, optional
        Modes per sample that lie below the frequency, instead of `below`: ensembles of different sizes are compared at
        the same number of modes.
    level : float
        Confidence level; delete-one jackknife over chains, or over samples where chains are unknown.

    Returns
    -------
    Estimate
        1 for independent modes, below 1 for repelling ones. The limits are NaN where fewer than `FEWEST_PAIRS` modes
        could share a sample; they are limits of the logarithm, since the factor scatters to larger values.
        ``details`` has the mean count and the standard error.

    Raises
    ------
    NotApplicableError
        If omega_0 is unknown, modes come without their samples, lists end below the frequency, or there are too few
        modes.

    Notes
    -----
    The variance is that about the mean of all samples, so that chains which differ raise it.

    Examples
    --------
    The number of modes does not vary at all in equal spectra, and like Poisson's in independent ones.

    >>> import numpy as np
    >>> spectra = np.tile(np.linspace(0.1, 1.0, 10), (40, 1))
    >>> count_dispersion(spectra, first_phonon=1.0, below=0.55).value
    0.0
    >>> poisson = np.sort(np.random.default_rng(1).random((400, 10)) * 10.0, axis=1)
    >>> independent = count_dispersion(poisson, first_phonon=1.0, below=1.0)
    >>> independent.low < 1.0 < independent.high
    True
    """
    data = ensemble_or_array(data)
    require_level(level)
    lists = mode_lists(data, first_phonon, chain)
    if lists.first_phonon is None or lists.pooled:
        raise NotApplicableError(
            "counts need samples and the phonon scale",
            expected="modes of each sample, and omega_0 = 2 pi v_T / L from its elastic moduli",
            got="one pooled list" if lists.pooled else "no first_phonon",
        )
    scale = lists.scale
    end = number(below, "below", above=0.0) * scale if mean_count is None else end_of(mean_count, lists)
    below = end / scale
    counts = counts_below(lists, end)
    cluster = lists.cluster
    clusters = int(cluster.max()) + 1
    unit = "samples" if lists.independent else "chains"
    # Number of samples, sum and sum of squares of the counts by cluster; their total gives the Fano factor, the
    # total without a cluster the leave-one-out factors.
    # Number of samples, sum and sum of squares of the counts by cluster; their total gives the Fano factor, the
    # total without a cluster the leave-one-out factors.
    moments = np.array([np.bincount(cluster, counts**power, clusters) for power in (0, 1, 2)])
    total = moments.sum(axis=1, keepdims=True)
    value, partial = float(_fano(total)[0]), _fano(total - moments)
    # Only modes that share a sample contribute to the variance.
    pairs = float(counts.sum()) ** 2 / (2.0 * len(counts))
    few = f"too few modes: independent ones would share a sample {pairs:.1f} times, {FEWEST_PAIRS} are needed"
    sure = pairs >= FEWEST_PAIRS and float(partial.min()) > 0.0
    half = jackknife_half_width(np.log(partial), level) if sure else math.nan
    return Estimate(
        name="variance over mean of the number of modes",
        value=value,
        low=value * math.exp(-half),
        high=value * math.exp(half),
        level=level,
        n=clusters,
        method=f"counts below {below:g} omega_0; delete-one jackknife of the logarithm over {unit}",
        window=(0.0, below),
        warnings=() if sure else (few,),
        details={
            "mean_count": float(counts.mean()),
            "samples": len(counts),
            "standard_error": jackknife_half_width(partial, level) / t_factor(clusters, level),
        },
    )


@accept_old_spelling(positional=("particles", "first_phonon", "chain"))
def count_dispersion_growth(
    data: Ensembles,
    *,
    particles: int | Sequence[int] | None = None,
    first_phonon: PerSize | None = None,
    chain: PerSize | None = None,
    mean_count: float = 0.8,
    level: float = LEVEL,
) -> Estimate:
    """Change of the counts' variance over mean per doubling of the size, at the same mean number of modes.

    Modes that sit in different places of a large box are independent: at a fixed number of modes per sample the
    factor then rises towards 1 as the box grows. Modes that all repel each other keep it where it is.

    Parameters
    ----------
    data, particles, first_phonon, chain
        Ensembles of several sizes, as for `limit_exponent`.
    mean_count : float
        Modes per sample below the frequency that is chosen for each size.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Slope of a weighted straight line against the logarithm of the size to base 2. ``details`` has the factor of
        each size and where its frequency lies, in units of its omega_0.

    Raises
    ------
    NotApplicableError
        If there are fewer than two sizes, or `count_dispersion` does not apply to one.

    Examples
    --------
    Independent modes stay independent, whatever the size.

    >>> import numpy as np
    >>> independent = np.random.default_rng(1).random((2, 500, 40)) * 20.0
    >>> found = count_dispersion_growth(np.sort(independent), particles=[500, 1000], first_phonon=[1.0, 1.0])
    >>> found.low < 0.0 < found.high
    True
    """
    require_level(level)
    sizes = mode_lists_of_sizes(data, particles, first_phonon, chain)
    numbers = np.array([number for number, _ in sizes], dtype=np.float64)
    if len(set(numbers)) < 2:
        raise NotApplicableError("a change with the size needs two sizes", got=f"N = {numbers[0]:.0f} alone")
    each = [
        count_dispersion(
            lists.frequency, first_phonon=lists.first_phonon, chain=lists.chain, mean_count=mean_count, level=level
        )
        for _, lists in sizes
    ]
    error = np.array([one.details["standard_error"] for one in each])
    value = np.array([one.value for one in each])
    slope, scatter, _ = weighted_slope(np.log2(numbers), value, error)
    half = scatter * t_factor(min(one.n for one in each), level)
    return Estimate(
        name="change of the variance over mean per doubling of the size",
        value=slope,
        low=slope - half,
        high=slope + half,
        level=level,
        n=sum(one.n for one in each),
        method=f"counts at {mean_count:g} modes per sample; weighted straight line against ln N, Student-t",
        details={
            "particles": numbers.tolist(),
            "dispersion": value.tolist(),
            "error": error.tolist(),
            "below": [float(one.window[1]) if one.window else math.nan for one in each],
        },
    )


def counts_below(lists: ModeLists, end: float) -> IntegerArray:
    """Number of modes of each sample below a frequency, (samples,); NotApplicableError if a list ends below."""
    counts = np.sum(lists.frequency < end, axis=1)
    full = ~np.isnan(lists.frequency[:, -1]) & (lists.frequency[:, -1] < end)
    if full.any():
        raise NotApplicableError(
            "lists of modes end below the frequency",
            expected=f"all modes below {end:.3g}",
            got=f"{int(full.sum())} of {len(full)} lists that end earlier",
        )
    if counts.sum() < FEWEST_MODES:
        raise NotApplicableError(
            "too few modes to tell how their number scatters",
            expected=f"at least {FEWEST_MODES}",
            got=str(counts.sum()),
        )
    return np.asarray(counts, dtype=np.int64)


def end_of(mean_count: float, lists: ModeLists) -> float:
    """Frequency below which a sample has `mean_count` modes on average."""
    modes = np.sort(lists.frequency[~np.isnan(lists.frequency)])
    wanted = round(number(mean_count, "mean_count") * len(lists.frequency))
    if not 0 < wanted < len(modes):
        raise NotApplicableError(
            "no frequency has so many modes below it",
            expected=f"{mean_count:g} modes per sample",
            got=f"{len(modes)} in all",
        )
    return float(0.5 * (modes[wanted - 1] + modes[wanted]))


def _fano(moments: FloatArray) -> FloatArray:
    """Unbiased variance over mean of the counts, from the number of samples, the sum and the sum of squares."""
    number, first, second = moments
    return np.asarray((second - first**2 / number) / (number - 1.0) / (first / number))
