"""Results for one configuration or spectrum, remembered by what it holds.

Estimates on parts of an ensemble, and on several ensembles together, look at the same configurations again and again.
"""

from __future__ import annotations

import functools
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, ParamSpec, TypeVar

import numpy as np

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def remembered(entries: int) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """A function of arrays that remembers its last results.

    Parameters
    ----------
    entries : int
        Results that are kept; the one asked for longest ago goes first.

    Returns
    -------
    callable
        A decorator. Results are shared and must not be changed; what no array can be made of is not remembered.
    """

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        kept: OrderedDict[Hashable, Result] = OrderedDict()

        @functools.wraps(function)
        def apply(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            try:
                key = (*map(_content, args), *((name, _content(value)) for name, value in sorted(kwargs.items())))
            except (TypeError, ValueError):
                return function(*args, **kwargs)
            if key in kept:
                kept.move_to_end(key)
                return kept[key]
            found = kept[key] = function(*args, **kwargs)
            if len(kept) > entries:
                kept.popitem(last=False)
            return found

        return apply

    return decorate


def _content(value: Any) -> Hashable:
    try:
        hash(value)
    except TypeError:
        array = np.ascontiguousarray(value, dtype=np.float64)
        return array.shape, hashlib.sha256(array.tobytes()).digest()
    return value  # type: ignore[no-any-return]
