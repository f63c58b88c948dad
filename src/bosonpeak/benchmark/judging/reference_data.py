"""The registered datasets, opened as claims name their ensembles."""

from __future__ import annotations

import xarray as xr

from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import ClaimError


class ReferenceData:
    """Opens registered datasets, each once."""

    def __init__(self) -> None:
        self._open: dict[str, xr.DataTree] = {}

    def cell(self, dataset: str, group: str) -> xr.Dataset:
        """One ensemble of a registered dataset, in memory.

        Raises
        ------
        ClaimError
            If the dataset has no such group.
        """
        if dataset not in self._open:
            self._open[dataset] = _as_tree(open_dataset(dataset))
        try:
            return self._open[dataset][group].to_dataset()
        except KeyError as error:
            raise ClaimError("a claim names an ensemble that is not there", got=group, where=dataset) from error


def _as_tree(data: xr.Dataset | xr.DataTree) -> xr.DataTree:
    return data if isinstance(data, xr.DataTree) else xr.DataTree(data)
