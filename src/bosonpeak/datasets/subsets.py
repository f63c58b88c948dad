"""Subsets of samples or modes, such as the stored configurations, matched to the whole by label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bosonpeak.datasets.array_types import IntegerArray
from bosonpeak.datasets.errors import NotApplicableError, did_you_mean

if TYPE_CHECKING:
    import xarray as xr


def select_subset(dataset: xr.Dataset, subset: str) -> xr.Dataset:
    """Select the samples of a subset, so that all variables share the dimension ``sample``.

    Two dimensions give an outer product in xarray: ``dataset["participation_ratio"] * dataset["position"]`` pairs every
    sample with every configuration. After the selection each configuration meets its own sample.

    Parameters
    ----------
    dataset : xarray.Dataset
        A dataset in which some entries of a dimension are stored under a dimension of their own: ``configuration`` or
        ``full_sample``, some of ``sample``; ``low_mode``, some of ``mode``.
    subset : str
        The dimension of the subset.

    Returns
    -------
    xarray.Dataset
        The variables of the subset with its dimension renamed, such as ``position`` (sample, particle, axis); the other
        variables at the same labels, in the order of the subset; other subsets at the labels that remain; variables
        without either dimension unchanged.

    Raises
    ------
    NotApplicableError
        If there is no such subset, or a label of it does not occur in the whole.

    Examples
    --------
    The participation ratio of the eight lowest modes, from the stored eigenvectors and as recorded:

    >>> from bosonpeak.datasets import open_dataset
    >>> glasses = open_dataset("glass/taper-2", group="T-0.20")
    >>> chosen = select_subset(select_subset(glasses, "configuration"), "low_mode")
    >>> weight = (chosen["eigenvector"] ** 2).sum("axis")
    >>> ratio = 1.0 / (1000 * (weight**2).sum("particle"))
    >>> bool(abs(ratio / chosen["participation_ratio"] - 1.0).max() < 0.02)
    True
    """
    from bosonpeak.datasets.schema import with_labels
    from bosonpeak.datasets.schema.labels import SUBSETS

    dataset = with_labels(dataset)
    rows = rows_of(dataset, subset)
    whole = SUBSETS[subset]
    chosen = dataset.isel({whole: rows})
    for other, parent in SUBSETS.items():
        if parent == whole and other != subset and other in chosen.coords:
            chosen = chosen.isel({other: np.isin(chosen[other].values, chosen[whole].values)})
    inside = [name for name, variable in chosen.variables.items() if subset in variable.dims]
    part = chosen[inside].drop_vars([subset, f"{subset}_index"], errors="ignore").rename_dims({subset: whole})
    return chosen.drop_dims(subset).assign(part.variables)


def rows_of(dataset: xr.Dataset, subset: str) -> IntegerArray:
    """Position in the whole dimension of each entry of a subset, by label or by the variable ``<subset>_index``."""
    from bosonpeak.datasets.schema import with_labels
    from bosonpeak.datasets.schema.labels import SUBSETS

    if subset not in SUBSETS or subset not in dataset.dims or SUBSETS[subset] not in dataset.dims:
        there = [name for name, whole in SUBSETS.items() if name in dataset.dims and whole in dataset.dims]
        raise NotApplicableError(
            "the dataset has no such subset",
            expected=", ".join(there) or f"a dataset with a dimension {', '.join(SUBSETS)}",
            got=f"{subset!r}" + (f"; {question}" if (question := did_you_mean(subset, there)) else ""),
        )
    whole = SUBSETS[subset]
    dataset = with_labels(dataset)
    if subset not in dataset.coords:
        raise NotApplicableError(
            f"the {whole} of each {subset} is unknown", expected=f"a coordinate {subset}, or a variable {subset}_index"
        )
    labels = dataset[subset].values
    rows = dataset.get_index(whole).get_indexer(labels)
    if (rows < 0).any():
        raise NotApplicableError(
            f"some entries of {subset} have no {whole}",
            expected=f"{subset} labels that occur in {whole}",
            got=f"{labels[rows < 0][:3].tolist()}, not in {whole}",
            likely_cause=f"a selection of one of them; select both, or start with select_subset(data, {subset!r})",
        )
    return np.asarray(rows, dtype=np.int64)
