"""How a kind of dataset is written down: variables, and rules for their values."""

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
    """A rule for the values of one variable.

    Parameters
    ----------
    message : str
        What is wrong where the rule is broken, such as ``"negative"``.
    holds : callable
        Takes the variable, returns a boolean array of its dimensions: where the rule holds.
    """

    message: str
    holds: Callable[[xr.DataArray], xr.DataArray]


@dataclass(frozen=True)
class DatasetRule:
    """A rule that ties several variables, dimensions or attributes together.

    Parameters
    ----------
    subject : str
        The variable or dimension to name first in a message.
    message : str
        What is wrong where the rule is broken.
    needs : tuple of str
        Variables without which, in their proper shape, the rule says nothing.
    holds : callable
        Takes the dataset, returns whether the rule holds: one boolean, or an array of them.
    reads_values : bool
        Whether the rule looks at values, and not only at names and sizes.
    """

    subject: str
    message: str
    needs: tuple[str, ...]
    holds: Callable[[xr.Dataset], xr.DataArray | bool]
    reads_values: bool = True


@dataclass(frozen=True)
class VariableSpecification:
    """Shape, type and values of one variable.

    Parameters
    ----------
    dims : tuple of str or None
        Dimensions in order; None stands for any one dimension.
    dtypes : tuple of str
        Types that are accepted; the first is the one that this package writes.
    required : bool
        Whether the variable must be there.
    rules : tuple of ValueRule
    """

    dims: tuple[str, ...]
    dtypes: tuple[str, ...]
    required: bool = False
    rules: tuple[ValueRule, ...] = ()

    def fits(self, variable: xr.DataArray) -> bool:
        """Whether dimensions and type are right, so that the rules make sense."""
        return variable.dims == self.dims and variable.dtype.name in self.dtypes


@dataclass(frozen=True)
class AttributeRule:
    """What an attribute must be; pandera prints `description` when it is not.

    Parameters
    ----------
    description : str
        Such as ``"an ISO date"``.
    accepts : callable
        Takes the value of the attribute.
    """

    description: str
    accepts: Callable[[object], bool]

    def __call__(self, value: object) -> bool:
        """Whether the value is a scalar that is accepted."""
        return not isinstance(value, np.ndarray) and self.accepts(value)

    def __repr__(self) -> str:
        return self.description


@dataclass(frozen=True)
class KindSpecification:
    """Everything that makes a dataset one of its kind.

    Parameters
    ----------
    variables : mapping of str to VariableSpecification
    rules : tuple of DatasetRule
    attributes : mapping of str to AttributeRule
        Global attributes beyond the provenance.
    """

    variables: Mapping[str, VariableSpecification]
    rules: tuple[DatasetRule, ...] = ()
    attributes: Mapping[str, AttributeRule] = field(default_factory=dict)


FINITE = ValueRule("not a finite number", lambda values: abs(values) < math.inf)
NOT_INFINITE = ValueRule("infinite", lambda values: ~(abs(values) == math.inf))
NOT_NEGATIVE = ValueRule("negative", lambda values: ~(values < 0))
POSITIVE = ValueRule("not above zero", lambda values: ~(values <= 0))


def not_below_rounding(fraction: float) -> ValueRule:
    """Rule that values, sums of cancelling terms, fall below zero by a fraction of their maximum at most."""
    return ValueRule("negative beyond round-off", lambda values: ~(values < -fraction * abs(values).max()))


def ascending(dim: str, *, strictly: bool = False) -> ValueRule:
    """Rule that values grow along a dimension; the later of two offenders is reported.

    Parameters
    ----------
    dim : str
        Dimension along which values must not fall.
    strictly : bool
        Whether equal neighbours break the rule too.

    Returns
    -------
    ValueRule
    """

    def holds(values: xr.DataArray) -> xr.DataArray:
        # Coordinates are left out: arithmetic between shifted labels would align them again.
        bare = values.variable.to_base_variable()
        later, earlier = bare.isel({dim: slice(1, None)}), bare.isel({dim: slice(None, -1)})
        sound = ~(later <= earlier) if strictly else ~(later < earlier)
        first = xr.ones_like(bare.isel({dim: slice(0, 1)}), dtype=bool)
        joined = xr.Variable.concat([first, sound], dim=dim)  # type: ignore[no-untyped-call]
        return xr.DataArray(joined)

    return ValueRule(f"unsorted: {'not above' if strictly else 'below'} the value before it", holds)
