"""Fractions of modes with exact intervals that know which modes belong together."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, t_factor


def exact_interval(hits: float, trials: float, level: float = LEVEL) -> tuple[float, float]:
    """Clopper-Pearson interval of a fraction; hits and trials need not be whole numbers.

    Examples
    --------
    >>> [round(limit, 3) for limit in exact_interval(0, 10)]
    [0.0, 0.308]
    """
    tail = 0.5 * (1.0 - level)
    low = 0.0 if hits <= 0.0 else float(special.betaincinv(hits, trials - hits + 1.0, tail))
    high = 1.0 if hits >= trials else float(special.betaincinv(hits + 1.0, trials - hits, 1.0 - tail))
    return low, high


def clustered_fraction(hits: ArrayLike, trials: ArrayLike, level: float = LEVEL) -> tuple[float, float, float]:
    """Fraction of hits among trials that come in clusters.

    The Clopper-Pearson interval at the effective number of trials p (1 - p) / v, v the variance between clusters, with
    Student's t for its uncertainty (Korn and Graubard, 1998). Where all trials agree, a cluster counts as one.

    Parameters
    ----------
    hits, trials : array_like, shape (clusters,)
        Of each cluster; clusters without trials are left out.
    level : float
        Confidence level.

    Returns
    -------
    fraction, low, high : float
        The limits are NaN for fewer than `intervals.FEWEST_SAMPLES` clusters.

    Raises
    ------
    NotApplicableError
        If there is no trial.
    """
    tried = np.asarray(trials, dtype=np.float64)
    hit, tried = np.asarray(hits, dtype=np.float64)[tried > 0.0], tried[tried > 0.0]
    clusters, total = len(tried), float(tried.sum())
    if clusters == 0:
        raise NotApplicableError("no fraction of nothing", expected="at least one mode", got="none")
    fraction = float(hit.sum()) / total
    if clusters < FEWEST_SAMPLES:
        return fraction, math.nan, math.nan
    if fraction in (0.0, 1.0):
        effective = float(clusters)
    else:
        variance = clusters / (clusters - 1) * float(np.sum((hit - fraction * tried) ** 2)) / total**2
        largest = total if variance == 0.0 else min(total, fraction * (1.0 - fraction) / variance)
        effective = max(1.0, largest * (t_factor(int(total), level) / t_factor(clusters, level)) ** 2)
    return (fraction, *exact_interval(fraction * effective, effective, level))
