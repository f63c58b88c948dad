"""Smoothing length of displacement gradients, the same for every method.

An affine fit to the displacements u within a distance R, with weights w(r) = (1 - r^2/R^2)^2, gives in a medium of
uniform density the gradient sum_j w r_b u_a / sum_j w r_b^2. Since r w(r) is the gradient of (1 - r^2/R^2)^3 up to a
factor, integration by parts turns this into the gradient of u smoothed with the normalised kernel (1 - r^2/R^2)^3. A
plane wave is therefore reduced by that kernel's transform,

    f(kR) = Gamma(nu + 1) (2/kR)^nu J_nu(kR),  nu = 3 + d/2,

and Fourier amplitudes times f(kR) describe the same field as the fits. The kernel's standard deviation along an axis is
R / sqrt(8 + d).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import hyp0f1

from bosonpeak.datasets.arguments import number
from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.displacement_fields.particle_fields import ParticleFields

DEFAULT_RADIUS = 3.0
"""R in mean particle distances: 28 neighbours in two dimensions, 113 in three."""


def kernel_transfer(wavenumber: ArrayLike, radius: float, dimension: int) -> FloatArray:
    """Factor f(kR) that reduces the gradient of a plane wave, of the shape of ``wavenumber``."""
    reduced = np.asarray(wavenumber, dtype=np.float64) * radius
    return np.asarray(hyp0f1(4.0 + 0.5 * dimension, -0.25 * reduced**2))


def chosen_radius(fields: ParticleFields, radius: float | None) -> float:
    """Given radius or default, at most half the box, beyond which two images of a particle would be neighbours."""
    chosen = DEFAULT_RADIUS * fields.spacing if radius is None else number(radius, "radius")
    largest = 0.5 * float(fields.box.min())
    if not 0.0 < chosen <= largest * (1.0 + 1e-12):
        raise NotApplicableError(
            "the neighbourhood of a particle does not fit the box",
            expected=f"a radius of at most {largest:.4g}",
            got=f"{chosen:.4g}",
            likely_cause="too few particles for a resolution of three particle distances" if radius is None else "",
        )
    return chosen
