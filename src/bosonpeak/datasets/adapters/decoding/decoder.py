"""Interface of the decoders, and the decoder that reads files in the calling process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from bosonpeak.datasets.adapters.configurations.foreign_configuration import RawConfiguration
from bosonpeak.datasets.adapters.decoding.formats import Operation, numbers_of_file, raw_configurations, raw_of_file
from bosonpeak.datasets.adapters.files.stored_files import stored_group
from bosonpeak.datasets.adapters.matrices.raw_matrix import RawMatrix
from bosonpeak.datasets.adapters.spectra.raw_spectra import RawSpectra
from bosonpeak.datasets.storage.raw_files import read_groups
from bosonpeak.datasets.storage.raw_groups import StoredGroup


class Decoder(Protocol):
    """Reader of files into plain arrays; each method raises `ForeignInputError` or `CardError` as the readers do."""

    @property
    def protections(self) -> tuple[str, ...]:
        """Protections against untrusted files, for a report; empty if there are none."""

    def foresee(self, files: Iterable[tuple[Operation, Path]], card: Mapping[str, Any]) -> None:
        """Announce the files to be read next, with operation and card, in their most likely order."""

    def stored(self, path: Path, card: Mapping[str, Any]) -> StoredGroup:
        """Read a group of a netCDF file or Zarr store; see `stored_group`."""

    def groups(self, path: Path, *, with_values: bool = True) -> dict[str, StoredGroup]:
        """Read all groups of a netCDF file or Zarr store; see `read_groups`."""

    def spectra(self, path: Path, card: Mapping[str, Any]) -> RawSpectra | RawMatrix:
        """Read spectra, or a matrix to be diagonalised, from another format; see `raw_of_file`."""

    def configurations(self, path: Path, card: Mapping[str, Any]) -> list[RawConfiguration]:
        """Read configurations; see `raw_configurations`."""

    def numbers(self, path: Path, *, matrix: bool = False) -> NDArray[Any]:
        """Read plain numbers; see `numbers_of_file`."""


class InPlace:
    """Decoder for trusted files: reads in this process, with all its permissions."""

    protections: tuple[str, ...] = ()

    def foresee(self, files: Iterable[tuple[Operation, Path]], card: Mapping[str, Any]) -> None:
        """See `Decoder`; the announcement is ignored."""

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
