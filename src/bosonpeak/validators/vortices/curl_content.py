"""Rotational content of a mode: one number per mode, estimated by two methods.

**Curl content.** For a periodic field the gradient splits exactly, <|grad u|^2> = <|curl u|^2> + <(div u)^2>, and

    C = <|curl u|^2> / (<|curl u|^2> + <(div u)^2>) = sum_k k^2 |a_T(k)|^2 / sum_k k^2 |a(k)|^2

is the rotational share: 1 for any superposition of transverse waves and for any rotating patch, 0 for a gradient field,
(d - 1)/d for displacements without any order. Weighting by the gradient, not by the displacement, counts the local
rotation measured by the vorticity eta = (1/2) curl u. Particles sample a field only at their spacing, so C refers to
the field smoothed at a stated length: f(kR)^2 multiplies the sums, with the transform f of `smoothing_kernel`.

**Two methods.** Least-squares plane waves (`helmholtz_decomposition`) give the sums over k; affine fits around each
particle (`local_strains`, whose weights define the smoothing) give 4 |eta|^2 and (div u)^2 per particle. The methods
share no step. The plane-wave value is reported, because it is exact for a field made of the fitted waves. The fits are
not exact, because neighbours are few.

**Error.** Root of the sum of three squares: the difference of the two methods; the aliasing error, from waves too short
for the fit (random short waves, of the squared displacement left unresolved, are added and fitted on the same
particles); and the truncation error, the change when the waves of highest |k| are dropped from the fit. A jackknife
over particles is no alternative: real particles are evenly spaced, which suppresses aliasing, and gaps destroy this;
such a jackknife overestimates the error of a glass twentyfold.

A high curl content alone does not make a vortex mode: transverse phonons have it too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.validators.displacement_fields.helmholtz import (
    PROBES,
    WAVES_PER_PARTICLE,
    HelmholtzDecomposition,
    HelmholtzSpectrum,
    curl_weight,
    decomposed,
)
from bosonpeak.validators.displacement_fields.local_strain import LocalStrains, fitted_strains, with_places
from bosonpeak.validators.displacement_fields.particle_fields import batches, checked_fields
from bosonpeak.validators.displacement_fields.smoothing_kernel import chosen_radius


@dataclass(frozen=True)
class Vorticity:
    """Rotational content of modes.

    Arrays (modes,): `curl_content` C from the plane waves; `error`, its standard error, the three next in quadrature;
    `method_difference`, local fits minus plane waves; `aliasing_error`, NaN without probes; `truncation_error`;
    `local_curl_content`, C from the affine fits. `radius` R of the neighbourhoods sets the smoothing.
    """

    curl_content: FloatArray
    error: FloatArray
    method_difference: FloatArray
    aliasing_error: FloatArray
    truncation_error: FloatArray
    local_curl_content: FloatArray
    decomposition: HelmholtzDecomposition
    radius: float
    unfitted: int
    local: LocalStrains | None

    @property
    def transverse_fraction(self) -> FloatArray:
        """e_T / (e_L + e_T) of the displacement itself, shape (modes,)."""
        return self.decomposition.transverse_fraction

    @property
    def longitudinal_fraction(self) -> FloatArray:
        """e_L / (e_L + e_T) of the displacement itself, shape (modes,)."""
        return self.decomposition.longitudinal_fraction

    @property
    def resolved(self) -> FloatArray:
        """Share of the squared displacements reproduced by the plane waves, shape (modes,)."""
        return self.decomposition.resolved

    @property
    def spectrum(self) -> HelmholtzSpectrum:
        """Longitudinal and transverse power against |k|."""
        return self.decomposition.spectrum


def vorticity(
    positions: ArrayLike,
    vectors: ArrayLike,
    box: ArrayLike,
    *,
    radius: float | None = None,
    waves_per_particle: float = WAVES_PER_PARTICLE,
    probes: int = PROBES,
    left_out: ArrayLike | None = None,
    per_particle: bool = False,
    seed: int = 0,
) -> Vorticity:
    """Curl content of modes with its error, and their Helmholtz decomposition.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
        Particle positions in a periodic box, two or three dimensions.
    vectors : array_like, shape (modes, particles, dimension)
        Displacements (for particles of unequal mass not the mass-weighted eigenvectors), of any norm; one mode may
        lack the first axis.
    box : array_like
        Length of the box, one number or one an axis.
    radius : float, optional
        Radius of a particle's neighbourhood, at most half the box; three mean particle distances by default.
    waves_per_particle : float
        Plane waves over particles, below 1.
    probes : int
        Random unresolved fields for the error; 0 leaves the error without its aliasing part.
    left_out : array_like of bool, shape (particles,), optional
        Particles without a meaningful displacement, such as rattlers.
    per_particle : bool
        Whether to return strain and vorticity of every particle.
    seed : int
        Of the probes.

    Returns
    -------
    Vorticity

    Raises
    ------
    NotApplicableError
        If the arrays do not fit each other, the radius does not fit the box, or the waves are not independent on the
        particles.

    Examples
    --------
    A transverse and a longitudinal wave, seen at random points:

    >>> import numpy as np
    >>> positions = np.random.default_rng(1).uniform(0.0, 10.0, (200, 2))
    >>> wave = np.sin(2.0 * np.pi * positions[:, 0] / 10.0)
    >>> across, along = np.column_stack([0.0 * wave, wave]), np.column_stack([wave, 0.0 * wave])
    >>> found = vorticity(positions, [across, along], 10.0)
    >>> abs(found.curl_content).round(1).tolist()
    [1.0, 0.0]
    """
    fields = checked_fields(positions, vectors, box, left_out)
    reach = chosen_radius(fields, radius)
    decomposition = decomposed(fields, waves_per_particle=waves_per_particle, probes=probes, seed=seed)
    share, aliasing, truncation = decomposition.powers.transverse_share(curl_weight(decomposition, reach))
    if per_particle:
        strains = fitted_strains(fields, reach)
        local_share, unfitted = strains.curl_content(), strains.unfitted
        strains = with_places(strains, left_out)
    else:
        parts = batches(len(fields.vectors), fields.positions.size * (fields.dimension + 1))
        each = [fitted_strains(fields.modes(part), reach) for part in parts]
        local_share, unfitted = np.concatenate([one.curl_content() for one in each]), each[0].unfitted
    difference = local_share - share
    return Vorticity(
        curl_content=share,
        error=np.sqrt(difference**2 + np.nan_to_num(aliasing) ** 2 + truncation**2),
        method_difference=difference,
        aliasing_error=aliasing,
        truncation_error=truncation,
        local_curl_content=local_share,
        decomposition=decomposition,
        radius=reach,
        unfitted=unfitted,
        local=strains if per_particle else None,
    )
