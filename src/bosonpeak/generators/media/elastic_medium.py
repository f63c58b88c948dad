"""An inhomogeneous elastic continuum on a periodic cubic grid: -div(G(r) grad) with finite volumes.

The inverse modulus 1/G(r) = (1/G_0) [1 + contrast f(r)] is modulated by a sum f of plane waves whose wave vectors have
the same length k_G (the superposition of the quasi-equilibrium theory, C. Jiang, eq. 7 and above), with max |f| = 1.
Density and grid constant are 1, so that omega^2 are the eigenvalues of a weighted graph Laplacian (the dynamical matrix
of a spring network): the link between two neighbouring points has the conductance 1 / <1/G>, with the exact mean of 1/G
along the link. In one dimension, and across the layers of a layered medium, this discretisation has the exact effective
modulus 1/<1/G> on any grid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import require_arrays, require_numbers
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import SchemaError
from bosonpeak.generators.networks.dynamical_matrix import Bonds


@dataclass(frozen=True)
class ElasticMedium:
    """Links between neighbouring grid points and their conductances.

    Parameters
    ----------
    shape : tuple of int
        Points along each axis; point i is at (i % shape[0], (i // shape[0]) % shape[1], ...).
    bonds : ndarray of int32, shape (links, 2)
        Neighbouring points; all links along the first axis, then the second, ...
    conductance : ndarray, shape (links,)
        Modulus of each link, units of G_0.
    bond_vectors : ndarray, shape (links, d)
        Unit vectors from the first point of each link to the second.

    Examples
    --------
    A homogeneous medium on a 4 x 4 grid: two links a point, and four of modulus 1 at each.

    >>> from bosonpeak.generators.media import modulated_medium
    >>> medium = modulated_medium((4, 4))
    >>> medium.point_count, len(medium.bonds), medium.mean_diagonal
    (16, 32, 4.0)
    """

    shape: tuple[int, ...]
    bonds: Bonds
    conductance: FloatArray
    bond_vectors: FloatArray

    @property
    def point_count(self) -> int:
        """Number of grid points."""
        return math.prod(self.shape)

    @property
    def mean_diagonal(self) -> float:
        """Trace of the dynamical matrix over the number of points."""
        return float(2.0 * self.conductance.sum() / self.point_count)


def modulated_medium(
    shape: Sequence[int], wave_indices: ArrayLike = (), *, contrast: float = 0.0, phases: ArrayLike | float = 0.0
) -> ElasticMedium:
    """Medium whose inverse modulus is modulated by plane waves.

    Parameters
    ----------
    shape : sequence of int
        Grid points along each axis, at least 3.
    wave_indices : array_like of int, shape (waves, d), optional
        Wave vectors in units of 2 pi / shape; none for a homogeneous medium.
    contrast : float
        Largest relative deviation of 1/G from its mean on the grid, 0 to below 1.
    phases : float or array_like of float, shape (waves,)
        Phases of the waves, which all have the same amplitude.

    Returns
    -------
    ElasticMedium

    Raises
    ------
    SchemaError
        If an argument is impossible, or 1/G is not positive everywhere.

    Examples
    --------
    It is the compliance 1/G whose mean is 1, and that deviates from it by the contrast.

    >>> medium = modulated_medium((12, 12), [[1, 0]], contrast=0.9)
    >>> compliance = 1.0 / medium.conductance
    >>> round(float(compliance.mean()), 6), round(float(abs(compliance - 1.0).max()), 6)
    (1.0, 0.9)
    """
    require_arrays(SchemaError, 1, shape=shape)
    require_arrays(SchemaError, wave_indices=wave_indices, phases=phases)
    require_numbers(SchemaError, contrast=contrast)
    lengths = tuple(int(length) for length in shape)
    indices = np.asarray(wave_indices, dtype=np.float64).reshape(-1, len(lengths))
    if not lengths or min(lengths) < 3 or not 0.0 <= contrast < 1.0 or np.any(indices != np.round(indices)):
        raise SchemaError(
            "impossible medium",
            expected="at least 3 points along each axis, whole wave indices, contrast from 0 to below 1",
            got=f"shape {lengths}, contrast {contrast:g}",
        )
    # Amplitude for which the largest deviation of 1/G on the grid is the contrast.
    wave_vectors = 2.0 * np.pi * indices / np.array(lengths)
    offsets = np.broadcast_to(np.asarray(phases, dtype=np.float64), (len(indices),))
    scale = contrast / _largest(lengths, wave_vectors, offsets)
    # Links to the next point along each axis, with the exact mean of 1/G along each link.
    bonds, vectors = uniform_links(lengths)
    means = [_link_means(lengths, wave_vectors, offsets, axis) for axis in range(len(lengths))]
    inverse_modulus = np.concatenate([1.0 + scale * mean for mean in means])
    if not (inverse_modulus > 0.0).all():
        raise SchemaError(
            "the modulus is not positive between the points of the grid",
            got=f"1/G down to {inverse_modulus.min():.3g}",
            likely_cause="a contrast close to 1 on a grid that hardly resolves the waves",
        )
    return ElasticMedium(lengths, bonds, 1.0 / inverse_modulus, vectors)


def uniform_links(lengths: tuple[int, ...]) -> tuple[Bonds, FloatArray]:
    """Links (links, 2) of a periodic grid to the next point along each axis, and their unit vectors (links, d)."""
    nodes = np.arange(math.prod(lengths), dtype=np.int32).reshape(lengths[::-1])
    bonds, vectors = [], []
    for axis in range(len(lengths)):
        ahead = np.roll(nodes, -1, axis=len(lengths) - 1 - axis)
        bonds.append(np.stack([nodes.ravel(), ahead.ravel()], axis=1))
        vectors.append(np.tile(np.eye(len(lengths))[axis], (nodes.size, 1)))
    return np.concatenate(bonds), np.concatenate(vectors)


def isotropic_wave_indices(
    radius: float, waves: int, seed: np.random.SeedSequence | int, *, tolerance: float = 0.03, dimension: int = 3
) -> IntegerArray:
    """Random wave indices (waves, dimension) of length `radius` (relative `tolerance`), no two of them parallel."""
    reach = math.ceil(radius * (1.0 + tolerance))
    axes = np.meshgrid(*[np.arange(-reach, reach + 1)] * dimension, indexing="ij")
    every = np.stack([axis.ravel() for axis in axes], axis=1)
    # Keep the later of two opposite vectors in this order.
    half = every[len(every) // 2 + 1 :]
    inside = half[np.abs(np.linalg.norm(half, axis=1) / radius - 1.0) <= tolerance]
    if not 1 <= waves <= len(inside):
        raise SchemaError(
            "so many wave vectors of one length do not fit the box",
            expected=f"1 to {len(inside)} waves",
            got=f"{waves} at radius {radius:g}",
        )
    return np.asarray(np.random.default_rng(seed).choice(inside, waves, replace=False))


def _modulation(
    lengths: tuple[int, ...], wave_vectors: FloatArray, phases: FloatArray, amplitudes: FloatArray
) -> FloatArray:
    """Sum of amplitude cos(k.r + phase) on the grid, first coordinate fastest."""
    total = np.zeros(lengths[::-1])
    for wave_vector, phase, amplitude in zip(wave_vectors, phases, amplitudes, strict=True):
        factors = [np.exp(1j * k * np.arange(length)) for k, length in zip(wave_vector, lengths, strict=True)]
        wave = amplitude * np.exp(1j * phase) * factors[0]
        for factor in factors[1:]:
            wave = np.multiply.outer(factor, wave)
        total += wave.real
    return np.asarray(total.ravel())


def _largest(lengths: tuple[int, ...], wave_vectors: FloatArray, phases: FloatArray) -> float:
    """Largest value of the sum of unit waves: on the grid, or 1 for a single wave."""
    if len(wave_vectors) <= 1:
        return 1.0
    return float(np.abs(_modulation(lengths, wave_vectors, phases, np.ones(len(phases)))).max())


def _link_means(lengths: tuple[int, ...], wave_vectors: FloatArray, phases: FloatArray, axis: int) -> FloatArray:
    """Mean of the unit waves along the link that leaves each point in the direction of an axis."""
    along = wave_vectors[:, axis]
    return _modulation(lengths, wave_vectors, phases + 0.5 * along, np.sinc(along / (2.0 * np.pi)))
