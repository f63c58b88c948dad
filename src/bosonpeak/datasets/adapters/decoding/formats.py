"""Table of the file formats, recognised by content, and the reading of a file by that table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.adapters.configurations.extended_xyz import looks_like_xyz, read_extended_xyz
from bosonpeak.datasets.adapters.configurations.foreign_configuration import RawConfiguration
from bosonpeak.datasets.adapters.configurations.h5md import looks_like_h5md, read_h5md
from bosonpeak.datasets.adapters.configurations.lammps import (
    looks_like_lammps_data,
    looks_like_lammps_dump,
    read_lammps_data,
    read_lammps_dump,
)
from bosonpeak.datasets.adapters.configurations.optional_readers import (
    ASE_MAGIC,
    GSD_MAGIC,
    read_ase_trajectory,
    read_gsd,
)
from bosonpeak.datasets.adapters.files.foreign_file import existing_file, head_of
from bosonpeak.datasets.adapters.files.numpy_archive import read_archive, read_array_file
from bosonpeak.datasets.adapters.files.stored_files import is_zarr_store, stored_group
from bosonpeak.datasets.adapters.matrices.force_constants import looks_like_force_constants, read_force_constants
from bosonpeak.datasets.adapters.matrices.lammps_dynamical_matrix import looks_like_binary_matrix, read_binary_matrix
from bosonpeak.datasets.adapters.matrices.matrix_arrays import matrix_of_arrays, matrix_of_table
from bosonpeak.datasets.adapters.matrices.phonopy_yaml import looks_like_phonopy_yaml, read_phonopy_yaml
from bosonpeak.datasets.adapters.matrices.raw_matrix import RawMatrix
from bosonpeak.datasets.adapters.matrices.sparse_matrices import looks_like_matrix_market, read_matrix_market
from bosonpeak.datasets.adapters.spectra.named_arrays import spectra_from_arrays
from bosonpeak.datasets.adapters.spectra.raw_spectra import RawSpectra
from bosonpeak.datasets.adapters.spectra.text_table import (
    RaggedTable,
    read_spectra_table,
    read_table,
    spectra_from_table,
)
from bosonpeak.datasets.errors import CardError, ForeignInputError
from bosonpeak.datasets.storage.raw_files import NETCDF_SIGNATURES

if TYPE_CHECKING:
    import xarray as xr

Card = Mapping[str, Any]
Operation = Literal["stored", "spectra", "configurations"]
"""The methods of a `Decoder` that read a file of an ensemble."""

PLAIN_NUMBERS = "text, .npy; of a Hessian also .npz (SciPy sparse) or MatrixMarket"


@dataclass(frozen=True)
class Format:
    """Row of the table: ``matches`` sees the first bytes and their lines, ``extras`` names modules of ``read``."""

    name: str
    operation: Operation
    matches: Callable[[bytes, list[str]], bool]
    read: Callable[[Path, Card], Any]
    extras: tuple[str, ...] = ()


def format_of(path: Path, operation: Operation | None = None) -> Format:
    """Find the first format, of one operation if it is given, that matches a file or Zarr store."""
    if operation is None and is_zarr_store(path):
        return _ZARR
    head = head_of(path)
    lines = head.decode("utf-8", "replace").removeprefix("\ufeff").splitlines()
    for row in FORMATS:
        if operation in (None, row.operation) and row.matches(head, lines):
            return row
    raise ForeignInputError(
        "the file contains no configuration in a known format", expected=_names("configurations"), where=str(path)
    )


def operation_for(path: Path) -> Operation:
    """Name the decoder method for an existing, non-empty file or Zarr store."""
    if not is_zarr_store(path):
        existing_file(path, "spectra, a matrix, or configurations")
    return format_of(path).operation


def raw_configurations(path: Path, card: Card) -> list[RawConfiguration]:
    """Read every configuration of a file unchecked; parameters and errors as of `read_configurations`."""
    file = existing_file(path, _names("configurations"))
    found: list[RawConfiguration] = format_of(file, "configurations").read(file, card)
    if not found:
        raise ForeignInputError("there are no configurations in the file", expected="at least one", where=str(file))
    return found


def raw_of_file(file: Path, card: Card) -> RawSpectra | RawMatrix:
    """Read a file that is neither netCDF nor configurations, by ``content`` and ``columns`` of the card."""
    _content(card)
    found: RawSpectra | RawMatrix = format_of(file, "spectra").read(file, card)
    return found


def raw_of_stored(found: xr.Dataset, file: Path, card: Card) -> RawSpectra | RawMatrix:
    """Find the spectra in a netCDF file of another package; parameters and errors as of `raw_of_file`."""
    arrays = {str(name): variable.values for name, variable in found.data_vars.items()}
    units = {str(name): str(variable.attrs.get("units", "")) for name, variable in found.data_vars.items()}
    return _of_arrays(arrays, file, card, units)


def numbers_of_file(file: Path, *, matrix: bool = False) -> NDArray[Any]:
    """Read plain numbers from text or ``.npy``; a matrix also from ``.npz`` (SciPy sparse) or MatrixMarket."""
    row = format_of(file, "spectra")
    if row is _NPY:
        found = read_array_file(file)
        if found.dtype.kind not in "biuf":
            raise ForeignInputError(
                "the file does not hold real numbers",
                expected="numbers",
                got=f"dtype {found.dtype}"[:80],
                where=str(file),
            )
        return found
    if matrix and row in (_NPZ, _MATRIX_MARKET):
        dense = row.read(file, {"content": "matrix"})
        assert isinstance(dense, RawMatrix)
        return dense.values
    if row in (_NPZ, _BINARY):
        raise ForeignInputError("the file is in an unknown format", expected=PLAIN_NUMBERS, where=str(file))
    return np.asarray(read_table(file).values)


def _names(*operations: Operation) -> str:
    return ", ".join(row.name for row in FORMATS if row.operation in operations)


def _content(card: Card) -> str:
    content, known = card.get("content", ""), ("spectrum", "matrix", "configuration")
    if content not in ("", *known):
        raise CardError("unknown content in the card", expected=" or ".join(map(repr, known)), got=repr(content))
    return str(content)


def _expects_matrix(card: Card) -> bool:
    """Test whether a card has keys that only matrices need."""
    return not card.get("content") and ("masses" in card or "mass_weighted" in card)


def _of_arrays(
    arrays: Mapping[str, NDArray[Any]], file: Path, card: Card, units: Mapping[str, str] | None = None
) -> RawSpectra | RawMatrix:
    matrix = matrix_of_arrays(arrays, str(file), _content(card), is_expected=_expects_matrix(card))
    return spectra_from_arrays(arrays, str(file), units) if matrix is None else matrix


def _of_binary(file: Path, card: Card) -> RawMatrix:
    if _content(card) == "matrix" or looks_like_binary_matrix(file):
        return read_binary_matrix(file)
    raise ForeignInputError(
        "the file is in an unknown binary format",
        expected=_names("stored", "spectra"),
        got=f"bytes {head_of(file)[:8].hex(' ')}",
        where=str(file),
        likely_cause="text in UTF-16, or output of another program: export it as text; of a dynamical matrix in raw "
        'doubles, a truncated file (content = "matrix" in the card says more)',
    )


def _of_table(file: Path, card: Card) -> RawSpectra | RawMatrix:
    table = read_spectra_table(file)
    if isinstance(table, RaggedTable):
        return spectra_from_table(table)
    matrix = matrix_of_table(table, _content(card), is_expected=_expects_matrix(card))
    return spectra_from_table(table, card.get("columns")) if matrix is None else matrix


def _begins(*signatures: bytes) -> Callable[[bytes, list[str]], bool]:
    return lambda head, lines: head.startswith(signatures)


def _text(test: Callable[[list[str]], bool]) -> Callable[[bytes, list[str]], bool]:
    return lambda head, lines: test(lines)


def _plain(read: Callable[[Path], Any]) -> Callable[[Path, Card], Any]:
    return lambda file, card: read(file)


_ASE_MODULES = ("ase.io.trajectory", "ase.calculators.singlepoint", "ase.constraints")
_ZARR = Format("Zarr", "stored", lambda head, lines: False, stored_group, ("zarr",))
_NPZ = Format(".npz", "spectra", _begins(b"PK"), lambda file, card: _of_arrays(read_archive(file), file, card))
_NPY = Format(
    ".npy",
    "spectra",
    _begins(b"\x93NUMPY"),
    lambda file, card: _of_arrays({"array": read_array_file(file)}, file, card),
)
_BINARY = Format("LAMMPS dynamical matrix in raw doubles", "spectra", lambda head, lines: b"\0" in head, _of_binary)
_MATRIX_MARKET = Format("MatrixMarket", "spectra", _text(looks_like_matrix_market), _plain(read_matrix_market))

FORMATS = (
    Format("GSD", "configurations", _begins(GSD_MAGIC), _plain(read_gsd), ("gsd.hoomd",)),
    Format("ASE trajectory", "configurations", _begins(ASE_MAGIC), _plain(read_ase_trajectory), _ASE_MODULES),
    Format("H5MD", "configurations", lambda head, lines: looks_like_h5md(head), read_h5md),
    Format("LAMMPS dump", "configurations", _text(looks_like_lammps_dump), read_lammps_dump),
    Format("extended XYZ", "configurations", _text(looks_like_xyz), _plain(read_extended_xyz)),
    Format("LAMMPS data", "configurations", _text(looks_like_lammps_data), read_lammps_data),
    Format("netCDF", "stored", _begins(*NETCDF_SIGNATURES), stored_group),
    _NPZ,
    _NPY,
    _BINARY,
    _MATRIX_MARKET,
    Format("FORCE_CONSTANTS", "spectra", _text(looks_like_force_constants), _plain(read_force_constants)),
    Format("phonopy.yaml", "spectra", _text(looks_like_phonopy_yaml), _plain(read_phonopy_yaml)),
    Format("text table in UTF-8", "spectra", lambda head, lines: True, _of_table),
)
"""Formats in the order in which they are tried; the last one matches every file."""
