"""Products of a sparse matrix of small dense blocks, one column index per block, with several vectors at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from numba import njit

from bosonpeak.datasets.array_types import FloatArray, IndexArray
from bosonpeak.spectral_methods.simd_rows import broadcast, load, multiply_add, store, zeros

BLOCK_SIZES = (1, 2, 3)
"""Rows of a block for which there are kernels."""


@dataclass(frozen=True)
class BlockMatrix:
    """A square sparse matrix in compressed rows of square blocks."""

    blocks: FloatArray  # (blocks, size, size)
    columns: IndexArray  # (blocks,), ascending in every row
    row_start: IndexArray  # (block rows + 1,)

    @classmethod
    def of_matrix(cls, matrix: sparse.csr_array, size: int) -> BlockMatrix:
        """Block format of a sparse matrix; `size` is one of `BLOCK_SIZES` and divides the number of rows."""
        stored = sparse.bsr_array(matrix, blocksize=(size, size))
        stored.sort_indices()
        return cls(np.ascontiguousarray(stored.data), stored.indices, stored.indptr)

    @property
    def diagonal_blocks(self) -> FloatArray:
        """Diagonal blocks, shape (block rows, size, size); zero where none is stored."""
        rows = np.repeat(np.arange(len(self.row_start) - 1), np.diff(self.row_start))
        found = np.zeros((len(self.row_start) - 1, *self.blocks.shape[1:]))
        on_diagonal = rows == self.columns
        found[rows[on_diagonal]] = self.blocks[on_diagonal]
        return found

    def multiply(self, vectors: FloatArray) -> FloatArray:
        """Images of vectors (columns of a C-ordered array), shape (rows, vectors)."""
        image = np.empty_like(vectors)
        self.update(vectors, image, 1.0, 0.0)
        return image

    def update(self, vectors: FloatArray, target: FloatArray, factor: float, kept: float) -> None:
        """Write factor * matrix @ vectors + kept * target to `target`; both C-ordered, shape (rows, vectors)."""
        pattern = (0,) * vectors.shape[1]
        rows, flat = (self.columns, self.row_start), (vectors.reshape(-1), target.reshape(-1))
        _update(self.blocks.reshape(-1), rows, self.blocks.shape[1], *flat, (factor, kept), pattern)

    def recursion(self, current: FloatArray, following: FloatArray, degree: int) -> None:
        """Write T_degree(matrix) @ current, for an odd degree, to `following`; both C-ordered and overwritten."""
        pattern = (0,) * current.shape[1]
        rows, flat = (self.columns, self.row_start), (current.reshape(-1), following.reshape(-1))
        _recursion(self.blocks.reshape(-1), rows, self.blocks.shape[1], *flat, degree, pattern)


@njit(cache=True, nogil=True)
def _recursion(
    blocks: FloatArray,
    rows: tuple[IndexArray, IndexArray],
    size: int,
    current: FloatArray,
    following: FloatArray,
    degree: int,
    pattern: tuple[int, ...],
) -> None:
    """Chebyshev recursion on interleaved vectors; for odd degrees the result is in `following`."""
    _update(blocks, rows, size, current, following, (1.0, 0.0), pattern)
    for _ in range(degree // 2):
        _update(blocks, rows, size, following, current, (2.0, -1.0), pattern)
        _update(blocks, rows, size, current, following, (2.0, -1.0), pattern)


@njit(cache=True, nogil=True)
def _update(
    blocks: FloatArray,
    rows: tuple[IndexArray, IndexArray],
    size: int,
    vectors: FloatArray,
    target: FloatArray,
    weights: tuple[float, float],
    pattern: tuple[int, ...],
) -> None:
    if size == 3:
        _update_by_three(blocks, rows, vectors, target, weights, pattern)
    elif size == 2:
        _update_by_two(blocks, rows, vectors, target, weights, pattern)
    else:
        _update_by_one(blocks, rows, vectors, target, weights, pattern)


@njit(cache=True, nogil=True)
def _update_by_three(
    blocks: FloatArray,
    rows: tuple[IndexArray, IndexArray],
    vectors: FloatArray,
    target: FloatArray,
    weights: tuple[float, float],
    pattern: tuple[int, ...],
) -> None:
    columns, row_start = rows
    none = zeros(vectors, pattern)
    for row in range(len(row_start) - 1):
        x, y, z = none, none, none
        # Block times the three vector rows of its column, by columns of the block: 9 fused multiply-adds.
        for k in range(row_start[row], row_start[row + 1]):
            first = np.uint64(3) * np.uint64(columns[k])
            place = np.uint64(9) * np.uint64(k)
            a = load(vectors, first, none)
            b = load(vectors, first + np.uint64(1), none)
            c = load(vectors, first + np.uint64(2), none)
            x = multiply_add(broadcast(blocks[place], none), a, x)
            y = multiply_add(broadcast(blocks[place + np.uint64(3)], none), a, y)
            z = multiply_add(broadcast(blocks[place + np.uint64(6)], none), a, z)
            x = multiply_add(broadcast(blocks[place + np.uint64(1)], none), b, x)
            y = multiply_add(broadcast(blocks[place + np.uint64(4)], none), b, y)
            z = multiply_add(broadcast(blocks[place + np.uint64(7)], none), b, z)
            x = multiply_add(broadcast(blocks[place + np.uint64(2)], none), c, x)
            y = multiply_add(broadcast(blocks[place + np.uint64(5)], none), c, y)
            z = multiply_add(broadcast(blocks[place + np.uint64(8)], none), c, z)
        first = np.uint64(3) * np.uint64(row)
        _blend(target, first, x, weights, pattern)
        _blend(target, first + np.uint64(1), y, weights, pattern)
        _blend(target, first + np.uint64(2), z, weights, pattern)


@njit(cache=True, nogil=True)
def _update_by_two(
    blocks: FloatArray,
    rows: tuple[IndexArray, IndexArray],
    vectors: FloatArray,
    target: FloatArray,
    weights: tuple[float, float],
    pattern: tuple[int, ...],
) -> None:
    columns, row_start = rows
    none = zeros(vectors, pattern)
    for row in range(len(row_start) - 1):
        x, y = none, none
        for k in range(row_start[row], row_start[row + 1]):
            first = np.uint64(2) * np.uint64(columns[k])
            place = np.uint64(4) * np.uint64(k)
            a = load(vectors, first, none)
            b = load(vectors, first + np.uint64(1), none)
            x = multiply_add(broadcast(blocks[place], none), a, x)
            y = multiply_add(broadcast(blocks[place + np.uint64(2)], none), a, y)
            x = multiply_add(broadcast(blocks[place + np.uint64(1)], none), b, x)
            y = multiply_add(broadcast(blocks[place + np.uint64(3)], none), b, y)
        first = np.uint64(2) * np.uint64(row)
        _blend(target, first, x, weights, pattern)
        _blend(target, first + np.uint64(1), y, weights, pattern)


@njit(cache=True, nogil=True)
def _update_by_one(
    blocks: FloatArray,
    rows: tuple[IndexArray, IndexArray],
    vectors: FloatArray,
    target: FloatArray,
    weights: tuple[float, float],
    pattern: tuple[int, ...],
) -> None:
    columns, row_start = rows
    none = zeros(vectors, pattern)
    for row in range(len(row_start) - 1):
        total = none
        for k in range(row_start[row], row_start[row + 1]):
            total = multiply_add(broadcast(blocks[k], none), load(vectors, np.uint64(columns[k]), none), total)
        _blend(target, np.uint64(row), total, weights, pattern)


@njit(cache=True, nogil=True, inline="always")
def _blend(
    target: FloatArray, row: np.uint64, total: object, weights: tuple[float, float], pattern: tuple[int, ...]
) -> None:
    """Write factor * total + kept * old to a row of `target`; the old row is not read if `kept` is 0 (BLAS beta)."""
    none = zeros(target, pattern)
    factor, kept = weights
    old = none
    if kept != 0.0:
        old = multiply_add(broadcast(kept, none), load(target, row, none), none)
    store(target, row, multiply_add(broadcast(factor, none), total, old))
