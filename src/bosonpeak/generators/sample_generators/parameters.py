"""Recipe parameters: completed with the defaults of a generator, and rejected in one error if invalid."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from bosonpeak.datasets.errors import RecipeError

Requirement = tuple[str, str, bool]
"""Parameter, what is expected of it in words, and whether it holds."""


def completed(parameters: Mapping[str, Any], defaults: Mapping[str, Any], generator: str) -> dict[str, Any]:
    """All parameters of a generator in the types of the defaults; `RecipeError` for unknown names or wrong types."""
    unknown = sorted(set(parameters) - set(defaults))
    if unknown:
        raise RecipeError(
            f"unknown parameters of {generator}", expected="some of " + ", ".join(defaults), got=", ".join(unknown)
        )
    for key, value in parameters.items():
        wanted = type(defaults[key])
        fits = type(value) in (int, float) if wanted is float else type(value) is wanted
        if not fits:
            raise RecipeError(f"parameter {key} has the wrong type", expected=wanted.__name__, got=repr(value))
    return {key: type(default)(parameters.get(key, default)) for key, default in defaults.items()}


def refuse_impossible(parameters: Mapping[str, Any], requirements: Sequence[Requirement], generator: str) -> None:
    """Raise one `RecipeError` that lists every violated requirement."""
    wrong = [(key, expected) for key, expected, holds in requirements if not holds]
    if wrong:
        raise RecipeError(
            f"impossible parameters of {generator}",
            expected="; ".join(f"{key}: {expected}" for key, expected in wrong),
            got=", ".join(f"{key} = {parameters[key]}" for key, _ in wrong),
        )


def ascending(values: Sequence[float], low: float, high: float) -> bool:
    """Test whether a list is non-empty and ascending, with all numbers in [low, high]."""
    numbers = all(isinstance(value, int | float) and low <= value <= high for value in values)
    return bool(values) and numbers and all(a < b for a, b in itertools.pairwise(values))
