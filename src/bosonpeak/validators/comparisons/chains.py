"""Independent chains of an ensemble: means over chains, and the spread between samples of different chains."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.arrays import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError

ROUNDING = 1e-6
"""Relative differences below this are rounding in a text file."""


def chain_means(values: ArrayLike, chain: ArrayLike | None) -> FloatArray:
    """Mean of each chain, shape (chains, points); `values`: (samples,) or (samples, points)."""
    rows, labels = _known_rows(values, chain)
    return _means(rows, np.unique(labels, return_inverse=True)[1])


def between_sample_spread(values: ArrayLike, chain: ArrayLike | None = None) -> FloatArray:
    """Standard deviation between two samples of different chains of an ensemble; (points,), or (1,) for (samples,).

    Root of the sum of the variances between and within chains; NaN for a single chain. Means of chains of k glasses
    vary by s_b^2 + s_w^2/k, so s_w^2 (1 - 1/k) is added, with k the harmonic mean.
    """
    rows, labels = _known_rows(values, chain)
    index = np.unique(labels, return_inverse=True)[1]
    sizes = np.bincount(index).astype(np.float64)
    if len(sizes) < 2:
        return np.full(rows.shape[1], np.nan)
    means = _means(rows, index)
    between = means.var(axis=0, ddof=1)
    freedom = len(rows) - len(sizes)
    within = ((rows - means[index]) ** 2).sum(axis=0) / freedom if freedom > 0 else np.zeros(rows.shape[1])
    return np.asarray(np.sqrt(between + within * (1.0 - np.mean(1.0 / sizes))))


def _means(rows: FloatArray, index: IntegerArray) -> FloatArray:
    sums = np.zeros((int(index.max()) + 1, rows.shape[1]))
    np.add.at(sums, index, rows)
    return np.asarray(sums / np.bincount(index)[:, None])


def _known_rows(values: ArrayLike, chain: ArrayLike | None) -> tuple[FloatArray, NDArray[np.generic]]:
    rows = np.asarray(values, dtype=np.float64)
    rows = rows[:, None] if rows.ndim == 1 else rows
    labels = np.arange(len(rows)) if chain is None else np.asarray(chain)
    if rows.ndim != 2 or labels.shape != (len(rows),):
        raise NotApplicableError(
            "values and chains of the samples do not fit",
            expected=f"one label for each of {len(rows)} samples",
            got=f"shapes {rows.shape} and {labels.shape}",
        )
    known = np.isfinite(rows).all(axis=1)
    if not known.any():
        raise NotApplicableError("there is nothing to compare", expected="at least one sample", got="none")
    return rows[known], labels[known]
