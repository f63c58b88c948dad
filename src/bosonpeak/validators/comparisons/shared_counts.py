"""How many values the rows of two lists share, for all pairs of rows: in proportion to the values that are met."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numba import njit

from bosonpeak.datasets.array_types import FloatArray, IntegerArray

_PAIRS_TOGETHER = 1 << 18


class SharedCounts:
    """Values of one list's rows that lie within a tolerance of values of another list's.

    Parameters
    ----------
    mine, theirs : ndarray of float64, shape (samples, modes)
        NaN at the end of short rows.
    tolerance : float
        Relative distance at which a value counts as shared.
    """

    def __init__(self, mine: FloatArray, theirs: FloatArray, tolerance: float) -> None:
        known = theirs.size - int(np.isnan(theirs).sum())
        order = np.argsort(theirs, axis=None, kind="stable")[:known]  # NaN come last
        values = theirs.ravel()[order]
        self._owner = (order // theirs.shape[1]).astype(np.int32)
        # What is looked up in ascending order is found in the processor's cache.
        order = np.argsort(mine, axis=None)
        wanted = mine.ravel()[order]
        self._first, self._last = np.empty((2, *mine.shape), dtype=np.int64)
        self._first.ravel()[order] = np.searchsorted(values, wanted * (1.0 - tolerance), side="left")
        self._last.ravel()[order] = np.searchsorted(values, wanted * (1.0 + tolerance), side="right")
        self._theirs = len(theirs)

    def histogram(self, label: IntegerArray) -> FloatArray:
        """Numbers of pairs by how many values they share, where both lists are of the same samples.

        Parameters
        ----------
        label : ndarray of int64, shape (samples,)
            Pairs of one label do not count, and no pair counts twice.

        Returns
        -------
        ndarray of float64, shape (modes of mine + 1,)
            The first is 0: pairs that share nothing are not met.
        """
        numbers = np.zeros(self._first.shape[1] + 1, dtype=np.int64)
        _add_to_histogram(self._first, self._last, self._owner, _memory(self._theirs), label, numbers)
        return numbers.astype(np.float64)

    def pairs(self, fewest: int = 1) -> Iterator[tuple[IntegerArray, IntegerArray]]:
        """Pairs of rows that share so many values or more.

        Parameters
        ----------
        fewest : int
            At least 1.

        Yields
        ------
        pairs : ndarray of int64, shape (pairs, 2)
            A row of mine and one of theirs, in ascending order.
        shared : ndarray of int64, shape (pairs,)
            Values of the first that lie within the tolerance of one of the second.
        """
        room = self._theirs + _PAIRS_TOGETHER
        pairs, shared = np.empty((room, 2), dtype=np.int64), np.empty(room, dtype=np.int64)
        row, memory = 0, _memory(self._theirs)
        while row < len(self._first):
            row, found = _write_pairs(row, self._first, self._last, self._owner, memory, fewest, pairs, shared)
            yield pairs[:found].copy(), shared[:found].copy()


def _memory(samples: int) -> IntegerArray:
    """Of every sample: the value that met it last, counted from 1; how many have; and a list of those that were met."""
    return np.zeros((samples, 3), dtype=np.int32)


@njit(nogil=True, cache=True)
def _meet(first: IntegerArray, last: IntegerArray, owner: IntegerArray, memory: IntegerArray) -> int:
    """Count the values that a row shares with every sample; the number of samples met."""
    met = 0
    for value in range(len(first)):
        for hit in range(first[value], last[value]):
            other = owner[hit]
            if memory[other, 0] != value + 1:
                memory[other, 0] = value + 1
                if memory[other, 1] == 0:
                    memory[met, 2] = other
                    met += 1
                memory[other, 1] += 1
    return met


@njit(nogil=True, cache=True)
def _add_to_histogram(
    first: IntegerArray,
    last: IntegerArray,
    owner: IntegerArray,
    memory: IntegerArray,
    label: IntegerArray,
    numbers: IntegerArray,
) -> None:
    for row in range(len(first)):
        for met in range(_meet(first[row], last[row], owner, memory)):
            other = memory[met, 2]
            if other > row and label[other] != label[row]:
                numbers[memory[other, 1]] += 1
            memory[other, :2] = 0


@njit(nogil=True, cache=True)
def _write_pairs(
    row: int,
    first: IntegerArray,
    last: IntegerArray,
    owner: IntegerArray,
    memory: IntegerArray,
    fewest: int,
    pairs: IntegerArray,
    shared: IntegerArray,
) -> tuple[int, int]:
    """Write pairs from a row on, while those of a whole row find room; the row that comes next, and their number."""
    found = 0
    while row < len(first) and found + len(memory) <= len(pairs):
        begun = found
        for met in range(_meet(first[row], last[row], owner, memory)):
            other = memory[met, 2]
            if memory[other, 1] >= fewest:
                pairs[found, 1] = other
                found += 1
            else:
                memory[other, 1] = 0
            memory[other, 0] = 0
        pairs[begun:found, 0] = row
        pairs[begun:found, 1].sort()
        for pair in range(begun, found):
            other = pairs[pair, 1]
            shared[pair] = memory[other, 1]
            memory[other, 1] = 0
        row += 1
    return row, found
