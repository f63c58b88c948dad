"""The tensor form of generalised heterogeneous-elasticity theory: rotations that local stresses hold or release.

A region with the stress tensor sigma has the energy density (1/2) eta.K.eta + tau.eta when it is turned by eta, with
tau the axial vector of sigma epsilon - epsilon sigma. Eliminating eta gives a correction to the elastic constants.
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

    Parameters
    ----------
    stiffness : ndarray of float64, shape (regions, 3)
        K; negative where the stress drives the rotation.
    coupling : ndarray of float64, shape (regions, 3)
        Contribution c of each to the self energy of the shear modulus, Sigma = sum c / (K - zeta z), after an isotropic
        average over the region's orientation.
    """

    stiffness: FloatArray
    coupling: FloatArray


def rotational_oscillators(stress: ArrayLike, *, traceless: bool = True) -> RotationalOscillators:
    """Stiffness and coupling of the rotations of regions under given stresses.

    Parameters
    ----------
    stress : array_like, shape (regions, 3, 3)
        Symmetric stress tensors, of pairs or of larger regions.
    traceless : bool
        Whether the trace is taken off first, as the source does before eq. 66. With it K = -sigma, without it
        K = Tr sigma - sigma (eq. 63).

    Returns
    -------
    oscillators : RotationalOscillators

    Raises
    ------
    RecipeError
        If these are no symmetric 3 x 3 tensors.

    Notes
    -----
    Schirmacher et al., Nat. Commun. 15, 3107 (2024), eqs 59-80. From eq. 59 with eq. 53 follows V_eta eta as in eq. 63
    and V_eta epsilon = tau.eta, where eqs 62, 64 and 71 print half of it; eq. 76 agrees with what follows. In the
    principal axes tau_1 = (sigma_2 - sigma_3) epsilon_23, and a shear epsilon has <epsilon_23^2> = Tr epsilon^2 / 10
    over all orientations, against its energy G Tr epsilon^2: c_1 = (sigma_2 - sigma_3)^2 / 20. An isotropic stress
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
