"""Rotational content of a mode by two methods, its extent in space, and both for every mode of an ensemble.

**Curl content.** For a periodic field the gradient splits exactly, <|grad u|^2> = <|curl u|^2> + <(div u)^2>, and

    C = <|curl u|^2> / (<|curl u|^2> + <(div u)^2>) = sum_k k^2 |a_T(k)|^2 / sum_k k^2 |a(k)|^2

is the rotational share: 1 for any superposition of transverse waves and for any rotating patch, 0 for a gradient field,
(d - 1)/d for displacements without any order. Weighting by the gradient, not by the displacement, counts the local
rotation measured by the vorticity eta = (1/2) curl u. Particles sample a field only at their spacing, so C refers to
the field smoothed at a stated length: f(kR)^2 multiplies the sums, with the transform f of `kernel_transfer`.

**Two methods.** Least-squares plane waves (`helmholtz_decomposition`) give the sums over k; affine fits around each
particle (`local_strains`, whose weights define the smoothing) give 4 |eta|^2 and (div u)^2 per particle. The methods
share no step. The plane-wave value is reported, because it is exact for a field made of the fitted waves. The fits are
not exact, because neighbours are few.

**Error.** Root of the sum of three squares: the difference of the two methods; the aliasing error, from waves too short
for the fit (random short waves, of the squared displacement left unresolved, are added and fitted on the same
particles); and the truncation error, the change when the waves of highest |k| are dropped from the fit. A jackknife
over particles is not an alternative: real particles are evenly spaced, which suppresses aliasing, and gaps destroy
this; such a jackknife overestimates the error of a glass twentyfold.

**Extent.** Participation and radius of gyration of the squared vorticity of a mode.

A high curl content alone does not make a vortex mode: transverse phonons have it too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import doubles, numbers
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.periodic_box import box_lengths, nearest_image
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.validators.displacement_fields.helmholtz import (
    PROBES,
    WAVES_PER_PARTICLE,
    HelmholtzDecomposition,
    HelmholtzSpectrum,
    curl_weight,
    decomposed,
)
from bosonpeak.validators.displacement_fields.local_strain import LocalStrains, fitted_strains, with_places
from bosonpeak.validators.displacement_fields.particle_fields import batches, checked_fields, chosen_radius
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, require_variables
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.estimates.stored_modes import with_configurations
from bosonpeak.validators.vortices.chance_curl import independent_waves


@dataclass(frozen=True)
class Vorticity:
    """Rotational content of modes, arrays (modes,)."""

    curl_content: FloatArray  # C from the plane waves
    error: FloatArray  # standard error, the next three in quadrature
    method_difference: FloatArray  # local fits minus plane waves
    aliasing_error: FloatArray  # NaN without probes
    truncation_error: FloatArray
    local_curl_content: FloatArray  # C from the affine fits
    decomposition: HelmholtzDecomposition
    radius: float  # R of the neighbourhoods, the smoothing
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


@dataclass(frozen=True)
class EnstrophyExtent:
    """Extent of |eta|^2, one value per mode."""

    participation_ratio: FloatArray  # [N sum_i p_i^2]^-1, p_i = |eta_i|^2 / sum |eta|^2
    centre: FloatArray  # (modes, dimension), meaningless for a mode that fills the box
    radius_of_gyration: FloatArray
    relative_radius: FloatArray  # radius of gyration over sqrt(sum L^2 / 12), a uniform spread


def enstrophy_extent(positions: ArrayLike, vorticity: ArrayLike, box: ArrayLike) -> EnstrophyExtent:
    """Extent of the squared vorticity of modes.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
        Particle positions in a periodic box.
    vorticity : array_like, shape (modes, particles) in two dimensions, (modes, particles, 3) in three
        Vorticity of each particle as in `LocalStrains`; particles with NaN are left out.
    box : array_like
        Length of the box, one number or one an axis.

    Returns
    -------
    EnstrophyExtent

    Raises
    ------
    NotApplicableError
        If the arrays do not fit each other, or a mode does not turn anywhere.

    Examples
    --------
    A mode that turns alike everywhere in one half of the box, and nowhere in the other:

    >>> import numpy as np
    >>> x, y = np.meshgrid(np.arange(8.0), np.arange(8.0))
    >>> positions = np.column_stack([x.ravel(), y.ravel()])
    >>> left_half = np.where(positions[:, 0] < 4.0, 1.0, 0.0)
    >>> float(enstrophy_extent(positions, left_half[None], 8.0).participation_ratio[0])
    0.5
    """
    points = numbers(positions, "particles", "dimension", finite=True)
    turning = doubles(vorticity, "vorticities")
    expected = 3 if points.shape[-1] == 3 else 2
    if turning.ndim != expected or turning.shape[1] != len(points):
        raise NotApplicableError(
            "positions and vorticity do not fit each other",
            expected="(particles, d) and (modes, particles), with a third axis of 3 where d = 3",
            got=f"{points.shape} and {turning.shape}",
        )
    lengths = box_lengths(box, points.shape[1], refusal=NotApplicableError)
    squares = (turning.reshape(*turning.shape[:2], -1) ** 2).sum(axis=2)
    known = ~np.isnan(squares).any(axis=0)
    squares, points = squares[:, known], points[known]
    total = squares.sum(axis=1, keepdims=True)
    if not (total > 0.0).all():
        raise NotApplicableError("a mode does not turn anywhere", expected="some vorticity on every mode")
    weight = squares / total
    phase = 2.0 * np.pi * points / lengths
    centre = np.mod(np.angle(weight @ np.exp(1j * phase)) / (2.0 * np.pi), 1.0) * lengths
    distance = nearest_image(points[None] - centre[:, None], lengths)
    radius = np.sqrt(np.einsum("mp,mpd->m", weight, distance**2))
    return EnstrophyExtent(
        participation_ratio=1.0 / (weight.shape[1] * (weight**2).sum(axis=1)),
        centre=centre,
        radius_of_gyration=radius,
        relative_radius=radius / np.sqrt((lengths**2).sum() / 12.0),
    )


_MEASURED = {
    "curl_content": "rotational share of the squared displacement gradient",
    "curl_content_error": "standard error of the curl content",
    "local_curl_content": "curl content from local affine fits",
    "transverse_fraction": "transverse share of the squared displacement",
    "transverse_fraction_error": "standard error of the transverse fraction",
    "resolved": "share of the squared displacement that the plane waves reproduce",
    "independent_waves": "number of independent waves behind the curl content",
}


@accept_old_spelling("dataset")
def vorticity_of_ensemble(
    data: Ensemble, *, modes: int | None = None, radius: float | None = None, probes: int = PROBES
) -> xr.Dataset:
    """Curl content of the stored modes of every stored configuration.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Glass ensemble with ``position`` (configuration, particle, axis), ``eigenvector`` (configuration, low_mode,
        particle, axis), ``box`` (axis) and ``eigenfrequency`` (sample, mode); ``first_phonon`` and ``chain`` (sample)
        are copied if present. Every sample of a dataset that `vibrations` made with eigenvectors is a configuration,
        with its modes above zero.
    modes : int, optional
        Number of the lowest modes to measure; all stored modes by default.
    radius : float, optional
        Radius of a particle's neighbourhood; three mean particle distances by default.
    probes : int
        Random unresolved fields for the error.

    Returns
    -------
    xarray.Dataset
        By ``configuration`` and ``low_mode``: results of `vorticity`, ``eigenfrequency`` and, where the first phonon
        is known, ``reduced_frequency`` (over omega_0); by configuration its ``sample`` (label) and ``chain``.
        The attributes give radius, waves and probes.

    Raises
    ------
    NotApplicableError
        If there are no eigenvectors with their positions, or they cannot be measured.

    Examples
    --------
    The lowest three modes of two glasses of discs; all turn more than they dilate.

    >>> from bosonpeak.datasets import open_dataset
    >>> discs = open_dataset("glass/modes-2d", group="m-2/T-0.20").isel(configuration=slice(2))
    >>> found = vorticity_of_ensemble(discs, modes=3)
    >>> found["curl_content"].shape
    (2, 3)
    >>> bool((found["curl_content"] > 0.5).all())
    True
    """
    data = one_ensemble(data)
    require_variables(data, "position", "eigenvector", "box", "eigenfrequency")
    from bosonpeak.datasets.schema import with_labels

    data = with_configurations(with_labels(data))
    chosen = data if modes is None else data.isel(low_mode=slice(modes))
    if chosen.sizes["configuration"] == 0 or chosen.sizes["low_mode"] == 0:
        raise NotApplicableError("no eigenvectors are stored", expected="at least one configuration with one mode")
    box = chosen["box"].values
    found = [
        vorticity(
            chosen["position"].isel(configuration=index).values,
            chosen["eigenvector"].isel(configuration=index).values,
            box,
            radius=radius,
            probes=probes,
        )
        for index in range(chosen.sizes["configuration"])
    ]
    rows = [_rows(each) for each in found]
    variables = {
        name: (("configuration", "low_mode"), np.stack([row[name] for row in rows]), {"long_name": text, "units": "1"})
        for name, text in _MEASURED.items()
    }
    attributes = {
        "radius": found[0].radius,
        "waves": 2 * len(found[0].decomposition.wave_vectors),
        "probes": probes,
        "worst_condition": max(each.decomposition.condition for each in found),
    }
    labels = {name: chosen[name] for name in ("configuration", "low_mode")}
    return xr.Dataset(variables, attrs=attributes).assign(_places(chosen)).assign_coords(labels)


def _rows(found: Vorticity) -> dict[str, FloatArray]:
    decomposition = found.decomposition
    return {
        "curl_content": found.curl_content,
        "curl_content_error": found.error,
        "local_curl_content": found.local_curl_content,
        "transverse_fraction": found.transverse_fraction,
        "transverse_fraction_error": decomposition.fraction_error,
        "resolved": found.resolved,
        "independent_waves": independent_waves(
            decomposition.powers.full.sum(axis=2), curl_weight(decomposition, found.radius)
        ),
    }


def _places(dataset: xr.Dataset) -> dict[str, xr.DataArray]:
    """Frequency of each mode, and sample and chain of each configuration."""
    sample, mode = (xr.DataArray(rows_of(dataset, name), dims=name) for name in ("configuration", "low_mode"))
    frequency = dataset["eigenfrequency"].isel(sample=sample, mode=mode)
    placed = {"sample": dataset["sample"].isel(sample=sample), "eigenfrequency": frequency}
    if "first_phonon" in dataset:
        placed["reduced_frequency"] = placed["eigenfrequency"] / dataset["first_phonon"].isel(sample=sample)
        placed["reduced_frequency"].attrs = {"long_name": "frequency over that of the first phonon", "units": "1"}
    if "chain" in dataset:
        placed["chain"] = dataset["chain"].isel(sample=sample)
    return {name: values.reset_coords(drop=True) for name, values in placed.items()}
