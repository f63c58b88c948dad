"""Permutation test over the chains of two ensembles: p-value of a large difference."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.validators.comparisons.quantities import ROUNDING

DRAWS = 1999
"""Permutations of chains that are drawn where there are more than that."""

_NUMBERS_TOGETHER = 1 << 22
_LEAST_VARIANCE = 0.05
"""Least variance within a choice of chains, relative to that of all: a choice that leaves no scatter at some point, as
where a few samples have another count, must not outdo everything else."""


def permuted_p_value(mine: FloatArray, theirs: FloatArray) -> float:
    """Permutation p-value of the largest Welch t over all points; `mine`, `theirs`: (chains, points)."""
    reduced = _reduced(mine, theirs)
    if reduced is None:
        return 1.0
    largest = _permuted_statistics(reduced, len(mine), _seed(mine, theirs)).max(axis=1)
    observed = _statistics(reduced, _first(len(mine), len(reduced))).max()
    reached = np.count_nonzero(largest >= observed * (1.0 - 1e-9))
    drawn = len(largest) == DRAWS
    return float((reached + drawn) / (len(largest) + drawn))


def _reduced(mine: FloatArray, theirs: FloatArray) -> FloatArray | None:
    """Chains of both, shape (chains, points), with mean 0 and variance 1, at the points where the values vary."""
    together = np.concatenate([mine, theirs])
    centred = together - together.mean(axis=0)
    spread = centred.std(axis=0)
    moving = spread > ROUNDING * np.abs(together).max(axis=0)
    return np.asarray(centred[:, moving] / spread[moving]) if moving.any() else None


def _first(size: int, total: int) -> FloatArray:
    chosen = np.zeros((1, total))
    chosen[0, :size] = 1.0
    return chosen


def _permuted_statistics(rows: FloatArray, size: int, seed: np.random.SeedSequence) -> FloatArray:
    """Statistics of `DRAWS` random permutations, or of all choices of chains if there are fewer."""
    return np.concatenate([_statistics(rows, chosen) for chosen in _permutations(size, len(rows), seed)])


def _permutations(size: int, total: int, seed: np.random.SeedSequence) -> Iterator[FloatArray]:
    """Yield blocks of 0/1 rows that mark the chains assigned to the first ensemble."""
    if math.comb(total, size) < DRAWS:
        yield _ones(np.array(list(itertools.combinations(range(total), size))), total)
        return
    generator = np.random.default_rng(seed)
    together = max(_NUMBERS_TOGETHER // total, 1)
    for start in range(0, DRAWS, together):
        numbers = generator.random((min(together, DRAWS - start), total))
        yield _ones(numbers.argpartition(size - 1, axis=1)[:, :size], total)


def _ones(index: NDArray[np.integer], total: int) -> FloatArray:
    chosen = np.zeros((len(index), total))
    np.put_along_axis(chosen, index, 1.0, axis=1)
    return chosen


def _statistics(rows: FloatArray, chosen: FloatArray) -> FloatArray:
    """Absolute Welch t at every point, shape (choices, points); `rows` have variance 1."""
    size = int(chosen[0].sum())
    others = len(rows) - size
    sums, squares = chosen @ rows, chosen @ rows**2
    rest, rest_squares = rows.sum(axis=0) - sums, (rows**2).sum(axis=0) - squares
    variance = (squares - sums**2 / size) / (size * (size - 1))
    variance += (rest_squares - rest**2 / others) / (others * (others - 1))
    least = _LEAST_VARIANCE * (1.0 / size + 1.0 / others)
    return np.asarray(np.abs(sums / size - rest / others) / np.sqrt(np.maximum(variance, least)))


def _seed(*arrays: FloatArray) -> np.random.SeedSequence:
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).digest()
    return np.random.SeedSequence(int.from_bytes(digest[:16], "little"))
