"""One file with a spectrum, or with the matrix that has it, recognised by content."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.adapters.files.foreign_file import head_of
from bosonpeak.datasets.adapters.files.numpy_archive import read_archive, read_array_file
from bosonpeak.datasets.adapters.matrices.dynamical_matrix import spectra_of_matrix
from bosonpeak.datasets.adapters.matrices.force_constants import looks_like_force_constants, read_force_constants
from bosonpeak.datasets.adapters.matrices.lammps_dynamical_matrix import looks_like_binary_matrix, read_binary_matrix
from bosonpeak.datasets.adapters.matrices.matrix_arrays import matrix_of_arrays, matrix_of_table
from bosonpeak.datasets.adapters.matrices.raw_matrix import RawMatrix
from bosonpeak.datasets.adapters.matrices.sparse_matrices import MATRIX_MARKET, read_matrix_market
from bosonpeak.datasets.adapters.spectra.named_arrays import spectra_from_arrays
from bosonpeak.datasets.adapters.spectra.raw_spectra import RawSpectra
from bosonpeak.datasets.adapters.spectra.text_table import read_table, spectra_from_table
from bosonpeak.datasets.errors import CardError, ForeignInputError

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

CONTENTS = ("spectrum", "matrix", "configuration")
"""What a card may say that a file holds."""

_BINARY = b"\0"


def spectra_of_file(file: Path, card: Mapping[str, Any]) -> RawSpectra:
    """Read a file that is not netCDF.

    Parameters
    ----------
    file : Path
    card : mapping
        ``content``, ``columns``, and what `dynamical_matrix` needs to know of a matrix.

    Returns
    -------
    RawSpectra

    Raises
    ------
    ForeignInputError
        If the file is damaged, hostile, or in no known format.
    CardError
        If the card contradicts the file or itself.
    """
    head, content = head_of(file), _content(card)
    if head.startswith(b"PK"):
        return _of_arrays(read_archive(file), file, card, content)
    if head.startswith(b"\x93NUMPY"):
        return _of_arrays({"array": read_array_file(file)}, file, card, content)
    if _BINARY in head:
        return spectra_of_matrix(_binary_matrix(file, head, content), card)
    return _of_text(file, card, content)


def spectra_of_stored(found: xr.Dataset, file: Path, card: Mapping[str, Any]) -> RawSpectra:
    """Find the spectra in a netCDF file of another package; parameters and errors as of `spectra_of_file`."""
    arrays = {str(name): variable.values for name, variable in found.data_vars.items()}
    units = {str(name): str(variable.attrs.get("units", "")) for name, variable in found.data_vars.items()}
    return _of_arrays(arrays, file, card, _content(card), units)


def _content(card: Mapping[str, Any]) -> str:
    content = card.get("content", "")
    if content not in ("", *CONTENTS):
        raise CardError("unknown content in the card", expected=" or ".join(map(repr, CONTENTS)), got=repr(content))
    return str(content)


def _binary_matrix(file: Path, head: bytes, content: str) -> RawMatrix:
    if content == "matrix" or looks_like_binary_matrix(file):
        return read_binary_matrix(file)
    raise ForeignInputError(
        "the file is in an unknown binary format",
        expected="netCDF, .npz, .npy, or a text table in UTF-8",
        got=f"bytes {head[:8].hex(' ')}",
        where=str(file),
        likely_cause="text in UTF-16, or output of another program: export it as text; of a dynamical matrix in raw "
        'doubles, a truncated file (content = "matrix" in the card says more)',
    )


def _of_arrays(
    arrays: Mapping[str, np.ndarray[Any, Any]],
    file: Path,
    card: Mapping[str, Any],
    content: str,
    units: Mapping[str, str] | None = None,
) -> RawSpectra:
    matrix = matrix_of_arrays(arrays, str(file), content)
    return spectra_from_arrays(arrays, str(file), units) if matrix is None else spectra_of_matrix(matrix, card)


def _of_text(file: Path, card: Mapping[str, Any], content: str) -> RawSpectra:
    with open(file, encoding="utf-8-sig", errors="replace") as stream:
        first = [line.rstrip("\n") for line in itertools.islice(stream, 5)]
    if first and first[0].lower().startswith(MATRIX_MARKET.lower()):
        return spectra_of_matrix(read_matrix_market(file), card)
    if looks_like_force_constants(first):
        return spectra_of_matrix(read_force_constants(file), card)
    table = read_table(file)
    matrix = matrix_of_table(table, content)
    return spectra_from_table(table, card.get("columns")) if matrix is None else spectra_of_matrix(matrix, card)
