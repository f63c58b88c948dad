"""The Hessian of a particle configuration, sparse."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse
from numba import njit
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import BooleanArray, FloatArray, IndexArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.particles.configuration import interactions
from bosonpeak.generators.particles.interactions import Interactions
from bosonpeak.generators.particles.own_potentials import PairTerms
from bosonpeak.generators.particles.potentials import PairPotential


def hessian(
    positions: ArrayLike,
    diameters: ArrayLike,
    box: ArrayLike,
    potential: PairPotential | PairTerms,
    *,
    pinned: ArrayLike | None = None,
) -> sparse.csr_array:
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
        Length of the periodic box, a single number or one per axis.
    potential : PairPotential
        Interaction.
    pinned : array_like of bool, shape (particles,), optional
        Particles that cannot move.

    Returns
    -------
    matrix : scipy.sparse.csr_array, shape (particles * dimension, particles * dimension)
        Exactly symmetric, indices sorted; coordinate ``dimension * i + axis``. With pinned particles, the rows and
        columns of the free ones.

    Raises
    ------
    RecipeError
        If the configuration or the mask of pinned particles is invalid.

    Notes
    -----
    Schirmacher et al., Nat. Commun. 15, 3107 (2024), eqs 45-46.

    Examples
    --------
    Two discs pressed together: phi'' = 1 along the contact, phi'/r = -0.2/0.8 across it.

    >>> from bosonpeak.generators import Harmonic
    >>> matrix = hessian([[0.0, 0.0], [0.8, 0.0]], [1.0, 1.0], 4.0, Harmonic())
    >>> matrix.toarray()[:2, :2].round(6).tolist()
    [[1.0, 0.0], [0.0, -0.25]]
    """
    found = interactions(positions, diameters, box, potential)
    return hessian_of_interactions(found, None if pinned is None else checked_pinned(pinned, found.particle_count))


def checked_pinned(pinned: ArrayLike, particles: int) -> BooleanArray:
    """Mask of pinned particles (particles,); RecipeError unless it leaves at least one particle free."""
    mask = np.asarray(pinned)
    if mask.dtype != np.bool_ or mask.shape != (particles,) or mask.all():
        raise RecipeError(
            "the mask of pinned particles cannot be used",
            expected=f"{particles} booleans, at least one of them False",
            got=f"{mask.dtype} of shape {mask.shape}, {np.count_nonzero(mask)} nonzero",
        )
    return mask


def hessian_of_interactions(found: Interactions, pinned: BooleanArray | None = None) -> sparse.csr_array:
    """Sparse Hessian of known pairs, for free particles only; see `hessian`."""
    stretching = found.second - found.first / found.distance
    data, columns, row_start = _assemble(
        found.pairs, found.direction, stretching, found.first / found.distance, found.particle_count
    )
    size = found.particle_count * found.dimension
    matrix = sparse.csr_array((data, columns, row_start), shape=(size, size))
    matrix.has_sorted_indices = True
    matrix.has_canonical_format = True
    if pinned is None:
        return matrix
    free = np.repeat(~pinned, found.dimension)
    return matrix[free][:, free]


@njit(cache=True)
def _assemble(
    pairs: IndexArray, direction: FloatArray, stretching: FloatArray, bending: FloatArray, particle_count: int
) -> tuple[FloatArray, IndexArray, IndexArray]:
    """Compressed sparse rows of the Hessian: one diagonal block per particle, columns ascending in every row."""
    dimension = direction.shape[1]
    # Count the blocks in each row of blocks: one on the diagonal, one per pair; `before`: blocks left of the diagonal.
    before = np.zeros(particle_count, np.int64)
    blocks = np.ones(particle_count, np.int64)
    for k in range(len(pairs)):
        blocks[pairs[k, 0]] += 1
        blocks[pairs[k, 1]] += 1
        before[pairs[k, 1]] += 1
    block_start = np.zeros(particle_count + 1, np.int64)
    for i in range(particle_count):  # array sums take numba seconds to compile
        block_start[i + 1] = block_start[i] + blocks[i]
    # Lay out the rows and name the columns of the diagonal blocks.
    size = dimension * dimension
    data = np.zeros(size * block_start[-1])
    columns = np.empty(size * block_start[-1], np.int32)
    row_start = np.empty(dimension * particle_count + 1, np.int32)
    row_start[-1] = size * block_start[-1]
    for i in range(particle_count):
        for row in range(dimension):
            row_start[dimension * i + row] = size * block_start[i] + dimension * blocks[i] * row
            _name_columns(columns, row_start[dimension * i + row] + dimension * before[i], i, dimension)
    # Fill the blocks. Pairs are sorted: each particle meets its earlier partners in order, then its later ones.
    earlier = np.zeros(particle_count, np.int64)
    later = np.empty(particle_count, np.int64)
    for i in range(particle_count):
        later[i] = before[i] + 1
    for k in range(len(pairs)):
        i, j = pairs[k, 0], pairs[k, 1]
        for row in range(dimension):
            at_i = row_start[dimension * i + row]
            at_j = row_start[dimension * j + row]
            _name_columns(columns, at_i + dimension * later[i], j, dimension)
            _name_columns(columns, at_j + dimension * earlier[j], i, dimension)
            # Block (phi'' - phi'/r) e e + phi'/r: minus off the diagonal, added on the diagonal.
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
