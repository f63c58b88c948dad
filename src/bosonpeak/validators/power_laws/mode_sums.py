"""Low modes of an ensemble in windows: all in memory, or as sums over the chunks of a dataset.

The likelihood of an exponent and its gates need numbers of modes and sums over windows by chain, and only seldom the
modes themselves. `SummedModes` answers as `ClusteredModes` does, with memory that does not grow with the samples.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.validators.estimates.inputs import ModeLists

MOST_KEPT = 2**20
"""Low modes that are kept at most; of more, ranges are read again."""

_FINE_BINS = 4096


@dataclass(frozen=True)
class Window:
    """Range of reduced frequency in which the power is measured, in units of omega_0; ``low`` may be 0."""

    low: float
    high: float

    @property
    def span(self) -> float:
        """ln(high / low), infinite for a window that starts at 0."""
        return math.log(self.high / self.low) if self.low > 0.0 else math.inf


@dataclass(frozen=True)
class ClusteredModes:
    """Reduced frequencies of all samples, shape (modes,), each with its cluster: chain or sample, counted from 0."""

    frequency: FloatArray
    cluster: IntegerArray
    clusters: int  # counts empty clusters too
    independent: bool  # modes of one cluster are independent

    def inside(self, window: Window) -> ClusteredModes:
        """The modes in a window."""
        kept = (self.frequency >= window.low) & (self.frequency < window.high) & (self.frequency > 0.0)
        return ClusteredModes(self.frequency[kept], self.cluster[kept], self.clusters, self.independent)

    def sums(self, window: Window) -> tuple[FloatArray, FloatArray]:
        """Number of modes and sum of t = ln(high / x) of each cluster, shape (clusters,) each."""
        modes = self.inside(window)
        depth = np.log(window.high / modes.frequency)
        count = np.bincount(modes.cluster, minlength=self.clusters).astype(np.float64)
        return count, np.bincount(modes.cluster, weights=depth, minlength=self.clusters).astype(np.float64)

    def whole(self, window: Window) -> tuple[int, float]:
        """Number of modes in a window and sum of their t."""
        frequency = self.inside(window).frequency
        return len(frequency), float(np.log(window.high / frequency).sum())

    def below(self, high: float) -> int:
        """Number of modes below a frequency."""
        return int(np.count_nonzero(self.frequency < high))

    def scores(self, window: Window, offset: float, slope: float) -> tuple[float, FloatArray]:
        """Sum of exp(-2 t) - offset - slope t over a window, and by cluster (clusters,)."""
        inside = self.inside(window)
        depth = np.log(window.high / inside.frequency)
        scores = np.exp(-2.0 * depth) - offset - slope * depth
        by_cluster = np.bincount(inside.cluster, weights=scores, minlength=self.clusters).astype(np.float64)
        return float(scores.sum()), by_cluster

    def ranges(self, low: float, high: float) -> Iterator[FloatArray]:
        """Yield the frequencies from `low` to `high`, ascending, in one or several arrays."""
        yield np.sort(self.frequency[(self.frequency >= low) & (self.frequency < high)])


@dataclass(frozen=True)
class SummedModes:
    """Sums over the modes of cells of reduced frequency; windows end at edges of the cells."""

    edges: FloatArray  # (cells + 1,), from 0
    count: FloatArray  # (groups, cells); one group for independent samples, else the clusters
    logarithm: FloatArray  # (groups, cells), sums of ln x
    square: FloatArray  # (groups, cells), sums of x^2
    ended: IntegerArray  # (cells + 1,), lists whose last mode is below the edge
    samples: int
    clusters: int
    independent: bool
    ranges: Callable[[float, float], Iterator[FloatArray]]  # as of `ClusteredModes`
    copies: Callable[[], int]  # number of samples with the modes of another one

    def sums(self, window: Window) -> tuple[FloatArray, FloatArray]:
        """Number of modes and sum of t = ln(high / x), each (groups,)."""
        count, logarithm = (each[:, self._cells(window)].sum(axis=1) for each in (self.count, self.logarithm))
        return count, count * math.log(window.high) - logarithm

    def whole(self, window: Window) -> tuple[int, float]:
        """Number of modes in a window and sum of their t."""
        count, total = self.sums(window)
        return int(count.sum()), float(total.sum())

    def below(self, high: float) -> int:
        """Number of modes below a frequency."""
        return int(self.count[:, self._cells(Window(0.0, high))].sum())

    def scores(self, window: Window, offset: float, slope: float) -> tuple[float, FloatArray]:
        """Sum of exp(-2 t) - offset - slope t over a window, and by group (groups,)."""
        count, total = self.sums(window)
        found = self.square[:, self._cells(window)].sum(axis=1) / window.high**2 - offset * count - slope * total
        return float(found.sum()), found

    def ended_below(self, high: float) -> int:
        """Number of mode lists whose last mode is below a frequency."""
        return int(self.ended[self._cells(Window(0.0, high)).stop])

    def _cells(self, window: Window) -> slice:
        first, last = (int(np.searchsorted(self.edges, end)) for end in (window.low, window.high))
        assert (self.edges[first], self.edges[last]) == (window.low, window.high)
        return slice(first, last)


def clustered_modes(lists: ModeLists) -> ClusteredModes:
    """Reduced frequencies of all samples, with the chain or sample of each; chains in the order of their labels."""
    reduced = lists.reduced
    filled = ~np.isnan(reduced)
    cluster = np.broadcast_to(lists.cluster[:, None], reduced.shape)[filled]
    return ClusteredModes(reduced[filled], cluster, int(lists.cluster.max()) + 1, lists.independent)


Modes = ClusteredModes | SummedModes


def summed_modes(
    first_pass: Iterator[ModeLists],
    blocks: Callable[[], Iterator[ModeLists]],
    cluster: IntegerArray,
    scale: float,
    ends: Sequence[float],
) -> SummedModes:
    """Sums of the modes of blocks of samples below the largest of the `ends` of windows, from the first pass.

    `blocks` starts another pass; `cluster`: (samples,), counted from 0; `scale`: mean omega_0.
    """
    edges = np.unique([0.0, *ends])
    samples, clusters = len(cluster), int(cluster.max()) + 1
    independent = len(np.unique(cluster)) == samples
    groups, cells = 1 if independent else clusters, len(edges) - 1
    sums = np.zeros((3, groups, cells))
    ended, fine = np.zeros(cells + 1, dtype=np.int64), np.zeros(_FINE_BINS, dtype=np.int64)
    kept: list[FloatArray] = []
    start = 0
    for lists in first_pass:
        rows = low_columns(lists.frequency, edges[-1] * scale)
        reduced = rows / scale
        inside = (reduced > 0.0) & (reduced < edges[-1])
        x = reduced[inside]
        stop = start + len(rows)
        group = np.broadcast_to(0 if independent else cluster[start:stop, None], rows.shape)[inside]
        place = group * cells + np.searchsorted(edges, x, side="right") - 1
        for row, weights in zip(sums, (None, np.log(x), x**2), strict=True):
            row += np.bincount(place, weights, minlength=groups * cells).reshape(groups, cells)
        ended += np.array([np.count_nonzero(lists.frequency[:, -1] < edge * scale) for edge in edges])
        fine += np.bincount((x * (_FINE_BINS / edges[-1])).astype(np.intp), minlength=_FINE_BINS)[:_FINE_BINS]
        if fine.sum() <= MOST_KEPT:
            kept.append(x)
        else:
            kept.clear()
        start = stop
    all_kept = np.sort(np.concatenate(kept)) if fine.sum() <= MOST_KEPT else None
    kept.clear()

    def ranges(low: float, high: float) -> Iterator[FloatArray]:
        if all_kept is not None:
            yield all_kept[np.searchsorted(all_kept, low) : np.searchsorted(all_kept, high)]
            return
        places = edges[-1] * np.arange(_FINE_BINS + 1) / _FINE_BINS
        for first, last in _parts(fine):
            ends_of_part = max(low, places[first]), min(high, places[last])
            if ends_of_part[0] < ends_of_part[1]:
                yield _read_range(blocks, scale, *ends_of_part)

    def copies() -> int:
        found, rows = set(), 0
        for lists in blocks():
            for row in lists.frequency:
                modes = row[~np.isnan(row)]
                if len(modes) > 2:
                    found.add(hashlib.blake2b(modes.tobytes(), digest_size=16).digest())
                    rows += 1
        return rows - len(found)

    count, logarithm, square = sums
    return SummedModes(edges, count, logarithm, square, ended, samples, clusters, independent, ranges, copies)


def low_columns(rows: FloatArray, highest: float) -> FloatArray:
    """First columns (samples, modes), as far as some mode is not above `highest` or is missing; rows ascend."""
    first, last = 0, rows.shape[1]
    while first < last:
        middle = (first + last) // 2
        if (rows[:, middle] > highest).all():
            last = middle
        else:
            first = middle + 1
    return rows[:, :last]


def _parts(fine: IntegerArray) -> Iterator[tuple[int, int]]:
    """Yield ranges of bins with at most `MOST_KEPT` modes together, or single bins."""
    below = np.concatenate([[0], np.cumsum(fine)])
    first = 0
    while first < len(fine):
        last = max(first + 1, int(np.searchsorted(below, below[first] + MOST_KEPT, side="right")) - 1)
        yield first, last
        first = last


def _read_range(blocks: Callable[[], Iterator[ModeLists]], scale: float, low: float, high: float) -> FloatArray:
    """Reduced frequencies from `low` to `high`, ascending, by another pass over the blocks."""
    found = []
    for lists in blocks():
        x = low_columns(lists.frequency, high * scale) / scale
        found.append(x[(x > 0.0) & (x >= low) & (x < high)])
    return np.sort(np.concatenate(found))
