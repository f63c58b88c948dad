"""Tensor form of generalised heterogeneous-elasticity theory: rotations stabilised or driven by local stresses.

A region with stress tensor sigma, rotated by eta, has the energy density (1/2) eta.K.eta + tau.eta, with tau the axial
vector of sigma epsilon - epsilon sigma. Elimination of eta gives a correction to the elastic constants.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import RecipeError

_AXES = ((1, 2), (2, 0), (0, 1))


@dataclass(frozen=True)
class RotationalOscillators:
    """Three rotations of each region, about the principal axes of its stress.

    `stiffness`: (regions, 3), K, negative where the stress drives the rotation; `coupling`: (regions, 3), contribution
    c to the self energy of the shear modulus, Sigma = sum c / (K - zeta z), averaged over the orientation of the
    region.
    """

    stiffness: FloatArray
    coupling: FloatArray


def rotational_oscillators(stress: ArrayLike, *, traceless: bool = True) -> RotationalOscillators:
    """Stiffness and coupling of the rotations of regions under given stresses.

    `stress`: (regions, 3, 3), symmetric tensors; `traceless`: subtract the trace first, as the source does before eq.
    66, so that K = -sigma; otherwise K = Tr sigma - sigma (eq. 63).

    Schirmacher et al., Nat. Commun. 15, 3107 (2024), eqs 59-80. Eqs 59 and 53 give V_eta eta as in eq. 63 and V_eta
    epsilon = tau.eta. Eqs 62, 64 and 71 print half of the latter term; eq. 76 agrees with the result here. In the
    principal axes tau_1 = (sigma_2 - sigma_3) epsilon_23, and a shear epsilon has <epsilon_23^2> = Tr epsilon^2 / 10
    over all orientations, relative to its energy G Tr epsilon^2: c_1 = (sigma_2 - sigma_3)^2 / 20. An isotropic stress
    couples to nothing, and neither does the trace of the strain.
    """
    tensor = np.asarray(stress, dtype=np.float64)
    if tensor.ndim != 3 or tensor.shape[1:] != (3, 3) or not np.allclose(tensor, np.swapaxes(tensor, 1, 2)):
        raise RecipeError(
            "the stresses cannot be used", expected="symmetric tensors (regions, 3, 3)", got=str(tensor.shape)
        )
    principal = np.linalg.eigvalsh(tensor)
    trace = principal.sum(axis=1, keepdims=True)
    stiffness = trace / 3.0 - principal if traceless else trace - principal
    difference = np.stack([principal[:, j] - principal[:, k] for j, k in _AXES], axis=1)
    return RotationalOscillators(stiffness, difference**2 / 20.0)
