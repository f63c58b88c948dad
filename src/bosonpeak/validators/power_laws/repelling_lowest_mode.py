"""The exponent s from the lowest mode of each sample, where modes repel each other as much as their number shows.

Weibull's law, from which s was read first, presumes independent modes; the repulsion of random matrices makes a true 3
look like 4 in it. How much modes repel is measured on the counts of the same samples, and taken out.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arrays import FloatArray, IntegerArray
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, ensemble_or_array, mode_lists
from bosonpeak.validators.estimates.intervals import (
    FEWEST_SAMPLES,
    LEVEL,
    deletion_groups,
    jackknife_half_width,
    require_level,
)
from bosonpeak.validators.levels.count_dispersion import counts_below, end_of
from bosonpeak.validators.levels.renewal_levels import repulsion_of
from bosonpeak.validators.power_laws.lowest_mode import possible_phonons, with_samples
from bosonpeak.validators.power_laws.weibull_law import shapes_without_each, weibull_shape


def lowest_mode_exponent(
    data: Ensemble | ArrayLike,
    first_phonon: ArrayLike | None = None,
    chain: ArrayLike | None = None,
    *,
    mean_count: float = 0.8,
    level: float = LEVEL,
) -> Estimate:
    """Exponent s from the distribution of the lowest mode, with the repulsion that the number of modes shows.

    Parameters
    ----------
    data, first_phonon, chain
        As for `~bosonpeak.validators.lowest_mode_shape`; several modes a sample.
    mean_count : float
        Modes a sample below the frequency at which the variance of their number is taken.
    level : float
        Confidence level; delete-one jackknife over chains, or over samples where chains are unknown, the repulsion
        measured again each time.

    Returns
    -------
    Estimate
        ``details`` has the repulsion q and the variance over mean that it follows from.

    Raises
    ------
    NotApplicableError
        If modes come without their samples, there are fewer than three samples, or too few modes for their variance.

    Notes
    -----
    With the cumulative count (omega/w)^(1 + s) and spacings of Brody's law with the repulsion q the lowest mode has the
    density omega^s exp(-(c omega)^((1 + s)(1 + q))): Weibull's law for q = 0. The repulsion is that with which levels
    have the measured variance over mean (`count_dispersion`); samples that differ raise it, and so lower q.

    Examples
    --------
    Random frequencies from omega^4:

    >>> from bosonpeak.datasets import open_dataset
    >>> found = lowest_mode_exponent(open_dataset("null/power-laws", group="many/s-4"))
    >>> found.low < 4.0 < found.high
    True
    """
    data = ensemble_or_array(data)
    require_level(level)
    lists = with_samples(mode_lists(data, first_phonon, chain))
    logarithm, cluster = np.log(lists.frequency[:, 0]), lists.cluster
    clusters = int(cluster.max()) + 1
    counts = counts_below(lists, end_of(mean_count, lists))

    found = float(counts.var(ddof=1) / counts.mean())
    value, half = weibull_shape(logarithm, repulsion_of(found, mean_count)) - 1.0, math.nan
    if clusters >= FEWEST_SAMPLES:
        group = deletion_groups(clusters)[cluster]
        repulsion = [repulsion_of(each, mean_count) for each in _dispersions_without_each(counts, group)]
        half = jackknife_half_width(shapes_without_each(logarithm, group, repulsion), level)
    unit = "samples" if lists.independent else "chains"
    return Estimate(
        name="exponent s from the lowest mode, repulsion measured",
        value=value,
        low=value - half,
        high=value + half,
        level=level,
        n=clusters,
        method=f"maximum likelihood with the repulsion that the counts show; delete-one jackknife over {unit}",
        warnings=possible_phonons(lists, ""),
        details={"repulsion": repulsion_of(found, mean_count), "dispersion": found, "mean_count": mean_count},
    )


def _dispersions_without_each(counts: IntegerArray, group: IntegerArray) -> FloatArray:
    """Variance over mean of the counts of all other groups, shape (groups,)."""
    number, first, second = (np.bincount(group, counts**power) for power in (0, 1, 2))
    left, total, squares = (each.sum() - each for each in (number, first, second))
    return np.asarray((squares - total**2 / left) / (left - 1.0) / (total / left))
