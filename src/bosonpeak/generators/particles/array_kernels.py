"""Linear combinations of whole arrays as loops: array expressions compile seconds slower and run no faster."""

from __future__ import annotations

import numpy as np
from numba import njit

from bosonpeak.datasets.array_types import FloatArray


@njit(cache=True)
def scaled(into: FloatArray, factor: float, array: FloatArray) -> None:
    """Write factor * array to `into`."""
    for i in range(array.shape[0]):
        for axis in range(array.shape[1]):
            into[i, axis] = factor * array[i, axis]


@njit(cache=True)
def combined(into: FloatArray, factor: float, array: FloatArray, other_factor: float, other: FloatArray) -> None:
    """Write factor * array + other_factor * other to `into`, which may be either array."""
    for i in range(array.shape[0]):
        for axis in range(array.shape[1]):
            into[i, axis] = factor * array[i, axis] + other_factor * other[i, axis]


@njit(cache=True)
def squared_length(array: FloatArray) -> float:
    """Sum of the squares of all elements."""
    total = 0.0
    for i in range(array.shape[0]):
        for axis in range(array.shape[1]):
            total += array[i, axis] * array[i, axis]
    return total


@njit(cache=True)
def inner_product(left: FloatArray, right: FloatArray) -> float:
    """Sum of the products of all elements of two contiguous arrays."""
    return float(np.dot(left.reshape(left.size), right.reshape(right.size)))
