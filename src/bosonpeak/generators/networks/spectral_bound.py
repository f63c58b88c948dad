"""A rigorous upper bound of the eigenvalues of a spring network's dynamical matrix."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.generators.networks.dynamical_matrix import Bonds, Stiffness, checked_network, stiffness_at_nodes

MARGIN = 1.0 + 1e-12
"""Covers the round-off in the bound itself."""


def spectral_upper_bound(bonds: ArrayLike, stiffness: ArrayLike, node_count: int, *, refinements: int = 8) -> float:
    """Upper bound of the eigenvalues of the dynamical matrix, units of the stiffness; 0 without bonds."""
    # H = D - A has no larger eigenvalue than D + A, and every positive v gives the bound max_i ((D + A) v)_i / v_i
    # (Collatz and Wielandt). The constant vector gives Gershgorin's 2 max_i H_ii; multiplying v by D + A never worsens
    # it.
    pairs, springs = checked_network(bonds, stiffness, node_count)
    diagonal = stiffness_at_nodes(pairs, springs, node_count)
    connected = diagonal > 0.0
    vector = np.ones(node_count)
    bound = 2.0 * float(diagonal.max())
    for _ in range(refinements if len(pairs) else 0):
        image = _signless_image(pairs, springs, diagonal, vector)
        bound = min(bound, float(np.max(image[connected] / vector[connected])))
        vector = np.where(connected, image / image.max(), 1.0)
    return bound * MARGIN


@njit(cache=True)
def _signless_image(bonds: Bonds, stiffness: Stiffness, diagonal: FloatArray, vector: FloatArray) -> FloatArray:
    """Image (D + A) v."""
    image = diagonal * vector
    for bond in range(len(stiffness)):
        first, second = bonds[bond]
        image[first] += stiffness[bond] * vector[second]
        image[second] += stiffness[bond] * vector[first]
    return image
