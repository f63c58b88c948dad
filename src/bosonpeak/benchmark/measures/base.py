"""What all measures share: what they are, and what opens an ensemble for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import xarray as xr

from bosonpeak.validators.estimates.estimate import Estimate

Measure = Callable[..., Estimate]


class OpenCell(Protocol):
    """Opens one ensemble of the dataset at hand, or of another one."""

    def __call__(self, group: str, dataset: str | None = None, /) -> xr.Dataset:
        """Return the ensemble in memory."""
        ...
