"""Plane in which a mode is drawn: the whole system in two dimensions, a slice through the core in three."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.periodic_box import nearest_image

SLICE = 2.0
"""Thickness of the slice, in mean particle distances."""


@dataclass(frozen=True)
class ModePlane:
    """Drawn plane: two axes, its normal (2 in two dimensions) with its height, and the indices of the particles."""

    axes: tuple[int, int]
    normal: int
    height: float
    seen: NDArray[np.intp]


def mode_plane(positions: FloatArray, vorticity: FloatArray, box: FloatArray) -> ModePlane:
    """Plane through the centre of the squared vorticity, across the axis about which the mode turns most.

    `positions`: (particles, dimension); `vorticity`: (1, particles) or (1, particles, 3); `box`: (dimension,).
    """
    from bosonpeak.validators.vortices.enstrophy import enstrophy_extent

    if len(box) == 2:
        return ModePlane((0, 1), 2, 0.0, np.arange(len(positions)))
    normal = int(np.argmax(np.nansum(vorticity[0] ** 2, axis=0)))
    height = float(enstrophy_extent(positions, vorticity, box).centre[0, normal])
    distance = nearest_image(positions[:, normal] - height, box[normal])
    half = 0.5 * SLICE * float(box.prod() / len(positions)) ** (1.0 / 3.0)
    first, second = ((1, 2), (2, 0), (0, 1))[normal]
    return ModePlane((first, second), normal, height, np.flatnonzero(np.abs(distance) <= half))
