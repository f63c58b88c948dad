"""Exponent s from the lowest mode of each sample: its distribution in one size, its mean against the size.

Both readings are due to Lerner, Düring and Bouchbinder, Phys. Rev. Lett. 117, 035501 (2016). For independent modes the
lowest obeys Weibull's law of shape 1 + s, and its mean falls as N^(-1/(1+s)). Level repulsion raises the shape, so that
s = 3 looks like 4; `lowest_mode_exponent` measures the repulsion on the same samples and corrects for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

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
    FEWEST_SAMPLES,
    LEVEL,
    deletion_groups,
    jackknife_half_width,
    mean_interval,
    require_level,
    t_factor,
    weighted_slope,
)
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.levels.number_variance import counts_below, end_of
from bosonpeak.validators.levels.reference_levels import repulsion_of

_STEEPEST = 60.0
_TERMS = 12
_STEPS = 20
_TOLERANCE = 1e-12


def weibull_shape(logarithm: FloatArray, repulsion: float = 0.0) -> float:
    """Root k of 1/k = <x^p ln x>/<x^p> - <ln x>, p = k (1 + repulsion): the likelihood of x^(k - 1) exp(-(c x)^p)."""
    centred = logarithm - logarithm.max()

    def excess(shape: float) -> float:
        weight = np.exp(shape * (1.0 + repulsion) * centred)
        return float(np.sum(weight * centred) / weight.sum() - centred.mean() - 1.0 / shape)

    return float(optimize.brentq(excess, 1e-3, _STEEPEST)) if excess(_STEEPEST) > 0.0 else math.inf


def shapes_without_each(logarithm: FloatArray, group: IntegerArray, repulsion: ArrayLike = 0.0) -> FloatArray:
    """Weibull shapes (groups,) with each group of values (values,) left out, from one pass over the values."""
    # Sums without a group are all sums less the group's. Their powers of x are expanded about the common p, which
    # changes little; if the series has not converged, the shape is computed directly.
    number = np.bincount(group)
    stretch = 1.0 + np.broadcast_to(np.asarray(repulsion, dtype=np.float64), number.shape)
    middle = weibull_shape(logarithm, float(stretch.mean()) - 1.0) * float(stretch.mean())
    centred = logarithm - logarithm.max()
    without = _all_but(centred, group) / (len(logarithm) - number)
    weight = np.exp(middle * centred) if math.isfinite(middle) else np.zeros_like(centred)
    sums = np.empty((_TERMS + 1, len(number)))
    for order in range(_TERMS + 1):
        sums[order] = _all_but(weight, group) / math.factorial(order)
        weight = weight * centred
    # sums[j] / j!, so that <x^p> and <x^p ln x> are polynomials in p - middle, and so are their derivatives
    factors = np.arange(1, _TERMS + 1)[:, None]
    slopes = factors * sums[1:]
    curves = factors[:-1] * slopes[1:]
    power = np.full(len(number), middle)
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            shift = power - middle
            zero, first, second = (_polynomial(each, shift) for each in (sums, slopes, curves))
            excess = first / zero - without - stretch / power
            step = excess / (second / zero - (first / zero) ** 2 + stretch / power**2)
            power = power - step
        left = np.abs(slopes[-1] * (power - middle) ** (_TERMS - 1) / first)
        settled = (np.abs(step) < _TOLERANCE * power) & (left < _TOLERANCE) & (power < _STEEPEST)
    shapes = power / stretch
    for one in np.flatnonzero(~settled):
        shapes[one] = weibull_shape(logarithm[group != one], float(stretch[one]) - 1.0)
    return shapes


def _all_but(values: FloatArray, group: IntegerArray) -> FloatArray:
    """Sums of the values of all other groups, shape (groups,)."""
    own = np.bincount(group, values)
    return np.asarray(own.sum() - own)


def _polynomial(coefficients: FloatArray, at: FloatArray) -> FloatArray:
    """Polynomials of one variable each, lowest order first, shape (groups,)."""
    value = np.zeros_like(at)
    for coefficient in coefficients[::-1]:
        value = value * at + coefficient
    return value


FOOT = 0.75
"""Lowest modes above this multiple of the mean omega_0 may be phonons."""

FEWEST_SIZES = 3

_PHONONS = 0.01


@accept_old_spelling(positional=("first_phonon", "chain"))
def lowest_mode_shape(
    data: Ensemble | ArrayLike,
    *,
    first_phonon: ArrayLike | None = None,
    chain: ArrayLike | None = None,
    level: float = LEVEL,
) -> Estimate:
    """Shape of Weibull's law for the lowest mode of a sample, less 1: the exponent s if modes were independent.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree, str or array_like
        Dataset with ``eigenfrequency`` (sample, mode) and, where known, ``first_phonon`` and ``chain`` (sample); or an
        array (samples, modes).
    first_phonon : array_like, optional
        omega_0 = 2 pi v_T / L from the moduli; where it is known, lowest modes that may be phonons are warned of.
    chain : array_like, optional
        Independent run of each sample.
    level : float
        Confidence level; delete-one jackknife over chains, or over samples where chains are unknown.

    Returns
    -------
    Estimate
        Maximum likelihood. It is not an estimate of s unless `count_dispersion` is 1.

    Raises
    ------
    NotApplicableError
        If modes come without their samples, or there are fewer than three samples.

    Examples
    --------
    Quantiles of Weibull's law of shape 5, which is that of independent modes with s = 4:

    >>> import numpy as np
    >>> probability = (np.arange(1000) + 0.5) / 1000
    >>> weibull = (-np.log(probability)) ** 0.2
    >>> round(lowest_mode_shape(weibull[:, None]).value, 1)
    4.0
    """
    data = ensemble_or_array(data)
    require_level(level)
    lists = with_samples(mode_lists(data, first_phonon, chain))
    logarithm, cluster = np.log(lists.frequency[:, 0]), lists.cluster
    clusters = int(cluster.max()) + 1
    value, half = weibull_shape(logarithm) - 1.0, math.nan
    if clusters >= FEWEST_SAMPLES:
        half = jackknife_half_width(shapes_without_each(logarithm, deletion_groups(clusters)[cluster]), level)
    return Estimate(
        name="Weibull shape of the lowest mode less 1",
        value=value,
        low=value - half,
        high=value + half,
        level=level,
        n=clusters,
        method=f"maximum likelihood; delete-one jackknife over {'samples' if lists.independent else 'chains'}",
        warnings=possible_phonons(lists, ""),
    )


@accept_old_spelling(positional=("particles", "first_phonon", "chain"))
def lowest_mode_scaling(
    data: Ensembles,
    *,
    particles: int | Sequence[int] | None = None,
    first_phonon: PerSize | None = None,
    chain: PerSize | None = None,
    level: float = LEVEL,
) -> Estimate:
    """Exponent s from how the mean lowest mode falls with the size: <omega_min> ~ N^(-1/(1+s)).

    Parameters
    ----------
    data, particles, first_phonon, chain
        Ensembles of several sizes, as for `limit_exponent`; omega_0 is optional.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        From a weighted straight line in logarithms; the weights and the interval come from the scatter over chains.
        ``details`` has the means, and the probability of so large deviations from a line: where g bends, there is none.

    Raises
    ------
    NotApplicableError
        If there are fewer than three sizes, or the number of particles of one is unknown.

    Examples
    --------
    Lowest modes that fall like N^(-1/5), as s = 4 demands:

    >>> import numpy as np
    >>> sizes = [500, 1000, 2000]
    >>> scatter = np.array([[0.9], [1.0], [1.1]])
    >>> round(lowest_mode_scaling([scatter * size**-0.2 for size in sizes], particles=sizes).value, 6)
    4.0
    """
    require_level(level)
    sizes = mode_lists_of_sizes(data, particles, first_phonon, chain)
    numbers, lists = [number for number, _ in sizes], [with_samples(each) for _, each in sizes]
    if len(set(numbers)) < FEWEST_SIZES:
        raise NotApplicableError(
            "the lowest mode is followed over sizes",
            expected=f"at least {FEWEST_SIZES} sizes",
            got=", ".join(str(number) for number in numbers),
        )
    means = np.array([_mean_of_logarithm(each) for each in lists])
    slope, error, misfit = weighted_slope(np.log(numbers), means[:, 0], means[:, 1])
    half = error * t_factor(min(int(each.cluster.max()) + 1 for each in lists), level)
    warnings = [
        remark
        for number, each in zip(numbers, lists, strict=True)
        for remark in possible_phonons(each, f"N = {number}: ")
    ]
    if misfit < 1.0 - level:
        warnings.append(f"no power law of the size: deviations from the line have p = {misfit:.2g}")
    return Estimate(
        name="exponent s from the lowest mode's size dependence",
        value=_exponent_of(slope),
        low=_exponent_of(slope - half),
        high=_exponent_of(slope + half),
        level=level,
        n=sum(int(each.cluster.max()) + 1 for each in lists),
        method="weighted straight line of ln <omega_min> against ln N; errors over chains, Student-t",
        warnings=tuple(warnings),
        details={
            "particles": numbers,
            "mean_lowest_mode": np.exp(means[:, 0]).tolist(),
            "line_probability": misfit,
        },
    )


def with_samples(lists: ModeLists) -> ModeLists:
    """The lists, if every sample has a lowest mode; refused if not."""
    lowest = lists.frequency[:, 0]
    if lists.pooled or len(lowest) < FEWEST_SAMPLES or not (np.isfinite(lowest) & (lowest > 0.0)).all():
        raise NotApplicableError(
            "the lowest mode of each sample is needed",
            expected=f"modes of at least {FEWEST_SAMPLES} samples, zero modes left out",
            got="one pooled list"
            if lists.pooled
            else f"{len(lowest)} samples, {int(np.isnan(lowest).sum())} without modes",
        )
    return lists


def possible_phonons(lists: ModeLists, where: str) -> tuple[str, ...]:
    """Warning if lowest modes lie so high that they may be phonons."""
    if lists.first_phonon is None:
        return ()
    share = float(np.mean(lists.frequency[:, 0] > FOOT * lists.scale))
    return (f"{where}{100 * share:.0f} % of the lowest modes may be phonons",) if share > _PHONONS else ()


def _mean_of_logarithm(lists: ModeLists) -> tuple[float, float]:
    """Logarithm of the mean lowest mode, and its standard error over chains."""
    cluster = lists.cluster
    number = np.bincount(cluster)
    chains = np.bincount(cluster, lists.frequency[:, 0]) / number
    mean = float(lists.frequency[:, 0].mean())
    low, high = mean_interval(chains * number / number.mean())[1:]
    return math.log(mean), (high - low) / (2.0 * t_factor(len(chains))) / mean


def _exponent_of(slope: float) -> float:
    """Exponent of a slope -1/(1 + s); infinite where the lowest mode does not fall with the size."""
    return -1.0 / slope - 1.0 if slope < 0.0 else math.inf


@accept_old_spelling(positional=("first_phonon", "chain"))
def lowest_mode_exponent(
    data: Ensemble | ArrayLike,
    *,
    first_phonon: ArrayLike | None = None,
    chain: ArrayLike | None = None,
    mean_count: float = 0.8,
    level: float = LEVEL,
) -> Estimate:
    """Exponent s from the distribution of the lowest mode, with the repulsion that the number of modes shows.

    Parameters
    ----------
    data, first_phonon, chain
        As for `~bosonpeak.validators.power_laws.lowest_mode_shape`; several modes per sample.
    mean_count : float
        Modes per sample below the frequency at which the variance of their number is taken.
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
