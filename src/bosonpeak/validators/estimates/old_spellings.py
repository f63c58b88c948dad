"""Old spellings of arguments, accepted with a warning for one version."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def accept_old_spelling(
    old: str = "", *, positional: tuple[str, ...] = (), **renamed: str
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator of a validator whose first argument is now called `data` and whose other arguments have keywords.

    `old`: former name of the first argument; `positional`: names of the arguments that followed by position; `renamed`:
    other keywords with a new name, as old=new. Each old spelling gives a DeprecationWarning.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def apply(*arguments: Any, **keywords: Any) -> R:
            first, extra = arguments[:1], arguments[1 : 1 + len(positional)]
            named = dict(zip(positional, extra, strict=False))
            if len(arguments) > 1 + len(positional) or named.keys() & keywords.keys():
                return function(*arguments, **keywords)  # raises the usual TypeError
            if old and old in keywords and not first:
                named["data"] = keywords.pop(old)
            named |= {renamed[name]: keywords.pop(name) for name in renamed.keys() & keywords.keys()}
            if named:
                spelt = ", ".join("data" if name == "data" else f"{name}=" for name in named)
                message = f"{function.__name__}: arguments are spelt data, then keywords (here: {spelt})"
                warnings.warn(message, DeprecationWarning, stacklevel=2)
            return function(*first, **keywords, **named)

        return apply

    return decorate
