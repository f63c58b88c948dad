"""What people give as arguments: arrays, numbers and results of the kind a function is about, or an error in words."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import NotApplicableError

Kind = TypeVar("Kind")


def doubles(values: ArrayLike, what: str) -> FloatArray:
    """Values of any shape as doubles.

    Parameters
    ----------
    values : array_like
    what : str
        What they are, in the plural, for messages.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    NotApplicableError
        If these are no numbers; words that look like some, and None, are none.

    Examples
    --------
    >>> doubles([1, 2], "frequencies").tolist()
    [1.0, 2.0]
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind in "biuf":
            return array.astype(np.float64, copy=False)
    except (TypeError, ValueError):
        pass
    raise NotApplicableError(f"the {what} are no numbers", expected="an array of numbers", got=kind_of(values))


def numbers(values: ArrayLike, *dimensions: str, finite: bool = False) -> FloatArray:
    """Values as an array of doubles with these dimensions, none of them empty.

    Parameters
    ----------
    values : array_like
    *dimensions : str
        What each dimension counts, for messages.
    finite : bool
        Whether NaN and infinity are refused.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    NotApplicableError
        If these are no numbers, or not so many dimensions, or there is nothing along one.

    Examples
    --------
    >>> numbers([[1, 2]], "samples", "modes").shape
    (1, 2)
    """
    array = doubles(values, dimensions[-1])
    expected = f"an array ({', '.join(dimensions)})"
    if array.ndim != len(dimensions) or array.size == 0:
        raise NotApplicableError(
            "the array has another shape than it must",
            expected=expected,
            got="a single number" if array.ndim == 0 else f"shape {array.shape}",
        )
    if finite and not np.isfinite(array).all():
        wrong = int(np.count_nonzero(~np.isfinite(array)))
        raise NotApplicableError(
            "the array is not finite", expected=f"{expected} of finite numbers", got=f"{wrong} NaN or infinite"
        )
    return array


def number(value: Any, name: str, *, above: float = -math.inf) -> float:
    """A single finite number.

    Parameters
    ----------
    value : float
    name : str
        Of the argument, for messages.
    above : float
        What it must exceed.

    Returns
    -------
    float

    Raises
    ------
    NotApplicableError
        If it is no number, not finite, or not above the bound.

    Examples
    --------
    >>> number(2, "low", above=0)
    2.0
    """
    expected = "one finite number" + (f" above {above:g}" if above > -math.inf else "")
    found = _single(value)
    if math.isnan(found):
        raise NotApplicableError(f"{name} is no single number", expected=expected, got=kind_of(value))
    if not (math.isfinite(found) and found > above):
        raise NotApplicableError(f"{name} is out of range", expected=expected, got=f"{found:g}")
    return found


def whole_number(value: Any, name: str, *, least: int = 1) -> int:
    """A count.

    Raises
    ------
    NotApplicableError
        If it is no whole number, or too small.

    Examples
    --------
    >>> whole_number(3.0, "shells")
    3
    """
    count = number(value, name)
    if not count.is_integer() or count < least:
        raise NotApplicableError(f"{name} is no count", expected=f"a whole number from {least} on", got=f"{count:g}")
    return int(count)


def window_ends(low: Any, high: Any) -> tuple[float, float]:
    """Ends of a window, the upper one beyond the lower one; either may be infinite.

    Raises
    ------
    NotApplicableError
        If these are no two numbers in that order.

    Examples
    --------
    >>> window_ends(0, 1)
    (0.0, 1.0)
    """
    ends = _single(low), _single(high)
    if not ends[0] < ends[1]:
        raise NotApplicableError(
            "this is no window", expected="two numbers, low < high", got=f"{kind_of(low)} and {kind_of(high)}"
        )
    return ends


def instance(value: Any, kind: type[Kind], source: str) -> Kind:
    """What another function found.

    Parameters
    ----------
    value : object
    kind : type
        What it must be.
    source : str
        The function that makes such, for messages.

    Raises
    ------
    NotApplicableError
        If it is something else.
    """
    if isinstance(value, kind):
        return value
    raise NotApplicableError(
        "this argument is the result of another function",
        expected=f"a {kind.__name__}, as {source} gives",
        got=kind_of(value),
    )


def instances(values: Iterable[Any], kind: type[Kind], source: str) -> list[Kind]:
    """What another function found, several times and at least once; arguments and errors as for `instance`.

    Raises
    ------
    NotApplicableError
        If these are none, or something else.
    """
    try:
        found = list(values)
    except TypeError:
        found = []
    if found and all(isinstance(value, kind) for value in found):
        return found
    raise NotApplicableError(
        "this argument is a list of results of another function",
        expected=f"a list of {kind.__name__}, as {source} gives, at least one",
        got=kind_of(values),
    )


def one_of(value: Any, known: Iterable[str], name: str) -> str:
    """A word that has a meaning here.

    Raises
    ------
    NotApplicableError
        If it is another one.
    """
    words = tuple(known)
    if isinstance(value, str) and value in words:
        return value
    raise NotApplicableError(f"no such {name}", expected=" or ".join(words), got=repr(value)[:60])


def file_path(value: Any) -> Path:
    """A path, or a name that is written like one.

    Raises
    ------
    NotApplicableError
        If it is neither text nor a path.

    Examples
    --------
    >>> file_path("network/paper").name
    'paper'
    """
    if isinstance(value, str | os.PathLike):
        return Path(value)
    raise NotApplicableError("this is no name and no path", expected="text, or a path", got=kind_of(value))


def _single(value: Any) -> float:
    """A number, or NaN if it is none, or several."""
    try:
        return math.nan if isinstance(value, str) or np.ndim(value) else float(value)
    except (TypeError, ValueError):
        return math.nan


def kind_of(value: Any) -> str:
    """Type and shape of something, shortly."""
    if isinstance(value, str | int | float):
        return repr(value)[:40]
    try:
        shape = np.shape(value)
    except (TypeError, ValueError):
        shape = ()
    return f"{type(value).__name__} of shape {shape}" if shape else type(value).__name__
