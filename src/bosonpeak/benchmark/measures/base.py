"""What all measures share: what they are, what opens an ensemble for them, and how validators become measures."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Protocol

import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate

Measure = Callable[..., Estimate]


class OpenEnsemble(Protocol):
    """Opens one ensemble in memory: whatever judges, draws or compares asks for its data in this one way."""

    def __call__(self, dataset: str, group: str, /) -> xr.Dataset:
        """The ensemble of a dataset that is called by its group."""
        ...


class OpenCell(Protocol):
    """Opens one ensemble of the dataset at hand, or of another one."""

    def __call__(self, group: str, dataset: str | None = None, /) -> xr.Dataset:
        """The ensemble, in memory."""
        ...


def at_home_in(dataset: str, open_ensemble: OpenEnsemble) -> OpenCell:
    """What opens the ensembles of a dataset for a measure of it."""

    def open_cell(group: str, other: str | None = None, /) -> xr.Dataset:
        return open_ensemble(other or dataset, group)

    return open_cell


def of_ensemble(validator: Callable[..., Any]) -> Callable[..., Any]:
    """A validator of one dataset as a measurement: the keywords it takes are the parameters of the claim."""

    def apply(open_cell: OpenCell, cell: str, **parameters: Any) -> Any:
        return validator(open_cell(cell), **parameters)

    keywords = [each for each in inspect.signature(validator).parameters.values() if each.kind is each.KEYWORD_ONLY]
    places = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("open_cell", "cell")]
    apply.__signature__ = inspect.Signature([*places, *keywords])  # type: ignore[attr-defined]
    return apply


def part(measurement: Callable[..., Any], feature: str) -> Measure:
    """One estimate of a measurement that makes several.

    Raises
    ------
    NotApplicableError
        If the measurement has none of that feature.
    """

    @functools.wraps(measurement)
    def apply(open_cell: OpenCell, cell: str, **parameters: Any) -> Estimate:
        found: Estimate | None = getattr(measurement(open_cell, cell, **parameters), feature)
        if found is None:
            raise NotApplicableError(f"the ensemble does not tell its {feature.replace('_', ' ')}")
        return found

    return apply
