"""Level repulsion within samples in a window of the spectrum, compared with random matrices and independent levels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from bosonpeak.datasets.arguments import number, one_of, whole_number
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import (
    Ensemble,
    ModeLists,
    chain_index,
    chain_sums,
    ensemble_or_array,
    known_chain,
    mode_lists,
)
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval, require_level
from bosonpeak.validators.estimates.sample_blocks import blocks_of, is_chunked
from bosonpeak.validators.levels.ratio_sums import RatioTotals, totals_in_memory, totals_of_blocks, vanishing
from bosonpeak.validators.levels.reference_levels import PARTS, GoeReference, goe_reference
from bosonpeak.validators.levels.spacing_ratios import (
    POISSON_MEAN,
    POISSON_REPULSION,
    SURMISE_MEAN,
    brody_parameter,
    folded,
    repulsion_from_statistic,
    repulsion_statistic,
    spacing_ratios,
    surmise_density,
    unfolded_spacings,
)

MOST_VANISHING = 0.01
"""Share of vanishing spacings beyond which rounding or copied levels are suspected."""

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
    window = f"{part} {count} levels"
    if isinstance(data, xr.Dataset) and is_chunked(data) and not (part == "middle" and "full_eigenfrequency" in data):
        labels = known_chain(data, chain)
        blocks, orders = _blocks(data, part, count, degrees_of_freedom)
        cluster = None if labels is None else chain_index(labels, data.sizes["sample"])
        totals = totals_of_blocks(blocks, cluster, level)
        order = orders[0]
        all_levels = np.concatenate(list(blocks())) if brody else np.empty((0, 0))  # Brody's fit needs every spacing
    else:
        lists, order = _lists(data, part, degrees_of_freedom, chain)
        all_levels = _window_of_rows(lists, part, count, order)
        labels = lists.chain
        cluster = np.unique(lists.cluster, return_inverse=True)[1]
        totals = totals_in_memory(all_levels, cluster, level)
    _require_few_vanishing(totals.vanishing / totals.spacings)
    simulated = reference or goe_reference(order, part, count, skip=_skip(part))
    unit = "samples" if labels is None else "chains"
    measured = _Measurement(totals, unit, simulated, level, window)
    return measured.statistics(measured.brody(all_levels, cluster) if brody else None)


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
    """Totals of one window over the clusters from which their scatter is taken, beside random matrices."""

    def __init__(self, totals: RatioTotals, unit: str, simulated: GoeReference, level: float, window: str) -> None:
        self.totals = totals
        self.unit = unit
        self.simulated = simulated
        self.level = level
        self.window = window

    def statistics(self, brody: Estimate | None) -> LevelStatistics:
        mean = self._labelled("mean spacing ratio r~", self.totals.folded, "mean of min(r, 1/r)")
        simulated = folded(self.simulated.ratio).mean(axis=1)
        goe, error = float(simulated.mean()), float(_standard_error(simulated))
        return LevelStatistics(
            mean_ratio=mean,
            against_goe=self._shifted(mean, "r~ less that of GOE", goe, error),
            against_poisson=self._shifted(mean, "r~ less that of Poisson levels", POISSON_MEAN, 0.0),
            goe_likeness=self._likeness(mean, goe, error),
            repulsion=self._repulsion(),
            brody=brody,
            p_values=self.totals.p_values(self.simulated),
        )

    def _labelled(self, name: str, limits: tuple[float, float, float], method: str, **details: float) -> Estimate:
        lost = self.totals.vanishing
        return Estimate(
            name=f"{name}, {self.window}",
            value=limits[0],
            low=limits[1],
            high=limits[2],
            level=self.level,
            n=self.totals.clusters,
            method=f"{method} within samples; delete-one jackknife over {self.unit}",
            warnings=(f"{lost} vanishing spacings were left out",) if lost else (),
            details={"ratios": self.totals.ratios, **details},
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
        value, low, high = (repulsion_from_statistic(limit) for limit in self.totals.statistic)
        goe = repulsion_from_statistic(float(repulsion_statistic(self.simulated.ratio).mean()))
        return self._labelled(
            "repulsion exponent beta",
            (value, low, high),
            "maximum likelihood of (r+r^2)^beta/(1+r+r^2)^(1+3beta/2)",
            goe_reference=goe,
            poisson_reference=POISSON_REPULSION,
        )

    def brody(self, levels: FloatArray, cluster: IntegerArray | None) -> Estimate:
        """Brody's parameter of levels (samples, levels); a cluster for each sample where none are given."""
        spacing = unfolded_spacings(levels)
        owner = np.arange(len(levels)) if cluster is None else cluster

        def parameter(chosen: NDArray[np.intp]) -> float:
            return brody_parameter(spacing[np.isin(owner, chosen)])

        limits = jackknife_interval(parameter, self.totals.clusters, self.level)
        return self._labelled(
            "Brody parameter",
            limits,
            "maximum likelihood on spacings unfolded by a cubic",
            goe_reference=brody_parameter(unfolded_spacings(self.simulated.levels)),
        )


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


def _blocks(
    data: xr.Dataset, part: str, count: int, degrees_of_freedom: int | None
) -> tuple[Callable[[], Iterator[FloatArray]], list[int]]:
    """Passes over the levels of chunked data in the window, and the orders of the matrices read so far."""
    names = ("eigenfrequency", "unstable_frequency", "highest_eigenfrequency", "full_eigenfrequency")
    listed = data[[name for name in names if name in data and "sample" in data[name].dims]]
    orders: list[int] = []

    def blocks() -> Iterator[FloatArray]:
        for block, _ in blocks_of(listed):
            lists, order = _lists(block, part, degrees_of_freedom, None)
            orders[:] = [order]
            yield _window_of_rows(lists, part, count, order)

    return blocks, orders


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
    _require_few_vanishing(float(vanishing(levels).mean()))
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


def _require_few_vanishing(lost: float) -> None:
    if lost > MOST_VANISHING:
        raise NotApplicableError(
            f"{100 * lost:.1f} % of the level spacings vanish",
            expected=f"at most {100 * MOST_VANISHING:.0f} %",
            likely_cause="rounded frequencies, or modes that occur twice",
        )
