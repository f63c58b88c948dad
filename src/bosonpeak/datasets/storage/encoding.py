"""Compact arrays: rows of different lengths in one array (CF contiguous ragged arrays), and floats of fewer bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.array_types import IndexArray
from bosonpeak.datasets.errors import SchemaError


def pack_ragged(arrays: Sequence[ArrayLike]) -> tuple[IndexArray, NDArray[Any]]:
    """Concatenate arrays along their first axis and count the rows of each.

    Parameters
    ----------
    arrays : sequence of array-like
        One array per sample; all axes but the first agree.

    Returns
    -------
    counts : ndarray of int32, shape (samples,)
        The count variable (CF attribute ``sample_dimension``).
    values : ndarray, shape (sum of counts, ...)

    Raises
    ------
    SchemaError
        If the list is empty, an item is not an array, or the shapes disagree beyond the first axis.

    Examples
    --------
    >>> pack_ragged([[1.0, 2.0], [3.0]])
    (array([2, 1], dtype=int32), array([1., 2., 3.]))
    """
    parts = _arrays(arrays)
    shapes = {part.shape[1:] for part in parts}
    if len(shapes) != 1 or any(part.ndim == 0 for part in parts):
        raise SchemaError(
            "arrays cannot be joined into a ragged array",
            expected="at least one array, all of the same shape beyond the first axis",
            got=", ".join(str(part.shape) for part in parts) or "no array",
        )
    return np.array([len(part) for part in parts], dtype=np.int32), np.concatenate(parts)


def unpack_ragged(counts: ArrayLike, values: ArrayLike) -> list[NDArray[Any]]:
    """Split a ragged array into one array per sample; the inverse of `pack_ragged`.

    Parameters
    ----------
    counts : array-like of int, shape (samples,)
    values : array-like, shape (sum of counts, ...)

    Returns
    -------
    list of ndarray
        Views of `values`.

    Raises
    ------
    SchemaError
        If the arguments are not arrays, a count is negative or the counts do not add up to the length of `values`.

    Examples
    --------
    >>> unpack_ragged([2, 1], [1.0, 2.0, 3.0])
    [array([1., 2.]), array([3.])]
    """
    lengths, joined = _arrays([counts, values])
    if lengths.dtype.kind not in "biuf" or joined.ndim == 0:
        raise SchemaError(
            "not a ragged array",
            expected="integer counts, and an array",
            got=f"counts of type {lengths.dtype}, values of shape {joined.shape}",
        )
    lengths = lengths.astype(np.int64)
    if lengths.ndim != 1 or (lengths < 0).any() or lengths.sum() != len(joined):
        raise SchemaError(
            "counts do not describe the ragged array",
            expected=f"counts >= 0 that add up to {len(joined)}",
            got=f"{lengths.size} counts that add up to {lengths.sum()}",
        )
    return np.split(joined, np.cumsum(lengths)[:-1]) if lengths.size else []


def _arrays(given: Sequence[ArrayLike]) -> list[NDArray[Any]]:
    try:
        return [np.asarray(one) for one in given]
    except (TypeError, ValueError) as error:
        raise SchemaError(
            "not arrays", expected="a sequence of arrays", got=type(given).__name__, likely_cause=str(error)
        ) from error


def rounded_to_bits(values: NDArray[np.floating[Any]], bits: int) -> NDArray[Any]:
    """Round floats of any shape to `bits` significant bits, a relative error of at most 2^-bits; NaN stays NaN."""
    mantissa, exponent = np.frexp(values)
    scale = values.dtype.type(2.0**bits)
    rounded: NDArray[Any] = np.ldexp(np.rint(mantissa * scale) / scale, exponent)
    return rounded
