"""Second derivatives of the energy exactly as a foreign file states them, before any check."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError

LARGEST_MATRIX = 9000
"""Rows of the largest matrix that is diagonalised on reading: 650 MB, some minutes."""


@dataclass(frozen=True)
class RawMatrix:
    """Square matrix of force constants, mass-weighted or not, in the order of the file."""

    values: FloatArray  # (n, n), finite
    layout: str
    where: str
    family: str = ""  # program whose conventions the layout implies: "lammps", "phonopy" or empty
    precision: float = 0.0  # absolute error of an element from the file's rounding
    notes: tuple[str, ...] = ()
    masses: FloatArray | None = None  # (particles,)


def checked_matrix(raw: RawMatrix) -> RawMatrix:
    """Return the matrix if it is square, finite and not too large; else raise `ForeignInputError`."""
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
    """Reject zero or more than `LARGEST_MATRIX` rows before memory is allocated."""
    if not 0 < rows <= LARGEST_MATRIX:
        raise ForeignInputError(
            "the matrix is too large to be diagonalised here" if rows > 0 else "the matrix has no rows",
            expected=f"1 to {LARGEST_MATRIX} rows",
            got=str(rows),
            where=where,
            likely_cause="diagonalise it elsewhere, and provide the eigenvalues" if rows > 0 else "",
            done="nothing was read",
        )
