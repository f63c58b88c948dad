"""Delaunay triangulation of particles in a periodic rectangle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from bosonpeak.datasets.errors import NotApplicableError

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int64]

_FIRST_MARGIN = 4.0


def periodic_triangles(positions: FloatArray, box: FloatArray) -> tuple[IndexArray, FloatArray]:
    """Triangles that cover the torus once, twice as many as particles.

    Parameters
    ----------
    positions : ndarray of float64, shape (particles, 2)
        Inside the box, 0 <= r < L.
    box : ndarray of float64, shape (2,)

    Returns
    -------
    corners : ndarray of int64, shape (2 * particles, 3)
        Particles at the corners, counter-clockwise.
    places : ndarray of float64, shape (2 * particles, 3, 2)
        Where the corners are; the images that belong together, possibly outside the box.

    Raises
    ------
    NotApplicableError
        If the particles are too few, or degenerate, so that no such triangulation exists.
    """
    spacing = float(np.sqrt(box.prod() / len(positions)))
    margin = _FIRST_MARGIN * spacing
    # Images as far as the largest empty circle reaches decide the triangles; a full ring of boxes always suffices.
    while True:
        corners, places = _triangles(positions, box, np.minimum(margin, box))
        if len(corners) == 2 * len(positions):
            return corners, places
        if margin >= box.max():
            raise NotApplicableError(
                "the particles have no periodic triangulation",
                expected=f"{2 * len(positions)} triangles",
                got=f"{len(corners)}",
                likely_cause="a handful of particles, or particles at one place",
            )
        margin *= 2.0


def _triangles(positions: FloatArray, box: FloatArray, margin: FloatArray) -> tuple[IndexArray, FloatArray]:
    shifts = np.array([(0, 0), *[(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0)]])
    points = (positions + (shifts * box)[:, None]).reshape(-1, 2)
    particle = np.tile(np.arange(len(positions)), len(shifts))
    home = np.repeat(np.arange(len(shifts)) == 0, len(positions))
    near = ((points >= -margin) & (points < box + margin)).all(axis=1)
    points, particle, home = points[near], particle[near], home[near]
    simplices = Delaunay(points).simplices.astype(np.int64)
    # Of the copies of a triangle that one counts whose particle of lowest number is at home.
    lowest = np.argmin(particle[simplices], axis=1)
    simplices = simplices[home[simplices[np.arange(len(simplices)), lowest]]]
    places = points[simplices]
    first, second = places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]
    clockwise = first[:, 0] * second[:, 1] < first[:, 1] * second[:, 0]
    simplices[clockwise] = simplices[clockwise][:, ::-1]
    return particle[simplices], points[simplices]
