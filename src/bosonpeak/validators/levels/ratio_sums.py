"""Means and distributions of spacing ratios: of levels in memory, or summed over blocks of samples.

Sums over blocks give the numbers of the levels in memory, with memory that does not grow with the number of samples.
The largest distance of two distribution functions is enclosed by counts in fine bins; where it can be in several bins,
their ratios are read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bosonpeak.datasets.array_types import BooleanArray, FloatArray, IntegerArray
from bosonpeak.validators.estimates.inputs import chain_sums
from bosonpeak.validators.estimates.ratios import RatioMoments, ratio_interval
from bosonpeak.validators.levels.reference_levels import GoeReference
from bosonpeak.validators.levels.spacing_ratios import (
    folded,
    poisson_distribution,
    repulsion_statistic,
    spacing_ratios,
    surmise_distribution,
)

VANISHING = 1e-6
"""A spacing below this fraction of the window's mean counts as vanishing."""

MOST_KEPT = 2**20
"""Ratios that are kept at most for the distribution; of more, a few bins are read again."""

_BINS = 2**16

Limits = tuple[float, float, float]
"""Value and limits."""

Blocks = Callable[[], Iterator[FloatArray]]
"""Starts a pass over the levels (samples, levels) of consecutive samples."""


@dataclass(frozen=True)
class RatioTotals:
    """Results on the ratios of a window: means with limits over clusters, counts, and Kolmogorov-Smirnov p-values."""

    folded: Limits
    statistic: Limits
    spacings: int
    vanishing: int
    ratios: int
    clusters: int
    p_values: Callable[[GoeReference], Mapping[str, float]]


def vanishing(levels: FloatArray) -> BooleanArray:
    """Spacings (samples, levels - 1) that are vanishingly small."""
    spacing = np.diff(levels, axis=1)
    return np.asarray(spacing <= VANISHING * spacing.mean(axis=1, keepdims=True))


def _of_levels(levels: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Ratios, and their folded values and statistics, NaN beside vanishing spacings; each (samples, levels - 2)."""
    ratio, lost = spacing_ratios(levels), vanishing(levels)
    used = ~lost[:, 1:] & ~lost[:, :-1]
    statistic = repulsion_statistic(np.where(used, ratio, 1.0))
    return ratio, np.where(used, folded(ratio), np.nan), np.where(used, statistic, np.nan)


def _sums(values: FloatArray) -> FloatArray:
    """Sum and number (samples, 2) of the values of each row that are not NaN."""
    return np.stack([np.nansum(values, axis=1), np.count_nonzero(~np.isnan(values), axis=1)], axis=1)


def _of_sums(sums: FloatArray, level: float) -> Limits:
    """Mean with its limits from the sum and number of each cluster (clusters, 2)."""
    return ratio_interval(sums[:, 0], sums[:, 1], level)


def totals_in_memory(levels: FloatArray, cluster: IntegerArray, level: float) -> RatioTotals:
    """Totals of levels (samples, levels); `cluster`: (samples,), label of the independent unit of each sample."""
    ratio, folded_ratio, statistic = _of_levels(levels)
    found = _every_second(ratio)
    return RatioTotals(
        folded=_of_sums(chain_sums(_sums(folded_ratio), cluster), level),
        statistic=_of_sums(chain_sums(_sums(statistic), cluster), level),
        spacings=levels[:, 1:].size,
        vanishing=int(np.count_nonzero(vanishing(levels))),
        ratios=int(np.count_nonzero(~np.isnan(folded_ratio))),
        clusters=len(np.unique(cluster)),
        p_values=lambda simulated: _of_all(found, simulated),
    )


def totals_of_blocks(blocks: Blocks, cluster: IntegerArray | None, level: float) -> RatioTotals:
    """Totals over blocks of samples; `cluster`: (samples,), counted from 0, None if every sample is independent."""
    clusters = 0 if cluster is None else int(cluster.max()) + 1
    by_cluster, moments = np.zeros((2, clusters, 2)), (RatioMoments(), RatioMoments())
    distribution = _Distribution(blocks)
    spacings = lost = samples = 0
    for levels in blocks():
        ratio, *found = _of_levels(levels)
        for sums, parts, values in zip(by_cluster, moments, found, strict=True):
            rows = _sums(values)
            if cluster is None:
                parts.add(rows[:, 0], rows[:, 1])
            else:
                np.add.at(sums, cluster[samples : samples + len(rows)], rows)
        distribution.add(_every_second(ratio))
        spacings += levels[:, 1:].size
        lost += int(np.count_nonzero(vanishing(levels)))
        samples += len(levels)
    of_folded, of_statistic = (
        parts.interval(level) if cluster is None else _of_sums(sums, level)
        for sums, parts in zip(by_cluster, moments, strict=True)
    )
    ratios = moments[0].whole if cluster is None else by_cluster[0, :, 1].sum()
    counts = spacings, lost, int(ratios), clusters or samples
    return RatioTotals(of_folded, of_statistic, *counts, distribution.p_values)


def _every_second(ratio: FloatArray) -> FloatArray:
    values = ratio[:, ::2]
    return np.asarray(values[np.isfinite(values)])


def _of_all(ratio: FloatArray, simulated: GoeReference) -> dict[str, float]:
    from scipy.stats import ks_2samp, kstest

    return {
        "surmise": float(kstest(surmise_distribution(ratio), "uniform").pvalue),
        "goe": float(ks_2samp(ratio, simulated.ratio[:, ::2].ravel()).pvalue),
        "poisson": float(kstest(poisson_distribution(ratio), "uniform").pvalue),
    }


class _Distribution:
    """Distribution of ratios: all of them up to `MOST_KEPT`, and counts in bins of r / (1 + r)."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks
        self.counts = np.zeros(_BINS, dtype=np.int64)
        self.kept: list[FloatArray] = []

    def add(self, ratio: FloatArray) -> None:
        self.counts += np.bincount(_bin(ratio), minlength=_BINS)
        if self.counts.sum() <= MOST_KEPT:
            self.kept.append(ratio)
        else:
            self.kept.clear()

    def p_values(self, simulated: GoeReference) -> dict[str, float]:
        if self.counts.sum() <= MOST_KEPT:
            return _of_all(np.concatenate(self.kept), simulated)
        from scipy.stats import kstwo

        levels = np.sort(simulated.ratio[:, ::2].ravel())
        references = {
            "surmise": _Reference.smooth(surmise_distribution),
            "goe": _Reference.steps(levels),
            "poisson": _Reference.smooth(poisson_distribution),
        }
        count, size = float(self.counts.sum()), float(len(levels))
        order = {"goe": np.round(count * size / (count + size))}
        distances = self._distances(list(references.values()))
        return {
            name: float(np.clip(kstwo.sf(distance, order.get(name, count)), 0.0, 1.0))
            for name, distance in zip(references, distances, strict=True)
        }

    def _distances(self, references: list[_Reference]) -> list[float]:
        """Largest distance of the distribution function from each reference."""
        below = np.concatenate([[0.0], np.cumsum(self.counts)]) / self.counts.sum()
        at_edges = [np.abs(below - each.at_edges).max() for each in references]
        most = [np.maximum(below[1:] - each.at_edges[:-1], each.at_edges[1:] - below[:-1]) for each in references]
        open_bins = [np.flatnonzero(upper > found) for upper, found in zip(most, at_edges, strict=True)]
        wanted = np.unique(np.concatenate(open_bins))
        ratios = [each[np.isin(_bin(each), wanted)] for each in map(_every_second, map(spacing_ratios, self.blocks()))]
        values = np.sort(np.concatenate(ratios))
        ends = np.searchsorted(_bin(values), np.append(wanted, _BINS))
        inside = {int(number): values[ends[k] : ends[k + 1]] for k, number in enumerate(wanted)}
        found = []
        for each, bins, distance in zip(references, open_bins, at_edges, strict=True):
            for number in bins:
                distance = max(distance, self._in_bin(each, int(number), inside[int(number)]))
            found.append(float(distance))
        return found

    def _in_bin(self, reference: _Reference, number: int, values: FloatArray) -> float:
        before = int(self.counts[:number].sum())
        places = np.concatenate([values, reference.jumps_in(number)])
        distance = 0.0
        for side, at in (("left", reference.left), ("right", reference.right)):
            reached = (before + np.searchsorted(values, places, side=side)) / self.counts.sum()  # type: ignore[call-overload]
            distance = max(distance, float(np.abs(reached - at(places)).max(initial=0.0)))
        return distance


def _bin(ratio: FloatArray) -> IntegerArray:
    return np.asarray(np.minimum(ratio / (1.0 + ratio) * _BINS, _BINS - 1), dtype=np.int64)


@dataclass(frozen=True)
class _Reference:
    """A distribution function of ratios: at the edges of the bins, its limits from either side, and its jumps."""

    at_edges: FloatArray
    left: Callable[[FloatArray], FloatArray]
    right: Callable[[FloatArray], FloatArray]
    jumps: FloatArray

    @classmethod
    def smooth(cls, distribution: Callable[[FloatArray], FloatArray]) -> _Reference:
        share = np.arange(_BINS) / _BINS
        return cls(np.append(distribution(share / (1.0 - share)), 1.0), distribution, distribution, np.empty(0))

    @classmethod
    def steps(cls, levels: FloatArray) -> _Reference:
        """Distribution function of sorted numbers."""
        at_edges = np.concatenate([[0.0], np.cumsum(np.bincount(_bin(levels), minlength=_BINS))]) / len(levels)
        return cls(
            at_edges,
            lambda places: np.searchsorted(levels, places, side="left") / len(levels),
            lambda places: np.searchsorted(levels, places, side="right") / len(levels),
            levels,
        )

    def jumps_in(self, number: int) -> FloatArray:
        return np.asarray(self.jumps[_bin(self.jumps) == number])
