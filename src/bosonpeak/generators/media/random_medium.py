"""Elastic medium with a random modulus of a given cutoff, the assumption of heterogeneous-elasticity theory.

The logarithm of G is a Gaussian field whose spectrum is constant up to the cutoff and zero beyond (W. Schirmacher et
al., Nat. Commun. 15, 3107 (2024), eq. 29, for G itself): G is positive everywhere, and for small fluctuations it has
the same spectrum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bosonpeak.datasets.arguments import require_arrays
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import SchemaError
from bosonpeak.generators.media.elastic_medium import ElasticMedium, uniform_links


def correlated_medium(
    shape: Sequence[int], *, cutoff: float, deviation: float, seed: np.random.SeedSequence | int
) -> tuple[ElasticMedium, FloatArray]:
    """Medium whose ln G is Gaussian, and its modulus at the grid points.

    Parameters
    ----------
    shape : sequence of int
        Grid points along each axis, at least 3.
    cutoff : float
        Largest wave number k_xi of the fluctuations, below pi.
    deviation : float
        Standard deviation of ln G.
    seed : SeedSequence or int
        Random stream.

    Returns
    -------
    medium : ElasticMedium
        Links with the mean modulus of their ends.
    modulus : ndarray, shape (points,)
        G(r), mean 1; point i as in `ElasticMedium`.

    Raises
    ------
    SchemaError
        If an argument is impossible.

    Examples
    --------
    >>> medium, modulus = correlated_medium((24, 24), cutoff=1.0, deviation=0.2, seed=1)
    >>> bool(abs(modulus.mean() - 1.0) < 1e-12), bool(0.1 < modulus.std() < 0.3)
    (True, True)
    """
    require_arrays(SchemaError, 1, shape=shape)
    lengths = tuple(int(length) for length in shape)
    if not lengths or min(lengths) < 3 or not 0.0 < cutoff < math.pi or not deviation >= 0.0:
        raise SchemaError(
            "impossible medium",
            expected="at least 3 points along each axis, a cutoff between 0 and pi, a deviation of 0 or more",
            got=f"shape {lengths}, cutoff {cutoff:g}, deviation {deviation:g}",
        )
    # White noise, first coordinate fastest, without the wave numbers beyond the cutoff.
    generator = np.random.default_rng(seed)
    noise = np.fft.fftn(generator.standard_normal(lengths[::-1]))
    axes = np.meshgrid(*[2.0 * np.pi * np.fft.fftfreq(length) for length in lengths[::-1]], indexing="ij")
    wave_number = np.sqrt(sum(axis**2 for axis in axes))
    noise[(wave_number > cutoff) | (wave_number == 0.0)] = 0.0
    field = np.fft.ifftn(noise).real.ravel()
    spread = float(field.std())
    if spread == 0.0:
        raise SchemaError("the box has no wave number below the cutoff", got=f"cutoff {cutoff:g}, shape {lengths}")
    modulus = np.exp(deviation / spread * field)
    modulus /= modulus.mean()
    bonds, vectors = uniform_links(lengths)
    conductance = 0.5 * (modulus[bonds[:, 0]] + modulus[bonds[:, 1]])
    return ElasticMedium(lengths, bonds, conductance, vectors), modulus
