"""Arithmetic beyond double precision: the machine's long double if longer than double, else the slower mpmath."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

DIGITS = 40
"""Of mpmath, while references are computed."""

Extended = NDArray[Any]
"""An array of long doubles, or of objects of mpmath."""

_STORED = 24


def has_long_double() -> bool:
    """Test whether long double is longer than double on this machine."""
    return bool(np.finfo(np.longdouble).eps < 1e-18)


@contextlib.contextmanager
def long_arithmetic() -> Iterator[None]:
    """Set the precision of mpmath to `DIGITS` digits inside the block."""
    import mpmath

    with mpmath.workdps(DIGITS):
        yield


def lengthened(values: ArrayLike) -> Extended:
    """Convert doubles or mpmath numbers to long numbers of the same shape."""
    import mpmath

    given = np.asarray(values)
    if not has_long_double():
        return _each(mpmath.mpf, given)
    if given.dtype != object:
        return np.asarray(given, dtype=np.longdouble)
    return _each(lambda number: np.longdouble(mpmath.nstr(number, _STORED)), given).astype(np.longdouble)


def long_zeros(shape: tuple[int, ...]) -> Extended:
    """Array of long zeros, for accumulation."""
    return lengthened(np.zeros(shape))


def long_root(values: Extended) -> Extended:
    """Square root of long numbers, elementwise."""
    import mpmath

    return np.sqrt(values) if has_long_double() else _each(mpmath.sqrt, values)


def _each(function: Any, values: NDArray[Any]) -> NDArray[Any]:
    """Apply a scalar function to every element."""
    found = np.empty(values.shape, dtype=object)
    found.ravel()[:] = [function(number) for number in values.ravel().tolist()]
    return found
