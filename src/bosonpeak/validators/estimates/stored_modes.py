"""Modes in space that a glass ensemble stores for some of its samples, each with its sample, chain and phonon scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from bosonpeak.datasets.arrays import FloatArray, IntegerArray
from bosonpeak.validators.estimates.inputs import known_chain, require_variables


@dataclass(frozen=True)
class StoredModes:
    """Stored modes of a glass ensemble.

    Parameters
    ----------
    dataset : xarray.Dataset
        Glass ensemble with ``position`` (configuration, particle, axis), ``eigenvector`` (configuration, low_mode,
        particle, axis), ``configuration_index`` (configuration), ``box`` (axis), ``eigenfrequency`` (sample, mode),
        ``first_phonon`` (sample) and, where samples depend on each other, ``chain`` (sample).

    Raises
    ------
    NotApplicableError
        Naming every variable that is missing.
    """

    dataset: xr.Dataset

    def __post_init__(self) -> None:
        require_variables(
            self.dataset, "position", "eigenvector", "configuration_index", "box", "eigenfrequency", "first_phonon"
        )

    def __iter__(self) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Positions (particles, dimension) and modes (modes, particles, dimension), configuration by configuration."""
        position, eigenvector = (self.dataset[name].variable for name in ("position", "eigenvector"))
        for index in range(self.dataset.sizes["configuration"]):
            yield position.isel(configuration=index).values, eigenvector.isel(configuration=index).values

    @property
    def box(self) -> FloatArray:
        """Lengths of the box, shape (dimension,)."""
        return np.asarray(self.dataset["box"].values)

    @property
    def sample(self) -> IntegerArray:
        """Sample of each configuration."""
        return np.asarray(self.dataset["configuration_index"].values, dtype=np.int64)

    @property
    def frequency(self) -> FloatArray:
        """Frequency of each mode, shape (configurations, modes)."""
        return np.asarray(self.dataset["eigenfrequency"].values[self.sample, : self.dataset.sizes["low_mode"]])

    @property
    def first_phonon(self) -> FloatArray:
        """Frequency omega_0 of the first phonon of each configuration's sample."""
        return np.asarray(self.dataset["first_phonon"].values[self.sample])

    @property
    def ratio(self) -> FloatArray:
        """Frequency of each mode in units of its omega_0, shape (configurations, modes)."""
        return np.asarray(self.frequency / self.first_phonon[:, None])

    @property
    def cluster(self) -> IntegerArray:
        """Independent unit of each configuration, from 0 up: its chain, or its sample where chains are unknown."""
        chain = known_chain(self.dataset)
        labels = self.sample if chain is None else chain[self.sample]
        return np.asarray(np.unique(labels, return_inverse=True)[1], dtype=np.int64)
