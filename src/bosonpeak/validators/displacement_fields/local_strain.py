"""Strain and vorticity around every particle, from affine fits to its neighbours' displacements.

Least squares of u(r) = v + G (r - r_i) with weights (1 - r^2/R^2)^2 within R: G is the gradient of the field smoothed
as in `smoothing_kernel`, the strain (G + G^T)/2 and the vorticity eta = (1/2) curl u (Schirmacher et al., eqs 52-54).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.validators.displacement_fields.particle_fields import (
    ParticleFields,
    batches,
    checked_fields,
    chosen_radius,
)

WORST_SHAPE = 1e-3
"""Neighbourhoods flatter than this are not fitted: smallest over largest eigenvalue of their moments, lengths in R."""


def fewest_neighbours(dimension: int) -> int:
    """Least number of neighbours for a fit: with the particle itself, two points for each of d + 1 unknowns."""
    return 2 * dimension + 1


@dataclass(frozen=True)
class LocalStrains:
    """Affine fits around every particle; NaN for particles left out or with too few neighbours."""

    displacement: FloatArray  # (modes, particles, dimension), smoothed
    gradient: FloatArray  # (modes, particles, a, b), d u_a / d r_b
    neighbours: IntegerArray  # (particles,), -1 for particles left out
    radius: float  # R, in the unit of the positions

    @property
    def unfitted(self) -> int:
        """Number of particles without a fit."""
        return int(np.isnan(self.gradient[0, :, 0, 0]).sum())

    @property
    def strain(self) -> FloatArray:
        """(G + G^T)/2, shape (modes, particles, dimension, dimension)."""
        return np.asarray(0.5 * (self.gradient + np.swapaxes(self.gradient, 2, 3)))

    @property
    def vorticity(self) -> FloatArray:
        """(1/2) curl u, shape (modes, particles) in two dimensions and (modes, particles, 3) in three."""
        slope = self.gradient
        if slope.shape[-1] == 2:
            return np.asarray(0.5 * (slope[..., 1, 0] - slope[..., 0, 1]))
        components = [slope[..., c, b] - slope[..., b, c] for b, c in ((1, 2), (2, 0), (0, 1))]
        return np.asarray(0.5 * np.stack(components, axis=-1))

    @property
    def divergence(self) -> FloatArray:
        """Trace of the strain, shape (modes, particles)."""
        return np.asarray(np.trace(self.gradient, axis1=2, axis2=3))

    def curl_content(self) -> FloatArray:
        """<|curl u|^2> / (<|curl u|^2> + <(div u)^2>) over the fitted particles, shape (modes,)."""
        turning = 4.0 * self.vorticity**2
        turning = turning.sum(axis=-1) if turning.ndim == 3 else turning
        rotation = np.nanmean(turning, axis=1)
        return np.asarray(rotation / (rotation + np.nanmean(self.divergence**2, axis=1)))


def local_strains(
    positions: ArrayLike,
    vectors: ArrayLike,
    box: ArrayLike,
    *,
    radius: float | None = None,
    left_out: ArrayLike | None = None,
) -> LocalStrains:
    """Fit an affine displacement around every particle.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
        Particle positions in a periodic box, two or three dimensions.
    vectors : array_like, shape (modes, particles, dimension)
        Displacements of any norm; one mode may lack the first axis.
    box : array_like
        Length of the box, one number or one an axis.
    radius : float, optional
        R, at most half the box; three mean particle distances by default.
    left_out : array_like of bool, shape (particles,), optional
        Particles without a meaningful displacement, such as rattlers; excluded as neighbours.

    Returns
    -------
    LocalStrains
        A linear field is recovered exactly at every particle with enough neighbours.

    Raises
    ------
    NotApplicableError
        If the arrays do not fit each other, or the radius does not fit the box.

    Examples
    --------
    A rigid rotation about the centre of the box, measured at the centre:

    >>> import numpy as np
    >>> x, y = np.meshgrid(np.arange(10.0), np.arange(10.0))
    >>> positions = np.column_stack([x.ravel(), y.ravel()])
    >>> turned = np.column_stack([-(positions[:, 1] - 5.0), positions[:, 0] - 5.0])
    >>> found = local_strains(positions, [turned], 10.0, radius=2.0)
    >>> round(float(found.vorticity[0, 55]), 6), round(abs(float(found.divergence[0, 55])), 6)
    (1.0, 0.0)
    """
    fields = checked_fields(positions, vectors, box, left_out)
    return with_places(fitted_strains(fields, chosen_radius(fields, radius)), left_out)


def fitted_strains(fields: ParticleFields, radius: float) -> LocalStrains:
    """`local_strains` of validated fields."""
    modes, particles, dimension = fields.vectors.shape
    cells, order, start = _cell_order(fields, radius)
    around, largest = _surroundings(cells), int(np.diff(start).max())
    points = np.zeros((3, particles))
    points[:dimension] = fields.positions[order].T
    lengths = np.ones(3)
    lengths[:dimension] = fields.box
    # Batches of modes share the moments, which depend on the positions only.
    inverse = None
    fit = np.empty((modes, particles, dimension + 1, dimension))
    for each in batches(modes, 2 * particles * dimension * (dimension + 2)):
        columns = fields.vectors[each].transpose(1, 0, 2).reshape(particles, -1)[order]
        moments, neighbours, sums = _weighted_sums(points, lengths, radius, around, start, largest, columns)
        if inverse is None:
            inverse = _inverse_moments(moments[:, : dimension + 1, : dimension + 1], neighbours, radius, dimension)
        solved = (inverse @ sums[:, : dimension + 1]).reshape(particles, dimension + 1, -1, dimension)
        fit[each, order] = solved.transpose(2, 0, 1, 3)
    counted = np.empty_like(neighbours)
    counted[order] = neighbours
    return LocalStrains(fit[:, :, 0], np.swapaxes(fit[:, :, 1:], 2, 3), counted, radius)


def with_places(found: LocalStrains, left_out: ArrayLike | None) -> LocalStrains:
    """Expand the results to all particles, with a row of NaN for each particle left out."""
    if left_out is None:
        return found
    kept = ~np.asarray(left_out, dtype=bool)
    modes = len(found.displacement)
    displacement = np.full((modes, len(kept), *found.displacement.shape[2:]), np.nan)
    gradient = np.full((modes, len(kept), *found.gradient.shape[2:]), np.nan)
    neighbours = np.full(len(kept), -1, dtype=np.int64)
    displacement[:, kept], gradient[:, kept], neighbours[kept] = found.displacement, found.gradient, found.neighbours
    return LocalStrains(displacement, gradient, neighbours, found.radius)


def _cell_order(fields: ParticleFields, radius: float) -> tuple[IntegerArray, IntegerArray, IntegerArray]:
    """Numbers of cells along three axes, particle order by cell, and start of each cell in this order."""
    # Own cell lists: scipy's cKDTree, with the sort of its pairs, takes almost as long as all the fits.
    most = max(round(len(fields.positions) ** (1.0 / fields.dimension)), 3)
    cells = np.ones(3, dtype=np.int64)
    cells[: fields.dimension] = np.minimum(np.floor(fields.box / radius).astype(np.int64), most)
    cells[cells < 3] = 1
    flat = np.zeros(len(fields.positions), dtype=np.int64)
    for axis in range(3):
        flat *= cells[axis]
        if axis < fields.dimension:
            place = (fields.positions[:, axis] / fields.box[axis] * cells[axis]).astype(np.int64)
            flat += np.minimum(place, cells[axis] - 1)
    order = np.argsort(flat, kind="stable")
    start = np.searchsorted(flat[order], np.arange(cells.prod() + 1))
    return cells, order, start


def _inverse_moments(moments: FloatArray, neighbours: IntegerArray, radius: float, dimension: int) -> FloatArray:
    """Inverse moment matrix of each particle; NaN if the neighbourhood is too small or too flat."""
    scale = np.concatenate([[1.0], np.full(dimension, 1.0 / radius)])
    scaled = moments * scale[:, None] * scale
    spectrum = np.linalg.eigvalsh(scaled)
    sound = (neighbours >= fewest_neighbours(dimension)) & (spectrum[:, 0] > WORST_SHAPE * spectrum[:, -1])
    inverse = np.full_like(moments, np.nan)
    inverse[sound] = np.linalg.inv(scaled[sound]) * scale[:, None] * scale
    return inverse


@njit(cache=True, error_model="numpy")
def _weighted_sums(
    points: FloatArray,
    lengths: FloatArray,
    radius: float,
    around: IntegerArray,
    start: IntegerArray,
    largest: int,
    values: FloatArray,
) -> tuple[FloatArray, IntegerArray, FloatArray]:
    """Moments sum w b b^T (particles, 4, 4), neighbour counts, and sum w b values^T, with b = (1, r - r_i)."""
    particles, columns = values.shape
    moments = np.zeros((particles, 4, 4))
    sums = np.zeros((particles, 4, columns))
    neighbours = np.zeros(particles, np.int64)
    square = np.empty(largest)
    basis = np.ones(4)
    # Each particle i against the particles j of its own cell and of the adjacent cells.
    for cell in range(len(around)):
        for i in range(start[cell], start[cell + 1]):
            for place in range(around.shape[1]):
                first, last = start[around[cell, place]], start[around[cell, place] + 1]
                _squared_distances(points, i, first, last, lengths, square)
                for j in range(first, last):
                    # The weight (1 - r^2/R^2)^2 vanishes beyond the radius.
                    rest = 1.0 - square[j - first] / (radius * radius)
                    if rest <= 0.0:
                        continue
                    neighbours[i] += i != j
                    # Basis (1, r - r_i) by the minimum image.
                    for axis in range(3):
                        distance = points[axis, j] - points[axis, i]
                        basis[axis + 1] = distance - lengths[axis] * np.rint(distance / lengths[axis])
                    # Add the pair to the moments and to the right-hand sides.
                    for a in range(4):
                        factor = rest * rest * basis[a]
                        for b in range(4):
                            moments[i, a, b] += factor * basis[b]
                        for column in range(columns):
                            sums[i, a, column] += factor * values[j, column]
    return moments, neighbours, sums


@njit(cache=True, error_model="numpy", inline="always")
def _squared_distances(
    points: FloatArray, i: int, first: int, last: int, lengths: FloatArray, square: FloatArray
) -> None:
    """Squared distance to the nearest image of each point of a range, as one plain loop that vectorises."""
    x, y, z = points[0, i], points[1, i], points[2, i]
    for j in range(first, last):
        dx, dy, dz = points[0, j] - x, points[1, j] - y, points[2, j] - z
        dx -= lengths[0] * np.rint(dx / lengths[0])
        dy -= lengths[1] * np.rint(dy / lengths[1])
        dz -= lengths[2] * np.rint(dz / lengths[2])
        square[j - first] = dx * dx + dy * dy + dz * dz


def _surroundings(cells: IntegerArray) -> IntegerArray:
    """Each cell with its adjacent cells, once each, shape (cells, neighbouring cells); short axes have one cell."""
    steps = np.array(list(itertools.product(*((-1, 0, 1) if count >= 3 else (0,) for count in cells))))
    own = np.indices(tuple(cells)).reshape(3, -1, 1)
    near = (own + steps.T[:, None, :]) % cells[:, None, None]
    return np.asarray(np.ravel_multi_index(tuple(near), tuple(cells)))
