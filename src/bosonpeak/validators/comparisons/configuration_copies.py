"""Configurations that occur twice, regardless of particle order, origin and unit of length."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.periodic_box import nearest_neighbours
from bosonpeak.validators.comparisons.shared_values import LOOKED_UP, Repetition, copied_values

DISTANCES = 64
"""Shortest distances to a neighbour that stand for a configuration."""

FEWEST_EQUAL = 16
"""Equal distances, of `shared_values.LOOKED_UP`, that two configurations do not share by chance: the 690 stored
glasses share 6 at most."""


def shortest_distances(positions: ArrayLike, box: ArrayLike) -> FloatArray:
    """Shortest neighbour distances of each configuration, invariant under change of origin, particle order and unit.

    `positions`: (samples, particles, axes); `box`: side lengths (axes,) or (samples, axes), or edge vectors of tilted
    boxes as rows (samples, axes, axes). Returns (samples, at most DISTANCES), ascending, in units of the first side, or
    of the cube root (in 2D: square root) of the volume of a tilted box.
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
    """Configurations of one list that also occur in another; both (samples, distances) from `shortest_distances`."""
    return tuple(copied_values(mine, theirs, fewest=FEWEST_EQUAL))


def repeated_configurations(distances: ArrayLike) -> tuple[Repetition, ...]:
    """Configurations of a list that repeat an earlier one of the list; `distances` from `shortest_distances`."""
    return tuple(one for one in shared_configurations(distances, distances) if one.other < one.sample)


def _distances(positions: FloatArray, box: FloatArray) -> FloatArray:
    nearest = nearest_neighbours(positions, box, 1)[0].ravel()
    # A lattice has many possible cells, all of the same volume.
    side = box[0] if box.ndim == 1 else abs(np.linalg.det(box)) ** (1.0 / len(box))
    return np.asarray(np.sort(nearest)[:DISTANCES] / side)
