"""Distinction between a matrix of second derivatives and a table of spectra, in arrays and in text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.adapters.matrices.force_constants import force_constants_of_array
from bosonpeak.datasets.adapters.matrices.lammps_dynamical_matrix import is_nearly_symmetric, read_text_matrix
from bosonpeak.datasets.adapters.matrices.raw_matrix import RawMatrix, checked_matrix
from bosonpeak.datasets.adapters.matrices.sparse_matrices import is_sparse_archive, matrix_of_sparse_archive
from bosonpeak.datasets.adapters.spectra.text_table import TextTable
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError

_NAMES = ("hessian", "dynamical_matrix", "dynmat", "matrix")
_FORCE_CONSTANTS = "force_constants"
_COLUMNS_OF_LAMMPS = 3


_SINGLE = 0.5 * float(np.finfo(np.float32).eps)
"""Relative rounding of single precision."""


def matrix_of_arrays(
    arrays: Mapping[str, NDArray[Any]], where: str, content: str = "", *, is_expected: bool = False
) -> RawMatrix | None:
    """Return the matrix among named arrays, or None if they hold spectra.

    ``content`` is the card's statement; ``is_expected`` says that the card has keys of matrices.
    """
    if is_sparse_archive(arrays):
        return matrix_of_sparse_archive(arrays, where)
    if _FORCE_CONSTANTS in arrays and arrays[_FORCE_CONSTANTS].dtype.kind == "f":
        return force_constants_of_array(arrays[_FORCE_CONSTANTS].astype(np.float64), where)
    named = next((name for name in arrays if name.lower() in _NAMES), None)
    chosen = named if named or len(arrays) != 1 else next(iter(arrays))
    if content == "spectrum" or chosen is None or arrays[chosen].dtype.kind not in "iuf":
        if content == "matrix":
            raise ForeignInputError(
                "there is no matrix in the file",
                expected=f"an array named {' or '.join(_NAMES)}, or a single array",
                got=", ".join(arrays),
                where=where,
            )
        return None
    values = arrays[chosen].astype(np.float64)
    if named or content == "matrix" or (is_expected and _is_square(values)) or _can_only_be_a_matrix(values):
        is_single = arrays[chosen].dtype == np.float32
        precision = _SINGLE * float(np.abs(values).max(initial=0.0, where=np.isfinite(values))) if is_single else 0.0
        notes = ("the matrix is in single precision",) if is_single else ()
        layout = f"array {chosen!r} of shape {values.shape}"
        return checked_matrix(RawMatrix(values, layout, where, precision=precision, notes=notes))
    return None


def matrix_of_table(table: TextTable, content: str = "", *, is_expected: bool = False) -> RawMatrix | None:
    """Return the matrix of a text table (n x n, or three LAMMPS columns), or None; parameters as `matrix_of_arrays`."""
    values = table.values
    if content == "spectrum" or table.header:
        return None
    rows, columns = values.shape
    if _is_square(values) and (content == "matrix" or is_expected or _can_only_be_a_matrix(values)):
        return checked_matrix(RawMatrix(values, f"text, {rows} rows of {columns} numbers", table.where))
    size = math.isqrt(values.size)
    in_three_columns = columns == _COLUMNS_OF_LAMMPS and size**2 == values.size and size % _COLUMNS_OF_LAMMPS == 0
    if content == "matrix" or (in_three_columns and _can_only_be_a_matrix(values.reshape(size, size))):
        return read_text_matrix(values, table.where)
    return None


def _can_only_be_a_matrix(values: FloatArray) -> bool:
    """Test whether an array is square, symmetric within the noise of forces, and has negative elements."""
    return (
        _is_square(values) and is_nearly_symmetric(values) and float(values.min()) < -1e-6 * float(np.abs(values).max())
    )


def _is_square(values: FloatArray) -> bool:
    return values.ndim == 2 and values.shape[0] == values.shape[1] and len(values) > 1
