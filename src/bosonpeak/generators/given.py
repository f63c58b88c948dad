"""Type checks of the arguments of public functions; each function checks the ranges of its own arguments.

The first argument of each check is the documented error class, or an error factory of `datasets.arguments`.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.random import SeedSequence

from bosonpeak.datasets.arguments import kind_of
from bosonpeak.datasets.errors import BosonpeakError

Refusal = type[BosonpeakError]


def require_arrays(refusal: Refusal, dimensions: int | None = None, /, **given: Any) -> None:
    """Reject arguments that are not arrays of real numbers or, if `dimensions` is given, have another `ndim`."""
    for name, value in given.items():
        array = _real_array(value)
        if array is None:
            raise refusal(f"{name}: no numbers", expected="an array of real numbers", got=kind_of(value))
        if dimensions is not None and array.ndim != dimensions:
            raise refusal(
                f"{name}: an array of another shape", expected=f"{dimensions} dimensions", got=f"shape {array.shape}"
            )


def require_numbers(refusal: Refusal, /, **given: Any) -> None:
    """Reject arguments that are not single real numbers."""
    for name, value in given.items():
        array = _real_array(value)
        if array is None or array.ndim:
            raise refusal(f"{name}: no single number", expected="a real number", got=kind_of(value))


def require_counts(refusal: Refusal, /, **given: Any) -> None:
    """Reject arguments that are not integers."""
    for name, value in given.items():
        try:
            operator.index(value)
        except TypeError:
            raise refusal(f"{name}: no count", expected="an integer", got=kind_of(value)) from None


def require_seed(refusal: Refusal, seed: Any, /) -> None:
    """Reject a seed that is neither a non-negative integer nor a `SeedSequence`."""
    if isinstance(seed, SeedSequence):
        return
    require_counts(refusal, seed=seed)
    if seed < 0:
        raise refusal("seed: below zero", expected="an integer from 0 on, or a SeedSequence", got=str(seed))


def require_instance(refusal: Refusal, value: Any, kind: type, source: str, /) -> None:
    """Reject a value that is not an instance of `kind`; `source` names the function that makes such values."""
    if not isinstance(value, kind):
        raise refusal(f"this is no {kind.__name__}", expected=source, got=kind_of(value))


def present(**given: Any) -> dict[str, Any]:
    """Return the optional arguments that are not None."""
    return {name: value for name, value in given.items() if value is not None}


def _real_array(value: Any) -> np.ndarray[Any, Any] | None:
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        return None
    return array if array.dtype.kind in "biuf" else None
