"""Reading of a single file with a spectrum or a matrix, recognised by content, or with plain numbers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.adapters.files.foreign_file import head_of
from bosonpeak.datasets.adapters.files.numpy_archive import read_archive, read_array_file
from bosonpeak.datasets.adapters.matrices.force_constants import looks_like_force_constants, read_force_constants
from bosonpeak.datasets.adapters.matrices.lammps_dynamical_matrix import looks_like_binary_matrix, read_binary_matrix
from bosonpeak.datasets.adapters.matrices.matrix_arrays import matrix_of_arrays, matrix_of_table
from bosonpeak.datasets.adapters.matrices.phonopy_yaml import looks_like_phonopy_yaml, read_phonopy_yaml
from bosonpeak.datasets.adapters.matrices.raw_matrix import RawMatrix
from bosonpeak.datasets.adapters.matrices.sparse_matrices import MATRIX_MARKET, read_matrix_market
from bosonpeak.datasets.adapters.spectra.named_arrays import spectra_from_arrays
from bosonpeak.datasets.adapters.spectra.raw_spectra import RawSpectra
from bosonpeak.datasets.adapters.spectra.text_table import read_table, spectra_from_table
from bosonpeak.datasets.errors import CardError, ForeignInputError

if TYPE_CHECKING:
    import xarray as xr

CONTENTS = ("spectrum", "matrix", "configuration")
"""What a card may say that a file holds."""

PLAIN_NUMBERS = "text, .npy; of a Hessian also .npz (SciPy sparse) or MatrixMarket"

NUMPY = b"\x93NUMPY"
_BINARY = b"\0"


def raw_of_file(file: Path, card: Mapping[str, Any]) -> RawSpectra | RawMatrix:
    """Read a file that is neither netCDF nor configurations, by ``content`` and ``columns`` of the card.

    Raises `ForeignInputError` if the file is damaged, malicious or of unknown format, `CardError` if the card
    contradicts the file or itself.
    """
    head, content = head_of(file), _content(card)
    if head.startswith(b"PK"):
        return raw_of_arrays(read_archive(file), str(file), content)
    if head.startswith(NUMPY):
        return raw_of_arrays({"array": read_array_file(file)}, str(file), content)
    if _BINARY in head:
        return _binary_matrix(file, head, content)
    return _of_text(file, card, content)


def raw_of_stored(found: xr.Dataset, file: Path, card: Mapping[str, Any]) -> RawSpectra | RawMatrix:
    """Find the spectra in a netCDF file of another package; parameters and errors as of `raw_of_file`."""
    arrays = {str(name): variable.values for name, variable in found.data_vars.items()}
    units = {str(name): str(variable.attrs.get("units", "")) for name, variable in found.data_vars.items()}
    return raw_of_arrays(arrays, str(file), _content(card), units)


def raw_of_arrays(
    arrays: Mapping[str, NDArray[Any]], where: str, content: str, units: Mapping[str, str] | None = None
) -> RawSpectra | RawMatrix:
    """Interpret named arrays as spectra or as a matrix; errors as of `raw_of_file`."""
    matrix = matrix_of_arrays(arrays, where, content)
    return spectra_from_arrays(arrays, where, units) if matrix is None else matrix


def numbers_of_file(file: Path, *, matrix: bool = False) -> NDArray[Any]:
    """Read plain numbers from text or ``.npy``; a matrix also from ``.npz`` (SciPy sparse) or MatrixMarket."""
    head = head_of(file)
    if head.startswith(NUMPY):
        found = read_array_file(file)
        if found.dtype.kind not in "biuf":
            raise ForeignInputError(
                "the file does not hold real numbers",
                expected="numbers",
                got=f"dtype {found.dtype}"[:80],
                where=str(file),
            )
        return found
    if matrix and head.startswith(b"PK"):
        dense = matrix_of_arrays(read_archive(file), str(file), "matrix")
        assert dense is not None
        return dense.values
    if matrix and head.startswith(MATRIX_MARKET.encode()):
        return read_matrix_market(file).values
    if _BINARY in head:
        raise ForeignInputError("the file is in an unknown format", expected=PLAIN_NUMBERS, where=str(file))
    return np.asarray(read_table(file).values)


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


def _of_text(file: Path, card: Mapping[str, Any], content: str) -> RawSpectra | RawMatrix:
    with open(file, encoding="utf-8-sig", errors="replace") as stream:
        first = [line.rstrip("\n") for line in itertools.islice(stream, 5)]
    if first and first[0].lower().startswith(MATRIX_MARKET.lower()):
        return read_matrix_market(file)
    if looks_like_force_constants(first):
        return read_force_constants(file)
    if looks_like_phonopy_yaml(first):
        return read_phonopy_yaml(file)
    table = read_table(file)
    matrix = matrix_of_table(table, content)
    return spectra_from_table(table, card.get("columns")) if matrix is None else matrix
