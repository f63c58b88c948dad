"""How much of a mode is rotation: one number a mode, by two methods that estimate the same thing.

**Curl content.** For a periodic field the gradient splits exactly, <|grad u|^2> = <|curl u|^2> + <(div u)^2>, and

    C = <|curl u|^2> / (<|curl u|^2> + <(div u)^2>) = sum_k k^2 |a_T(k)|^2 / sum_k k^2 |a(k)|^2

is its rotational share: 1 for any superposition of transverse waves and for any rotating patch, 0 for a gradient field,
(d - 1)/d for displacements without any order. Weighting by the gradient, not by the displacement, counts the local
rotation of which the vorticity eta = (1/2) curl u speaks. Particles know a field only at their spacing, so C is that of
the field smoothed at a stated length: f(kR)^2 multiplies the sums, with the transform f of `smoothing_kernel`.

**Two methods.** Least-squares plane waves (`helmholtz_decomposition`) give the sums over k; affine fits around each
particle (`local_strains`, whose weights define the smoothing) give 4 |eta|^2 and (div u)^2 particle by particle. They
share no step. The waves' value is reported: it is exact for a field made of those waves. The fits' value is not, for
their neighbours are few.

**Error.** Root of the sum of three squares: the difference of the two methods; the aliasing, that is what the fit makes
of waves too short for it (random ones, of the squared displacement that it left unresolved, are added and fitted on the
same particles); and the cut in |k|, the change when the waves of highest |k| are dropped from the fit. Refits without
some of the particles would not do: real ones stand evenly, which suppresses aliasing, and gaps undo that; such a
jackknife overestimates the error of a glass twentyfold.

A high curl content alone makes no vortex mode: transverse phonons have it too.
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

    Parameters
    ----------
    curl_content : ndarray of float64, shape (modes,)
        C of the smoothed field, from the plane waves.
    error : ndarray of float64, shape (modes,)
        Standard error: the three below in quadrature.
    method_difference : ndarray of float64, shape (modes,)
        Local fits less plane waves.
    aliasing_error, truncation_error : ndarray of float64, shape (modes,)
        Of the plane waves: from waves too short to be fitted, NaN without probes, and from the cut in |k|.
    local_curl_content : ndarray of float64, shape (modes,)
        C from the affine fits.
    decomposition : HelmholtzDecomposition
        Fractions, spectrum and amplitudes.
    radius : float
        Radius R of the neighbourhoods, which sets the smoothing.
    unfitted : int
        Particles with too few neighbours for a fit.
    local : LocalStrains or None
        Strain and vorticity of each particle, where asked for.
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
        """Share of the squared displacements that the plane waves reproduce, shape (modes,)."""
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
        Radius of a particle's neighbourhood, at most half the box; three mean particle distances unless told otherwise.
    waves_per_particle : float
        Plane waves over particles, below 1.
    probes : int
        Random unresolved fields for the error; 0 leaves the error without its aliasing part.
    left_out : array_like of bool, shape (particles,), optional
        Particles whose displacement means nothing, such as rattlers.
    per_particle : bool
        Whether strain and vorticity of every particle are wanted.
    seed : int
        Of the probes.

    Returns
    -------
    Vorticity

    Raises
    ------
    NotApplicableError
        If the arrays do not fit each other, the radius does not fit the box, or the particles cannot tell the waves
        apart.

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
