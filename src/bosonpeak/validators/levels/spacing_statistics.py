"""Level repulsion within samples in a window of the spectrum, compared with random matrices and independent levels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from bosonpeak.datasets.arguments import number, one_of, whole_number
from bosonpeak.datasets.array_types import BooleanArray, FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import (
    Ensemble,
    ModeLists,
    chain_sums,
    ensemble_or_array,
    known_chain,
    mode_lists,
)
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval, require_level
from bosonpeak.validators.estimates.ratios import ratio_interval
from bosonpeak.validators.estimates.sample_blocks import blocks_of, is_chunked
from bosonpeak.validators.levels.reference_levels import PARTS, GoeReference, goe_reference
from bosonpeak.validators.levels.spacing_ratios import (
    POISSON_MEAN,
    POISSON_REPULSION,
    SURMISE_MEAN,
    brody_parameter,
    folded,
    poisson_distribution,
    repulsion_from_statistic,
    repulsion_statistic,
    spacing_ratios,
    surmise_density,
    surmise_distribution,
    unfolded_spacings,
)

MOST_VANISHING = 0.01
"""Share of vanishing spacings beyond which rounding or copied levels are suspected."""

VANISHING = 1e-6
"""A spacing below this fraction of the window's mean counts as vanishing."""

TRANSLATIONS = 3
"""Modes that a complete spectrum may lack: uniform translations, which many leave out."""

SKIPPED_AT_THE_BOTTOM = 2
"""Lowest levels left out of the lowest window: without repulsion, a steep g(omega) biases their ratios."""


@dataclass(frozen=True)
class LevelStatistics:
    """Level repulsion in one window."""

    mean_ratio: Estimate  # mean of r~ = min(r, 1/r): 0.386 without repulsion, 0.531 for large GOE matrices
    against_goe: Estimate  # mean of r~ minus the mean of GOE matrices of the same order and window
    against_poisson: Estimate  # mean of r~ minus 2 ln 2 - 1
    goe_likeness: Estimate  # mean of r~ on the scale from no repulsion (0) to these matrices (1)
    repulsion: Estimate  # beta of P ~ (r+r^2)^beta / (1+r+r^2)^(1+3 beta/2), references in ``details``
    brody: Estimate | None  # Brody's parameter, if requested
    p_values: Mapping[str, float]  # Kolmogorov-Smirnov on every second ratio, "surmise", "goe" and "poisson"


def level_statistics(
    data: Ensemble | ArrayLike,
    *,
    part: str = "lowest",
    count: int = 50,
    degrees_of_freedom: int | None = None,
    chain: ArrayLike | None = None,
    reference: GoeReference | None = None,
    brody: bool = False,
    level: float = LEVEL,
) -> LevelStatistics:
    """Spacing ratios of the eigenfrequencies in a window of levels.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree, str or array_like
        Dataset with ``eigenfrequency`` (sample, mode) and, where known, ``chain`` (sample); where the spectra are
        incomplete also ``highest_eigenfrequency`` (sample, high_mode) for the highest levels, and
        ``full_eigenfrequency`` (full_sample, full_mode) of the samples ``full_sample_index`` for the middle ones; or
        an array (samples, modes). Frequencies, not their squares.
    part : {"lowest", "middle", "highest"}
        Part of the spectrum.
    count : int
        Number of levels; the two lowest of the lowest window are left out.
    degrees_of_freedom : int, optional
        Modes of a complete spectrum; by default the dataset's attribute of that name. Rows of plain arrays are taken
        for complete spectra where it is not given: a list of lowest modes needs it.
    chain : array_like, optional
        Independent run of each sample.
    reference : GoeReference, optional
        Simulated matrices, to be shared between calls; by default 300 are simulated (seconds).
    brody : bool
        Also fit Brody's distribution to unfolded spacings.
    level : float
        Confidence level; intervals are delete-one jackknives over chains, or samples where chains are unknown.

    Returns
    -------
    LevelStatistics

    Raises
    ------
    NotApplicableError
        If modes came pooled, the window is not in the lists (the highest levels are not in a list of the lowest), or
        more than 1 % of the spacings vanish.

    Examples
    --------
    Levels at equal distances have the ratio 1.

    >>> import numpy as np
    >>> from bosonpeak.validators.levels import goe_reference
    >>> ladder = np.tile(np.arange(1.0, 61.0), (5, 1))
    >>> matrices = goe_reference(60, "lowest", 50, skip=2, matrices=20)
    >>> round(level_statistics(ladder, reference=matrices).mean_ratio.value, 6)
    1.0
    """
    data = ensemble_or_array(data)
    require_level(level)
    if part not in PARTS:
        raise NotApplicableError("unknown part of the spectrum", expected=" or ".join(PARTS), got=repr(part))
    lists, levels, order = _levels(data, part, count, degrees_of_freedom, chain)
    simulated = reference or goe_reference(order, part, count, skip=_skip(part))
    return _Measurement(levels, lists, simulated, level, f"{part} {count} levels").statistics(brody)


def ratio_distribution(
    data: Ensemble | ArrayLike,
    *,
    part: str = "lowest",
    count: int = 50,
    highest: float = 5.0,
    bins: int = 50,
    chain: ArrayLike | None = None,
    degrees_of_freedom: int | None = None,
    level: float = LEVEL,
) -> xr.Dataset:
    """Histogram of r with its scatter over samples, beside the surmise and Poisson, for a plot.

    Parameters
    ----------
    data, part, count, chain, degrees_of_freedom, level
        As for `level_statistics`.
    highest : float
        Largest r shown; the histogram is normalised by all ratios.
    bins : int
        Number of bins.

    Returns
    -------
    xarray.Dataset
        ``density``, ``lower``, ``upper``, ``surmise`` and ``poisson`` against ``ratio``.

    Examples
    --------
    Levels of random matrices repel each other: small ratios are rarer than Poisson's law has them.

    >>> from bosonpeak.datasets import open_dataset
    >>> matrices = open_dataset("null/level-statistics", group="control/goe")
    >>> found = ratio_distribution(matrices, part="lowest", count=20, highest=5.0, bins=10)
    >>> bool(found["density"][0] < found["poisson"][0])
    True
    """
    data = ensemble_or_array(data)
    require_level(level)
    lists, order = _lists(data, part, degrees_of_freedom, chain)
    ratio = spacing_ratios(_window(lists, part, count, order))
    edges = np.linspace(0.0, number(highest, "highest", above=0.0), whole_number(bins, "bins") + 1)
    counted = np.stack([np.histogram(row[np.isfinite(row)], edges)[0] / (len(row) * np.diff(edges)) for row in ratio])
    means = chain_sums(counted, lists.cluster) / chain_sums(np.ones((len(counted), 1)), lists.cluster)
    alone = len(means) == 1  # without a second chain or sample there is no interval
    half = math.nan if alone else stdtrit(len(means) - 1, 0.5 + 0.5 * level) * _standard_error(means)
    centre = 0.5 * (edges[1:] + edges[:-1])
    return xr.Dataset(
        {
            "density": ("ratio", counted.mean(axis=0)),
            "lower": ("ratio", counted.mean(axis=0) - half),
            "upper": ("ratio", counted.mean(axis=0) + half),
            "surmise": ("ratio", surmise_density(centre)),
            "poisson": ("ratio", (1.0 + centre) ** -2),
        },
        coords={"ratio": centre},
    )


class _Measurement:
    """Levels of one window with the clusters over which their scatter is taken."""

    def __init__(
        self, levels: FloatArray, lists: ModeLists, simulated: GoeReference, level: float, window: str
    ) -> None:
        self.levels = levels
        self.ratio = spacing_ratios(levels)
        self.vanishing = _vanishing(levels)
        used = ~self.vanishing[:, 1:] & ~self.vanishing[:, :-1]
        self.folded = np.where(used, folded(self.ratio), np.nan)
        self.statistic = np.where(used, repulsion_statistic(np.where(used, self.ratio, 1.0)), np.nan)
        self.cluster = np.unique(lists.cluster, return_inverse=True)[1]
        self.count = int(self.cluster.max()) + 1
        self.unit = "samples" if lists.chain is None else "chains"
        self.simulated = simulated
        self.level = level
        self.window = window

    def statistics(self, brody: bool) -> LevelStatistics:
        mean = self._labelled("mean spacing ratio r~", self._mean(self.folded), "mean of min(r, 1/r)")
        simulated = folded(self.simulated.ratio).mean(axis=1)
        goe, error = float(simulated.mean()), float(_standard_error(simulated))
        return LevelStatistics(
            mean_ratio=mean,
            against_goe=self._shifted(mean, "r~ less that of GOE", goe, error),
            against_poisson=self._shifted(mean, "r~ less that of Poisson levels", POISSON_MEAN, 0.0),
            goe_likeness=self._likeness(mean, goe, error),
            repulsion=self._repulsion(),
            brody=self._brody() if brody else None,
            p_values=self._p_values(),
        )

    def _mean(self, values: FloatArray) -> tuple[float, float, float]:
        """Mean over the values that are not NaN, with its interval over clusters."""
        known = np.stack([np.nansum(values, axis=1), np.count_nonzero(~np.isnan(values), axis=1)], axis=1)
        total, count = chain_sums(known, self.cluster).T
        return ratio_interval(total, count, self.level)

    def _labelled(self, name: str, limits: tuple[float, float, float], method: str, **details: float) -> Estimate:
        lost = int(np.count_nonzero(self.vanishing))
        return Estimate(
            name=f"{name}, {self.window}",
            value=limits[0],
            low=limits[1],
            high=limits[2],
            level=self.level,
            n=self.count,
            method=f"{method} within samples; delete-one jackknife over {self.unit}",
            warnings=(f"{lost} vanishing spacings were left out",) if lost else (),
            details={"ratios": int(np.count_nonzero(~np.isnan(self.folded))), **details},
        )

    def _shifted(self, mean: Estimate, name: str, reference: float, error: float) -> Estimate:
        extra = error * ndtri(0.5 + 0.5 * self.level)
        low, high = (math.hypot(mean.value - mean.low, extra), math.hypot(mean.high - mean.value, extra))
        value = mean.value - reference
        return self._labelled(
            name,
            (value, value - low, value + high),
            "mean of min(r, 1/r)",
            reference=reference,
            reference_error=error,
            surmise=SURMISE_MEAN,
        )

    def _likeness(self, mean: Estimate, goe: float, error: float) -> Estimate:
        shifted = self._shifted(mean, "", goe, error)
        scale = goe - POISSON_MEAN
        limits = (1.0 + shifted.value / scale, 1.0 + shifted.low / scale, 1.0 + shifted.high / scale)
        return self._labelled("likeness to GOE (0 Poisson, 1 GOE)", limits, "mean of min(r, 1/r), rescaled")

    def _repulsion(self) -> Estimate:
        """Repulsion exponent beta, a monotone function of the mean of y, with the transformed limits of that mean."""
        value, low, high = (repulsion_from_statistic(limit) for limit in self._mean(self.statistic))
        goe = repulsion_from_statistic(float(repulsion_statistic(self.simulated.ratio).mean()))
        return self._labelled(
            "repulsion exponent beta",
            (value, low, high),
            "maximum likelihood of (r+r^2)^beta/(1+r+r^2)^(1+3beta/2)",
            goe_reference=goe,
            poisson_reference=POISSON_REPULSION,
        )

    def _brody(self) -> Estimate:
        spacing = unfolded_spacings(self.levels)

        def parameter(chosen: NDArray[np.intp]) -> float:
            return brody_parameter(spacing[np.isin(self.cluster, chosen)])

        limits = jackknife_interval(parameter, self.count, self.level)
        return self._labelled(
            "Brody parameter",
            limits,
            "maximum likelihood on spacings unfolded by a cubic",
            goe_reference=brody_parameter(unfolded_spacings(self.simulated.levels)),
        )

    def _p_values(self) -> dict[str, float]:
        from scipy.stats import ks_2samp

        every_second = self.ratio[:, ::2]
        ratio = every_second[np.isfinite(every_second)]
        simulated = self.simulated.ratio[:, ::2].ravel()
        return {
            "surmise": _uniformity(surmise_distribution(ratio)),
            "goe": float(ks_2samp(ratio, simulated).pvalue),
            "poisson": _uniformity(poisson_distribution(ratio)),
        }


def _uniformity(probability: FloatArray) -> float:
    """Kolmogorov-Smirnov p-value that values of a distribution function are uniform."""
    from scipy.stats import kstest

    return float(kstest(probability, "uniform").pvalue)


def _standard_error(values: FloatArray) -> FloatArray:
    """Standard error of the mean over the first axis."""
    return np.asarray(values.std(axis=0, ddof=1) / math.sqrt(len(values)))


def _skip(part: str) -> int:
    return SKIPPED_AT_THE_BOTTOM if part == "lowest" else 0


def _lists(
    data: xr.Dataset | ArrayLike, part: str, degrees_of_freedom: int | None, chain: ArrayLike | None
) -> tuple[ModeLists, int]:
    """Mode lists that hold the requested part of the spectrum, and the order of the matrix."""
    one_of(part, PARTS, "part of the spectrum")
    of_the_top = not isinstance(data, xr.Dataset) and degrees_of_freedom is None
    if isinstance(data, xr.Dataset):
        if degrees_of_freedom is None and "degrees_of_freedom" in data.attrs:
            degrees_of_freedom = int(data.attrs["degrees_of_freedom"])
        if part == "highest" and "highest_eigenfrequency" in data:
            chain = known_chain(data, chain)
            data = data["highest_eigenfrequency"].values
            of_the_top = True
        elif part != "lowest" and "full_eigenfrequency" in data:
            labels = known_chain(data, chain)
            chain = None if labels is None else labels[rows_of(data, "full_sample")]
            data = data["full_eigenfrequency"].values
    lists = mode_lists(data, chain=chain, signed=True)
    if lists.pooled:
        raise NotApplicableError(
            "levels of different samples do not repel each other",
            expected="an array (samples, modes)",
            got="one pooled list",
        )
    if part == "highest" and not of_the_top:
        _require_the_top(data, degrees_of_freedom)
    if degrees_of_freedom is None:
        return lists, lists.frequency.shape[1]
    return lists, whole_number(degrees_of_freedom, "degrees_of_freedom")


def _levels(
    data: xr.Dataset | ArrayLike, part: str, count: int, degrees_of_freedom: int | None, chain: ArrayLike | None
) -> tuple[ModeLists, FloatArray, int]:
    """Mode lists, of chunked data in the window alone, its levels (samples, levels), and order of the matrix."""
    if not (isinstance(data, xr.Dataset) and is_chunked(data)) or (part == "middle" and "full_eigenfrequency" in data):
        lists, order = _lists(data, part, degrees_of_freedom, chain)
        return lists, _window(lists, part, count, order), order
    names = ("eigenfrequency", "unstable_frequency", "highest_eigenfrequency", "full_eigenfrequency")
    found, order = [], 0
    for block in blocks_of(data[[name for name in names if name in data and "sample" in data[name].dims]]):
        lists, order = _lists(block, part, degrees_of_freedom, None)
        found.append(_window_of_rows(lists, part, count, order))
    levels = np.concatenate(found)
    _require_few_vanishing(levels)
    labels = known_chain(data, chain)
    index = None if labels is None else np.unique(labels, return_inverse=True)[1].astype(np.int64)
    return ModeLists(levels, None, index, pooled=False), levels, order


def _require_the_top(data: xr.Dataset | ArrayLike, degrees_of_freedom: int | None) -> None:
    """Reject rows whose last level is not known to be the highest of its spectrum."""
    rows = data["eigenfrequency"].values if isinstance(data, xr.Dataset) else np.asarray(data, dtype=np.float64)
    shortest = int(np.count_nonzero(~np.isnan(rows), axis=1).min())
    if degrees_of_freedom is None or shortest < degrees_of_freedom - TRANSLATIONS:
        whole = "" if degrees_of_freedom is None else f" of {degrees_of_freedom} modes"
        raise NotApplicableError(
            "the highest levels are not there",
            expected=f"complete spectra{whole}, or a variable highest_eigenfrequency",
            got=f"{shortest} modes per sample" + ("" if whole else ", and no attribute degrees_of_freedom"),
            likely_cause="lists of the lowest modes, whose top is not the top of the spectrum",
        )


def _window(lists: ModeLists, part: str, count: int, order: int) -> FloatArray:
    """Levels of the window, shape (samples, levels), of which few coincide."""
    levels = _window_of_rows(lists, part, count, order)
    _require_few_vanishing(levels)
    return levels


def _window_of_rows(lists: ModeLists, part: str, count: int, order: int) -> FloatArray:
    """Levels of the window, shape (samples, levels)."""
    known = ~np.isnan(lists.frequency)
    first, lengths = np.argmax(known, axis=1), np.count_nonzero(known, axis=1)
    shortest, count = int(lengths.min()), whole_number(count, "count")
    if count < 3 + _skip(part) or count > shortest:
        raise NotApplicableError(
            "the window is not in the mode lists",
            expected=f"between {3 + _skip(part)} and {shortest} levels",
            got=f"{count}",
        )
    if part == "middle" and shortest < 0.9 * order:
        raise NotApplicableError(
            "the middle of the spectrum is missing", expected=f"complete spectra of {order} modes", got=f"{shortest}"
        )
    start = (
        first + {"lowest": np.zeros_like(lengths), "middle": (lengths - count) // 2, "highest": lengths - count}[part]
    )
    return np.take_along_axis(lists.frequency, start[:, None] + np.arange(_skip(part), count), axis=1)


def _require_few_vanishing(levels: FloatArray) -> None:
    lost = float(_vanishing(levels).mean())
    if lost > MOST_VANISHING:
        raise NotApplicableError(
            f"{100 * lost:.1f} % of the level spacings vanish",
            expected=f"at most {100 * MOST_VANISHING:.0f} %",
            likely_cause="rounded frequencies, or modes that occur twice",
        )


def _vanishing(levels: FloatArray) -> BooleanArray:
    spacing = np.diff(levels, axis=1)
    return np.asarray(spacing <= VANISHING * spacing.mean(axis=1, keepdims=True))
