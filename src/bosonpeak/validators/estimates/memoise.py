"""Cache of results for one configuration or spectrum, keyed by the content of the arrays.

Estimates on parts of an ensemble, and on several ensembles together, evaluate the same configurations repeatedly.
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
    """Decorate a function of arrays with a cache of its last `entries` results, the least recently used dropped first.

    Results are shared and must not be modified; arguments that do not convert to arrays bypass the cache.
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
