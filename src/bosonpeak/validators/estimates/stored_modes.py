"""Eigenvectors that a glass ensemble stores for some of its samples, with sample, chain and phonon scale."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.random import SeedSequence

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.validators.estimates.inputs import known_chain, require_variables

_STORED = ("position", "eigenvector")


@dataclass(frozen=True)
class StoredModes:
    """Stored eigenvectors of a glass ensemble, by configuration.

    The dataset has ``position`` (configuration, particle, axis), ``eigenvector`` (configuration, low_mode, particle,
    axis), ``box`` (axis), ``eigenfrequency`` (sample, mode), ``first_phonon`` (sample) and, where samples are not
    independent, ``chain`` (sample). Configurations and modes are matched to samples and modes by label.
    """

    dataset: xr.Dataset

    def __post_init__(self) -> None:
        require_variables(self.dataset, "position", "eigenvector", "box", "eigenfrequency", "first_phonon")

    def __iter__(self) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Yield positions (particles, dimension) and modes (modes, particles, dimension) of each configuration."""
        position, eigenvector = (self.dataset[name].variable for name in ("position", "eigenvector"))
        for index in range(self.dataset.sizes["configuration"]):
            yield position.isel(configuration=index).values, eigenvector.isel(configuration=index).values

    @functools.cached_property
    def box(self) -> FloatArray:
        """Box lengths, shape (dimension,)."""
        return np.asarray(self.dataset["box"].values)

    @functools.cached_property
    def sample(self) -> IntegerArray:
        """Position along ``sample`` of each configuration."""
        return rows_of(self.dataset, "configuration")

    @functools.cached_property
    def frequency(self) -> FloatArray:
        """Frequency of each mode, shape (configurations, modes)."""
        return np.asarray(self.dataset["eigenfrequency"].values[np.ix_(self.sample, rows_of(self.dataset, "low_mode"))])

    @functools.cached_property
    def first_phonon(self) -> FloatArray:
        """Frequency omega_0 of the first phonon of each configuration's sample."""
        return np.asarray(self.dataset["first_phonon"].values[self.sample])

    @functools.cached_property
    def ratio(self) -> FloatArray:
        """Frequency of each mode in units of its sample's own omega_0, shape (configurations, modes).

        A mode is compared with the waves of its own sample: in units of the ensemble's mean, waves of a soft sample
        would count as modes below the phonon. A density of states takes the mean (`ModeLists.scale`).
        """
        return np.asarray(self.frequency / self.first_phonon[:, None])

    @functools.cached_property
    def cluster(self) -> IntegerArray:
        """Independent unit of each configuration, counted from 0: its chain, or its sample where chains are unknown."""
        chain = known_chain(self.dataset)
        labels = self.sample if chain is None else chain[self.sample]
        return np.asarray(np.unique(labels, return_inverse=True)[1], dtype=np.int64)


def with_configurations(dataset: xr.Dataset) -> xr.Dataset:
    """Every sample as a configuration with its modes above zero, of data with eigenvectors (sample, mode, ...).

    Such data come from `vibrations`; all others are returned unchanged. NotApplicableError if boxes or numbers of zero
    modes differ between samples.
    """
    modes = dataset["eigenvector"]
    if "configuration" in dataset.dims or not {"sample", "mode"} <= set(modes.dims):
        return dataset
    box, zeros = dataset["box"], zero_modes_listed(dataset)
    if ("sample" in box.dims and not (box == box.isel(sample=0)).all()) or len(set(zeros)) > 1:
        raise NotApplicableError(
            "the samples do not form one ensemble of modes",
            expected="one box, and as many zero modes in each sample",
            got=f"boxes {np.unique(box.values).tolist()[:4]}, zero modes {sorted(set(zeros))}",
        )
    names = {"sample": "configuration", "mode": "low_mode"}
    above = dataset.isel(mode=slice(zeros[0], None))
    parts = {name: above[name].rename({k: v for k, v in names.items() if k in above[name].dims}) for name in _STORED}
    parts["box"] = box.isel(sample=0, drop=True, missing_dims="ignore")
    return dataset.drop_vars(list(parts)).assign(parts)


def zero_modes_listed(dataset: xr.Dataset) -> list[int]:
    """Number of zero modes among the eigenfrequencies of each sample."""
    if dataset.attrs.get("zero_modes") == "removed" or "zero_mode_count" not in dataset:
        return [0] * dataset.sizes["sample"]
    return [int(count) for count in dataset["zero_mode_count"].values]


def own_seed(places: FloatArray) -> SeedSequence:
    """Random seed that depends on the positions of a configuration alone, so that repetitions agree."""
    return SeedSequence(int.from_bytes(hashlib.sha256(np.ascontiguousarray(places).tobytes()).digest()[:16]))


def first_of_chains(data: xr.Dataset, chains: int | None) -> xr.Dataset:
    """The first configuration of each of the first `chains` chains; all configurations if None."""
    if chains is None:
        return data
    first = np.sort(np.unique(StoredModes(data).cluster, return_index=True)[1])
    return data.isel(configuration=first[:chains])


def combined_modes(ensembles: Sequence[xr.Dataset]) -> xr.Dataset:
    """Configurations and modes of ensembles of one kind as one ensemble; chains of different ones are independent."""
    if len(ensembles) == 1:
        return ensembles[0]
    modes = [StoredModes(each) for each in ensembles]
    shapes = {(tuple(each.box), each.dataset.sizes["particle"]) for each in modes}
    if len(shapes) > 1:
        raise NotApplicableError("ensembles of different boxes cannot be counted together", got=f"{len(shapes)} boxes")
    ranks = min(each.dataset.sizes["low_mode"] for each in modes)
    first = np.cumsum([0, *(int(each.cluster.max()) + 1 for each in modes)])
    columns = {
        "position": ("configuration particle axis", [each.dataset["position"].values for each in modes]),
        "eigenvector": (
            "configuration low_mode particle axis",
            [each.dataset["eigenvector"].values[:, :ranks] for each in modes],
        ),
        "eigenfrequency": ("sample mode", [each.frequency[:, :ranks] for each in modes]),
        "first_phonon": ("sample", [each.first_phonon for each in modes]),
        "chain": ("sample", [each.cluster + start for each, start in zip(modes, first, strict=False)]),
    }
    together = {name: (dims.split(), np.concatenate(parts)) for name, (dims, parts) in columns.items()}
    count = len(together["first_phonon"][1])
    return xr.Dataset(
        {**together, "configuration_index": ("configuration", np.arange(count)), "box": ("axis", modes[0].box)}
    )
