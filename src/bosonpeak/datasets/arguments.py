"""Checks of function arguments: types first, then conversion to arrays and numbers, or one readable error."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.random import SeedSequence
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import BosonpeakError, NotApplicableError

Kind = TypeVar("Kind")


def doubles(values: ArrayLike, what: str) -> FloatArray:
    """Convert values of any shape to float64; raise `NotApplicableError` for non-numbers, numeric strings and None."""
    array = _real_array(values)
    if array is None:
        raise NotApplicableError(f"the {what} are not numbers", expected="an array of numbers", got=kind_of(values))
    return array.astype(np.float64, copy=False)


def numbers(values: ArrayLike, *dimensions: str, finite: bool = False) -> FloatArray:
    """Convert values to a float64 array with one axis per given name, none of length 0; else `NotApplicableError`."""
    array = doubles(values, dimensions[-1])
    expected = f"an array ({', '.join(dimensions)})"
    if array.ndim != len(dimensions) or array.size == 0:
        raise NotApplicableError(
            "the array has the wrong shape",
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
    """Convert a value to a single finite float greater than `above`, or raise `NotApplicableError`."""
    expected = "one finite number" + (f" above {above:g}" if above > -math.inf else "")
    found = _single(value)
    if math.isnan(found):
        raise NotApplicableError(f"{name} is not a single number", expected=expected, got=kind_of(value))
    if not (math.isfinite(found) and found > above):
        raise NotApplicableError(f"{name} is out of range", expected=expected, got=f"{found:g}")
    return found


def whole_number(value: Any, name: str, *, least: int = 1) -> int:
    """Convert a value to an integer of at least `least`, or raise `NotApplicableError`; 3.0 counts as 3."""
    count = number(value, name)
    if not count.is_integer() or count < least:
        raise NotApplicableError(
            f"{name} is not a count", expected=f"a whole number, at least {least}", got=f"{count:g}"
        )
    return int(count)


def window_ends(low: Any, high: Any) -> tuple[float, float]:
    """Return the ends of a window as floats with low < high, or raise `NotApplicableError`; infinite ends are valid."""
    ends = _single(low), _single(high)
    if not ends[0] < ends[1]:
        raise NotApplicableError(
            "not a window", expected="two numbers, low < high", got=f"{kind_of(low)} and {kind_of(high)}"
        )
    return ends


def instance(value: Any, kind: type[Kind], source: str) -> Kind:
    """Return the value if it has the given type, else raise `NotApplicableError` that names the function `source`."""
    require_instance(NotApplicableError, value, kind, f"the result of {source}")
    found: Kind = value
    return found


def instances(values: Iterable[Any], kind: type[Kind], source: str) -> list[Kind]:
    """Return at least one value of the given type as a list; raises as `instance` does."""
    try:
        found = list(values)
    except TypeError:
        found = []
    if found and all(isinstance(value, kind) for value in found):
        return found
    raise NotApplicableError(
        f"not a list of {kind.__name__}", expected=f"at least one result of {source}", got=kind_of(values)
    )


def one_of(value: Any, known: Iterable[str], name: str) -> str:
    """Return the value if it is one of the known words, else raise `NotApplicableError`."""
    words = tuple(known)
    if isinstance(value, str) and value in words:
        return value
    raise NotApplicableError(f"no such {name}", expected=" or ".join(words), got=repr(value)[:60])


def file_path(value: Any) -> Path:
    """Convert a string or path-like object to a `Path`, or raise `NotApplicableError`."""
    if isinstance(value, str | os.PathLike):
        return Path(value)
    raise NotApplicableError("not a name or a path", expected="text, or a path", got=kind_of(value))


def _single(value: Any) -> float:
    """Convert a scalar to float; NaN for an array of several values or a non-number."""
    try:
        return math.nan if isinstance(value, str) or np.ndim(value) else float(value)
    except (TypeError, ValueError):
        return math.nan


def kind_of(value: Any) -> str:
    """Describe the type and shape of an object in a few words, for error messages."""
    if isinstance(value, str | int | float):
        return repr(value)[:40]
    try:
        shape = np.shape(value)
    except (TypeError, ValueError):
        shape = ()
    return f"{type(value).__name__} of shape {shape}" if shape else type(value).__name__


Refusal = type[BosonpeakError]


def require_arrays(refusal: Refusal, dimensions: int | None = None, /, **given: Any) -> None:
    """Reject arguments that are not arrays of real numbers or, if `dimensions` is given, have another `ndim`."""
    for name, value in given.items():
        array = _real_array(value)
        if array is None:
            raise refusal(f"{name}: not numbers", expected="an array of real numbers", got=kind_of(value))
        if dimensions is not None and array.ndim != dimensions:
            raise refusal(
                f"{name}: an array of another shape", expected=f"{dimensions} dimensions", got=f"shape {array.shape}"
            )


def require_numbers(refusal: Refusal, /, **given: Any) -> None:
    """Reject arguments that are not single real numbers."""
    for name, value in given.items():
        array = _real_array(value)
        if array is None or array.ndim:
            raise refusal(f"{name}: not a single number", expected="a real number", got=kind_of(value))


def require_counts(refusal: Refusal, /, **given: Any) -> None:
    """Reject arguments that are not integers."""
    for name, value in given.items():
        try:
            operator.index(value)
        except TypeError:
            raise refusal(f"{name}: not a count", expected="an integer", got=kind_of(value)) from None


def require_seed(refusal: Refusal, seed: Any, /) -> None:
    """Reject a seed that is neither a non-negative integer nor a `SeedSequence`."""
    if isinstance(seed, SeedSequence):
        return
    require_counts(refusal, seed=seed)
    if seed < 0:
        raise refusal("seed: below zero", expected="a non-negative integer, or a SeedSequence", got=str(seed))


def require_instance(refusal: Refusal, value: Any, kind: type, source: str, /) -> None:
    """Reject a value that is not an instance of `kind`; `source` names the function that makes such values."""
    if not isinstance(value, kind):
        raise refusal(f"not a {kind.__name__}", expected=source, got=kind_of(value))


def present(**given: Any) -> dict[str, Any]:
    """Return the optional arguments that are not None."""
    return {name: value for name, value in given.items() if value is not None}


def _real_array(value: Any) -> np.ndarray[Any, Any] | None:
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        return None
    return array if array.dtype.kind in "biuf" else None
