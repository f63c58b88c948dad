"""Chebyshev filters: polynomials of a symmetric operator that lift one end of its spectrum above the rest.

With all unwanted eigenvalues inside its interval, the filter replaces the inverse of the matrix in a Krylov method but
needs only products with the matrix (Zhou and Saad, SIAM J. Matrix Anal. Appl. 29, 954).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sparse

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.spectral_methods.block_matrix import BlockMatrix
from bosonpeak.spectral_methods.operators import AffineOperator, Operator, image_of

VECTORS_AT_ONCE = 16

_OUTLINE_STEPS = 80
_FAR_MARGIN = 0.05
_GUARDED = 2.5
_GAIN = 20.0
_LARGEST_GAIN = 1e4
_LARGEST_DEGREE = 151


@dataclass(frozen=True)
class SpectralOutline:
    """Estimated number of eigenvalues (`counts`) up to ascending `values`, the last close to the largest eigenvalue."""

    values: FloatArray
    counts: FloatArray

    @classmethod
    def of_matrix(cls, matrix: Operator, start: FloatArray) -> SpectralOutline:
        """Gauss quadrature of the density of states by Lanczos from one random vector (Golub and Welsch, 1969)."""
        diagonal, coupling = _lanczos(matrix, start / np.linalg.norm(start), min(_OUTLINE_STEPS, len(start)))
        # QL iterations: scipy's default, relatively robust representations, fails for some couplings.
        values, vectors = scipy.linalg.eigh_tridiagonal(diagonal, coupling, check_finite=False, lapack_driver="stev")
        weights = np.asarray(vectors[0] ** 2 * len(start), dtype=np.float64)
        return cls(np.asarray(values, dtype=np.float64), np.cumsum(weights) - 0.5 * weights)


@dataclass(frozen=True)
class ChebyshevFilter:
    """A Chebyshev polynomial of odd degree of a matrix, above 1 at the wanted end of its spectrum."""

    # Unwanted eigenvalues are mapped to [-1, 1]. An eigenvalue below -1 is filtered to less than -1, because the degree
    # is odd: it costs time but is never mistaken for a wanted eigenvalue.

    matrix: sparse.csr_array | AffineOperator
    degree: int
    near: float  # mapped to 1
    far: float  # mapped to -1
    block: int = 1  # size of the dense blocks of the matrix, 1 for none

    @classmethod
    def for_lowest(
        cls, matrix: Operator, outline: SpectralOutline, count: int, *, block: int = 1, lowest: float = 0.0
    ) -> ChebyshevFilter:
        """Filter that lifts about `count` lowest eigenvalues well above the rest; `lowest` is at most all of them."""
        wanted, near = np.interp([count, _GUARDED * count], outline.counts, outline.values)
        return cls._for_interval(matrix, (lowest, wanted), near, (1.0 + _FAR_MARGIN) * outline.values[-1], block)

    @classmethod
    def for_highest(cls, matrix: Operator, outline: SpectralOutline, count: int, *, block: int = 1) -> ChebyshevFilter:
        """Filter that lifts about `count` highest eigenvalues of a positive matrix well above the rest."""
        size, top = matrix.shape[0], outline.values[-1]
        wanted, near = np.interp([size - count, size - _GUARDED * count], outline.counts, outline.values)
        return cls._for_interval(matrix, (top, wanted), near, -_FAR_MARGIN * top, block)

    @classmethod
    def _for_interval(
        cls, matrix: Any, lifted: tuple[float, float], near: float, far: float, block: int
    ) -> ChebyshevFilter:
        """Filter for all but the eigenvalues from `near` to `far`; the degree lifts the nearer of `lifted`."""
        # A higher degree would drown the nearer eigenvalue in the round-off of the farther.
        mapped: sparse.csr_array | AffineOperator
        if sparse.issparse(matrix):
            identity = sparse.eye_array(matrix.shape[0], format="csr")
            mapped = sparse.csr_array((2.0 * matrix - (near + far) * identity) / (near - far))
        else:
            mapped = AffineOperator(matrix, 2.0 / (near - far), -(near + far) / (near - far))
        growth = [math.acosh(max((2.0 * value - near - far) / (near - far), 1.0 + 1e-6)) for value in lifted]
        degree = min(math.acosh(_LARGEST_GAIN) / growth[0], math.acosh(_GAIN) / growth[1])
        return cls(mapped, min(2 * int(0.5 * degree) + 1, _LARGEST_DEGREE), near, far, block)

    def lifts(self, eigenvalues: FloatArray) -> bool:
        """Return whether the filter rises over all `eigenvalues`, so that filtering keeps their order."""
        return bool(np.all((2.0 * eigenvalues - self.near - self.far) / (self.near - self.far) > 1.0))

    def __call__(self, vectors: FloatArray) -> FloatArray:
        """Filtered vectors, shape (size, VECTORS_AT_ONCE)."""
        current = np.array(vectors, dtype=np.float64, order="C")
        following = np.empty_like(current)
        self._rows.recursion(current, following, self.degree)
        return following

    @cached_property
    def _rows(self) -> BlockMatrix | AffineOperator:
        return BlockMatrix.of_matrix(self.matrix, self.block) if sparse.issparse(self.matrix) else self.matrix


def _lanczos(matrix: Operator, newest: FloatArray, steps: int) -> tuple[FloatArray, FloatArray]:
    diagonal, coupling = np.empty(steps), np.empty(steps)
    previous = np.zeros_like(newest)
    for step in range(steps):
        image = image_of(matrix, newest)
        if step > 0:
            image -= coupling[step - 1] * previous
        diagonal[step] = newest @ image
        image -= diagonal[step] * newest
        coupling[step] = np.linalg.norm(image)
        if coupling[step] <= 1e-12 * abs(diagonal[0]):
            return diagonal[: step + 1], coupling[:step]
        previous, newest = newest, image / coupling[step]
    return diagonal, coupling[:-1]
