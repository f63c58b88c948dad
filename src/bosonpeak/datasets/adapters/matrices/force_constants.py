"""Force constants written by phonopy: the text file FORCE_CONSTANTS or the array of force_constants.hdf5."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bosonpeak.datasets.adapters.files.text_lines import block, require_lines, text_lines, whole_number
from bosonpeak.datasets.adapters.matrices.raw_matrix import RawMatrix, checked_matrix, require_matrix_size
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError

_LINES_A_PAIR = 4

ANGULAR_SQUARE_OF_EV = 9648.533212331
"""(rad/ps)^2 in one eV/(angstrom^2 u), the unit of phonopy's force constants over that of its masses."""


def looks_like_force_constants(lines: list[str]) -> bool:
    """Test whether text begins as FORCE_CONSTANTS: number of atoms, the pair 1 1, then a 3 x 3 block."""
    if len(lines) <= _LINES_A_PAIR:
        return False
    first, pair, rows = lines[0].split(), lines[1].split(), lines[2:5]
    counts = len(first) in (1, 2) and all(token.isdigit() for token in first)
    return counts and pair == ["1", "1"] and all(len(row.split()) == 3 for row in rows)


def read_force_constants(path: Path) -> RawMatrix:
    """Read a full FORCE_CONSTANTS file; compact, truncated or incomplete files are refused."""
    lines = text_lines(path)
    counts = [whole_number(token, f"{path}, line 1", least=1) for token in lines[0].split()]
    if not counts:
        raise ForeignInputError("the first line is empty", expected="the number of atoms", where=f"{path}, line 1")
    atoms = counts[-1]
    if counts[0] != atoms:
        raise _compact(f"{counts[0]} of {atoms} atoms", str(path))
    require_matrix_size(3 * atoms, str(path))
    require_lines(lines, 1, _LINES_A_PAIR * atoms**2, str(path))
    values = np.full((atoms, 3, atoms, 3), np.nan)
    for pair in range(atoms**2):
        line = 1 + _LINES_A_PAIR * pair
        place = f"{path}, line {line + 1}"
        tokens = lines[line].split()
        named = [whole_number(token, place, least=1) - 1 for token in tokens]
        if len(named) != 2 or max(named) >= atoms:
            raise ForeignInputError(
                "this is not a pair of atoms", expected=f"two numbers, 1 to {atoms}", got=lines[line][:40], where=place
            )
        values[named[0], :, named[1], :] = block(lines, line + 1, 3, 3, str(path))
    if np.isnan(values).any():
        raise ForeignInputError("pairs of atoms are missing", expected="each pair once", where=str(path))
    return _matrix(values.reshape(3 * atoms, 3 * atoms), "FORCE_CONSTANTS, text", str(path))


def force_constants_of_array(values: FloatArray, where: str) -> RawMatrix:
    """Convert phonopy's full array ``force_constants``, shape (atoms, atoms, 3, 3), to a matrix."""
    if values.ndim != 4 or values.shape[2:] != (3, 3):
        raise ForeignInputError(
            "the array force_constants has the wrong shape",
            expected="(atoms, atoms, 3, 3)",
            got=str(values.shape),
            where=where,
        )
    if values.shape[0] != values.shape[1]:
        raise _compact(f"{values.shape[0]} of {values.shape[1]} atoms", where)
    size = 3 * len(values)
    return _matrix(values.transpose(0, 2, 1, 3).reshape(size, size), "array force_constants", where)


def _matrix(values: FloatArray, layout: str, where: str) -> RawMatrix:
    matrix = np.ascontiguousarray(values, dtype=np.float64)
    return checked_matrix(RawMatrix(matrix, f"{layout}, {len(values) // 3} atoms", where, family="phonopy"))


def _compact(got: str, where: str) -> ForeignInputError:
    return ForeignInputError(
        "the force constants are in the compact form",
        expected="force constants of every atom with every atom",
        got=got,
        where=where,
        likely_cause="write them with phonopy --full-fc",
    )
