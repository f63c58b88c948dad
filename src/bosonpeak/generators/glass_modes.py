"""Vibrational modes of a glass: all of them, the lowest or the highest, each by its fastest route."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse.linalg
from numpy.typing import NDArray

from bosonpeak.datasets.errors import ConvergenceError, RecipeError
from bosonpeak.generators.glass_hessian import ProjectedHessian

FloatArray = NDArray[np.float64]

SELECTIONS = ("all", "lowest", "highest")

_BLOCK = 12
_RELATIVE_RESIDUAL = 1e-13
_FIRST_CHECK = 5.0
_LARGEST_BASIS = 30.0
_DENSE_ABOVE = 10
_START = 20240131


@dataclass(frozen=True)
class GlassModes:
    """Normal modes, without translations.

    Parameters
    ----------
    eigenvalues : ndarray of float64, shape (modes,)
        Ascending, in units of the potential's stiffness over the mass.
    eigenvectors : ndarray of float64, shape (particles * dimension, modes), or None
        Orthonormal columns.
    residual : float
        Largest norm of H e - lambda e; NaN without eigenvectors.
    zero_mode_count : int
        Translations that were projected out.
    """

    eigenvalues: FloatArray
    eigenvectors: FloatArray | None
    residual: float
    zero_mode_count: int

    @property
    def frequencies(self) -> FloatArray:
        """Square roots of the eigenvalues; those of negative eigenvalues are shown negative."""
        frequencies: FloatArray = np.sign(self.eigenvalues) * np.sqrt(np.abs(self.eigenvalues))
        return frequencies


def glass_normal_modes(
    hessian: ProjectedHessian, which: str = "all", *, count: int = 50, eigenvectors: bool | None = None
) -> GlassModes:
    """Modes of a projected Hessian.

    Parameters
    ----------
    hessian : ProjectedHessian
        From `ProjectedHessian.of_configuration`.
    which : {"all", "lowest", "highest"}
        All modes by a dense solver; the lowest by block Lanczos on the inverse, from a dense Cholesky factor; the
        highest by Lanczos on the sparse matrix.
    count : int
        Number of lowest or highest modes.
    eigenvectors : bool, optional
        Whether eigenvectors are wanted. By default not with ``which="all"``; the partial routes always have them.

    Returns
    -------
    modes : GlassModes
        Ascending eigenvalues.

    Raises
    ------
    RecipeError
        If the selection is unknown or the count impossible.
    NotApplicableError
        If the lowest modes are asked of a configuration that is not a minimum.
    ConvergenceError
        If an iteration did not reach its residual.
    """
    if which not in SELECTIONS:
        raise RecipeError("unknown selection of modes", expected=" or ".join(SELECTIONS), got=repr(which))
    if which != "all" and not 0 < count <= hessian.size:
        raise RecipeError("the number of modes cannot be used", expected=f"1 to {hessian.size}", got=str(count))
    if which == "all" or _DENSE_ABOVE * count > hessian.size:
        return _selected(_all_modes(hessian, bool(eigenvectors) or which != "all"), which, count)
    vectors = _lowest_vectors(hessian, count) if which == "lowest" else _highest_vectors(hessian, count)
    return _rayleigh_ritz(hessian, vectors)


def participation_ratios(eigenvectors: FloatArray, dimension: int) -> FloatArray:
    """Participation ratio of each mode, e = 1 / [N sum_i (psi_i . psi_i)^2].

    Parameters
    ----------
    eigenvectors : ndarray of float64, shape (particles * dimension, modes)
        Normalised columns.
    dimension : int
        Components a particle.

    Returns
    -------
    ratios : ndarray of float64, shape (modes,)
        1 for a uniform translation, 1/N for a single particle.
    """
    weight = np.sum(eigenvectors.reshape(-1, dimension, eigenvectors.shape[1]) ** 2, axis=1)
    ratios: FloatArray = 1.0 / (len(weight) * np.sum(weight**2, axis=0))
    return ratios


def _all_modes(hessian: ProjectedHessian, eigenvectors: bool) -> GlassModes:
    dense = hessian.dense()
    if not eigenvectors:
        values = scipy.linalg.eigh(
            dense, lower=True, eigvals_only=True, overwrite_a=True, check_finite=False, driver="evd"
        )
        return GlassModes(values, None, math.nan, hessian.zero_mode_count)
    values, reduced = scipy.linalg.eigh(dense, lower=True, overwrite_a=True, check_finite=False, driver="evd")
    return _with_residual(hessian, values, hessian.expand(reduced))


def _selected(modes: GlassModes, which: str, count: int) -> GlassModes:
    if which == "all" or modes.eigenvectors is None:
        return modes
    chosen = slice(None, count) if which == "lowest" else slice(len(modes.eigenvalues) - count, None)
    return GlassModes(modes.eigenvalues[chosen], modes.eigenvectors[:, chosen], modes.residual, modes.zero_mode_count)


def _highest_vectors(hessian: ProjectedHessian, count: int) -> FloatArray:
    start = np.random.default_rng(_START).standard_normal(hessian.matrix.shape[0])
    try:
        _, vectors = scipy.sparse.linalg.eigsh(hessian.matrix, count, which="LA", ncv=2 * count + 20, v0=start)
    except scipy.sparse.linalg.ArpackNoConvergence as failure:
        raise ConvergenceError(
            "the highest modes were not reached",
            expected=f"{count} modes to round-off",
            got=f"{len(failure.eigenvalues)} modes",
            likely_cause="eigenvalues that coincide: ask for all modes instead",
        ) from failure
    return np.asarray(vectors)


def _lowest_vectors(hessian: ProjectedHessian, count: int) -> FloatArray:
    """Block Lanczos on the inverse with full reorthogonalisation (Golub and Underwood, 1977)."""
    size = hessian.size
    block = min(_BLOCK, size)
    limit = min(int(_LARGEST_BASIS * count) + 10 * block, size)
    basis = np.empty((size, limit), order="F")
    projected = np.zeros((limit, limit))
    newest, _ = _orthonormal(np.random.default_rng(_START).standard_normal((size, block)))
    filled, check_at = 0, _FIRST_CHECK * count
    previous: tuple[int, float] | None = None
    while filled + block <= limit:
        basis[:, filled : filled + block] = newest
        filled += block
        image = hessian.solve_reduced(newest)
        newest, remainder = _extend(basis[:, :filled], projected, image, block)
        if filled < check_at and filled + block <= limit:
            continue
        ritz, coefficients = scipy.linalg.eigh(
            projected[:filled, :filled], subset_by_index=[filled - count, filled - 1], check_finite=False
        )
        residual = float(np.max(np.linalg.norm(remainder @ coefficients[-block:], axis=0) / ritz))
        if residual < _RELATIVE_RESIDUAL or filled == size:
            return hessian.expand(basis[:, :filled] @ coefficients)
        check_at = filled + _further_vectors(previous, (filled, residual), block)
        previous = (filled, residual)
    raise ConvergenceError(
        "the lowest modes were not reached",
        expected=f"a relative residual of {_RELATIVE_RESIDUAL:g}",
        got=f"{residual:.3g} with {filled} basis vectors",
        likely_cause="eigenvalues that nearly coincide: ask for all modes instead",
    )


def _extend(basis: FloatArray, projected: FloatArray, image: FloatArray, block: int) -> tuple[FloatArray, FloatArray]:
    """Orthogonalise the newest image against the basis; return the next block and what couples it."""
    filled = basis.shape[1]
    close = basis[:, max(filled - 2 * block, 0) :]
    coupling = close.T @ image
    image -= close @ coupling
    image -= basis @ (basis.T @ image)
    diagonal = coupling[-block:]
    projected[filled - block : filled, filled - block : filled] = 0.5 * (diagonal + diagonal.T)
    following, remainder = _orthonormal(image)
    if filled + block <= len(projected):
        projected[filled : filled + block, filled - block : filled] = remainder
        projected[filled - block : filled, filled : filled + block] = remainder.T
    return following, remainder


def _orthonormal(vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Thin QR by Cholesky of the Gram matrix, twice: an order faster than Householder for tall blocks.

    Householder steps in where the block has lost rank.
    """
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
    """Basis vectors until the next look, from the rate at which the residual fell since the last."""
    if previous is None or current[1] >= previous[1]:
        return 2.0 * block
    rate = math.log(previous[1] / current[1]) / (current[0] - previous[0])
    return min(max(math.log(current[1] / _RELATIVE_RESIDUAL) / rate, block), 12.0 * block)


def _rayleigh_ritz(hessian: ProjectedHessian, vectors: FloatArray) -> GlassModes:
    """Eigenvalues from the matrix itself, second order in what error the vectors have left."""
    vectors, _ = _orthonormal(vectors)
    values, rotation = np.linalg.eigh(vectors.T @ (hessian.matrix @ vectors))
    return _with_residual(hessian, values, vectors @ rotation)


def _with_residual(hessian: ProjectedHessian, values: FloatArray, vectors: FloatArray) -> GlassModes:
    residual = float(np.max(np.linalg.norm(hessian.matrix @ vectors - vectors * values, axis=0)))
    return GlassModes(values, vectors, residual, hessian.zero_mode_count)
