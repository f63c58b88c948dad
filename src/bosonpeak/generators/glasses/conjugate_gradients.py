"""Solutions of H x = b for several b at once by block conjugate gradients, linear in the number of particles.

All columns share one Krylov space, so that they need a fraction of the steps that each would need alone. One column
more, drawn at random, makes the solution a test of the Hessian: with positive curvature along all directions searched,
no residual can shrink along a mode without restoring force, and a random field has a share of every mode.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy.linalg

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import ConvergenceError
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian, not_a_minimum
from bosonpeak.generators.spectral_methods.block_lanczos import orthonormal
from bosonpeak.generators.spectral_methods.block_matrix import BlockMatrix

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
    """Solve H x = b for the columns b of `fields`, and make sure that H is positive besides its translations.

    Parameters
    ----------
    hessian : ProjectedHessian
        Of a configuration.
    fields : ndarray of float64, shape (particles * dimension, columns)
        Right-hand sides, free of net force.
    scale : float
        Size of the terms that the fields are sums of: residuals below their round-off count as none.
    most_steps : int
        Steps after which to give up.

    Returns
    -------
    solutions : ndarray of float64, shape (particles * dimension, columns)
        Residuals, computed anew at the end, are at most twice `RELATIVE_RESIDUAL` of the norm of the field; free of
        translations.

    Raises
    ------
    NotApplicableError
        If the configuration is not a minimum: some curvature is not positive.
    ConvergenceError
        If the residuals stay larger, as with modes of next to no restoring force.

    Notes
    -----
    O'Leary, Linear Algebra Appl. 29, 293 (1980), with orthonormal directions and the blocks on the diagonal as the
    preconditioner. The share of one mode in the random field is about its norm over the square root of the number
    of modes; its residual has to fall below a tenth of that.
    """
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
            "the response of the glass was not reached",
            expected=f"residuals of at most {RELATIVE_RESIDUAL:g} of the fields after {most_steps} steps",
            got=f"{left.max():.3g} times as much",
            likely_cause="modes with next to no restoring force, such as particles that are barely held",
        )
    return hessian.without_translations(solutions[:, :-1])


def _descend(
    matrix: BlockMatrix,
    precondition: Callable[[FloatArray], FloatArray],
    right: FloatArray,
    enough: FloatArray,
    most_steps: int,
) -> FloatArray:
    """Solutions at which the residuals are small enough, or that are reached after the last step."""
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
    """The same span from columns that are nearly orthonormal, C-ordered; overwrites its argument."""
    try:
        triangle = scipy.linalg.cholesky(directions.T @ directions, check_finite=False)
    except np.linalg.LinAlgError:
        return np.ascontiguousarray(orthonormal(directions)[0])
    scaled: FloatArray = scipy.linalg.blas.dtrsm(1.0, triangle, directions.T, trans_a=1, overwrite_b=1).T
    return scaled


def _squares(columns: FloatArray) -> FloatArray:
    """Squared norms of columns."""
    squares: FloatArray = np.einsum("ik,ik->k", columns, columns)
    return squares


def _inverse_diagonal(matrix: BlockMatrix) -> BlockMatrix:
    """Inverse of the blocks on the diagonal; zero for particles without any interaction."""
    blocks = matrix.diagonal_blocks
    held = blocks.any(axis=(1, 2))
    try:
        np.linalg.cholesky(blocks[held])
    except np.linalg.LinAlgError:
        raise not_a_minimum() from None
    blocks[held] = np.linalg.inv(blocks[held])
    places = np.arange(len(blocks) + 1, dtype=np.int32)
    return BlockMatrix(blocks, places[:-1], places)
