"""Level repulsion of the non-phononic modes below the first phonon, of which a sample has few.

Only ratios of three levels below a multiple of omega_0 count. Levels are unfolded by the staircase of the ensemble,
because g(omega) rises steeply: without repulsion the mean ratio is then 2 ln 2 - 1 for any g(omega).
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.special import ndtri

from bosonpeak.datasets.arguments import instance, number, whole_number
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, ModeLists, ensemble_or_array, mode_lists
from bosonpeak.validators.estimates.intervals import LEVEL, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.estimates.ratios import ratio_interval
from bosonpeak.validators.levels.reference_levels import GoeReference, goe_reference
from bosonpeak.validators.levels.spacing_ratios import POISSON_MEAN, folded, spacing_ratios

FEWEST_SAMPLES_TO_UNFOLD = 40
"""A sample's own levels are part of the staircase and so space themselves more evenly: independent levels then seem
to repel each other by 0.1 in 25 samples, 0.05 in 100 and 0.01 in 300, of 1 for random matrices."""

FEWEST_RATIOS = 20

FEWEST_LEVELS = 2.5
"""Modes per sample below which three in a window are an exception, and no matrices tell what to expect of it."""

_REFERENCE_LEVELS = 50


@accept_old_spelling(positional=("first_phonon", "chain"))
def repulsion_below_phonon(
    data: Ensemble | ArrayLike,
    *,
    first_phonon: ArrayLike | None = None,
    chain: ArrayLike | None = None,
    high: float = 0.9,
    reference: GoeReference | None = None,
    level: float = LEVEL,
) -> Estimate:
    """Mean of r~ of the modes below the first phonon on the scale from no repulsion (0) to GOE (1).

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree, str or array_like
        With ``eigenfrequency`` (sample, mode), ``first_phonon`` (sample) and, where samples depend on each other,
        ``chain`` (sample); or an array (samples, modes), NaN at the end of short rows.
    first_phonon : array_like, optional
        omega_0, one for all or one per sample; overrides the dataset's.
    chain : array_like, optional
        Independent run of each sample; overrides the dataset's.
    high : float
        Upper end of the window in units of omega_0.
    reference : GoeReference, optional
        Levels from the middle of large matrices; they are cut into windows of as many levels as the data have.
    level : float
        Confidence level; delete-one jackknife over chains, or over samples where chains are unknown.

    Returns
    -------
    Estimate
        ``details`` hold the mean of r~, the mean of the matrices, and the numbers of samples, modes and ratios.

    Raises
    ------
    NotApplicableError
        If the phonon scale is missing, mode lists end inside the window, or there are too few samples or ratios.

    Examples
    --------
    Independent levels do not repel each other.

    >>> from bosonpeak.datasets import open_dataset
    >>> from bosonpeak.validators.levels import goe_reference
    >>> matrices = goe_reference(200, "middle", 50, matrices=100)
    >>> found = repulsion_below_phonon(open_dataset("null/level-statistics", group="low/poisson"), reference=matrices)
    >>> found.low < 0.0 < found.high
    True
    """
    require_level(level)
    high = number(high, "high", above=0.0)
    lists = _lists(ensemble_or_array(data), high, first_phonon, chain)
    ratio = folded_ratios_below(lists, high)
    total, count = _sums(ratio, lists.cluster)
    samples, modes = len(ratio), int(np.count_nonzero(lists.reduced < high))
    if count.sum() < FEWEST_RATIOS or modes < FEWEST_LEVELS * samples:
        raise NotApplicableError(
            "too few modes below the first phonon to have neighbours",
            expected=f"{FEWEST_RATIOS} ratios of spacings, and {FEWEST_LEVELS} modes per sample",
            got=f"{int(count.sum())} and {modes / samples:.2g} below {high:g} omega_0",
        )
    # Mean of r~ with its jackknife over clusters, and its value for GOE at the same number of levels per window.
    # Mean of r~ with its jackknife over clusters, and its value for GOE at the same number of levels per window.
    mean, low, upper = ratio_interval(total, count, level)
    if reference is not None:
        instance(reference, GoeReference, "goe_reference")
    simulated = reference or goe_reference(4 * _REFERENCE_LEVELS, "middle", _REFERENCE_LEVELS)
    goe, error = _goe_mean(simulated, modes / samples)
    # Rescale to 0 for Poisson and 1 for GOE; the error of the simulated reference adds in quadrature.
    # Rescale to 0 for Poisson and 1 for GOE; the error of the simulated reference adds in quadrature.
    scale = goe - POISSON_MEAN
    extra = error * float(ndtri(0.5 + 0.5 * level))
    value = (mean - POISSON_MEAN) / scale
    return Estimate(
        name=f"likeness to GOE (0 Poisson, 1 GOE) below {high:g} omega_0",
        value=value,
        low=value - math.hypot(mean - low, extra) / scale,
        high=value + math.hypot(upper - mean, extra) / scale,
        level=level,
        n=len(total),
        method="mean of min(r, 1/r) of levels unfolded by the ensemble's staircase, rescaled; delete-one jackknife "
        f"over {'samples' if lists.chain is None else 'chains'}",
        window=(0.0, high),
        details={
            "mean_ratio": mean,
            "goe_reference": goe,
            "goe_error": error,
            "ratios": int(count.sum()),
            "modes": modes,
            "samples": samples,
        },
    )


@accept_old_spelling(positional=("first_phonon", "chain"))
def low_ratio_distribution(
    data: Ensemble | ArrayLike,
    *,
    first_phonon: ArrayLike | None = None,
    chain: ArrayLike | None = None,
    high: float = 0.9,
    bins: int = 10,
) -> xr.Dataset:
    """Histogram of r~ of the modes below the first phonon, for a plot.

    Parameters
    ----------
    data, first_phonon, chain, high
        As for `repulsion_below_phonon`.
    bins : int
        Number of bins between 0 and 1.

    Returns
    -------
    xarray.Dataset
        ``density``, ``lower``, ``upper`` (95 %, jackknife over chains or samples) and ``poisson`` against ``ratio``.

    Examples
    --------
    Independent levels: small ratios are the most frequent.

    >>> from bosonpeak.datasets import open_dataset
    >>> found = low_ratio_distribution(open_dataset("null/level-statistics", group="low/poisson"))
    >>> round(float(found["density"].mean()), 6)
    1.0
    >>> bool(found["density"][0] > found["density"][-1])
    True
    """
    high = number(high, "high", above=0.0)
    lists = _lists(ensemble_or_array(data), high, first_phonon, chain)
    ratio = folded_ratios_below(lists, high)
    edges = np.linspace(0.0, 1.0, whole_number(bins, "bins") + 1)
    every = _sums(ratio, lists.cluster)[1]
    limits = []
    for low, upper in itertools.pairwise(edges):
        within = (ratio >= low) & ((ratio < upper) | (ratio == edges[-1]) & (upper == edges[-1]))
        inside = np.where(np.isnan(ratio), np.nan, within * float(bins))
        limits.append(ratio_interval(_sums(inside, lists.cluster)[0], every, LEVEL))
    value, lower, upper = np.array(limits).T
    centre = 0.5 * (edges[1:] + edges[:-1])
    return xr.Dataset(
        {
            "density": ("ratio", value),
            "lower": ("ratio", lower),
            "upper": ("ratio", upper),
            "poisson": ("ratio", 2.0 / (1.0 + centre) ** 2),
        },
        coords={"ratio": centre},
    )


def folded_ratios_below(lists: ModeLists, high: float) -> FloatArray:
    """Ratios r~ of unfolded levels, (samples, modes - 2); NaN at zero modes and from ``high`` omega_0 on."""
    reduced = lists.reduced
    inside = reduced < high
    unfolded = np.searchsorted(np.sort(reduced[inside]), reduced) / len(reduced)
    triples = inside[:, :-2] & inside[:, 1:-1] & inside[:, 2:]
    return np.where(triples, folded(spacing_ratios(unfolded)), np.nan)


def _lists(
    data: xr.Dataset | FloatArray, high: float, first_phonon: ArrayLike | None, chain: ArrayLike | None
) -> ModeLists:
    lists = mode_lists(data, first_phonon, chain)
    if lists.first_phonon is None or lists.pooled:
        raise NotApplicableError(
            "the modes below the first phonon of their sample cannot be identified",
            expected="eigenfrequency (sample, mode) and first_phonon",
        )
    if len(lists.frequency) < FEWEST_SAMPLES_TO_UNFOLD:
        raise NotApplicableError(
            "too few samples to unfold their levels",
            expected=f"{FEWEST_SAMPLES_TO_UNFOLD}",
            got=f"{len(lists.frequency)}",
        )
    cut = int(np.count_nonzero(lists.reduced[:, -1] < high))
    if cut:
        raise NotApplicableError(
            "the mode lists end inside the window", got=f"{cut} of {len(lists.frequency)} below {high:g} omega_0"
        )
    return lists


def _sums(values: FloatArray, cluster: IntegerArray) -> tuple[FloatArray, FloatArray]:
    """Sum and number of the values of each cluster that are not NaN; `values`: (samples, ratios)."""
    total = np.bincount(cluster, weights=np.nansum(values, axis=1)).astype(np.float64)
    return total, np.bincount(cluster, weights=np.count_nonzero(~np.isnan(values), axis=1)).astype(np.float64)


def _goe_mean(reference: GoeReference, levels: float) -> tuple[float, float]:
    """Mean of r~ and its standard error in windows of GOE matrices that hold `levels` levels on average."""
    # A window prefers close neighbours, which lowers the mean; no data level begins a window, so no first level of a
    # row does.
    spacing = np.diff(reference.levels, axis=1).mean()
    place = ((reference.levels - reference.levels[:, :1]) / spacing - 1.0) / levels
    window = np.floor(place).astype(np.int64)
    whole = max(int((reference.levels.shape[1] - 2) / levels), 1)
    together = (window[:, 2:] == window[:, :-2]) & (window[:, :-2] >= 0) & (window[:, :-2] < whole)
    total, count = _sums(np.where(together, folded(reference.ratio), np.nan), np.arange(len(place)))
    mean = float(total.sum() / count.sum())
    return mean, float(np.sqrt(np.sum((total - mean * count) ** 2)) / count.sum())
