"""Correlation function C(k) of the local shear modulus, measured on the response of a solid to a strain of its box.

The stress response to a uniform strain, shared among the particles, has the macroscopic modulus as its mean: this is
the sum rule of the shares. Its Fourier component is s(k) = h(k) Delta G(k) to first order in the fluctuations, because
the strain relaxes too: with n = k/|k|, h = 1 - n_a^2 for a scalar field strained along a, and

    h = 1 - n_a^2 - n_b^2 + 4 (1 - G/M) n_a^2 n_b^2

for the shear ab of an isotropic solid of longitudinal modulus M. C(k) = |Delta G(k)|^2 / V is therefore the sum of
|s|^2 over a shell of wave vectors and all components, over the sum of h^2 and V.

A local modulus needs a coarse-graining length w: a Gaussian of this rms width along each axis multiplies C by
exp(-k^2 w^2). Heterogeneous-elasticity theory (W. Schirmacher et al., Nat. Commun. 15, 3107 (2024), eqs 28-32) takes
two numbers from C, the variance <(Delta G)^2> and the cutoff k_xi of a function that is constant below and zero above
it. Here k_xi is the radius of a ball of the volume (integral of C)^2 / (integral of C^2), exact for that function.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.arguments import doubles
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.displacement_fields.fourier import FourierSums, wave_number_grid

LENGTHS = (0.7, 1.0, 1.4)
"""Coarse-graining lengths over the particle distance rho^(-1/d).

A Gaussian of width w averages as much as a cube of edge 2 sqrt(pi) w: the cubes have the edges 2.5, 3.5 and 5.0.
"""

RANGE = 3.5
"""Largest wave number that matters over the inverse of the least length: exp(-k^2 w^2) is 5e-6 there."""

_BALL = {2: math.pi, 3: 4.0 * math.pi / 3.0}


@dataclass(frozen=True)
class LocalDisorder:
    """Fluctuations of the local shear modulus at one coarse-graining length."""

    variance: float  # <(Delta G)^2>
    cutoff: float  # k_xi
    mean_wave_number: float  # of C(k): k_G of the quasi-equilibrium theory


@dataclass(frozen=True)
class ModulusCorrelation:
    """Correlation functions C(k) of the local shear modulus of several samples, by shells of wave vectors."""

    wave_number: FloatArray  # (shells,)
    multiplicity: FloatArray  # (shells,), wave vectors of a shell
    correlation: FloatArray  # (samples, shells), modulus squared times volume
    modulus: FloatArray  # (samples,), mean local modulus
    volume: float
    dimension: int

    def at_length(self, length: float, kept: NDArray[np.intp] | slice = slice(None)) -> LocalDisorder:
        """Variance, cutoff and mean wave number of the mean over samples, at a coarse-graining length."""
        weight = self.multiplicity * self.correlation[kept].mean(axis=0) * np.exp(-((self.wave_number * length) ** 2))
        total = float(weight.sum())
        states = total**2 / float(np.sum(weight**2 / self.multiplicity))
        ball = states * (2.0 * math.pi) ** self.dimension / self.volume
        return LocalDisorder(
            variance=total / self.volume,
            cutoff=(ball / _BALL[self.dimension]) ** (1.0 / self.dimension),
            mean_wave_number=float(weight @ self.wave_number) / total,
        )


def modulus_correlation(
    positions: ArrayLike, shares: ArrayLike, box: float, *, shear_over_longitudinal: float | None, largest: float
) -> ModulusCorrelation:
    """Correlation function of the local shear modulus of samples in cubic boxes of one size.

    Parameters
    ----------
    positions : array_like, shape (samples, particles, d)
        Positions in the periodic box.
    shares : array_like, shape (samples, components, particles)
        What each particle has of the stress response times the volume: components are the shears yz, xz, xy (d = 3)
        or xy (d = 2), or the d axes of a scalar field.
    box : float
        Edge of the box.
    shear_over_longitudinal : float or None
        G/M; None for a scalar field.
    largest : float
        Largest wave number, such as `RANGE` over the least coarse-graining length.

    Returns
    -------
    ModulusCorrelation

    Raises
    ------
    NotApplicableError
        If the arrays do not fit, or the box has too few wave numbers.

    Examples
    --------
    Independent shares of variance 1 at random places, ten in a unit of area: C = 10, with the mean square share.

    >>> import numpy as np
    >>> generator = np.random.default_rng(1)
    >>> places, shares = generator.random((20, 1000, 2)) * 10.0, generator.choice([-1.0, 1.0], (20, 2, 1000))
    >>> found = modulus_correlation(places, shares, 10.0, shear_over_longitudinal=None, largest=3.5)
    >>> mean_response = 3.0 / 8.0
    >>> bool(abs(mean_response * found.correlation.mean() / 10.0 - 1.0) < 0.1)
    True
    """
    places, responses = doubles(positions, "positions"), doubles(shares, "shares")
    if places.ndim != 3 or places.shape[2] not in _BALL or responses.shape[::2] != places.shape[:2]:
        raise NotApplicableError(
            "positions and shares do not fit",
            expected="(samples, particles, 2 or 3) and (samples, components, particles)",
            got=f"{places.shape} and {responses.shape}",
        )
    dimension = places.shape[2]
    reach = int(largest * box / (2.0 * math.pi))
    if reach < 3:
        raise NotApplicableError(
            "the box has too few wave vectors",
            expected=f"a largest wave number of at least {6.0 * math.pi / box:.3g}, three times the first of the box",
            got=f"{largest:g}",
            likely_cause="a coarse-graining length beyond a fifth of the box",
        )
    numbers = np.stack(np.meshgrid(*wave_number_grid((reach,) * dimension), indexing="ij"))
    norm = np.sum(numbers**2, axis=0)
    inside = (norm > 0) & (norm <= reach**2)
    # Half of all wave vectors: both of a pair +-k are listed only where the last component is zero.
    weight = np.where(numbers[-1][inside] > 0, 2.0, 1.0)
    # Shells as wide as the smallest wave number: a narrower shell may hold directions without response only.
    length = np.sqrt(norm[inside].astype(np.float64))
    shell = np.round(length).astype(np.int64) - 1
    direction = numbers[:, inside] / length
    response = _response(direction, shear_over_longitudinal)
    if len(response) != responses.shape[1]:
        raise NotApplicableError("wrong number of components", expected=f"{len(response)}", got=f"{responses.shape[1]}")
    normalisation = np.bincount(shell, weight * np.sum(response**2, axis=0))
    volume = box**dimension
    powers = []
    for place, share in zip(places, responses, strict=True):
        transform = FourierSums(np.mod(place, box), np.full(dimension, box), (reach,) * dimension)
        powers.append(np.sum([np.abs(transform(each)[inside]) ** 2 for each in share], axis=0) / volume)
    multiplicity = np.bincount(shell, weight).astype(np.float64)
    return ModulusCorrelation(
        wave_number=2.0 * math.pi / box * np.bincount(shell, weight * length) / multiplicity,
        multiplicity=multiplicity,
        correlation=np.stack([np.bincount(shell, weight * power) / normalisation for power in powers]),
        modulus=responses.sum(axis=2).mean(axis=1) / volume,
        volume=volume,
        dimension=dimension,
    )


def _response(direction: FloatArray, shear_over_longitudinal: float | None) -> FloatArray:
    """Factors h (components, wave vectors) between the fluctuation of the modulus and the stress response."""
    squared = direction**2
    if shear_over_longitudinal is None:
        return np.asarray(1.0 - squared)
    pairs = list(itertools.combinations(range(len(direction)), 2))[::-1]
    coefficient = 4.0 * (1.0 - shear_over_longitudinal)
    return np.stack([1.0 - squared[a] - squared[b] + coefficient * squared[a] * squared[b] for a, b in pairs])
