"""Block conjugate gradients for H x = b with several b at once; cost linear in the number of particles.

All columns share one Krylov space and need few steps. One extra random column tests the Hessian: no residual can shrink
along a mode without restoring force, and a random field has a component on every mode.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy.linalg

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ConvergenceError
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian, not_a_minimum
from bosonpeak.spectral_methods.block_lanczos import orthonormal
from bosonpeak.spectral_methods.block_matrix import BlockMatrix

RELATIVE_RESIDUAL = 1e-7
"""Largest residual of a field over its norm; a quadratic form of the solutions is as good as its square."""

_ROUND_OFF = 1e-13
_SHARE_OF_A_MODE = 0.1
_DRIFT = 2.0
_MOST_STEPS = 1000
_START = 20240131


def positive_solution(
    hessian: ProjectedHessian, fields: FloatArray, scale: float, *, most_steps: int = _MOST_STEPS
) -> FloatArray:
    """Solve H x = b for fields b (particles * dimension, columns) without net force; verify that H is positive."""
    # O'Leary, Linear Algebra Appl. 29, 293 (1980), preconditioned by the diagonal blocks; round-off of `scale` is zero.
    # The component of the random field on one mode is about the field's norm over sqrt(modes); the residual of the
    # random column must fall below a tenth of this value.
    matrix = BlockMatrix.of_matrix(hessian.matrix, hessian.dimension)
    probe = np.random.default_rng(_START).standard_normal((len(fields), 1))
    right = hessian.without_translations(np.column_stack([fields, probe]))
    norms = np.linalg.norm(right, axis=0)
    enough = np.maximum(RELATIVE_RESIDUAL * norms, _ROUND_OFF * scale)
    enough[-1] = _SHARE_OF_A_MODE * norms[-1] / math.sqrt(len(fields))
    solutions = _descend(matrix, _inverse_diagonal(matrix).multiply, right, enough, most_steps)
    left = np.linalg.norm(right - matrix.multiply(solutions), axis=0) / enough
    if not np.all(left <= _DRIFT):
        raise ConvergenceError(
            "the response of the glass did not converge",
            expected=f"residuals of at most {RELATIVE_RESIDUAL:g} of the fields after {most_steps} steps",
            got=f"{left.max():.3g} times as much",
            likely_cause="very soft modes, such as weakly held particles",
        )
    return hessian.without_translations(solutions[:, :-1])


def _descend(
    matrix: BlockMatrix,
    precondition: Callable[[FloatArray], FloatArray],
    right: FloatArray,
    enough: FloatArray,
    most_steps: int,
) -> FloatArray:
    """Iterate until every residual norm is at most `enough`, or until the last step; returns the solutions."""
    solutions, residual = np.zeros_like(right), right.copy()
    directions = precondition(residual)
    for _ in range(most_steps):
        directions = _independent(directions)
        image = matrix.multiply(directions)
        try:
            curvature = scipy.linalg.cho_factor(directions.T @ image, check_finite=False)
        except np.linalg.LinAlgError:
            raise not_a_minimum() from None
        lengths = scipy.linalg.cho_solve(curvature, directions.T @ residual, check_finite=False)
        solutions += directions @ lengths
        residual -= image @ lengths
        if np.all(_squares(residual) <= enough**2):
            break
        following = precondition(residual)
        following -= directions @ scipy.linalg.cho_solve(curvature, image.T @ following, check_finite=False)
        directions = following
    return solutions


def _independent(directions: FloatArray) -> FloatArray:
    """Orthonormalise the columns approximately, C-ordered; overwrites its argument."""
    try:
        triangle = scipy.linalg.cholesky(directions.T @ directions, check_finite=False)
    except np.linalg.LinAlgError:
        return np.ascontiguousarray(orthonormal(directions)[0])
    scaled: FloatArray = scipy.linalg.blas.dtrsm(1.0, triangle, directions.T, trans_a=1, overwrite_b=1).T
    return scaled


def _squares(columns: FloatArray) -> FloatArray:
    """Squared norms of the columns."""
    squares: FloatArray = np.einsum("ik,ik->k", columns, columns)
    return squares


def _inverse_diagonal(matrix: BlockMatrix) -> BlockMatrix:
    """Inverse of the diagonal blocks, zero for particles without any interaction."""
    blocks = matrix.diagonal_blocks
    held = blocks.any(axis=(1, 2))
    try:
        np.linalg.cholesky(blocks[held])
    except np.linalg.LinAlgError:
        raise not_a_minimum() from None
    blocks[held] = np.linalg.inv(blocks[held])
    places = np.arange(len(blocks) + 1, dtype=np.int32)
    return BlockMatrix(blocks, places[:-1], places)
