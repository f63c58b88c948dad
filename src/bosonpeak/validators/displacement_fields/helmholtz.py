"""Helmholtz decomposition of displacement fields on particles into longitudinal and transverse plane waves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import ComplexArray, FloatArray, IntegerArray
from bosonpeak.validators.displacement_fields.fourier import phase_factors
from bosonpeak.validators.displacement_fields.particle_fields import (
    ParticleFields,
    batches,
    checked_fields,
    kernel_transfer,
)
from bosonpeak.validators.displacement_fields.wave_least_squares import WaveFit, wave_fit

Part = Literal["longitudinal", "transverse", "both"]

WAVES_PER_PARTICLE = 1.0 / 3.0
"""Three particles a wave: the wavelengths reach down to 3.1 particle distances in two dimensions, 2.3 in three."""

PROBES = 8
"""Random fields of waves too short to be fitted, which show how much of such waves the fit takes for long ones."""

_PROBE_WAVES = 256


@dataclass(frozen=True)
class HelmholtzSpectrum:
    """Longitudinal and transverse shares of the power, (modes, shells), in shells of width 2 pi / max(L)."""

    wavenumber: FloatArray
    waves: IntegerArray
    longitudinal: FloatArray
    transverse: FloatArray


@dataclass(frozen=True)
class WavePowers:
    """Longitudinal and transverse power |a_k|^2 of every wave, (..., modes, waves, 2), by ascending |k|."""

    full: FloatArray
    lower: FloatArray  # refit with the waves of lowest |k| only
    probed: FloatArray  # refits after adding random unresolved fields

    def transverse_share(self, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Transverse share of the weighted power, aliasing error (NaN without probes), truncation error."""
        share = _share(self.full, weight)
        lower = _share(self.lower, weight[: self.lower.shape[1]])
        if len(self.probed) == 0:
            return share, np.full_like(share, np.nan), np.abs(share - lower)
        change = _share(self.probed, weight) - share
        return share, np.sqrt((change**2).mean(axis=0)), np.abs(share - lower)


@dataclass(frozen=True)
class HelmholtzDecomposition:
    """Longitudinal and transverse part of displacement fields, u(r) = a_0 + Re sum_k a_k exp(i k.r)."""

    transverse_fraction: FloatArray  # e_T / (e_L + e_T), e = sum_k |a_k|^2
    fraction_error: FloatArray  # NaN without probes
    resolved: FloatArray  # share of the squared displacements reproduced by the waves
    spectrum: HelmholtzSpectrum
    wave_vectors: FloatArray  # (waves, dimension), one of each pair +-k, by ascending |k|
    amplitudes: ComplexArray  # (modes, waves, dimension)
    condition: float  # condition number of the least squares
    powers: WavePowers

    @property
    def longitudinal_fraction(self) -> FloatArray:
        """1 - transverse fraction, shape (modes,)."""
        return 1.0 - self.transverse_fraction

    def displacements(self, positions: ArrayLike, part: Part = "both") -> FloatArray:
        """Fitted fields, or one part of them, at any points, without the mean; shape (modes, points, dimension)."""
        points = np.asarray(positions, dtype=np.float64)
        amplitudes = self.amplitudes
        if part != "both":
            along = _along(amplitudes, self.wave_vectors)
            amplitudes = along if part == "longitudinal" else amplitudes - along
        phase = points @ self.wave_vectors.T
        real, imaginary = np.moveaxis(amplitudes.real, 1, 0), np.moveaxis(amplitudes.imag, 1, 0)
        values = np.tensordot(np.cos(phase), real, 1) - np.tensordot(np.sin(phase), imaginary, 1)
        return np.asarray(np.moveaxis(values, 0, 1))


def helmholtz_decomposition(
    positions: ArrayLike,
    vectors: ArrayLike,
    box: ArrayLike,
    *,
    waves_per_particle: float = WAVES_PER_PARTICLE,
    probes: int = PROBES,
    left_out: ArrayLike | None = None,
    seed: int = 0,
) -> HelmholtzDecomposition:
    """Split displacement fields into curl-free and divergence-free plane waves by least squares.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
        Particle positions in a periodic box, two or three dimensions.
    vectors : array_like, shape (modes, particles, dimension)
        Displacements of any norm; one mode may lack the first axis.
    box : array_like
        Length of the box, one number or one an axis.
    waves_per_particle : float
        Plane waves over particles, below 1; waves of lowest |k| are taken, in complete shells.
    probes : int
        Number of random unresolved fields for the error; 0 gives no error.
    left_out : array_like of bool, shape (particles,), optional
        Particles without a meaningful displacement, such as rattlers.
    seed : int
        Of the probes.

    Returns
    -------
    HelmholtzDecomposition

    Raises
    ------
    NotApplicableError
        If the arrays do not fit each other, or the waves are not independent on the particles.

    Examples
    --------
    A transverse and a longitudinal wave, seen at random points:

    >>> import numpy as np
    >>> positions = np.random.default_rng(1).uniform(0.0, 10.0, (100, 2))
    >>> wave = np.sin(2.0 * np.pi * positions[:, 0] / 10.0)
    >>> across, along = np.column_stack([0.0 * wave, wave]), np.column_stack([wave, 0.0 * wave])
    >>> found = helmholtz_decomposition(positions, [across, along], 10.0)
    >>> abs(found.transverse_fraction).round(6).tolist()
    [1.0, 0.0]
    """
    fields = checked_fields(positions, vectors, box, left_out)
    return decomposed(fields, waves_per_particle=waves_per_particle, probes=probes, seed=seed)


def decomposed(fields: ParticleFields, *, waves_per_particle: float, probes: int, seed: int) -> HelmholtzDecomposition:
    """`helmholtz_decomposition` of validated fields."""
    fitting = wave_fit(fields, waves_per_particle=waves_per_particle)
    wave_vectors = 2.0 * np.pi * fitting.wave_numbers / fields.box
    picked = _picked_up(fitting, fields, wave_vectors, probes, seed)
    fitted = []
    powers = []
    for each in batches(len(fields.vectors), 8 * (probes + 2) * wave_vectors.size):
        found = fitting.fit(fields.vectors[each])
        spurious = np.sqrt(found.unresolved)[:, None, None] * picked[:, None]
        parts = (found.amplitudes, found.lower, found.amplitudes + spurious)
        powers.append([_powers(part, wave_vectors) for part in parts])
        fitted.append(found)
    full, lower, probed = zip(*powers, strict=True)
    summed = WavePowers(np.concatenate(full), np.concatenate(lower), np.concatenate(probed, axis=1))
    fraction, aliasing, truncation = summed.transverse_share(np.ones(len(wave_vectors)))
    return HelmholtzDecomposition(
        transverse_fraction=fraction,
        fraction_error=np.hypot(aliasing, truncation),
        resolved=_resolved(fields, np.concatenate([each.unresolved for each in fitted])),
        spectrum=_spectrum(summed.full, wave_vectors, 2.0 * np.pi / float(fields.box.max())),
        wave_vectors=wave_vectors,
        amplitudes=np.concatenate([each.amplitudes for each in fitted]),
        condition=fitting.condition,
        powers=summed,
    )


def curl_weight(decomposition: HelmholtzDecomposition, radius: float) -> FloatArray:
    """Weight of each wave in the curl content of fields smoothed over neighbourhoods of a radius, shape (waves,)."""
    wavenumber = np.linalg.norm(decomposition.wave_vectors, axis=1)
    transfer = kernel_transfer(wavenumber, radius, decomposition.wave_vectors.shape[1])
    return np.asarray((wavenumber * transfer) ** 2)


def _picked_up(
    fitting: WaveFit, fields: ParticleFields, wave_vectors: FloatArray, probes: int, seed: int
) -> ComplexArray:
    """Amplitudes (probes, waves, dimension) that the fit assigns to random unresolved waves of unit power."""
    if probes == 0:
        return np.empty((0, *wave_vectors.shape), complex)
    # Random wave vectors, uniform in the shell between the highest wave number and twice this number.
    generator = np.random.default_rng(seed)
    highest = float(np.linalg.norm(wave_vectors[-1]))
    direction = generator.standard_normal((_PROBE_WAVES, fields.dimension))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    length = highest * generator.uniform(1.0, 2.0**fields.dimension, _PROBE_WAVES) ** (1.0 / fields.dimension)
    unit = 2.0 * np.pi / fields.box
    numbers = np.rint(direction * length[:, None] / unit).astype(np.int64)
    unresolved = numbers[np.linalg.norm(numbers * unit, axis=1) > highest * (1.0 + 1e-9)]
    # Random superpositions of these waves at the particles, and their fit.
    factors = phase_factors(fields.positions, fields.box, unresolved)
    coefficient = generator.standard_normal((2, len(unresolved), probes * fields.dimension))
    values = factors.real.T @ coefficient[0] + factors.imag.T @ coefficient[1]
    found = fitting.fit(values.reshape(-1, probes, fields.dimension).transpose(1, 0, 2))
    return np.asarray(found.amplitudes / np.sqrt(found.unresolved)[:, None, None])


def _resolved(fields: ParticleFields, unresolved: FloatArray) -> FloatArray:
    about_mean = ((fields.vectors - fields.vectors.mean(axis=1, keepdims=True)) ** 2).sum(axis=(1, 2))
    return np.asarray(np.clip(1.0 - unresolved / about_mean, 0.0, 1.0))


def _along(amplitudes: ComplexArray, wave_vectors: FloatArray) -> ComplexArray:
    """Longitudinal part of amplitudes (..., waves, dimension), which may cover only the first wave vectors."""
    vectors = wave_vectors[: amplitudes.shape[-2]]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray((amplitudes * unit).sum(axis=-1, keepdims=True) * unit)


def _powers(amplitudes: ComplexArray, wave_vectors: FloatArray) -> FloatArray:
    along = _along(amplitudes, wave_vectors)
    parts = [(np.abs(part) ** 2).sum(axis=-1) for part in (along, amplitudes - along)]
    return np.stack(parts, axis=-1)


def _share(powers: FloatArray, weight: FloatArray) -> FloatArray:
    summed = np.einsum("...wp,w->...p", powers, weight)
    return np.asarray(summed[..., 1] / summed.sum(axis=-1))


def _spectrum(powers: FloatArray, wave_vectors: FloatArray, unit: float) -> HelmholtzSpectrum:
    wavenumber = np.linalg.norm(wave_vectors, axis=1)
    shell = np.rint(wavenumber / unit).astype(int)
    used, place, waves = np.unique(shell, return_inverse=True, return_counts=True)
    member = (place[:, None] == np.arange(len(used))).astype(np.float64)
    summed = np.einsum("mwp,ws->pms", powers / powers.sum(axis=(1, 2), keepdims=True), member, optimize=True)
    return HelmholtzSpectrum(wavenumber @ member / waves, 2 * waves, summed[0], summed[1])
