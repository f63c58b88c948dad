"""Spatial extent of the rotation of a mode: participation and radius of gyration of its squared vorticity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import doubles, numbers
from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.periodic_box import box_lengths, nearest_image


@dataclass(frozen=True)
class EnstrophyExtent:
    """Extent of |eta|^2, one value per mode.

    `participation_ratio`: [N sum_i p_i^2]^-1, p_i = |eta_i|^2 / sum |eta|^2, 1 for uniform rotation, 1/3 for
    independent normal vorticity in two dimensions, 3/5 in three. `centre`: (modes, dimension), from the first Fourier
    component, of little meaning for a mode that fills the box. `relative_radius`: radius of gyration over its value
    sqrt(sum L^2 / 12) for a uniform spread.
    """

    participation_ratio: FloatArray
    centre: FloatArray
    radius_of_gyration: FloatArray
    relative_radius: FloatArray


def enstrophy_extent(positions: ArrayLike, vorticity: ArrayLike, box: ArrayLike) -> EnstrophyExtent:
    """Extent of the squared vorticity of modes.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
        Particle positions in a periodic box.
    vorticity : array_like, shape (modes, particles) in two dimensions, (modes, particles, 3) in three
        Vorticity of each particle as in `LocalStrains`; particles with NaN are left out.
    box : array_like
        Length of the box, one number or one an axis.

    Returns
    -------
    EnstrophyExtent

    Raises
    ------
    NotApplicableError
        If the arrays do not fit each other, or a mode does not turn anywhere.

    Examples
    --------
    A mode that turns alike everywhere in one half of the box, and nowhere in the other:

    >>> import numpy as np
    >>> x, y = np.meshgrid(np.arange(8.0), np.arange(8.0))
    >>> positions = np.column_stack([x.ravel(), y.ravel()])
    >>> left_half = np.where(positions[:, 0] < 4.0, 1.0, 0.0)
    >>> float(enstrophy_extent(positions, left_half[None], 8.0).participation_ratio[0])
    0.5
    """
    points = numbers(positions, "particles", "dimension", finite=True)
    turning = doubles(vorticity, "vorticities")
    expected = 3 if points.shape[-1] == 3 else 2
    if turning.ndim != expected or turning.shape[1] != len(points):
        raise NotApplicableError(
            "positions and vorticity do not fit each other",
            expected="(particles, d) and (modes, particles), with a third axis of 3 where d = 3",
            got=f"{points.shape} and {turning.shape}",
        )
    lengths = box_lengths(box, points.shape[1], refusal=NotApplicableError)
    squares = (turning.reshape(*turning.shape[:2], -1) ** 2).sum(axis=2)
    known = ~np.isnan(squares).any(axis=0)
    squares, points = squares[:, known], points[known]
    total = squares.sum(axis=1, keepdims=True)
    if not (total > 0.0).all():
        raise NotApplicableError("a mode does not turn anywhere", expected="some vorticity on every mode")
    weight = squares / total
    phase = 2.0 * np.pi * points / lengths
    centre = np.mod(np.angle(weight @ np.exp(1j * phase)) / (2.0 * np.pi), 1.0) * lengths
    distance = nearest_image(points[None] - centre[:, None], lengths)
    radius = np.sqrt(np.einsum("mp,mpd->m", weight, distance**2))
    return EnstrophyExtent(
        participation_ratio=1.0 / (weight.shape[1] * (weight**2).sum(axis=1)),
        centre=centre,
        radius_of_gyration=radius,
        relative_radius=radius / np.sqrt((lengths**2).sum() / 12.0),
    )
