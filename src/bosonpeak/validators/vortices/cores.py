"""Vortex cores of two-dimensional modes: zeros of the displacement with a winding direction.

The winding number around a triangle of neighbours is 1 for a vortex, a source or a sink, -1 for a saddle. The gradient
in the triangle distinguishes a vortex: its eigenvalues are complex if the displacement swirls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import Delaunay

from bosonpeak.datasets.array_types import BooleanArray, FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.displacement_fields.local_strain import fitted_strains
from bosonpeak.validators.displacement_fields.particle_fields import checked_fields, chosen_radius

_FIRST_MARGIN = 4.0


@dataclass(frozen=True)
class VortexCores:
    """Zeros of the displacement field of one mode."""

    position: FloatArray  # (cores, 2)
    winding: IntegerArray  # 1 or -1 with sum 0
    vorticity: FloatArray  # (1/2) curl u, which changes with the sign of the mode
    divergence: FloatArray
    swirling: BooleanArray  # true for a vortex, false for a source, sink or saddle

    @property
    def vortices(self) -> int:
        """Number of swirling cores, each of winding number 1."""
        return int(np.count_nonzero(self.swirling))


def vortex_cores(
    positions: ArrayLike,
    vectors: ArrayLike,
    box: ArrayLike,
    *,
    radius: float | None = None,
    smooth: bool = True,
    left_out: ArrayLike | None = None,
) -> list[VortexCores]:
    """Cores and winding numbers of modes in two dimensions.

    Parameters
    ----------
    positions : array_like, shape (particles, 2)
        Particle positions in a periodic box.
    vectors : array_like, shape (modes, particles, 2)
        Displacements; one mode may lack the first axis.
    box : array_like
        Length of the box, one number or one an axis.
    radius : float, optional
        Radius of the affine fits that smooth the field; three mean particle distances by default.
    smooth : bool
        Whether to smooth. In raw displacements without order every fourth triangle has a winding.
    left_out : array_like of bool, shape (particles,), optional
        Particles without a meaningful displacement, such as rattlers.

    Returns
    -------
    list of VortexCores
        One a mode. Cores move when a uniform displacement is added: they refer to the frame of the given vectors.

    Raises
    ------
    NotApplicableError
        In three dimensions, where vortices are lines, or if the particles cannot be triangulated or fitted.

    Examples
    --------
    Two rolls and two saddles between them; on a periodic box windings add up to 0.

    >>> import numpy as np
    >>> x, y = (axis.ravel() for axis in np.meshgrid(np.arange(16.0), np.arange(16.0)))
    >>> positions = np.column_stack([x + 0.1 * np.sin(y), y])
    >>> rolls = np.column_stack([np.sin(2.0 * np.pi * y / 16.0), -np.sin(2.0 * np.pi * x / 16.0)])
    >>> (cores,) = vortex_cores(positions, [rolls], 16.0)
    >>> sorted(cores.winding.tolist())
    [-1, -1, 1, 1]
    """
    fields = checked_fields(positions, vectors, box, left_out)
    if fields.dimension != 2:
        raise NotApplicableError(
            "cores are points in two dimensions only",
            expected="two dimensions; enstrophy_extent measures vortices in three",
            got=f"{fields.dimension} dimensions",
        )
    values, points = fields.vectors, fields.positions
    if smooth:
        strains = fitted_strains(fields, chosen_radius(fields, radius))
        fitted = ~np.isnan(strains.displacement[0, :, 0])
        values, points = strains.displacement[:, fitted], points[fitted]
    corners, places = periodic_triangles(points, fields.box)
    return [_cores(mode[corners], places, fields.box) for mode in values]


def _cores(values: FloatArray, places: FloatArray, box: FloatArray) -> VortexCores:
    """Cores of one mode from the displacements (triangles, 3, 2) at the corners."""
    angle = np.arctan2(values[..., 1], values[..., 0])
    turn = np.roll(angle, -1, axis=1) - angle
    # Winding: each edge turns the short way, so that the neighbouring triangle sees the opposite turn.
    turn -= 2.0 * np.pi * np.rint(turn / (2.0 * np.pi))
    winding = np.rint(turn.sum(axis=1) / (2.0 * np.pi)).astype(np.int64)
    found = np.flatnonzero(winding)
    values, places = values[found], places[found]
    # Barycentric coordinates of the zero of the linear field.
    following, last = np.roll(values, -1, axis=1), np.roll(values, -2, axis=1)
    share = following[..., 0] * last[..., 1] - following[..., 1] * last[..., 0]
    share /= share.sum(axis=1, keepdims=True)
    # Gradient of the linear field; complex eigenvalues mean swirling.
    edges = places[:, 1:] - places[:, :1]
    changes = values[:, 1:] - values[:, :1]
    gradient = np.swapaxes(np.linalg.solve(edges, changes), 1, 2)
    divergence = np.trace(gradient, axis1=1, axis2=2)
    return VortexCores(
        position=np.mod((share[..., None] * places).sum(axis=1), box),
        winding=winding[found],
        vorticity=0.5 * (gradient[:, 1, 0] - gradient[:, 0, 1]),
        divergence=divergence,
        swirling=divergence**2 < 4.0 * np.linalg.det(gradient),
    )


def periodic_triangles(positions: FloatArray, box: FloatArray) -> tuple[IntegerArray, FloatArray]:
    """Delaunay triangles of the torus: corners (triangles, 3), counter-clockwise, and images (triangles, 3, 2)."""
    spacing = float(np.sqrt(box.prod() / len(positions)))
    margin = _FIRST_MARGIN * spacing
    # Images within the largest empty circle determine the triangles; a full ring of boxes always suffices.
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


def _triangles(positions: FloatArray, box: FloatArray, margin: FloatArray) -> tuple[IntegerArray, FloatArray]:
    shifts = np.array([(0, 0), *[(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0)]])
    points = (positions + (shifts * box)[:, None]).reshape(-1, 2)
    particle = np.tile(np.arange(len(positions)), len(shifts))
    home = np.repeat(np.arange(len(shifts)) == 0, len(positions))
    near = ((points >= -margin) & (points < box + margin)).all(axis=1)
    points, particle, home = points[near], particle[near], home[near]
    simplices = Delaunay(points).simplices.astype(np.int64)
    # Among the periodic copies of a triangle, keep the copy with its lowest-numbered particle in the home box.
    lowest = np.argmin(particle[simplices], axis=1)
    simplices = simplices[home[simplices[np.arange(len(simplices)), lowest]]]
    places = points[simplices]
    first, second = places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]
    clockwise = first[:, 0] * second[:, 1] < first[:, 1] * second[:, 0]
    simplices[clockwise] = simplices[clockwise][:, ::-1]
    return particle[simplices], points[simplices]
