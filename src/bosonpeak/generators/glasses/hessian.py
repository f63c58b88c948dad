"""The Hessian of a particle configuration, sparse, and what remains of it once zero modes are projected out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sparse
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.glasses.inherent_structure import prepared
from bosonpeak.generators.particles.neighbours import neighbour_pairs
from bosonpeak.generators.particles.potentials import PairPotential, evaluate

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int32]


@dataclass(frozen=True)
class Interactions:
    """The interacting pairs of a configuration.

    Parameters
    ----------
    pairs : ndarray of int32, shape (pairs, 2)
        Each pair once, sorted.
    direction : ndarray of float64, shape (pairs, dimension)
        Unit vector from the second to the first particle.
    distance, energy, first, second : ndarray of float64, shape (pairs,)
        r, phi, phi' and phi''.
    """

    pairs: IndexArray
    direction: FloatArray
    distance: FloatArray
    energy: FloatArray
    first: FloatArray
    second: FloatArray


def interactions(positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential) -> Interactions:
    """Find the interacting pairs of a configuration.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
        Particle positions.
    diameters : array_like, shape (particles,)
        Particle diameters.
    box : array_like
        Length of the periodic box, one number or one an axis.
    potential : PairPotential
        Interaction.

    Returns
    -------
    interactions : Interactions
        Pairs within the potential's range; those with phi' = phi'' = 0 are left out.

    Raises
    ------
    RecipeError
        If the configuration does not make sense.
    """
    sizes, points, lengths, reach = prepared(positions, diameters, box, potential)
    pairs = neighbour_pairs(points, lengths, reach)
    separation = points[pairs[:, 0]] - points[pairs[:, 1]]
    separation -= lengths * np.rint(separation / lengths)
    distance = np.sqrt(np.einsum("ka,ka->k", separation, separation))
    energy, first, second = evaluate(potential, distance, sizes[pairs[:, 0]], sizes[pairs[:, 1]])
    kept = (first != 0) | (second != 0)
    direction = separation[kept] / distance[kept, None]
    return Interactions(pairs[kept], direction, distance[kept], energy[kept], first[kept], second[kept])


def hessian(positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential) -> sparse.csr_array:
    """Second derivatives of the potential energy, for unit masses.

    The off-diagonal blocks are -K_ij and the diagonal ones sum_j K_ij with
    K = (phi'' - phi'/r) e e^T + (phi'/r) 1, e = r_ij / r.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
        Particle positions.
    diameters : array_like, shape (particles,)
        Particle diameters.
    box : array_like
        Length of the periodic box, one number or one an axis.
    potential : PairPotential
        Interaction.

    Returns
    -------
    matrix : scipy.sparse.csr_array, shape (particles * dimension, particles * dimension)
        Exactly symmetric, indices sorted; coordinate ``dimension * i + axis``.

    Raises
    ------
    RecipeError
        If the configuration does not make sense.

    Notes
    -----
    Schirmacher et al., Nat. Commun. 15, 3107 (2024), eqs 45-46.
    """
    found = interactions(positions, diameters, box, potential)
    return hessian_of_interactions(found, len(np.asarray(positions)))


def hessian_of_interactions(found: Interactions, particle_count: int) -> sparse.csr_array:
    """Sparse Hessian of pairs that are already known; see `hessian`."""
    dimension = found.direction.shape[1]
    stretching = found.second - found.first / found.distance
    data, columns, row_start = _assemble(
        found.pairs, found.direction, stretching, found.first / found.distance, particle_count
    )
    size = particle_count * dimension
    matrix = sparse.csr_array((data, columns, row_start), shape=(size, size))
    matrix.has_sorted_indices = True
    matrix.has_canonical_format = True
    return matrix


def zero_mode_groups(found: Interactions, particle_count: int) -> NDArray[np.int32]:
    """Connected group of each particle, shape (particles,): every group can be translated at no cost."""
    links = np.ones(len(found.pairs), dtype=np.int8)
    graph = sparse.coo_array((links, (found.pairs[:, 0], found.pairs[:, 1])), shape=(particle_count, particle_count))
    labels: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return labels


class ProjectedHessian:
    """A Hessian without its translations, by an exact change of basis.

    In each connected group and along each axis one Householder reflection turns the uniform translation into the
    coordinate of the group's first particle; that row and column then vanish and are left out. What remains has
    the same other eigenvalues, none is shifted, and no mode has to be recognised by its smallness.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array
        From `hessian`.
    groups : ndarray of int32, shape (particles,)
        From `zero_mode_groups`.
    """

    def __init__(self, matrix: sparse.csr_array, groups: NDArray[np.int32]) -> None:
        self.matrix = matrix
        self.particle_count = len(groups)
        self.dimension = matrix.shape[0] // len(groups)
        self._mirror, self._kept = _reflections(groups, self.dimension)

    @classmethod
    def of_configuration(
        cls, positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential
    ) -> ProjectedHessian:
        """Projected Hessian of a configuration; parameters and errors as for `hessian`."""
        found = interactions(positions, diameters, box, potential)
        count = len(np.asarray(positions))
        return cls(hessian_of_interactions(found, count), zero_mode_groups(found, count))

    @property
    def size(self) -> int:
        """Number of modes that are left."""
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
        """Particle vectors (columns) in the reduced basis; what they hold of translations is dropped."""
        reduced: FloatArray = (vectors - 2.0 * (self._mirror @ (self._mirror.T @ vectors)))[self._kept]
        return reduced

    def without_translations(self, vectors: FloatArray) -> FloatArray:
        """Particle vectors (columns) less their translations."""
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
        """Whether the dense factor has been computed, so that a solution costs little."""
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
    """Error for a configuration that has modes without a restoring force, besides the translations."""
    return NotApplicableError(
        "the Hessian is not positive definite",
        expected="a minimum of the potential energy",
        got="a negative or vanishing eigenvalue besides the translations",
        likely_cause="the configuration was not minimised, or it contains rattlers held by fewer contacts than "
        "dimensions",
    )


def _reflections(groups: NDArray[np.int32], dimension: int) -> tuple[FloatArray, NDArray[np.int64]]:
    """Orthonormal Householder vectors (columns), and the coordinates that are kept."""
    _, first, sizes = np.unique(groups, return_index=True, return_counts=True)
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


def _dense_block(matrix: sparse.csr_array, kept: NDArray[np.int64]) -> FloatArray:
    place = np.full(matrix.shape[0], -1)
    place[kept] = np.arange(len(kept))
    block: Any = np.zeros((len(kept), len(kept)), order="F")
    _scatter(matrix.data, matrix.indices, matrix.indptr, place, block)
    dense: FloatArray = block
    return dense


@njit(cache=True)
def _scatter(
    data: FloatArray, columns: IndexArray, row_start: IndexArray, place: NDArray[np.int64], block: FloatArray
) -> None:
    for row in range(len(place)):
        if place[row] >= 0:
            for k in range(row_start[row], row_start[row + 1]):
                if place[columns[k]] >= 0:
                    # the matrix is symmetric: writing the transpose keeps the stores close in Fortran order
                    block[place[columns[k]], place[row]] = data[k]


@njit(cache=True)
def _assemble(
    pairs: IndexArray, direction: FloatArray, stretching: FloatArray, bending: FloatArray, particle_count: int
) -> tuple[FloatArray, IndexArray, IndexArray]:
    """Compressed rows with a block on the diagonal of each particle; columns ascend in every row."""
    dimension = direction.shape[1]
    before = np.zeros(particle_count, np.int64)
    blocks = np.ones(particle_count, np.int64)
    for k in range(len(pairs)):
        blocks[pairs[k, 0]] += 1
        blocks[pairs[k, 1]] += 1
        before[pairs[k, 1]] += 1
    block_start = np.zeros(particle_count + 1, np.int64)
    block_start[1:] = np.cumsum(blocks)
    size = dimension * dimension
    data = np.zeros(size * block_start[-1])
    columns = np.empty(size * block_start[-1], np.int32)
    row_start = np.empty(dimension * particle_count + 1, np.int32)
    row_start[-1] = size * block_start[-1]
    for i in range(particle_count):
        for row in range(dimension):
            row_start[dimension * i + row] = size * block_start[i] + dimension * blocks[i] * row
            _name_columns(columns, row_start[dimension * i + row] + dimension * before[i], i, dimension)
    # pairs are sorted: a particle meets its earlier partners in order, then its later ones
    earlier = np.zeros(particle_count, np.int64)
    later = before + 1
    for k in range(len(pairs)):
        i, j = pairs[k, 0], pairs[k, 1]
        for row in range(dimension):
            at_i = row_start[dimension * i + row]
            at_j = row_start[dimension * j + row]
            _name_columns(columns, at_i + dimension * later[i], j, dimension)
            _name_columns(columns, at_j + dimension * earlier[j], i, dimension)
            for column in range(dimension):
                value = stretching[k] * (direction[k, row] * direction[k, column])
                if row == column:
                    value += bending[k]
                data[at_i + dimension * later[i] + column] = -value
                data[at_j + dimension * earlier[j] + column] = -value
                data[at_i + dimension * before[i] + column] += value
                data[at_j + dimension * before[j] + column] += value
        later[i] += 1
        earlier[j] += 1
    return data, columns, row_start


@njit(cache=True)
def _name_columns(columns: IndexArray, place: int, particle: int, dimension: int) -> None:
    for axis in range(dimension):
        columns[place + axis] = dimension * particle + axis
