"""Block Lanczos with full reorthogonalisation: the largest eigenvalues of an operator that acts on blocks."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy.linalg

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ConvergenceError

_RELATIVE_RESIDUAL = 1e-13
_FIRST_CHECK = 3.0
_LARGEST_BASIS = 30
_BLOCKS_BESIDES = 20
_WEAK = 1e-4
_LOST = 1e-13


def largest_eigenvectors(
    operator: Callable[[FloatArray], FloatArray], size: int, block: int, count: int, generator: np.random.Generator
) -> FloatArray:
    """Orthonormal basis (size, count) of the eigenvectors of the largest eigenvalues of a symmetric operator."""
    # Golub and Underwood, in Mathematical Software III (1977); may miss vectors of more than `block`-fold degeneracy.
    limit = min(_LARGEST_BASIS * count + _BLOCKS_BESIDES * block, size)
    basis = np.empty((size, limit), order="F")
    projected = np.zeros((limit, limit))
    newest, _ = orthonormal(generator.standard_normal((size, block)))
    filled, check_at = 0, max(_FIRST_CHECK * count, 2 * block)
    previous: tuple[int, float] | None = None
    residual = math.inf
    while filled + block <= limit:
        # Extend the basis by a block; `projected` is the operator in the basis, band-diagonal by blocks.
        basis[:, filled : filled + block] = newest
        filled += block
        newest, remainder = _extend(basis[:, :filled], projected, operator(newest), generator)
        if filled < check_at and filled + block <= limit:
            continue
        # Largest Ritz values, with their residuals from the coupling to the next block.
        ritz, coefficients = scipy.linalg.eigh(
            projected[:filled, :filled], subset_by_index=[filled - count, filled - 1], check_finite=False
        )
        residual = float(np.max(np.linalg.norm(remainder @ coefficients[-block:], axis=0) / np.abs(ritz)))
        if residual < _RELATIVE_RESIDUAL:
            vectors: FloatArray = basis[:, :filled] @ coefficients
            return vectors
        check_at = filled + _further_vectors(previous, (filled, residual), block)
        previous = (filled, residual)
    raise ConvergenceError(
        "the eigenvectors did not converge",
        expected=f"a relative residual of {_RELATIVE_RESIDUAL:g}",
        got=f"{residual:.3g} with {filled} basis vectors",
        likely_cause="eigenvalues that nearly coincide",
    )


def _extend(
    basis: FloatArray, projected: FloatArray, image: FloatArray, generator: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Orthogonalise the newest image against the basis; returns the next block and its coupling to the basis."""
    filled, block = basis.shape[1], image.shape[1]
    close = basis[:, max(filled - 2 * block, 0) :]
    coupling = close.T @ image
    image -= close @ coupling
    image -= basis @ (basis.T @ image)
    diagonal = coupling[-block:]
    projected[filled - block : filled, filled - block : filled] = 0.5 * (diagonal + diagonal.T)
    following, remainder = orthonormal(image)
    scale = float(np.abs(diagonal).max())
    if np.abs(np.diag(remainder)).min() < _WEAK * scale:
        following, remainder = _replenished(basis, image, scale, generator)
    if filled + block <= len(projected):
        projected[filled : filled + block, filled - block : filled] = remainder
        projected[filled - block : filled, filled : filled + block] = remainder.T
    return following, remainder


def _replenished(
    basis: FloatArray, image: FloatArray, scale: float, generator: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Orthonormal block for an image that has nearly lost some direction; round-off is replaced by random vectors."""
    vectors, remainder, order = scipy.linalg.qr(image, mode="economic", pivoting=True, check_finite=False)
    remainder = remainder[:, np.argsort(order)]
    lost = np.linalg.norm(remainder, axis=1) < _LOST * scale
    vectors[:, lost] = generator.standard_normal((len(vectors), int(lost.sum())))
    remainder[lost] = 0.0
    for _ in range(2):
        vectors, triangle = orthonormal(vectors - basis @ (basis.T @ vectors))
        remainder = triangle @ remainder
    return np.asarray(vectors, dtype=np.float64), np.asarray(remainder, dtype=np.float64)


def orthonormal(vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Thin QR by Cholesky, twice, ten times faster than Householder, which is the fallback after a loss of rank."""
    total: FloatArray = np.eye(vectors.shape[1])
    for _ in range(2):
        try:
            triangle = scipy.linalg.cholesky(vectors.T @ vectors, check_finite=False)
        except np.linalg.LinAlgError:
            orthonormal, upper = scipy.linalg.qr(vectors, mode="economic", check_finite=False)
            return np.asarray(orthonormal, dtype=np.float64), np.asarray(upper @ total, dtype=np.float64)
        vectors = np.asarray(scipy.linalg.blas.dtrsm(1.0, triangle, vectors, side=1), dtype=np.float64)
        total = np.asarray(triangle @ total, dtype=np.float64)
    return vectors, total


def _further_vectors(previous: tuple[int, float] | None, current: tuple[int, float], block: int) -> float:
    """Basis vectors until the next convergence check: half of those needed at the recent rate, which still grows."""
    if previous is None or current[1] >= previous[1]:
        return 2.0 * block
    rate = math.log(previous[1] / current[1]) / (current[0] - previous[0])
    return min(max(0.5 * math.log(current[1] / _RELATIVE_RESIDUAL) / rate, block), 12.0 * block)
