"""Exact density of states of the three-dimensional elastic continuum whose inverse modulus is a single plane wave.

With 1/G = (1/G_0)(1 + contrast cos(k_G x)) the modes are exp(i k_perp.r) u(x), where at the Bloch wavenumber kappa

    (d/dx G d/dx + omega^2) u = s G u,     s = k_perp^2.

As an eigenvalue problem for s at given omega, every positive s is a circle of modes in the plane of k_perp: the number
of modes per volume below omega is the integral over kappa / (2 pi) of sum_b max(s_b, 0) / (4 pi). No band has to be
inverted, and the density follows from d s / d omega = 2 omega <u|u> / <u|G|u>. Bands in one dimension are monotone, so
that at fixed omega at most one band has s = 0 inside the half zone; the integral is split at this kappa.

The medium is layered: its effective modulus is exactly 1/<1/G> = G_0 along x and <G> across. Its own Debye level is
therefore known in closed form, and so is the high-frequency level <G^(-3/2)>, to which each point contributes
separately.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, optimize

from bosonpeak.datasets.arguments import require_arrays, require_counts, require_numbers
from bosonpeak.datasets.array_types import ComplexArray, FloatArray
from bosonpeak.datasets.errors import SchemaError

_HALF_ZONE = 0.5
_POINTS_ACROSS = 64


@dataclass(frozen=True)
class BlochSpectrum:
    """Spectrum of the layered medium in units G_0 = 1, unit density, k_G = 1."""

    frequencies: FloatArray
    density: FloatArray  # (frequencies,), modes per volume and angular frequency
    amplitude: FloatArray  # (frequencies, points), local density of states by squared amplitude
    energy: FloatArray  # (frequencies, points), the same by each mode's mean potential energy
    energy_along: FloatArray  # (frequencies, points), part along the modulation, mean 1, NaN in a gap
    places: FloatArray  # (points,), k_G x


def bloch_spectrum(
    frequencies: ArrayLike, contrast: float, *, harmonics: int = 15, quadrature: int = 12
) -> BlochSpectrum:
    """Density of states of the continuum with one plane wave, by exact reduction to one dimension.

    Parameters
    ----------
    frequencies : array_like of float
        Angular frequencies above zero, units sqrt(G_0) k_G.
    contrast : float
        Amplitude of the plane wave, 0 to below 1.
    harmonics : int
        Waves kappa + m with |m| <= harmonics; enough if harmonics exceeds the frequency times sqrt(1 + contrast) by
        a few times 1 / ln(1/q), q = (1 - sqrt(1 - contrast^2)) / contrast.
    quadrature : int
        Gauss-Legendre points in kappa on each side of the crossing.

    Returns
    -------
    BlochSpectrum

    Raises
    ------
    SchemaError
        If an argument is impossible.

    Examples
    --------
    Without a wave it is Debye's law, omega^2.

    >>> import numpy as np
    >>> debye = bloch_spectrum([0.1, 0.2], 0.0)
    >>> round(float(debye.density[1] / debye.density[0]), 6)
    4.0
    """
    require_arrays(SchemaError, frequencies=frequencies)
    require_numbers(SchemaError, contrast=contrast)
    require_counts(SchemaError, harmonics=harmonics, quadrature=quadrature)
    omega = np.atleast_1d(np.asarray(frequencies, dtype=np.float64))
    if not (np.isfinite(omega).all() and (omega > 0.0).all() and 0.0 <= contrast < 1.0 and harmonics >= 1):
        raise SchemaError("impossible layered medium", expected="frequencies above 0, contrast 0 to below 1")
    layers = _Layers(contrast, harmonics)
    places = 2.0 * np.pi * (np.arange(_POINTS_ACROSS) + 0.5) / _POINTS_ACROSS
    across = _Points(np.exp(1j * np.outer(layers.order, places)), modulus(places, contrast))
    amplitude, energy = np.stack([_at_frequency(layers, across, value, quadrature) for value in omega], axis=1)
    along = np.stack([_energy_along(layers, across, value) for value in omega])
    return BlochSpectrum(omega, amplitude.mean(axis=1), amplitude, energy, along, places)


def plane_wave_lines(
    normal: float, transverse: float, contrast: float, *, harmonics: int = 15
) -> tuple[FloatArray, FloatArray]:
    """Exact C(q, omega) of the layered medium: ascending frequencies and weights of sum 1, (2 * harmonics + 1,)."""
    # `normal` and `transverse`: q along and across the modulation, units k_G. By Bloch's theorem a mode consists of the
    # waves q + n k_G of a single q and contributes at no other wave vector.
    layers = _Layers(contrast, harmonics)
    order = round(normal)
    squared, vectors = linalg.eigh(layers.operator(normal - order) + transverse**2 * layers.modulus)
    weights = np.abs(vectors[order + harmonics]) ** 2
    return np.sqrt(np.clip(squared, 0.0, None)), np.asarray(weights)


@dataclass(frozen=True)
class BlochMode:
    """One mode, u(x) = sum of `coefficient` exp(i `wavenumber` x), (waves,) each, in units G_0 = density = k_G = 1."""

    wavenumber: FloatArray
    coefficient: FloatArray
    frequency: float


def bloch_mode(wavenumber: float, contrast: float, *, harmonics: int = 15) -> BlochMode:
    """Mode that develops from a plane wave k / k_G along the modulation as the contrast grows from 0."""
    band = math.floor(2.0 * wavenumber)
    if not (0.0 < wavenumber < harmonics and 2.0 * wavenumber != band and 0.0 <= contrast < 1.0):
        raise SchemaError(
            "impossible mode of a layered medium",
            expected="k / k_G above 0 and no multiple of 1/2, contrast 0 to below 1",
            got=f"{wavenumber:g}, {contrast:g}",
        )
    layers = _Layers(contrast, harmonics)
    squared, vectors = linalg.eigh(layers.operator(wavenumber), subset_by_index=[band, band])
    waves = np.array(wavenumber + layers.order, dtype=np.float64)
    return BlochMode(waves, np.array(vectors[:, 0], dtype=np.float64), math.sqrt(squared[0]))


def modulus(places: ArrayLike, contrast: float) -> FloatArray:
    """G(x) / G_0 at k_G x."""
    return np.asarray(1.0 / (1.0 + contrast * np.cos(np.asarray(places, dtype=np.float64))))


def effective_moduli(contrast: float) -> tuple[float, float]:
    """Effective moduli along and across the wave: 1/<1/G> = 1 and <G> = 1 / sqrt(1 - contrast^2)."""
    return 1.0, 1.0 / math.sqrt(1.0 - contrast**2)


def own_speed(contrast: float) -> float:
    """Speed c of the homogeneous medium with the same Debye level, c^3 = sqrt(det C)."""
    along, across = effective_moduli(contrast)
    return float((along * across**2) ** (1.0 / 6.0))


def own_debye_density(frequencies: ArrayLike, contrast: float) -> FloatArray:
    """Debye's law of the effective medium, omega^2 / (2 pi^2 c^3) per volume."""
    return np.asarray(np.asarray(frequencies, dtype=np.float64) ** 2 / (2.0 * math.pi**2 * own_speed(contrast) ** 3))


def high_frequency_level(contrast: float) -> float:
    """Density over the own Debye density at high frequency, c^3 <G^(-3/2)>."""
    # The trapezoidal rule converges exponentially over a full period.
    places = 2.0 * np.pi * np.arange(512) / 512
    return float(own_speed(contrast) ** 3 * np.mean(modulus(places, contrast) ** -1.5))


class _Layers:
    """Matrices of G and of its one-dimensional operator in plane waves."""

    def __init__(self, contrast: float, harmonics: int) -> None:
        self.order = np.arange(-harmonics, harmonics + 1)
        root = math.sqrt(1.0 - contrast**2)
        ratio = (root - 1.0) / contrast if contrast > 0.0 else 0.0
        distance = np.abs(self.order[:, None] - self.order[None, :])
        self.modulus = np.where(distance == 0, 1.0, ratio ** np.maximum(distance, 1)) / root

    def operator(self, kappa: float) -> FloatArray:
        """-d/dx G d/dx at the Bloch wavenumber kappa."""
        wavenumber = kappa + self.order
        return np.asarray(wavenumber[:, None] * self.modulus * wavenumber[None, :])

    def band(self, kappa: float, index: int) -> float:
        """Squared frequency of a band at k_perp = 0."""
        return float(linalg.eigvalsh(self.operator(kappa), subset_by_index=[index, index])[0])


@dataclass(frozen=True)
class _Points:
    """Plane waves exp(i m x), shape (waves, points), and the modulus at points across one wavelength."""

    waves: ComplexArray
    modulus: FloatArray


def _at_frequency(layers: _Layers, points: _Points, omega: float, quadrature: int) -> FloatArray:
    """Density of states by amplitude and by potential energy at each place, shape (2, points)."""
    nodes, weights = np.polynomial.legendre.leggauss(quadrature)
    edges = [0.0, *_crossing(layers, omega), _HALF_ZONE]
    total = np.zeros((2, len(points.modulus)))
    for low, high in itertools.pairwise(edges):
        half = 0.5 * (high - low)
        for node, weight in zip(nodes, weights, strict=True):
            total += weight * half * _at_places(layers, points, omega, low + half * (1.0 + node))
    # Factors: both signs of kappa, d kappa / (2 pi), and d s / (4 pi) with d s / d omega = 2 omega.
    return np.asarray(2.0 / (2.0 * np.pi) * 2.0 * omega / (4.0 * np.pi) * total)


def _at_places(layers: _Layers, points: _Points, omega: float, kappa: float) -> FloatArray:
    """Sums of |u|^2 / <u|G|u> and of G |grad phi|^2 / (omega^2 <u|G|u>) over the bands with s > 0."""
    shifted = omega**2 * np.eye(len(layers.order)) - layers.operator(kappa)
    squared, vectors = linalg.eigh(shifted, layers.modulus)
    across, bands = squared[squared > 0.0], vectors[:, squared > 0.0].T
    amplitude = np.abs(bands @ points.waves) ** 2
    gradient = np.abs((bands * (kappa + layers.order)) @ points.waves) ** 2 + across[:, None] * amplitude
    return np.stack([amplitude.sum(axis=0), points.modulus * gradient.sum(axis=0) / omega**2])


def _energy_along(layers: _Layers, points: _Points, omega: float) -> FloatArray:
    """G |d phi/dx|^2 of the wave with k_perp = 0 at each place, divided by its mean; NaN in a gap."""
    crossing = _crossing(layers, omega)
    if not crossing:
        return np.full(len(points.modulus), np.nan)
    squared, vectors = linalg.eigh(layers.operator(crossing[0]))
    wave = vectors[:, int(np.argmin(np.abs(squared - omega**2)))]
    energy = points.modulus * np.abs((wave * (crossing[0] + layers.order)) @ points.waves) ** 2
    return np.asarray(energy / energy.mean())


def _crossing(layers: _Layers, omega: float) -> list[float]:
    """Bloch wavenumbers in the half zone at which a band with k_perp = 0 has frequency omega; empty in a gap."""
    counts = [int(np.count_nonzero(linalg.eigvalsh(layers.operator(kappa)) < omega**2)) for kappa in (0.0, _HALF_ZONE)]
    if counts[0] == counts[1]:
        return []
    band = min(counts)

    def excess(kappa: float) -> float:
        return layers.band(kappa, band) - omega**2

    return [float(optimize.brentq(excess, 0.0, _HALF_ZONE))]
