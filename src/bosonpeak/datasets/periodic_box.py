"""The periodic box, tilted or not: positions folded into it, and separations by the nearest image."""

from __future__ import annotations

import itertools
import math
import reprlib

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arrays import FloatArray, IntegerArray
from bosonpeak.datasets.errors import BosonpeakError, RecipeError

_UPRIGHT = 1e-12
"""Tilt, relative to the longest edge, that is round-off."""


def box_lengths(box: ArrayLike, dimension: int, *, refusal: type[BosonpeakError] = RecipeError) -> FloatArray:
    """Lengths of a box, from a number or one number an axis.

    Parameters
    ----------
    box : array_like
        One length, or one an axis.
    dimension : int
        Axes.
    refusal : type of BosonpeakError
        What is raised if the box cannot be used.

    Returns
    -------
    lengths : ndarray of float64, shape (dimension,)
        A new array.

    Raises
    ------
    BosonpeakError
        Of the type asked for, if these are no numbers, not so many, or not positive and finite.
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
    """Positions in the box, 0 <= x < L along every axis, whatever round-off does at its faces.

    Parameters
    ----------
    positions : ndarray of float64, shape (..., dimension)
        Anywhere.
    box : ndarray of float64 or float
        Box lengths, which broadcast against the positions.

    Returns
    -------
    folded : ndarray of float64
        A new array of the same shape.
    """
    inside = positions - box * np.floor(positions / box)
    # next to a face the quotient may round onto it: a tiny negative coordinate folds onto the length itself
    inside[(inside < 0.0) | (inside >= box)] = 0.0
    return np.asarray(inside)


def nearest_image(separation: FloatArray, box: FloatArray | float) -> FloatArray:
    """Separations to the nearest periodic image.

    Parameters
    ----------
    separation : ndarray of float64, shape (..., dimension)
        Differences of positions.
    box : ndarray of float64 or float
        Box lengths, which broadcast against the separations.

    Returns
    -------
    nearest : ndarray of float64
        A new array of the same shape, between -L/2 and L/2 along every axis.
    """
    return np.asarray(separation - box * np.rint(separation / box))


def tilted_cell(box: FloatArray, tilt: FloatArray) -> FloatArray:
    """Edges of a box, one a row: (Lx, 0, 0), (xy, Ly, 0), (xz, yz, Lz).

    Parameters
    ----------
    box : ndarray of float64, shape (dimension,)
        Lx, Ly and Lz, the diagonal.
    tilt : ndarray of float64, shape (dimension * (dimension - 1) / 2,) or (0,)
        xy, or xy, xz and yz; empty for a rectangular box.

    Returns
    -------
    cell : ndarray of float64, shape (dimension, dimension)
    """
    cell = np.diag(box).astype(np.float64)
    if tilt.size:
        cell[np.tril_indices(len(box), -1)] = tilt
    return cell


def cell_heights(cell: FloatArray) -> FloatArray:
    """Distances between opposite faces of a cell, shape (dimension,); its edges are rows."""
    return np.asarray(1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0))


def nearest_image_in_cell(separation: FloatArray, cell: FloatArray) -> FloatArray:
    """Separations to the image that is nearest along the edges of a cell.

    Parameters
    ----------
    separation : ndarray of float64, shape (..., dimension)
        Differences of positions.
    cell : ndarray of float64, shape (dimension, dimension)
        Edges, one a row.

    Returns
    -------
    nearest : ndarray of float64
        A new array of the same shape. Whatever is closer than half the least of `cell_heights` is the nearest image of
        all: its components along the edges are less than one half.
    """
    return np.asarray(separation - np.rint(separation @ np.linalg.inv(cell)) @ cell)


def standard_cell(cell: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The box of a lattice that has its first edge along x, the second in the plane of x and y, and the least tilt.

    Parameters
    ----------
    cell : ndarray of float64, shape (dimension, dimension)
        Edges, one a row, in any directions; they span a volume.

    Returns
    -------
    box : ndarray of float64, shape (dimension,)
        Lengths, as `tilted_cell` takes them.
    tilt : ndarray of float64, shape (dimension * (dimension - 1) / 2,) or (0,)
        At most half a length each; empty where the box is rectangular.
    turn : ndarray of float64, shape (dimension, dimension)
        Positions in the given cell times this are positions in the box; a rotation, or a reflection where the edges
        are left-handed.
    """
    turn, lower = np.eye(len(cell)), np.array(cell, dtype=np.float64)
    if (np.diag(lower) <= 0.0).any() or np.abs(np.triu(lower, 1)).max() > _UPRIGHT * np.abs(lower).max():
        turn, upper = np.linalg.qr(lower.T)
        signs = np.where(np.diag(upper) < 0.0, -1.0, 1.0)
        turn, lower = turn * signs, upper.T * signs
    for row in range(1, len(lower)):
        for column in reversed(range(row)):
            lower[row] -= np.rint(lower[row, column] / lower[column, column]) * lower[column]
    box, tilt = np.diag(lower).copy(), lower[np.tril_indices(len(lower), -1)]
    is_upright = np.abs(tilt).max() <= _UPRIGHT * box.max()
    return box, np.empty(0) if is_upright else tilt, turn


def folded_into_cell(positions: FloatArray, cell: FloatArray) -> FloatArray:
    """Positions in a cell whose edges are the rows: a new array, components along the edges from 0 to 1."""
    fractions = positions @ np.linalg.inv(cell)
    return np.asarray(folded(fractions, 1.0) @ cell)


def longest_wavelength(box: FloatArray) -> float:
    """Of the waves that a periodic box holds.

    Parameters
    ----------
    box : ndarray of float64, shape (dimension,) or (dimension, dimension)
        Lengths, or edges, one a row.
    """
    if box.ndim == 1:
        return float(box.max())
    reciprocal = np.linalg.inv(box).T
    shortest = np.linalg.norm(reciprocal, axis=1).min()
    # Each number of nodes of a wave vector that is no longer is its product with an edge.
    most = np.floor(shortest * np.linalg.norm(box, axis=1) * (1.0 + _UPRIGHT)).astype(int)
    nodes = np.array(list(itertools.product(*(range(-count, count + 1) for count in most))))
    lengths = np.linalg.norm(nodes @ reciprocal, axis=1)
    return float(1.0 / lengths[lengths > 0.0].min())


def with_images(positions: FloatArray, cell: FloatArray, reach: float) -> tuple[FloatArray, IntegerArray]:
    """Particles folded into a cell, and behind them those of their images that are within a reach of it.

    Parameters
    ----------
    positions : ndarray of float64, shape (particles, dimension)
    cell : ndarray of float64, shape (dimension, dimension)
        Edges, one a row.
    reach : float

    Returns
    -------
    places : ndarray of float64, shape (images, dimension)
        The particles first.
    owner : ndarray of int64, shape (images,)
        The particle that each is an image of.
    """
    inside, margin = folded_into_cell(positions, cell), reach / cell_heights(cell)
    fractions = inside @ np.linalg.inv(cell)
    places, owner = [inside], [np.arange(len(inside))]
    for turns in itertools.product(*(range(-count, count + 1) for count in np.ceil(margin).astype(int).tolist())):
        if any(turns):
            moved = fractions + turns
            near = np.flatnonzero(((moved >= -margin) & (moved <= 1.0 + margin)).all(axis=1))
            places.append(inside[near] + np.array(turns, dtype=np.float64) @ cell)
            owner.append(near)
    return np.concatenate(places), np.concatenate(owner)


def nearest_neighbours(positions: FloatArray, box: FloatArray, count: int) -> tuple[FloatArray, IntegerArray]:
    """Nearest neighbours in a periodic box.

    Parameters
    ----------
    positions : ndarray of float64, shape (particles, dimension)
        Anywhere.
    box : ndarray of float64, shape (dimension,) or (dimension, dimension)
        Lengths, or the edges of a tilted box, one a row.
    count : int
        Neighbours of each particle.

    Returns
    -------
    distance : ndarray of float64, shape (particles, count)
        Ascending.
    index : ndarray of int64, shape (particles, count)
    """
    from scipy.spatial import cKDTree

    if box.ndim == 1:
        tree = cKDTree(folded(positions, box), boxsize=box)
        distance, index = tree.query(tree.data, k=count + 1)
        return np.asarray(distance)[:, 1:], np.asarray(index)[:, 1:]
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
