"""What a file or a Zarr store is, by its content: a dataset of this package, foreign spectra, or configurations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.adapters.configurations.foreign_configuration import ForeignConfiguration, checked_configuration
from bosonpeak.datasets.adapters.configurations.formats import is_configuration
from bosonpeak.datasets.adapters.configurations.labelled import configuration_dataset_of
from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder, Operation
from bosonpeak.datasets.adapters.decoding.spectrum_files import raw_of_stored
from bosonpeak.datasets.adapters.files.foreign_file import Source, existing_file, head_of
from bosonpeak.datasets.adapters.files.stored_files import dataset_of, is_own, is_stored, is_zarr_store
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
        """The dataset, if it has eigenfrequencies; else `ForeignInputError`."""
        if "eigenfrequency" not in self.dataset:
            raise ForeignInputError(
                "the file holds no eigenfrequencies", got=f"a dataset of kind {self.kind}", where=str(self.path)
            )
        return self.dataset


@dataclass(frozen=True)
class Spectra:
    """Eigenfrequencies, or the matrix that has them; `arrays` are those of a netCDF file of another package."""

    path: Path
    card: Mapping[str, Any]
    arrays: xr.Dataset | None = None
    decoder: Decoder = IN_PLACE

    def read(self) -> RawSpectra:
        """The numbers of the file, those of a matrix diagonalised; errors as of `raw_of_file`, `spectra_of_matrix`."""
        if self.arrays is not None:
            raw = raw_of_stored(self.arrays, self.path, self.card)
        else:
            raw = self.decoder.spectra(self.path, self.card)
        return spectra_of_matrix(raw, self.card) if isinstance(raw, RawMatrix) else raw

    def labelled(self) -> xr.Dataset:
        """The numbers of the file as a dataset of kind ``mode-ensemble``; errors as of `spectrum_dataset`."""
        return spectrum_dataset(self.read(), Source.of_file(self.path), self.card)


@dataclass(frozen=True)
class Configurations:
    """Positions of particles in a box."""

    path: Path
    card: Mapping[str, Any]
    decoder: Decoder = IN_PLACE

    def read(self) -> tuple[ForeignConfiguration, ...]:
        """The configurations of the file; errors as of `read_configurations`."""
        raw = self.decoder.configurations(self.path, self.card)
        return tuple(checked_configuration(frame, self.card) for frame in raw)

    def labelled(self) -> xr.Dataset:
        """The configurations as a dataset of kind ``configuration``; errors as of `configuration_dataset_of`."""
        return configuration_dataset_of({self.path.name: self.read()}, Source.of_file(self.path), self.card)


def recognised(
    path: Path, card: Mapping[str, Any], decoder: Decoder = IN_PLACE, operation: Operation | None = None
) -> Own | Spectra | Configurations:
    """Tell what a file holds; a foreign one is not read yet.

    Parameters
    ----------
    path : Path
        A file, or a Zarr store.
    card : mapping
        ``group`` of a file with several datasets; the rest is for the reader of what is found.
    decoder : Decoder
        Who reads it; by default this process.
    operation : {"stored", "spectra", "configurations"}, optional
        What `operation_for` says of it, if it is known already.

    Returns
    -------
    Own, Spectra or Configurations
        Spectra where nothing else is recognised.

    Raises
    ------
    ForeignInputError
        If there is no file, it is empty or too large, or a netCDF file or Zarr store is damaged or invalid.
    """
    operation = operation or operation_for(path)
    if operation == "stored":
        found = dataset_of(decoder.stored(path, card), path)
        return Own(path, found) if is_own(found) else Spectra(path, card, found)
    if operation == "configurations":
        return Configurations(path, card, decoder)
    return Spectra(path, card, decoder=decoder)


def operation_for(path: Path) -> Operation:
    """How `recognised`, and what it gives, will have a file read, or try to.

    Parameters
    ----------
    path : Path
        A file, or a Zarr store.

    Returns
    -------
    {"stored", "configurations", "spectra"}

    Raises
    ------
    ForeignInputError
        If there is no file, or it is empty or too large.
    """
    if is_zarr_store(path):
        return "stored"
    existing_file(path, "spectra, a matrix, or configurations")
    if is_configuration(head_of(path)):
        return "configurations"
    return "stored" if is_stored(path) else "spectra"


def is_folder(path: Path) -> bool:
    """Whether a path is a folder of files, and not a Zarr store."""
    return path.is_dir() and not is_zarr_store(path)
