"""Specification of a kind of dataset: variables, and rules for their values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

FLOATS = ("float64", "float32")
INTEGERS = ("int32", "int64", "int16", "int8", "uint8", "uint16", "uint32", "uint64")


@dataclass(frozen=True)
class ValueRule:
    """Rule for the values of a variable."""

    message: str  # describes a violation, such as ``"negative"``
    holds: Callable[[xr.DataArray], xr.DataArray]  # boolean array of the variable's shape


@dataclass(frozen=True)
class DatasetRule:
    """Rule that relates several variables, dimensions or attributes."""

    subject: str  # named first in a message
    message: str
    needs: tuple[str, ...]  # the rule is skipped unless all these variables have their proper shape
    holds: Callable[[xr.Dataset], xr.DataArray | bool]
    reads_values: bool = True  # false for rules about names and sizes


@dataclass(frozen=True)
class VariableSpecification:
    """Shape, type and values of a variable."""

    dims: tuple[str, ...]  # None matches any dimension
    dtypes: tuple[str, ...]  # accepted types, first the type that this package writes
    required: bool = False
    rules: tuple[ValueRule, ...] = ()

    def fits(self, variable: xr.DataArray) -> bool:
        """Test whether dimensions and type match, a precondition of the value rules."""
        return variable.dims == self.dims and variable.dtype.name in self.dtypes


@dataclass(frozen=True)
class AttributeRule:
    """Rule for an attribute; pandera prints `description`, such as ``"an ISO date"``, for a violation."""

    description: str
    accepts: Callable[[object], bool]

    def __call__(self, value: object) -> bool:
        """Test whether the value is an accepted scalar."""
        return not isinstance(value, np.ndarray) and self.accepts(value)

    def __repr__(self) -> str:
        return self.description


@dataclass(frozen=True)
class KindSpecification:
    """Variables, rules and global attributes (beyond the provenance) that define a kind of dataset."""

    variables: Mapping[str, VariableSpecification]
    rules: tuple[DatasetRule, ...] = ()
    attributes: Mapping[str, AttributeRule] = field(default_factory=dict)


FINITE = ValueRule("not a finite number", lambda values: abs(values) < math.inf)
NOT_INFINITE = ValueRule("infinite", lambda values: ~(abs(values) == math.inf))
NOT_NEGATIVE = ValueRule("negative", lambda values: ~(values < 0))
POSITIVE = ValueRule("not above zero", lambda values: ~(values <= 0))


def not_below_rounding(fraction: float) -> ValueRule:
    """Rule that values, as sums of cancelling terms, are negative by at most a fraction of their maximum."""
    return ValueRule("negative beyond round-off", lambda values: ~(values < -fraction * abs(values).max()))


def ascending(dim: str, *, strictly: bool = False) -> ValueRule:
    """Rule that values increase along a dimension, strictly if asked; the later of two offenders is reported."""

    def holds(values: xr.DataArray) -> xr.DataArray:
        # Without coordinates, because arithmetic between shifted labels would align the labels again.
        bare = values.variable.to_base_variable()
        later, earlier = bare.isel({dim: slice(1, None)}), bare.isel({dim: slice(None, -1)})
        sound = ~(later <= earlier) if strictly else ~(later < earlier)
        first = xr.ones_like(bare.isel({dim: slice(0, 1)}), dtype=bool)
        joined = xr.Variable.concat([first, sound], dim=dim)  # type: ignore[no-untyped-call]
        return xr.DataArray(joined)

    return ValueRule(f"unsorted: {'not above' if strictly else 'below'} the value before it", holds)
