"""Second derivatives of the energy as a foreign file holds them, before any of it is believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import ForeignInputError

LARGEST_MATRIX = 9000
"""Rows of the largest matrix that is diagonalised on reading: 650 MB, some minutes."""


@dataclass(frozen=True)
class RawMatrix:
    """A square matrix of force constants, mass-weighted or not.

    Parameters
    ----------
    values : ndarray of float64, shape (n, n)
        Finite numbers, in the order of the file.
    layout : str
        How the file holds them, in a few words.
    where : str
        Name of the file, for messages.
    family : {"", "lammps", "phonopy"}
        Whose conventions the layout implies.
    precision : float
        Absolute error of an element that the file's own rounding allows.
    notes : tuple of str
        What a reader of the results should know.
    masses : ndarray of float64, shape (particles,), or None
        Where the file has them.
    """

    values: FloatArray
    layout: str
    where: str
    family: str = ""
    precision: float = 0.0
    notes: tuple[str, ...] = ()
    masses: FloatArray | None = None


def checked_matrix(raw: RawMatrix) -> RawMatrix:
    """The matrix, once it is found square, finite and not too large.

    Raises
    ------
    ForeignInputError
        Otherwise.
    """
    values = raw.values
    if values.ndim != 2 or values.shape[0] != values.shape[1] or values.size == 0:
        raise ForeignInputError("the matrix is not square", expected="(n, n)", got=str(values.shape), where=raw.where)
    require_matrix_size(len(values), raw.where)
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        row, column = map(int, wrong[0])
        raise ForeignInputError(
            "there are matrix elements that are not finite",
            expected="finite numbers",
            got=f"{values[row, column]}; {len(wrong)} in all",
            where=f"{raw.where}, row {row}, column {column}",
        )
    return raw


def require_matrix_size(rows: int, where: str) -> None:
    """Refuse a matrix that cannot be diagonalised here, before memory is asked for.

    Raises
    ------
    ForeignInputError
        If there are no rows, or more than `LARGEST_MATRIX`.
    """
    if not 0 < rows <= LARGEST_MATRIX:
        raise ForeignInputError(
            "the matrix is too large to be diagonalised here" if rows > 0 else "the matrix has no rows",
            expected=f"1 to {LARGEST_MATRIX} rows",
            got=str(rows),
            where=where,
            likely_cause="diagonalise it where it was made, and bring the eigenvalues" if rows > 0 else "",
            done="nothing was read",
        )
