"""Number of particles in the low modes of a glass or the outermost modes of a spectrum, and its growth with size.

Low modes are chosen by frequency in units of the first phonon, outermost modes by rank.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from bosonpeak.datasets.arguments import window_ends
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import (
    Ensemble,
    ensembles_of_sizes,
    mode_lists,
    one_ensemble,
    require_variables,
)
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, require_level, t_factor
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.estimates.ratios import ratio_interval

FEWEST_SIZES = 3
"""Sizes below which no scaling can be distinguished from a crossover."""


@dataclass(frozen=True)
class Localisation:
    """Extent of the modes in a window."""

    participation_ratio: Estimate  # mean of e = [N sum_i (psi_i . psi_i)^2]^-1 over modes
    participation_number: Estimate  # geometric mean of N e, the number of particles in a mode


@accept_old_spelling("dataset")
def localisation(data: Ensemble, *, low: float = 0.0, high: float = 0.9, level: float = LEVEL) -> Localisation:
    """Participation ratio and participation number of the modes in a window below the first phonon.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        With ``eigenfrequency`` and ``participation_ratio`` (sample, mode), ``first_phonon`` (sample), the attribute
        ``particles`` and, where samples depend on each other, ``chain`` (sample).
    low, high : float
        Window in units of omega_0.
    level : float
        Confidence level; delete-one jackknife over chains, or over samples where chains are unknown.

    Returns
    -------
    Localisation

    Raises
    ------
    NotApplicableError
        If a variable is missing, or all modes of the window belong to one chain.

    Examples
    --------
    Modes that a fifth of 1000 particles takes part in:

    >>> import xarray as xr
    >>> axes = "sample", "mode"
    >>> modes = {"eigenfrequency": (axes, [[0.5], [0.6], [0.7]]), "participation_ratio": (axes, [[0.2], [0.2], [0.2]])}
    >>> glasses = xr.Dataset(modes | {"first_phonon": ("sample", [1.0, 1.0, 1.0])}, attrs={"particles": 1000})
    >>> found = localisation(glasses)
    >>> round(found.participation_ratio.value, 6), round(found.participation_number.value, 6)
    (0.2, 200.0)
    """
    data = one_ensemble(data)
    require_level(level)
    low, high = window_ends(low, high)
    sums = _sums(data, low, high)
    ratio = _estimate("participation ratio e", sums.ratio, sums, (low, high), level, "mean over modes")
    logarithm = _estimate("", sums.logarithm, sums, (low, high), level, "")
    number = Estimate(
        name="participation number N e",
        value=math.exp(logarithm.value),
        low=math.exp(logarithm.low),
        high=math.exp(logarithm.high),
        level=level,
        n=logarithm.n,
        method="geometric mean over modes; delete-one jackknife over chains or samples",
        window=(low, high),
        details=ratio.details,
    )
    return Localisation(ratio, number)


@accept_old_spelling("datasets")
def localisation_scaling(
    data: Sequence[Ensemble] | xr.DataTree, *, low: float = 0.0, high: float = 0.9, level: float = LEVEL
) -> Estimate:
    """Exponent D of the participation number N e ~ N^D: 0 for localised modes, 1 for extended ones.

    Parameters
    ----------
    data : sequence of xarray.Dataset or str, or xarray.DataTree
        One per size, as for `localisation`.
    low, high : float
        Window in units of each size's own omega_0.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Slope of the weighted line through mean ln(N e) against ln N; its error follows from the jackknives, times
        sqrt(chi^2 per degree of freedom) where the points leave the line by more.

    Raises
    ------
    NotApplicableError
        With fewer than three sizes.

    Examples
    --------
    Random modes on all particles, and modes on a fixed number of them:

    >>> from bosonpeak.datasets import open_dataset
    >>> known = open_dataset("null/mode-extent")
    >>> round(localisation_scaling(known["extended"]).value, 1)
    1.0
    >>> localisation_scaling(known["localised"]).value < 0.2
    True
    """
    data = ensembles_of_sizes(data)
    require_level(level)
    low, high = window_ends(low, high)
    sums = [_sums(dataset, low, high) for dataset in data]
    sizes = np.array([each.particles for each in sums], dtype=np.float64)
    if len(np.unique(sizes)) < FEWEST_SIZES:
        raise NotApplicableError(
            "no scaling with size can be measured", expected=f"{FEWEST_SIZES} sizes", got=f"{sizes.tolist()}"
        )
    # Mean ln(N e) of each size, weighted by its inverse squared standard error.
    # Mean ln(N e) of each size, weighted by its inverse squared standard error.
    points = [_estimate("", each.logarithm, each, (low, high), level, "") for each in sums]
    x, y = np.log(sizes), np.array([point.value for point in points])
    weight = np.array([(0.5 * (point.high - point.low) / t_factor(point.n, level)) ** -2 for point in points])
    # Weighted least-squares line of mean ln(N e) against ln N.
    # Weighted least-squares line of mean ln(N e) against ln N.
    centre = np.sum(weight * x) / weight.sum()
    spread = float(np.sum(weight * (x - centre) ** 2))
    slope = float(np.sum(weight * (x - centre) * y)) / spread
    # Enlarge the error where the points scatter about the line by more than their errors.
    # Enlarge the error where the points scatter about the line by more than their errors.
    residual = y - np.sum(weight * y) / weight.sum() - slope * (x - centre)
    scatter = float(np.sum(weight * residual**2)) / (len(x) - 2)
    clusters = min(point.n for point in points)
    half = math.sqrt(max(1.0, scatter) / spread) * t_factor(clusters, level)
    return Estimate(
        name="participation scaling exponent D",
        value=slope,
        low=slope - half,
        high=slope + half,
        level=level,
        n=clusters,
        method="weighted line through mean ln(N e) against ln N; jackknives over chains or samples",
        window=(low, high),
        details={
            "particles": sizes.astype(int).tolist(),
            "participation_number": np.exp(y).tolist(),
            "modes": [int(each.count.sum()) for each in sums],
            "chi2_per_degree": scatter,
        },
    )


@dataclass(frozen=True)
class _ClusterSums:
    """Number of modes in the window and sums over these modes, by chain."""

    count: FloatArray
    ratio: FloatArray
    logarithm: FloatArray
    particles: int


def _sums(dataset: xr.Dataset, low: float, high: float) -> _ClusterSums:
    if "participation_ratio" not in dataset or "particles" not in dataset.attrs:
        raise NotApplicableError(
            "the extent of modes is unknown", expected="a variable participation_ratio and an attribute particles"
        )
    lists = mode_lists(dataset)
    if lists.first_phonon is None:
        raise NotApplicableError("the window needs the phonon scale", expected="first_phonon", got="no first_phonon")
    reduced = lists.reduced
    inside = (reduced >= low) & (reduced < high)
    values = dataset["participation_ratio"].values[inside].astype(np.float64)
    label = np.broadcast_to(lists.cluster[:, None], inside.shape)[inside]
    clusters = int(lists.cluster.max()) + 1
    particles = int(dataset.attrs["particles"])

    def summed(weights: FloatArray) -> FloatArray:
        return np.bincount(label, weights=weights, minlength=clusters).astype(np.float64)

    count = summed(np.ones(len(values)))
    if np.count_nonzero(count) < FEWEST_SAMPLES:
        raise NotApplicableError(
            "too few chains have a mode in the window",
            expected=f"{FEWEST_SAMPLES}",
            got=f"{np.count_nonzero(count)} of {clusters}",
        )
    return _ClusterSums(count, summed(values), summed(np.log(particles * values)), particles)


def _estimate(
    name: str, total: FloatArray, sums: _ClusterSums, window: tuple[float, float], level: float, method: str
) -> Estimate:
    """Mean over modes with its jackknife over clusters."""
    value, low, high = ratio_interval(total, sums.count, level)
    return Estimate(
        name=name,
        value=value,
        low=low,
        high=high,
        level=level,
        n=len(total),
        method=f"{method}; delete-one jackknife over chains or samples",
        window=window,
        details={"modes": int(sums.count.sum()), "particles": sums.particles},
    )


HIGHEST = "highest"


def outermost_modes(dataset: xr.Dataset, part: str, count: int) -> xr.Dataset:
    """Dataset of the `count` lowest or highest modes of an ensemble, under the names of its lowest modes."""
    if part not in ("lowest", HIGHEST):
        raise NotApplicableError("unknown part of the spectrum", expected=f"lowest or {HIGHEST}", got=repr(part))
    prefix, dimension = ("highest_", "high_mode") if part == HIGHEST else ("", "mode")
    names = [prefix + name for name in ("eigenfrequency", "participation_ratio")]
    require_variables(dataset, *names, "first_phonon")
    if dataset.sizes[dimension] < count:
        raise NotApplicableError(
            f"so many {part} modes are not stored", expected=f"{count}", got=f"{dataset.sizes[dimension]}"
        )
    chosen = dataset.isel({dimension: slice(-count, None) if part == HIGHEST else slice(count)})
    modes = {name.removeprefix(prefix): (("sample", "mode"), chosen[name].values) for name in names}
    labels = {name: dataset[name] for name in ("first_phonon", "chain") if name in dataset}
    return xr.Dataset({**labels, **modes}, attrs=dataset.attrs)


def growth_of_outermost_modes(
    smaller: xr.Dataset, larger: xr.Dataset, *, counts: Sequence[int], part: str = HIGHEST
) -> Estimate:
    """Exponent D of N e ~ N^D between two sizes, from the outermost modes; `counts` are equal shares of the spectra."""
    small, large = (
        localisation(outermost_modes(ensemble, part, count), high=math.inf).participation_number
        for ensemble, count in zip((smaller, larger), counts, strict=True)
    )
    sizes = [float(number.details["particles"]) for number in (small, large)]
    if sizes[0] == sizes[1]:
        raise NotApplicableError("no growth between equal sizes", expected="two sizes", got=f"{sizes[0]:g} twice")
    span = math.log(sizes[1] / sizes[0])
    chains = min(small.n, large.n)
    errors = [
        math.log(number.high / number.low) / (2.0 * t_factor(number.n, number.level)) for number in (small, large)
    ]
    half = math.hypot(*errors) * t_factor(chains, small.level) / abs(span)
    value = math.log(large.value / small.value) / span
    return Estimate(
        name=f"growth exponent D of N e between N = {sizes[0]:g} and {sizes[1]:g}, {part} modes",
        value=value,
        low=value - half,
        high=value + half,
        level=small.level,
        n=chains,
        method=f"geometric means over the {part} {counts[0]} and {counts[1]} modes; jackknives over chains",
        details={"participation_number": [small.value, large.value]},
    )


def extent_by_rank(data: Ensemble, *, part: str = HIGHEST, count: int = 50) -> Localisation:
    """Extent of the `count` lowest or highest modes."""
    found = localisation(outermost_modes(one_ensemble(data), part, count), high=math.inf)
    return Localisation(
        *(
            dataclasses.replace(each, name=f"{each.name}, {part} {count} modes", window=None)
            for each in (found.participation_ratio, found.participation_number)
        )
    )


def participation_growth(
    data: Sequence[Ensemble], *, low: float = 0.0, high: float = 0.6, scale: str = "own"
) -> Estimate:
    """Exponent D of N e ~ N^D over sizes, in a window in units of mean omega_0 of each size or of the largest size."""
    if scale not in ("own", "largest"):
        raise NotApplicableError("unknown scale of frequency", expected="own or largest", got=repr(scale))
    ensembles = ensembles_of_sizes(data)
    if scale == "largest":
        largest = max(ensembles, key=lambda ensemble: int(ensemble.attrs.get("particles", 0)))
        require_variables(largest, "first_phonon")
        lowest = float(largest["first_phonon"].mean())
        ensembles = [e.assign(first_phonon=("sample", np.full(e.sizes["sample"], lowest))) for e in ensembles]
    for ensemble in ensembles:
        _require_complete(ensemble, high)
    return localisation_scaling(ensembles, low=low, high=high)


def _require_complete(dataset: xr.Dataset, high: float) -> None:
    """Lists of the k lowest modes must reach the window's end; shorter lists are padded."""
    require_variables(dataset, "eigenfrequency", "first_phonon")
    last = dataset["eigenfrequency"].values[:, -1] / dataset["first_phonon"].values.mean()
    cut = int(np.count_nonzero(last < high))
    if cut:
        raise NotApplicableError(
            "the mode lists end inside the window", got=f"{cut} of {len(last)} below {high:g} omega_0"
        )
