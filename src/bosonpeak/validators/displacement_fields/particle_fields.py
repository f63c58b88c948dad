"""Displacement fields at the particles of a periodic box, validated once, with a common smoothing length.

An affine fit to the displacements u within a distance R, with weights w(r) = (1 - r^2/R^2)^2, gives in a medium of
uniform density the gradient sum_j w r_b u_a / sum_j w r_b^2. Since r w(r) is the gradient of (1 - r^2/R^2)^3 up to a
factor, integration by parts turns this into the gradient of u smoothed with the normalised kernel (1 - r^2/R^2)^3. A
plane wave is therefore reduced by that kernel's transform,

    f(kR) = Gamma(nu + 1) (2/kR)^nu J_nu(kR),  nu = 3 + d/2,

and Fourier amplitudes times f(kR) describe the same field as the fits. The kernel's standard deviation along an axis is
R / sqrt(8 + d).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import hyp0f1

from bosonpeak.datasets.arguments import doubles, number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.periodic_box import box_lengths, folded


@dataclass(frozen=True)
class ParticleFields:
    """Positions (particles, d) folded into the box (d,), with displacements `vectors` (modes, particles, d)."""

    positions: FloatArray
    vectors: FloatArray
    box: FloatArray

    @property
    def dimension(self) -> int:
        """Spatial dimension, 2 or 3."""
        return len(self.box)

    @property
    def spacing(self) -> float:
        """Mean particle distance, (volume / particles)^(1/d)."""
        return float((self.box.prod() / len(self.positions)) ** (1.0 / self.dimension))

    def modes(self, chosen: slice) -> ParticleFields:
        """Fields with the chosen modes only."""
        return ParticleFields(self.positions, self.vectors[chosen], self.box)


def checked_fields(
    positions: ArrayLike, vectors: ArrayLike, box: ArrayLike, left_out: ArrayLike | None = None
) -> ParticleFields:
    """Validated fields, (modes, particles, d) or (particles, d), without the particles left out, such as rattlers."""
    points = doubles(positions, "positions")
    if points.ndim != 2 or points.shape[1] not in (2, 3) or len(points) == 0:
        raise NotApplicableError(
            "positions cannot be used", expected="shape (particles, 2 or 3)", got=f"shape {points.shape}"
        )
    fields = doubles(vectors, "displacements")
    fields = fields[None] if fields.ndim == 2 else fields
    if fields.ndim != 3 or fields.shape[1:] != points.shape or len(fields) == 0:
        raise NotApplicableError(
            "positions and displacements do not fit each other",
            expected=f"displacements of shape (modes, {points.shape[0]}, {points.shape[1]})",
            got=f"shape {np.shape(vectors)}",
        )
    lengths = box_lengths(box, points.shape[1], refusal=NotApplicableError)
    if left_out is not None:
        kept = ~np.asarray(left_out, dtype=bool)
        if kept.shape != (len(points),) or not kept.any():
            raise NotApplicableError(
                "no such particles can be left out",
                expected=f"{len(points)} times true or false, not all true",
                got=f"shape {kept.shape}",
            )
        points, fields = points[kept], fields[:, kept]
    if not (np.isfinite(points).all() and np.isfinite(fields).all()):
        raise NotApplicableError("positions or displacements are not finite", expected="finite numbers")
    still = np.flatnonzero(np.ptp(fields, axis=1).max(axis=1) == 0.0)
    if len(still):
        raise NotApplicableError(
            "a mode moves all particles alike", expected="some motion", got=f"modes {still[:5].tolist()}"
        )
    return ParticleFields(folded(points, lengths), fields, lengths)


def batches(modes: int, numbers_a_mode: int, memory: int = 2**25) -> Iterator[slice]:
    """Slices of modes with at most ``memory`` numbers each."""
    step = max(memory // max(numbers_a_mode, 1), 1)
    return (slice(first, first + step) for first in range(0, modes, step))


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
