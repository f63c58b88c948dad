"""Small stresses |r phi'| of interacting pairs, by configuration: their exponent, and the share of the minimum."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import arrays, chain_sums
from bosonpeak.validators.estimates.intervals import LEVEL, require_level
from bosonpeak.validators.estimates.ratios import ratio_interval
from bosonpeak.validators.power_laws.small_stresses import exponent_interval

WINDOW = (1e-4, 1e-2)
"""Stresses of pairs, in units of epsilon: the smallest of which fifty configurations hold hundreds."""

_BINS_A_DECADE = 5


def minimum_share(
    data: Sequence[ArrayLike],
    *,
    in_well: Sequence[ArrayLike],
    chain: ArrayLike | None = None,
    low: float = 0.0,
    high: float = WINDOW[1],
    level: float = LEVEL,
) -> Estimate:
    """Share of the pairs with small stress that are near the potential's minimum and not in its tail.

    Parameters
    ----------
    data : sequence of array_like
        Stress |r phi'| of the pairs, an array (pairs,) per configuration.
    in_well : sequence of array_like
        Positive phi'' of the same pairs.
    chain : array_like, shape (configurations,), optional
        Independent run of each configuration.
    low, high : float
        Window of stress in units of epsilon.
    level : float
        Confidence level.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> import numpy as np
    >>> stress = np.random.default_rng(1).random((4, 5000)) ** 2
    >>> minimum_share(stress, in_well=stress < 0.005).value > 0.5
    True
    """
    require_level(level)
    stress, wells = arrays(data, "stresses"), arrays(in_well, "in_well")
    counted = []
    for values, well in zip(stress, wells, strict=True):
        small = (np.asarray(values) >= low) & (np.asarray(values) < high)
        counted.append([np.count_nonzero(small & well.astype(bool)), np.count_nonzero(small)])
    inside, total = _by_chain(np.array(counted, dtype=np.float64), chain).T
    _require_pairs(total, low, high)
    value, lower, upper = ratio_interval(inside, total, level)
    method = f"pairs with phi'' > 0 of {int(total.sum())} in [{low:g}, {high:g}); delete-one jackknife over chains"
    return Estimate("share of small stresses from the minimum", value, lower, upper, level, len(total), method)


def pair_stress_exponent(
    data: Sequence[ArrayLike],
    *,
    chain: ArrayLike | None = None,
    low: float = WINDOW[0],
    high: float = WINDOW[1],
    level: float = LEVEL,
) -> Estimate:
    """Exponent alpha of the distribution of |r phi'| in a window.

    Parameters
    ----------
    data, chain
        As for `minimum_share`.
    low, high : float
        Window of stress in units of epsilon.
    level : float
        Confidence level.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> import numpy as np
    >>> stress = np.random.default_rng(1).random((4, 5000)) ** 2
    >>> found = pair_stress_exponent(stress)
    >>> found.low < -0.5 < found.high
    True
    """
    require_level(level)
    stress = arrays(data, "stresses")
    bins = max(round(math.log10(high / low) * _BINS_A_DECADE), 2)
    edges = np.geomspace(low, high, bins + 1)
    counts = np.array([np.histogram(np.asarray(values), edges)[0] for values in stress], dtype=np.float64)
    clusters = _by_chain(counts, chain)
    _require_pairs(clusters.sum(axis=0), low, high)
    step = math.log(high / low) / bins
    value, lower, upper = exponent_interval(clusters, step, level)
    method = f"likelihood of {int(counts.sum())} pairs in bins; delete-one jackknife over chains"
    return Estimate("alpha of |r phi'|", value, lower, upper, level, len(clusters), method, window=(low, high))


def _require_pairs(counts: FloatArray, low: float, high: float) -> None:
    if np.count_nonzero(counts) < 2:
        raise NotApplicableError("too few pairs have so small a stress", expected=f"pairs in [{low:g}, {high:g})")


def _by_chain(values: FloatArray, chain: ArrayLike | None) -> FloatArray:
    """Sums over the configurations of each chain; each configuration by itself if chains are unknown."""
    return values if chain is None else chain_sums(values, chain)
