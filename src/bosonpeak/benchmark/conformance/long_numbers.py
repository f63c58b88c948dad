"""Numbers longer than double precision: the machine's long double where that is longer, else mpmath's, slower."""

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
    """Whether long double is longer than double on this machine."""
    return bool(np.finfo(np.longdouble).eps < 1e-18)


@contextlib.contextmanager
def long_arithmetic() -> Iterator[None]:
    """What mpmath computes here has `DIGITS` digits."""
    import mpmath

    with mpmath.workdps(DIGITS):
        yield


def lengthened(values: ArrayLike) -> Extended:
    """Doubles, or numbers of mpmath, as long numbers of the same shape."""
    import mpmath

    given = np.asarray(values)
    if not has_long_double():
        return _each(mpmath.mpf, given)
    if given.dtype != object:
        return np.asarray(given, dtype=np.longdouble)
    return _each(lambda number: np.longdouble(mpmath.nstr(number, _STORED)), given).astype(np.longdouble)


def long_zeros(shape: tuple[int, ...]) -> Extended:
    """Zeros to be added to."""
    return lengthened(np.zeros(shape))


def long_root(values: Extended) -> Extended:
    """Square roots."""
    import mpmath

    return np.sqrt(values) if has_long_double() else _each(mpmath.sqrt, values)


def _each(function: Any, values: NDArray[Any]) -> NDArray[Any]:
    """A function of Python's own numbers, for each element."""
    found = np.empty(values.shape, dtype=object)
    found.ravel()[:] = [function(number) for number in values.ravel().tolist()]
    return found
