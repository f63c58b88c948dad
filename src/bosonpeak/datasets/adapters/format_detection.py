"""Recognise a file or Zarr store by content: a dataset of this package, foreign spectra, or configurations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.adapters.configurations.foreign_configuration import ForeignConfiguration, checked_configuration
from bosonpeak.datasets.adapters.configurations.labelled import configuration_dataset_of
from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder
from bosonpeak.datasets.adapters.decoding.formats import Operation, operation_for, raw_of_stored
from bosonpeak.datasets.adapters.files.foreign_file import Source
from bosonpeak.datasets.adapters.files.stored_files import dataset_of, is_own, is_zarr_store
from bosonpeak.datasets.adapters.matrices.dynamical_matrix import spectra_of_matrix
from bosonpeak.datasets.adapters.matrices.raw_matrix import RawMatrix
from bosonpeak.datasets.adapters.spectra.labelled import spectrum_dataset
from bosonpeak.datasets.adapters.spectra.raw_spectra import RawSpectra
from bosonpeak.datasets.errors import ForeignInputError

if TYPE_CHECKING:
    import xarray as xr

CONFIGURATION = "configuration"
"""The kind of datasets of positions alone, and the word of a card for a file of them."""


@dataclass(frozen=True)
class Own:
    """A valid dataset of one of this package's kinds, in memory."""

    path: Path
    dataset: xr.Dataset

    @property
    def kind(self) -> str:
        """Kind of the dataset."""
        return str(self.dataset.attrs["kind"])

    def with_frequencies(self) -> xr.Dataset:
        """Return the dataset if it has eigenfrequencies; else raise `ForeignInputError`."""
        if "eigenfrequency" not in self.dataset:
            raise ForeignInputError(
                "the file holds no eigenfrequencies", got=f"a dataset of kind {self.kind}", where=str(self.path)
            )
        return self.dataset


@dataclass(frozen=True)
class Spectra:
    """Eigenfrequencies, or a matrix that yields them; ``arrays`` is the content of a foreign netCDF file, else None."""

    path: Path
    card: Mapping[str, Any]
    arrays: xr.Dataset | None = None
    decoder: Decoder = IN_PLACE

    def raw(self) -> RawSpectra | RawMatrix:
        """Read the numbers of the file, or its matrix as it is; errors as of `raw_of_file`."""
        if self.arrays is not None:
            return raw_of_stored(self.arrays, self.path, self.card)
        return self.decoder.spectra(self.path, self.card)

    def read(self) -> RawSpectra:
        """Read the numbers of the file, diagonalising a matrix; errors as of `raw_of_file` and `spectra_of_matrix`."""
        raw = self.raw()
        return spectra_of_matrix(raw, self.card) if isinstance(raw, RawMatrix) else raw

    def labelled(self) -> xr.Dataset:
        """Read the file as a dataset of kind ``mode-ensemble``; errors as of `spectrum_dataset`."""
        return spectrum_dataset(self.read(), Source.of_file(self.path), self.card)


@dataclass(frozen=True)
class Configurations:
    """Positions of particles in a box."""

    path: Path
    card: Mapping[str, Any]
    decoder: Decoder = IN_PLACE

    def read(self) -> tuple[ForeignConfiguration, ...]:
        """Read the configurations of the file; errors as of `read_configurations`."""
        raw = self.decoder.configurations(self.path, self.card)
        return tuple(checked_configuration(frame, self.card) for frame in raw)

    def labelled(self) -> xr.Dataset:
        """Read the file as a dataset of kind ``configuration``; errors as of `configuration_dataset_of`."""
        return configuration_dataset_of({self.path.name: self.read()}, Source.of_file(self.path), self.card)


def recognised(
    path: Path, card: Mapping[str, Any], decoder: Decoder = IN_PLACE, operation: Operation | None = None
) -> Own | Spectra | Configurations:
    """Classify the content of a file or Zarr store; a file that matches nothing else counts as spectra."""
    operation = operation or operation_for(path)
    if operation == "stored":
        found = dataset_of(decoder.stored(path, card), path)
        return Own(path, found) if is_own(found) else Spectra(path, card, found)
    if operation == "configurations":
        return Configurations(path, card, decoder)
    return Spectra(path, card, decoder=decoder)


def is_folder(path: Path) -> bool:
    """Test whether a path is a folder of files and not a Zarr store."""
    return path.is_dir() and not is_zarr_store(path)
