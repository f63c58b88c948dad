"""What all measures share: what they are, and what opens an ensemble for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import xarray as xr

from bosonpeak.validators.estimates.estimate import Estimate

Measure = Callable[..., Estimate]


class OpenEnsemble(Protocol):
    """Opens one ensemble in memory: whatever judges, draws or compares asks for its data in this one way."""

    def __call__(self, dataset: str, group: str, /) -> xr.Dataset:
        """Return the ensemble of a dataset that is called by its group."""
        ...


class OpenCell(Protocol):
    """Opens one ensemble of the dataset at hand, or of another one."""

    def __call__(self, group: str, dataset: str | None = None, /) -> xr.Dataset:
        """Return the ensemble in memory."""
        ...


def at_home_in(dataset: str, open_ensemble: OpenEnsemble) -> OpenCell:
    """What opens the ensembles of a dataset for a measure of it."""

    def open_cell(group: str, other: str | None = None, /) -> xr.Dataset:
        return open_ensemble(other or dataset, group)

    return open_cell
