"""Subsets of the chains of an ensemble."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.datasets.arrays import IntegerArray
from bosonpeak.validators.estimates.inputs import chain_labels

_INDEXED = {"configuration": "configuration_index", "full_sample": "full_sample_index"}
"""Dimensions of which each entry belongs to a sample, and the variables that say to which."""


def chains_of(dataset: xr.Dataset) -> IntegerArray:
    """Labels of the independent chains, or of the samples if chains are unknown; empty without samples."""
    if "sample" not in dataset.dims:
        return np.array([], dtype=np.int64)
    return np.unique(chain_labels(dataset))


def with_chains(dataset: xr.Dataset, kept: IntegerArray) -> xr.Dataset:
    """Select the samples of the given chains, with all data stored for the samples.

    `kept`: labels from `chains_of`. The order of samples is kept; sample indices of configurations and of complete
    spectra are renumbered.
    """
    inside = np.isin(chain_labels(dataset), kept)
    chosen: dict[str, NDArray[np.intp]] = {"sample": np.flatnonzero(inside)}
    number = np.cumsum(inside) - 1
    renumbered = {}
    for dimension, label in _INDEXED.items():
        if label in dataset:
            belongs = dataset[label].values
            there = np.flatnonzero(inside[belongs])
            chosen[dimension] = there
            renumbered[label] = dataset[label].isel({dimension: there}).copy(data=number[belongs[there]])
    chains = chains_of(dataset)
    if "chain" in dataset and dataset.sizes.get("independent_chain") == len(chains):
        chosen["independent_chain"] = np.flatnonzero(np.isin(chains, kept))
    return dataset.isel(chosen).assign(renumbered)
