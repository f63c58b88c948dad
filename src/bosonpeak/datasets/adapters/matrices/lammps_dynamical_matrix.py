"""Output of the LAMMPS command ``dynamical_matrix``: text of three columns, or raw doubles."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from bosonpeak.datasets.adapters.matrices.raw_matrix import RawMatrix, checked_matrix, require_matrix_size
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError

_TEXT_PRECISION = 0.5e-8
_DOUBLE = 8
_PROBED_ROWS = 64
_SYMMETRIC = 0.1

ANGULAR_SQUARE = {
    ("lj", "regular"): (1.0, "sqrt(epsilon/m)/sigma"),
    ("real", "regular"): (418.4, "rad/ps"),
    ("real", "eskm"): (1.0, "rad/ps"),
    ("metal", "regular"): (9648.533212331, "rad/ps"),
    ("metal", "eskm"): (1.0, "rad/ps"),
}
"""Factor from the numbers in the file to omega^2, and the unit of omega, by unit style and matrix style.

Measured with two atoms of masses 3 and 5 on a spring of known strength: ``regular`` writes the second derivatives
over sqrt(m_i m_j) in the unit style's own energy, length and mass; ``eskm`` writes them in 10 J/mol, angstrom and
g/mol, which is (rad/ps)^2, from ``metal`` with a factor of 9648.5 where 9648.533 is right; from ``lj`` LAMMPS refuses
it.
"""


def read_text_matrix(values: FloatArray, where: str) -> RawMatrix:
    """Convert text with the three components for one partner particle per line, shape (rows, 3), to a square matrix."""
    size = _size(values.size, where, f"{len(values):,} lines of {values.shape[1]} numbers")
    return checked_matrix(
        RawMatrix(
            values=values.reshape(size, size),
            layout=f"dynamical_matrix, text, {size // 3} particles",
            where=where,
            family="lammps",
            precision=_TEXT_PRECISION,
            notes=("the text form of dynamical_matrix keeps 8 decimals; binary yes keeps all",),
        )
    )


def read_binary_matrix(path: Path) -> RawMatrix:
    """Read the raw doubles of ``dynamical_matrix ... binary yes``."""
    length = path.stat().st_size
    if length % _DOUBLE:
        raise _odd_length(f"{length:,} bytes", str(path))
    size = _size(length // _DOUBLE, str(path), f"{length:,} bytes")
    values = np.fromfile(path, dtype="<f8")
    return checked_matrix(
        RawMatrix(
            values=values.reshape(size, size),
            layout=f"raw doubles, {size // 3} particles",
            where=str(path),
            family="lammps",
        )
    )


def looks_like_binary_matrix(path: Path) -> bool:
    """Test a corner of a file for doubles of a nearly symmetric square matrix of particles in three dimensions."""
    length = path.stat().st_size
    size = math.isqrt(length // _DOUBLE)
    if length % _DOUBLE or size**2 * _DOUBLE != length or size % 3:
        return False
    probed = min(size, _PROBED_ROWS)
    rows = np.fromfile(path, dtype="<f8", count=probed * size).reshape(probed, size)
    return is_nearly_symmetric(rows[:, :probed])


def is_nearly_symmetric(values: FloatArray) -> bool:
    """Test whether a matrix is finite, nonzero, and symmetric within the noise of learned forces."""
    if not np.isfinite(values).all():
        return False
    largest = float(np.abs(values).max())
    return largest > 0 and float(np.abs(values - values.T).max()) <= _SYMMETRIC * largest


def _size(count: int, where: str, got: str) -> int:
    size = math.isqrt(count)
    if size**2 != count or size % 3 or not size:
        raise _odd_length(got, where)
    require_matrix_size(size, where)
    return size


def _odd_length(got: str, where: str) -> ForeignInputError:
    return ForeignInputError(
        "the numbers do not make a square matrix of three components per particle",
        expected="9 N^2 numbers for N particles",
        got=got,
        where=where,
        likely_cause="a truncated file, or one written for a group: dynamical_matrix all is expected",
    )
