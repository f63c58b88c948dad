"""Untrusted sparse matrices: SciPy's ``.npz`` and MatrixMarket."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.adapters.files.text_lines import block, numbers, require_lines, text_lines, whole_number
from bosonpeak.datasets.adapters.matrices.raw_matrix import RawMatrix, checked_matrix, require_matrix_size
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import ForeignInputError

_COMPRESSED = {"csr", "csc"}
_BANNER = 5

_HARMLESS_ROWS = 1000
"""Matrices of at most so many rows are built and diagonalised at negligible cost."""


def is_sparse_archive(arrays: Mapping[str, NDArray[Any]]) -> bool:
    """Test whether the arrays of an archive have the names written by scipy.sparse.save_npz."""
    return {"format", "shape", "data"} <= set(arrays)


def matrix_of_sparse_archive(arrays: Mapping[str, NDArray[Any]], where: str) -> RawMatrix:
    """Convert the arrays of scipy.sparse.save_npz, in csr, csc or coo format, to a dense matrix."""
    form = _form(arrays["format"], where)
    shape = arrays["shape"]
    if shape.shape != (2,) or shape.dtype.kind not in "iu" or shape[0] != shape[1]:
        raise ForeignInputError("the sparse matrix is not square", expected="(n, n)", got=str(shape[:4]), where=where)
    size = int(shape[0])
    require_matrix_size(size, where)
    data = arrays["data"]
    if data.ndim != 1 or data.dtype.kind not in "iuf":
        raise _broken("data", f"{data.dtype} of shape {data.shape}", where)
    if form in _COMPRESSED:
        major = _compressed_indices(arrays, data.size, size, where)
        minor = _indices(arrays, "indices", data.size, size, where)
        rows, columns = (major, minor) if form == "csr" else (minor, major)
    else:
        rows, columns = (_indices(arrays, name, data.size, size, where) for name in ("row", "col"))
    return _dense(rows, columns, data.astype(np.float64), size, f"sparse matrix ({form}), {size} rows", where)


def looks_like_matrix_market(lines: list[str]) -> bool:
    """Test whether text begins as MatrixMarket."""
    return bool(lines) and lines[0].lower().startswith("%%matrixmarket")


def read_matrix_market(path: Path) -> RawMatrix:
    """Read a real MatrixMarket file, general or symmetric."""
    lines = text_lines(path)
    where = str(path)
    banner = lines[0].lower().split()
    known = (
        len(banner) == _BANNER
        and banner[1] == "matrix"
        and banner[2] in ("coordinate", "array")
        and banner[3] in ("real", "double", "integer")
        and banner[4] in ("general", "symmetric")
    )
    if not known:
        raise ForeignInputError(
            "unsupported kind of MatrixMarket file",
            expected="%%MatrixMarket matrix coordinate|array real|integer general|symmetric",
            got=lines[0][:80],
            where=f"{where}, line 1",
        )
    start = next((k for k, line in enumerate(lines) if k and line.strip() and not line.startswith("%")), len(lines))
    require_lines(lines, start, 1, where)
    sizes = [whole_number(token, f"{where}, line {start + 1}") for token in lines[start].split()]
    if len(sizes) != (3 if banner[2] == "coordinate" else 2) or sizes[0] != sizes[1]:
        raise ForeignInputError(
            "the matrix is not square", expected="n n", got=lines[start][:40], where=f"{where}, line {start + 1}"
        )
    require_matrix_size(sizes[0], where)
    symmetric = banner[4] == "symmetric"
    if banner[2] == "array":
        return _market_array(lines, start + 1, sizes[0], symmetric, where)
    return _market_coordinates(lines, start + 1, sizes[0], sizes[2], symmetric, where)


def _market_array(lines: list[str], start: int, size: int, symmetric: bool, where: str) -> RawMatrix:
    count = size * (size + 1) // 2 if symmetric else size * size
    require_lines(lines, start, count, where)
    values = np.array(numbers([line.strip() for line in lines[start : start + count]], where))
    # Dense MatrixMarket is column-major; a symmetric matrix lists only its lower triangle.
    matrix = np.empty((size, size))
    if symmetric:
        columns, rows = np.triu_indices(size)
        matrix[rows, columns] = matrix[columns, rows] = values
    else:
        matrix = np.ascontiguousarray(values.reshape(size, size).T)
    return checked_matrix(RawMatrix(matrix, f"MatrixMarket, dense, {size} rows", where))


def _market_coordinates(lines: list[str], start: int, size: int, count: int, symmetric: bool, where: str) -> RawMatrix:
    table = block(lines, start, count, 3, where)
    place = table[:, :2]
    outside = np.flatnonzero(((place != np.floor(place)) | (place < 1) | (place > size)).any(axis=1))
    if outside.size:
        raise ForeignInputError(
            "an index is out of range",
            expected=f"1 to {size}",
            got=lines[start + int(outside[0])][:40],
            where=f"{where}, line {start + int(outside[0]) + 1}",
        )
    rows, columns = place.astype(np.int64).T - 1
    data = table[:, 2]
    if symmetric:
        off = rows != columns
        rows, columns = np.concatenate([rows, columns[off]]), np.concatenate([columns, rows[off]])
        data = np.concatenate([data, data[off]])
    return _dense(rows, columns, data, size, f"MatrixMarket, sparse, {size} rows", where)


def _dense(
    rows: IntegerArray, columns: IntegerArray, data: FloatArray, size: int, layout: str, where: str
) -> RawMatrix:
    if size > _HARMLESS_ROWS and rows.size < size:
        raise ForeignInputError(
            "the sparse matrix is nearly empty",
            expected=f"at least one element per row, of {size} rows",
            got=f"{rows.size} elements",
            where=where,
            likely_cause="a header with another number of rows",
        )
    matrix = np.zeros((size, size))
    np.add.at(matrix, (rows, columns), data)
    return checked_matrix(RawMatrix(matrix, layout, where))


def _form(stored: NDArray[Any], where: str) -> str:
    form = stored.item() if stored.size == 1 and stored.dtype.kind in "SU" else ""
    text = form.decode("ascii", "replace") if isinstance(form, bytes) else str(form)
    if text not in (*_COMPRESSED, "coo"):
        raise ForeignInputError(
            "unsupported sparse format", expected="csr, csc or coo", got=repr(text[:20]), where=where
        )
    return text


def _compressed_indices(arrays: Mapping[str, NDArray[Any]], count: int, size: int, where: str) -> IntegerArray:
    pointer = arrays.get("indptr", np.empty(0))
    if pointer.shape != (size + 1,) or pointer.dtype.kind not in "iu":
        raise _broken("indptr", f"{pointer.dtype} of shape {pointer.shape}", where)
    ends = pointer.astype(np.int64)
    lengths: IntegerArray = ends[1:] - ends[:-1]
    if ends[0] != 0 or ends[-1] != count or (lengths < 0).any():
        raise _broken("indptr", f"{ends[0]} to {ends[-1]} for {count} elements", where)
    return np.repeat(np.arange(size), lengths)


def _indices(arrays: Mapping[str, NDArray[Any]], name: str, count: int, size: int, where: str) -> IntegerArray:
    indices = arrays.get(name, np.empty(0))
    if indices.shape != (count,) or indices.dtype.kind not in "iu":
        raise _broken(name, f"{indices.dtype} of shape {indices.shape}", where)
    if count and (indices.min() < 0 or indices.max() >= size):
        raise _broken(name, f"{indices.min()} to {indices.max()}, for {size} rows", where)
    return indices.astype(np.int64)


def _broken(name: str, got: str, where: str) -> ForeignInputError:
    return ForeignInputError(
        f"the array {name} of the sparse matrix does not fit the others",
        expected="arrays written by scipy.sparse.save_npz",
        got=got,
        where=where,
        likely_cause="a damaged archive, or a header that was tampered with",
    )
