"""Segregation of large and small particles: structure factor of the diameters at the longest waves of a box."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.periodic_box import box_lengths


def diameter_structure_factor(positions: ArrayLike, diameters: ArrayLike, box: ArrayLike) -> float:
    """Structure factor of the diameters at the smallest wave vectors: 1 for diameters without spatial order.

    |sum_j (a_j - <a>) exp(i k x_j)|^2 / sum_j (a_j - <a>)^2 with k = 2 pi / L, mean over the axes: of the order of the
    number of particles after segregation, 0 for equal diameters.
    """
    points, sizes = np.asarray(positions, dtype=np.float64), np.asarray(diameters, dtype=np.float64)
    deviation = sizes - sizes.mean()
    power = float(deviation @ deviation)
    if power == 0.0:
        return 0.0
    phases = np.exp(2j * np.pi * points / box_lengths(box, points.shape[1]))
    return float(np.mean(np.abs(deviation @ phases) ** 2)) / power
