"""Who turns the bytes of a file into arrays: this process, or one that can do nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from numpy.typing import NDArray

from bosonpeak.datasets.adapters.configurations.foreign_configuration import RawConfiguration
from bosonpeak.datasets.adapters.configurations.formats import raw_configurations
from bosonpeak.datasets.adapters.decoding.spectrum_files import numbers_of_file, raw_of_file
from bosonpeak.datasets.adapters.files.stored_files import stored_group
from bosonpeak.datasets.adapters.matrices.raw_matrix import RawMatrix
from bosonpeak.datasets.adapters.spectra.raw_spectra import RawSpectra
from bosonpeak.datasets.storage.file_groups import read_groups
from bosonpeak.datasets.storage.stored_groups import StoredGroup

Operation = Literal["stored", "spectra", "configurations"]
"""The methods of a `Decoder` that read a file of an ensemble."""


class Decoder(Protocol):
    """Reads files into plain arrays; each method raises `ForeignInputError` or `CardError` as the readers do."""

    @property
    def protections(self) -> tuple[str, ...]:
        """What keeps a stranger's file from doing harm, for a report; empty if nothing does."""

    def foresee(self, files: Iterable[tuple[Operation, Path]], card: Mapping[str, Any]) -> None:
        """Be told which files will be read next, how, and with which card, in this order most likely."""

    def stored(self, path: Path, card: Mapping[str, Any]) -> StoredGroup:
        """A group of a netCDF file or a Zarr store; see `stored_group`."""

    def groups(self, path: Path, *, with_values: bool = True) -> dict[str, StoredGroup]:
        """All groups of a netCDF file or a Zarr store; see `read_groups`."""

    def spectra(self, path: Path, card: Mapping[str, Any]) -> RawSpectra | RawMatrix:
        """Spectra of another file, or the matrix that has them; see `raw_of_file`."""

    def configurations(self, path: Path, card: Mapping[str, Any]) -> list[RawConfiguration]:
        """Configurations; see `raw_configurations`."""

    def numbers(self, path: Path, *, matrix: bool = False) -> NDArray[Any]:
        """Plain numbers; see `numbers_of_file`."""


class InPlace:
    """Reads files in this process, with all its rights: files of one's own, or that one trusts."""

    protections: tuple[str, ...] = ()

    def foresee(self, files: Iterable[tuple[Operation, Path]], card: Mapping[str, Any]) -> None:
        """See `Decoder`; nothing is gained here by knowing."""

    def stored(self, path: Path, card: Mapping[str, Any]) -> StoredGroup:
        """See `Decoder`."""
        return stored_group(path, card)

    def groups(self, path: Path, *, with_values: bool = True) -> dict[str, StoredGroup]:
        """See `Decoder`."""
        return read_groups(path, with_values=with_values)

    def spectra(self, path: Path, card: Mapping[str, Any]) -> RawSpectra | RawMatrix:
        """See `Decoder`."""
        return raw_of_file(path, card)

    def configurations(self, path: Path, card: Mapping[str, Any]) -> list[RawConfiguration]:
        """See `Decoder`."""
        return raw_configurations(path, card)

    def numbers(self, path: Path, *, matrix: bool = False) -> NDArray[Any]:
        """See `Decoder`."""
        return numbers_of_file(path, matrix=matrix)


IN_PLACE: Decoder = InPlace()
