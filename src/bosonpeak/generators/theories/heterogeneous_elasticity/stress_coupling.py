"""Generalised heterogeneous-elasticity theory (GHET): frozen-in stresses in scalar and in tensor form.

Scalar form: every local stress sigma is an oscillator of stiffness sigma and inertia zeta, coupled to the strain with
strength sigma. Elimination of the oscillator lowers the modulus by sigma^2 / (sigma - zeta z).

Tensor form: a region with stress tensor sigma, rotated by eta, has the energy density (1/2) eta.K.eta + tau.eta, with
tau the axial vector of sigma epsilon - epsilon sigma. Elimination of eta corrects the elastic constants; local stresses
stabilise or drive the rotation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import present, require_arrays, require_numbers
from bosonpeak.datasets.array_types import ComplexArray, FloatArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.theories.heterogeneous_elasticity.stress_law import local_exponent

Form = Literal["scalar", "tensor"]

TRACELESS_SHARE = 1.0 / 3.0
"""Stiffness of the two rotations of a pair that couple to strain, over r phi', with the traceless stress of eq. 89."""

ISOTROPIC_SHARE = 0.1
"""Isotropic average over a pair's directions of its coupling in the shear modulus, over (r phi')^2."""


@dataclass(frozen=True)
class StressSpectrum:
    """Contribution of the local stresses to the spectrum, all arrays (frequencies,)."""

    frequency: FloatArray
    self_energy: ComplexArray  # Sigma(omega^2 + i0), in units of stress times density
    exponent: FloatArray  # s = d ln g / d ln omega of the density of states, NaN where g is 0

    @property
    def density_of_states(self) -> FloatArray:
        """g(omega) = 2 omega Im Sigma / pi of the oscillators, weighted with their coupling."""
        density: FloatArray = 2.0 * self.frequency * self.self_energy.imag / math.pi
        return density


def generalised_heterogeneous_elasticity(
    frequency: ArrayLike,
    stress: ArrayLike,
    density: ArrayLike,
    *,
    opposite: ArrayLike | None = None,
    inertia: float = 1.0,
    form: Form = "scalar",
) -> StressSpectrum:
    """Self energy and spectrum that a distribution of local stresses makes.

    Parameters
    ----------
    frequency : array_like, shape (frequencies,)
        Positive.
    stress : array_like, shape (stresses,)
        Positive, ascending.
    density : array_like, shape (stresses,)
        P(sigma) of the stresses that stabilise a rotation: stresses of either sign in the scalar form of the source,
        stresses of pairs under tension, r phi' > 0, in the tensor form.
    opposite : array_like, shape (stresses,), optional
        P(-sigma) of the stresses that destabilise a rotation. They add no states at positive omega^2, but soften the
        modulus.
    inertia : float
        zeta, stress over omega^2.
    form : {"scalar", "tensor"}
        Whether a stress is a number, or the traceless dyad of a pair averaged over its directions.

    Returns
    -------
    spectrum : StressSpectrum

    Raises
    ------
    RecipeError
        If the arrays or the inertia are invalid.

    Notes
    -----
    Schirmacher et al., Nat. Commun. 15, 3107 (2024), eqs 84-85: Sigma = int P(sigma) sigma^2 / (sigma - zeta z); eq. 83
    with 81 has the opposite sign, which would stiffen the medium. With P linear between the given stresses the integral
    is a sum of logarithms, and z = omega^2 + i0 exactly. Then g ~ omega sigma^2 P at sigma = zeta omega^2, so that
    s = 5 + 2 d ln P / d ln sigma. In the tensor form (eqs 63-80 with the factors that follow from eq. 59) a pair has
    the stiffness r phi' / 3 for rotations about axes normal to it and couples with (r phi')^2 / 10; the rotation about
    its own axis, whose stiffness is -2 r phi' / 3, does not couple to any strain.

    Examples
    --------
    P ~ sigma^(-1/2), the law of a taper of order 2, gives s = 5 + 2 (-1/2) = 4.

    >>> import numpy as np
    >>> stress = np.geomspace(1e-12, 1.0, 500)
    >>> spectrum = generalised_heterogeneous_elasticity([1e-4, 1e-3], stress, stress**-0.5)
    >>> spectrum.exponent.round(1).tolist()
    [4.0, 4.0]
    """
    require_arrays(RecipeError, 1, frequency=frequency, stress=stress, density=density, **present(opposite=opposite))
    require_numbers(RecipeError, inertia=inertia)
    omega, sigma = np.asarray(frequency, dtype=np.float64), np.asarray(stress, dtype=np.float64)
    weight = np.asarray(density, dtype=np.float64)
    other = np.zeros_like(weight) if opposite is None else np.asarray(opposite, dtype=np.float64)
    _check(omega, sigma, weight, other, inertia)
    scale, coupling = (1.0, 1.0) if form == "scalar" else (TRACELESS_SHARE, ISOTROPIC_SHARE)
    stiffness = scale * sigma
    eigenvalue = inertia * omega**2
    forward = _cauchy(stiffness, coupling * weight * sigma**2 / scale, eigenvalue)
    backward = _cauchy(stiffness, coupling * other * sigma**2 / scale, -eigenvalue)
    return StressSpectrum(omega, forward - backward.real, _exponent(eigenvalue, stiffness, weight))


def _check(omega: FloatArray, sigma: FloatArray, weight: FloatArray, other: FloatArray, inertia: float) -> None:
    ascending = sigma.ndim == 1 and sigma.size > 1 and sigma[0] > 0.0 and bool((np.diff(sigma) > 0.0).all())
    problems = [
        ("frequencies", "positive", omega.size > 0 and omega.min() > 0.0),
        ("stresses", "at least two, positive, ascending", ascending),
        ("densities", "one for each stress, not negative", weight.shape == other.shape == sigma.shape),
        ("inertia zeta", "a positive finite number", 0.0 < inertia < math.inf),
    ]
    for name, expected, holds in problems:
        if not holds:
            raise RecipeError(f"the {name} cannot be used", expected=expected)
    if min(weight.min(), other.min()) < 0.0:
        raise RecipeError("the densities cannot be used", expected="not negative")


def _cauchy(nodes: FloatArray, values: FloatArray, point: FloatArray) -> ComplexArray:
    """Integral of f(x) / (x - y - i0) for f linear between the nodes."""
    # A point on a node is shifted by round-off: on the node the logarithms of both neighbours diverge and cancel.
    y = point[:, None] * (1.0 + 4.0 * np.finfo(np.float64).eps * np.isin(point, nodes)[:, None])
    low, high = nodes[None, :-1], nodes[None, 1:]
    slope = np.diff(values) / np.diff(nodes)
    linear = values[:-1] + slope * (y - low)
    logarithm = np.log(np.abs((high - y) / (low - y))) + 1j * math.pi * ((low < y) & (y < high))
    total: ComplexArray = np.sum(slope * (high - low) + linear * logarithm, axis=1)
    return total


def _exponent(eigenvalue: FloatArray, stiffness: FloatArray, density: FloatArray) -> FloatArray:
    slope = local_exponent(stiffness, density)
    found = np.interp(np.log(eigenvalue), np.log(stiffness), slope, left=np.nan, right=np.nan)
    return np.asarray(5.0 + 2.0 * found)


_AXES = ((1, 2), (2, 0), (0, 1))


@dataclass(frozen=True)
class RotationalOscillators:
    """Three rotations of each region, about the principal axes of its stress: Sigma = sum c / (K - zeta z)."""

    stiffness: FloatArray  # (regions, 3), K, negative where the stress drives the rotation
    coupling: FloatArray  # (regions, 3), c, averaged over the orientation of the region


def rotational_oscillators(stress: ArrayLike, *, traceless: bool = True) -> RotationalOscillators:
    """Stiffness and coupling of the rotations of regions under symmetric stresses (regions, 3, 3)."""
    # K = -sigma after subtraction of the trace, as in the source before eq. 66, otherwise K = Tr sigma - sigma (eq.
    # 63). Schirmacher et al., Nat. Commun. 15, 3107 (2024), eqs 59-80. Eqs 59 and 53 give V_eta eta as in eq. 63 and
    # V_eta epsilon = tau.eta. Eqs 62, 64 and 71 print half of the latter term; eq. 76 agrees with the result here. In
    # the principal axes tau_1 = (sigma_2 - sigma_3) epsilon_23, and a shear epsilon has <epsilon_23^2> = Tr epsilon^2 /
    # 10 over all orientations, relative to its energy G Tr epsilon^2: c_1 = (sigma_2 - sigma_3)^2 / 20.
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
