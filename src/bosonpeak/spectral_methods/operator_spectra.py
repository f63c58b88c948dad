"""Spectra of given vectors, such as plane waves or random vectors, by kernel polynomials of any operator.

The moments <v|T_n|v> of a unit vector give its spectral function sum_m |<v|m>|^2 delta(omega - omega_m), which for a
plane wave is the current correlation C(q, omega), normalised to 1. Bins of frequency are integrated in closed form.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import ArrayLike
from scipy.sparse.linalg import LinearOperator, eigsh

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import SchemaError
from bosonpeak.spectral_methods.block_matrix import BLOCK_SIZES, BlockMatrix
from bosonpeak.spectral_methods.kernel_polynomials import count_from_moments
from bosonpeak.spectral_methods.operators import AffineOperator, Operator, dense_matrix, image_of

VECTORS_AT_ONCE = 8

_BOUND_TOLERANCE = 1e-4
_BOUND_MARGIN = 1.01
_SMALLEST_FOR_LANCZOS = 3


def binned_spectrum(moments: ArrayLike, spectral_bound: float, edges: ArrayLike) -> FloatArray:
    """Mean of a spectral function of given moments (..., moments) over bins of frequency (..., bins), zero included."""
    edge = np.asarray(edges, dtype=np.float64)
    return np.asarray(np.diff(count_from_moments(moments, spectral_bound, edge), axis=-1) / np.diff(edge))


def operator_bound(operator: Operator) -> float:
    """Upper bound of the eigenvalues of a symmetric operator: the largest eigenvalue by Lanczos, plus a margin."""
    size = operator.shape[0]
    if size < _SMALLEST_FOR_LANCZOS:
        return float(_BOUND_MARGIN * np.linalg.eigvalsh(dense_matrix(operator))[-1])
    start = np.random.default_rng(0).standard_normal(size)
    products = LinearOperator(operator.shape, matvec=lambda vector: image_of(operator, vector), dtype=np.float64)
    largest = eigsh(products, k=1, which="LA", tol=_BOUND_TOLERANCE, v0=start, return_eigenvectors=False)
    return float(_BOUND_MARGIN * largest[0])


def operator_moments(
    operator: Operator, vectors: ArrayLike, moments: int, spectral_bound: float, *, block: int = 1
) -> FloatArray:
    """Chebyshev moments <v|T_n|v> of vectors (vectors, size) with a symmetric operator, two per product."""
    # A sparse matrix has a compiled kernel for dense blocks of size `block`; all eigenvalues are in [0,
    # spectral_bound].
    starts = np.atleast_2d(np.asarray(vectors, dtype=np.float64))
    if moments < 2 or moments % 2 or block not in BLOCK_SIZES or starts.shape[1] != operator.shape[0]:
        raise SchemaError(
            "impossible moments",
            expected=f"an even number of moments, blocks of {BLOCK_SIZES}, vectors of {operator.shape[0]} elements",
            got=f"{moments}, {block}, {starts.shape}",
        )
    scaled = scaled_operator(operator, spectral_bound, block)
    groups = range(0, len(starts), VECTORS_AT_ONCE)
    with np.errstate(over="ignore", invalid="ignore"):  # a recursion that diverges is refused below
        found = np.concatenate([_moments(scaled, starts[first : first + VECTORS_AT_ONCE], moments) for first in groups])
    if not (np.abs(found[:, 1:]) <= found[:, :1] * (1.0 + 1e-3)).all():
        raise SchemaError("the Chebyshev recursion diverges", expected="all eigenvalues between 0 and the bound")
    return found


def scaled_operator(operator: Any, spectral_bound: float, block: int) -> BlockMatrix | AffineOperator:
    """Operator (2 / spectral_bound) H - 1 for the recursion, with compiled products if H is a sparse matrix."""
    if not sparse.issparse(operator):
        return AffineOperator(operator, 2.0 / spectral_bound, -1.0)
    identity = sparse.eye_array(operator.shape[0], format="csr")
    return BlockMatrix.of_matrix(sparse.csr_array((2.0 / spectral_bound) * operator - identity), block)


def _moments(scaled: BlockMatrix | AffineOperator, starts: FloatArray, moments: int) -> FloatArray:
    padded = np.zeros((VECTORS_AT_ONCE, starts.shape[1]))
    padded[: len(starts)] = starts
    previous = np.ascontiguousarray(padded.T)
    current = np.zeros_like(previous)
    scaled.update(previous, current, 1.0, 0.0)
    result = np.empty((VECTORS_AT_ONCE, moments))
    result[:, 0], result[:, 1] = _dots(previous, previous), _dots(previous, current)
    for order in range(1, moments // 2):
        scaled.update(current, previous, 2.0, -1.0)
        result[:, 2 * order] = 2.0 * _dots(current, current) - result[:, 0]
        result[:, 2 * order + 1] = 2.0 * _dots(current, previous) - result[:, 1]
        previous, current = current, previous
    return result[: len(starts)]


def _dots(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("iv,iv->v", one, other))
