"""Configurations that occur twice, whatever the order of their particles, the origin, and the unit of length."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.periodic_box import nearest_neighbours
from bosonpeak.validators.comparisons.shared_values import LOOKED_UP, Repetition, copied_values

DISTANCES = 64
"""Shortest distances to a neighbour that stand for a configuration."""

FEWEST_EQUAL = 16
"""Equal distances, of `shared_values.LOOKED_UP`, that two configurations do not share by chance: the 690 stored
glasses share 6 at most."""


def shortest_distances(positions: ArrayLike, box: ArrayLike) -> FloatArray:
    """Shortest distances between neighbours, which no change of origin, order or unit alters.

    Parameters
    ----------
    positions : array_like, shape (samples, particles, axes)
    box : array_like, shape (axes,), (samples, axes) or (samples, axes, axes)
        Lengths of the periodic boxes, or the edges of tilted ones, one a row, in the unit of the positions.

    Returns
    -------
    ndarray of float64, shape (samples, at most DISTANCES)
        Ascending, in units of the first side of the box, or of the cube root (or square root) of the volume of a
        tilted one.

    Raises
    ------
    NotApplicableError
        If the shapes do not fit, or there are too few particles.
    """
    particles, sides = np.asarray(positions, dtype=np.float64), np.asarray(box, dtype=np.float64)
    if (
        particles.ndim != 3
        or particles.shape[1] < LOOKED_UP
        or sides.shape[-1:] != particles.shape[2:]
        or sides.ndim > 3
    ):
        raise NotApplicableError(
            "these configurations cannot be compared",
            expected=f"positions (samples, {LOOKED_UP} particles or more, axes) and a box",
            got=f"shapes {particles.shape} and {sides.shape}",
        )
    sides = np.broadcast_to(sides, (len(particles), *(sides.shape[1:] or sides.shape)))
    return np.stack([_distances(rows, lengths) for rows, lengths in zip(particles, sides, strict=True)])


def shared_configurations(mine: ArrayLike, theirs: ArrayLike) -> tuple[Repetition, ...]:
    """Configurations of one list that are also in another.

    Parameters
    ----------
    mine, theirs : array_like, shape (samples, distances)
        Of `shortest_distances`.

    Returns
    -------
    tuple of Repetition
    """
    return tuple(copied_values(mine, theirs, fewest=FEWEST_EQUAL))


def repeated_configurations(distances: ArrayLike) -> tuple[Repetition, ...]:
    """Configurations of one list that repeat an earlier one of it; parameters and answer as `shared_configurations`."""
    return tuple(one for one in shared_configurations(distances, distances) if one.other < one.sample)


def _distances(positions: FloatArray, box: FloatArray) -> FloatArray:
    nearest = nearest_neighbours(positions, box, 1)[0].ravel()
    # The same lattice has many cells, and all of them the same volume.
    side = box[0] if box.ndim == 1 else abs(np.linalg.det(box)) ** (1.0 / len(box))
    return np.asarray(np.sort(nearest)[:DISTANCES] / side)
