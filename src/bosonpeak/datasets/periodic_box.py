"""The periodic box, tilted or not: positions folded into it, and separations by the nearest image."""

from __future__ import annotations

import reprlib

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import BosonpeakError, RecipeError


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
