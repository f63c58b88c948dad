"""Periodic boxes, rectangular or tilted: folding of positions and minimum-image separations."""

from __future__ import annotations

import itertools
import math
import reprlib

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import BosonpeakError, RecipeError

_UPRIGHT = 1e-12
"""Tilt, relative to the longest edge, that is round-off."""


def box_lengths(box: ArrayLike, dimension: int, *, refusal: type[BosonpeakError] = RecipeError) -> FloatArray:
    """Expand a box given as one length or one length per axis to a new array of shape (dimension,).

    Raises the error class `refusal` unless all lengths are positive and finite.
    """
    try:
        lengths = np.array(np.broadcast_to(np.asarray(box, dtype=np.float64), (dimension,)))
    except (TypeError, ValueError):
        lengths = np.full(dimension, np.nan)
    if not (np.all(np.isfinite(lengths)) and np.all(lengths > 0)):
        raise refusal(
            "the box cannot be used",
            expected=f"one positive finite length, or {dimension}",
            got=reprlib.repr(box),
        )
    return lengths


def folded(positions: FloatArray, box: FloatArray | float) -> FloatArray:
    """Fold positions into the box, 0 <= x < L along every axis, robust against round-off at the faces.

    `positions`: (..., dimension); `box` broadcasts against them; returns a new array.
    """
    inside = positions - box * np.floor(positions / box)
    # round-off next to a face: a tiny negative coordinate folds onto the length itself
    inside[(inside < 0.0) | (inside >= box)] = 0.0
    return np.asarray(inside)


def nearest_image(separation: FloatArray, box: FloatArray | float) -> FloatArray:
    """Reduce separations to the minimum image, between -L/2 and L/2 along every axis.

    `separation`: (..., dimension); `box` broadcasts against them; returns a new array.
    """
    return np.asarray(separation - box * np.rint(separation / box))


def tilted_cell(box: FloatArray, tilt: FloatArray) -> FloatArray:
    """Cell matrix with one edge per row: (Lx, 0, 0), (xy, Ly, 0), (xz, yz, Lz).

    `box`: (dimension,); `tilt`: (xy,) or (xy, xz, yz), empty for a rectangular box; returns (dimension, dimension).
    """
    cell = np.diag(box).astype(np.float64)
    if tilt.size:
        cell[np.tril_indices(len(box), -1)] = tilt
    return cell


def cell_heights(cell: FloatArray) -> FloatArray:
    """Distances between opposite faces of a cell with one edge per row; returns (dimension,)."""
    return np.asarray(1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0))


def nearest_image_in_cell(separation: FloatArray, cell: FloatArray) -> FloatArray:
    """Reduce separations in a tilted cell so that their components along the edges are at most 1/2.

    `separation`: (..., dimension); `cell`: one edge per row. A result shorter than half the smallest of `cell_heights`
    is the true minimum image; a longer result need not be, because only components along the edges are rounded.
    """
    return np.asarray(separation - np.rint(separation @ np.linalg.inv(cell)) @ cell)


def standard_cell(cell: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Reduce a lattice to lower-triangular form: first edge along x, second in the xy plane, smallest tilts.

    `cell`: one edge per row. Returns `box` (dimension,) and `tilt` as in `tilted_cell`, each tilt at most half a length
    and `tilt` empty for a rectangular box, and `turn` (dimension, dimension): positions @ turn are the positions in the
    box. `turn` is a rotation, or a reflection for left-handed edges.
    """
    turn, lower = np.eye(len(cell)), np.array(cell, dtype=np.float64)
    # QR rotation to a lower triangular cell with a positive diagonal, unless the cell has that form already.
    if (np.diag(lower) <= 0.0).any() or np.abs(np.triu(lower, 1)).max() > _UPRIGHT * np.abs(lower).max():
        turn, upper = np.linalg.qr(lower.T)
        signs = np.where(np.diag(upper) < 0.0, -1.0, 1.0)
        turn, lower = turn * signs, upper.T * signs
    # Subtract multiples of the earlier edges until every tilt is at most half a length.
    for row in range(1, len(lower)):
        for column in reversed(range(row)):
            lower[row] -= np.rint(lower[row, column] / lower[column, column]) * lower[column]
    box, tilt = np.diag(lower).copy(), lower[np.tril_indices(len(lower), -1)]
    is_upright = np.abs(tilt).max() <= _UPRIGHT * box.max()
    return box, np.empty(0) if is_upright else tilt, turn


def folded_into_cell(positions: FloatArray, cell: FloatArray) -> FloatArray:
    """Fold positions into a cell with one edge per row: fractional coordinates from 0 to 1; returns a new array."""
    fractions = positions @ np.linalg.inv(cell)
    return np.asarray(folded(fractions, 1.0) @ cell)


def longest_wavelength(box: FloatArray) -> float:
    """Longest wavelength of the plane waves in a periodic box.

    `box`: lengths (dimension,), or edges (dimension, dimension) with one edge per row.
    """
    if box.ndim == 1:
        return float(box.max())
    reciprocal = np.linalg.inv(box).T
    shortest = np.linalg.norm(reciprocal, axis=1).min()
    # A wave vector at most as long as `shortest` has at most |q| |edge| periods along each edge.
    most = np.floor(shortest * np.linalg.norm(box, axis=1) * (1.0 + _UPRIGHT)).astype(int)
    nodes = np.array(list(itertools.product(*(range(-count, count + 1) for count in most))))
    lengths = np.linalg.norm(nodes @ reciprocal, axis=1)
    return float(1.0 / lengths[lengths > 0.0].min())


def with_images(positions: FloatArray, cell: FloatArray, reach: float) -> tuple[FloatArray, IntegerArray]:
    """Fold particles into a cell and append their periodic images within a distance `reach` of the cell.

    `cell`: one edge per row. Returns positions (images, dimension), the particles first, and the index of the particle
    that each image belongs to, (images,).
    """
    inside, margin = folded_into_cell(positions, cell), reach / cell_heights(cell)
    fractions = inside @ np.linalg.inv(cell)
    places, owner = [inside], [np.arange(len(inside))]
    # Shift by every lattice vector that can bring a particle within reach, and keep the images in the margin.
    for turns in itertools.product(*(range(-count, count + 1) for count in np.ceil(margin).astype(int).tolist())):
        if any(turns):
            moved = fractions + turns
            near = np.flatnonzero(((moved >= -margin) & (moved <= 1.0 + margin)).all(axis=1))
            places.append(inside[near] + np.array(turns, dtype=np.float64) @ cell)
            owner.append(near)
    return np.concatenate(places), np.concatenate(owner)


def nearest_neighbours(positions: FloatArray, box: FloatArray, count: int) -> tuple[FloatArray, IntegerArray]:
    """Distances and indices of the `count` nearest neighbours of each particle in a periodic box.

    `positions`: (particles, dimension); `box`: lengths, or edges with one edge per row. Returns two arrays of shape
    (particles, count), sorted by distance.
    """
    from scipy.spatial import cKDTree

    if box.ndim == 1:
        # The nearest point is the particle itself and is dropped.
        tree = cKDTree(folded(positions, box), boxsize=box)
        distance, index = tree.query(tree.data, k=count + 1)
        return np.asarray(distance)[:, 1:], np.asarray(index)[:, 1:]
    # Tilted box: search among explicit images; enlarge the margin until it contains all neighbours.
    dimension = len(box)
    reach = 2.0 * (abs(float(np.linalg.det(box))) * (count + 1) / len(positions)) ** (1.0 / dimension)
    while True:
        places, owner = with_images(positions, box, reach)
        distance, index = (
            np.asarray(found)[:, 1:] for found in cKDTree(places).query(places[: len(positions)], count + 1)
        )
        if distance.max() <= reach:
            return distance, owner[index]
        reach *= math.sqrt(2.0)
