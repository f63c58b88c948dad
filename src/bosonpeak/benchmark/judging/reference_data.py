"""Registered datasets, opened by the names of their ensembles in claims."""

from __future__ import annotations

import xarray as xr

from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import ClaimError


class ReferenceData:
    """Registered datasets, each opened once."""

    def __init__(self) -> None:
        self._open: dict[str, xr.DataTree] = {}

    def cell(self, dataset: str, group: str) -> xr.Dataset:
        """Load an ensemble of a registered dataset; raise `ClaimError` if the dataset has no such group."""
        if dataset not in self._open:
            self._open[dataset] = _as_tree(open_dataset(dataset))
        try:
            return self._open[dataset][group].to_dataset()
        except KeyError as error:
            raise ClaimError("a claim names an ensemble that is not there", got=group, where=dataset) from error


def _as_tree(data: xr.Dataset | xr.DataTree) -> xr.DataTree:
    return data if isinstance(data, xr.DataTree) else xr.DataTree(data)
