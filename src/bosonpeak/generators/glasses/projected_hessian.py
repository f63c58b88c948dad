"""A Hessian without its zero modes: projection, factorisation and solution."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sparse
from numba import njit
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import require_arrays
from bosonpeak.datasets.array_types import BooleanArray, FloatArray, IndexArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError, RecipeError
from bosonpeak.generators.glasses.hessian import checked_pinned, hessian_of_interactions
from bosonpeak.generators.particles.configuration import interactions
from bosonpeak.generators.particles.interactions import Interactions
from bosonpeak.generators.particles.potentials import PairPotential


class ProjectedHessian:
    """A Hessian without its translations, by an exact change of basis.

    In each connected group and along each axis one Householder reflection turns the uniform translation into the
    coordinate of the group's first particle; its row and column then vanish and are left out. The reduced matrix
    has the other eigenvalues unchanged, and no mode has to be recognised by its smallness.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array
        From `hessian`.
    groups : ndarray of int32, shape (particles,)
        Connected group of each particle, or -1 if a pinned particle holds the group.

    Raises
    ------
    RecipeError
        If an argument has another type.

    Examples
    --------
    Two discs in contact: four coordinates less two translations.

    >>> from bosonpeak.generators import Harmonic
    >>> pressed = ProjectedHessian.of_configuration([[0.0, 0.0], [0.8, 0.0]], [1.0, 1.0], 4.0, Harmonic())
    >>> pressed.size, pressed.zero_mode_count
    (2, 2)
    """

    def __init__(self, matrix: sparse.csr_array, groups: IndexArray) -> None:
        if not sparse.issparse(matrix):
            raise RecipeError("not a sparse matrix", expected="the result of `hessian`", got=type(matrix).__name__)
        require_arrays(RecipeError, 1, groups=groups)
        self.matrix = matrix
        self.particle_count = len(groups)
        self.dimension = matrix.shape[0] // len(groups)
        self._mirror, self._kept = _reflections(groups, self.dimension)

    @classmethod
    def of_configuration(
        cls,
        positions: ArrayLike,
        diameters: ArrayLike,
        box: ArrayLike,
        potential: PairPotential,
        *,
        pinned: ArrayLike | None = None,
    ) -> ProjectedHessian:
        """Projected Hessian of a configuration; parameters and errors as for `hessian`."""
        found = interactions(positions, diameters, box, potential)
        return cls.of_interactions(found, None if pinned is None else checked_pinned(pinned, found.particle_count))

    @classmethod
    def of_interactions(cls, found: Interactions, pinned: BooleanArray | None = None) -> ProjectedHessian:
        """Projected Hessian of known pairs, for free particles only."""
        groups = found.zero_mode_groups
        if pinned is not None:
            groups = np.where(np.isin(groups, groups[pinned]), np.int32(-1), groups)[~pinned]
        return cls(hessian_of_interactions(found, pinned), groups)

    @property
    def size(self) -> int:
        """Number of remaining modes."""
        return len(self._kept)

    @property
    def zero_mode_count(self) -> int:
        """Number of translations projected out: dimension times connected groups."""
        return int(self.matrix.shape[0]) - self.size

    def expand(self, vectors: FloatArray) -> FloatArray:
        """Reduced vectors (columns) in particle coordinates, orthogonal to all translations."""
        full = np.zeros((self.matrix.shape[0], vectors.shape[1]))
        full[self._kept] = vectors
        return full - 2.0 * (self._mirror @ (self._mirror.T @ full))

    def reduce(self, vectors: FloatArray) -> FloatArray:
        """Particle vectors (columns) in the reduced basis; components along translations are dropped."""
        reduced: FloatArray = (vectors - 2.0 * (self._mirror @ (self._mirror.T @ vectors)))[self._kept]
        return reduced

    def without_translations(self, vectors: FloatArray) -> FloatArray:
        """Particle vectors (columns) with their translations subtracted."""
        return self.expand(self.reduce(vectors))

    def dense(self) -> FloatArray:
        """Lower triangle of the reduced matrix, Fortran order; the upper triangle is not meaningful."""
        image = self.matrix @ self._mirror
        overlap = self._mirror.T @ image
        update = 2.0 * image - 2.0 * (self._mirror @ overlap)
        reduced = _dense_block(self.matrix, self._kept)
        if self._mirror.shape[1]:
            left, right = np.asfortranarray(self._mirror[self._kept]), np.asfortranarray(update[self._kept])
            reduced = scipy.linalg.blas.dsyr2k(-1.0, left, right, beta=1.0, c=reduced, lower=1, overwrite_c=1)
        return reduced

    @property
    def is_factored(self) -> bool:
        """Return whether the dense factor has been computed, so that a solution is cheap."""
        return "factor" in vars(self)

    @cached_property
    def factor(self) -> FloatArray:
        """Lower Cholesky factor of the reduced matrix.

        Raises
        ------
        NotApplicableError
            If the configuration is not a minimum: some eigenvalue is not positive.
        """
        factor, info = scipy.linalg.lapack.dpotrf(self.dense(), lower=1, overwrite_a=1, clean=0)
        if info != 0:
            raise not_a_minimum()
        lower: FloatArray = factor
        return lower

    def solve(self, vectors: FloatArray) -> FloatArray:
        """Solution x of H x = b (columns) orthogonal to translations; b must be free of net force."""
        return self.expand(self.solve_reduced(self.reduce(vectors)))

    def solve_reduced(self, vectors: FloatArray) -> FloatArray:
        """Solution in the reduced basis (columns)."""
        solution, _ = scipy.linalg.lapack.dpotrs(self.factor, np.asfortranarray(vectors), lower=1)
        return np.asarray(solution)


def not_a_minimum() -> NotApplicableError:
    """Error for a configuration with modes without restoring force besides the translations."""
    return NotApplicableError(
        "the Hessian is not positive definite",
        expected="a minimum of the potential energy",
        got="a negative or vanishing eigenvalue besides the translations",
        likely_cause="the configuration was not minimised, or it contains rattlers held by fewer contacts than "
        "dimensions",
    )


def _reflections(groups: IndexArray, dimension: int) -> tuple[FloatArray, IntegerArray]:
    """Orthonormal Householder vectors (columns), and indices of the coordinates that remain."""
    labels, first, sizes = np.unique(groups, return_index=True, return_counts=True)
    first, sizes = first[labels >= 0], sizes[labels >= 0]
    columns = []
    for group in np.flatnonzero(sizes > 1):
        members = np.flatnonzero(groups == groups[first[group]])
        vector = np.full(len(members), 1.0 / math.sqrt(len(members)))
        vector[members == first[group]] -= 1.0
        vector /= np.linalg.norm(vector)
        for axis in range(dimension):
            column = np.zeros(len(groups) * dimension)
            column[dimension * members + axis] = vector
            columns.append(column)
    mirror = np.array(columns).reshape(-1, len(groups) * dimension).T
    dropped = (dimension * first[:, None] + np.arange(dimension)).ravel()
    return np.ascontiguousarray(mirror), np.setdiff1d(np.arange(len(groups) * dimension), dropped)


def _dense_block(matrix: sparse.csr_array, kept: IntegerArray) -> FloatArray:
    place = np.full(matrix.shape[0], -1)
    place[kept] = np.arange(len(kept))
    block: Any = np.zeros((len(kept), len(kept)), order="F")
    _scatter(matrix.data, matrix.indices, matrix.indptr, place, block)
    dense: FloatArray = block
    return dense


@njit(cache=True)
def _scatter(
    data: FloatArray, columns: IndexArray, row_start: IndexArray, place: IntegerArray, block: FloatArray
) -> None:
    for row in range(len(place)):
        if place[row] >= 0:
            for k in range(row_start[row], row_start[row + 1]):
                if place[columns[k]] >= 0:
                    # the matrix is symmetric: writing the transpose keeps the stores contiguous in Fortran order
                    block[place[columns[k]], place[row]] = data[k]
