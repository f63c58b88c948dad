"""Vibrational density of states of a spring network by the kernel polynomial method.

The spectrum lambda = omega^2 of the dynamical matrix is mapped to x = 2 lambda/bound - 1 = cos(theta), with lambda = 0
exactly at x = -1, so that omega = Omega cos(theta/2) with Omega = sqrt(bound). The density is expanded in Chebyshev
polynomials T_n(x) = cos(n theta), damped by Jackson's kernel, with moments averaged over random vectors (A. Weisse, G.
Wellein, A. Alvermann and H. Fehske, Rev. Mod. Phys. 78, 275 (2006)). The kernel has the same width at every theta; as a
function of omega it is widest at omega = 0 and an even function there, so that no weight is lost at the lower edge.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import present, require_arrays, require_counts, require_numbers, require_seed
from bosonpeak.datasets.array_types import FloatArray, IndexArray
from bosonpeak.datasets.errors import SchemaError
from bosonpeak.generators.networks.dynamical_matrix import (
    checked_network,
    connected_component_labels,
    without_null_space,
)
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.generators.spectral_methods.chebyshev_moments import Precision, chebyshev_moments
from bosonpeak.generators.spectral_methods.ellpack import blocked_rows
from bosonpeak.generators.spectral_methods.spectral_bound import spectral_upper_bound

ANGLES_AT_A_TIME = 4096


@dataclass(frozen=True)
class KernelPolynomialSpectrum:
    """A sampled density of states, per node and without the zero modes.

    `density`, `standard_error` (from the spread over the random vectors, NaN for a single vector) and `resolution` (rms
    width of the peak of a single mode) at the angular `frequencies`: (frequencies,); the integral of the density is ``1
    - zero_mode_count / node_count``. `moments`: (moments,), mean over the random vectors of `vector_moments`: (vectors,
    moments). `spectral_bound`: upper bound of the eigenvalues in the expansion. `zero_mode_count`: connected
    components.
    """

    frequencies: FloatArray
    density: FloatArray
    standard_error: FloatArray
    resolution: FloatArray
    moments: FloatArray
    vector_moments: FloatArray
    spectral_bound: float
    node_count: int
    zero_mode_count: int

    def count_below(self, frequencies: ArrayLike) -> FloatArray:
        """Smoothed number of modes per node in (0, omega); see `count_from_moments`."""
        return count_from_moments(self.moments, self.spectral_bound, frequencies)


def kernel_polynomial_dos(
    bonds: ArrayLike,
    stiffness: ArrayLike,
    node_count: int,
    *,
    moments: int = 768,
    vectors: int = 2,
    seed: np.random.SeedSequence | int,
    frequencies: ArrayLike | None = None,
    spectral_bound: float | None = None,
    precision: Precision = "float64",
) -> KernelPolynomialSpectrum:
    """Density of states of a scalar spring network of any size; time and memory are linear in its size.

    Parameters
    ----------
    bonds : array_like of int, shape (bonds, 2)
        Pairs of connected nodes, each pair once.
    stiffness : array_like of float, shape (bonds,)
        Spring constants.
    node_count : int
        Number of nodes.
    moments : int
        Number of Chebyshev moments; the resolution is inversely proportional to it.
    vectors : int
        Number of random vectors. Vector k is the same whatever their number, and so are its moments, bit by bit.
    seed : SeedSequence or int
        Source of the random vectors; it is not changed.
    frequencies : array_like of float, shape (frequencies,), optional
        Where the density is evaluated; by default `moments` equidistant frequencies from 0 up to the bound.
    spectral_bound : float, optional
        An upper bound on the eigenvalues; by default a rigorous one (`spectral_upper_bound`). The recursion
        diverges if an eigenvalue exceeds it.
    precision : {"float64", "float32"}
        Precision of the recursion.

    Returns
    -------
    KernelPolynomialSpectrum

    Raises
    ------
    SchemaError
        If the arrays are not a network, an argument is impossible, or the given bound is exceeded.

    Notes
    -----
    The random vectors have independent entries +1 and -1 and are then projected off the zero modes, so that no
    smoothed peak remains at zero frequency. Each vector's moments are divided by its norm and multiplied by the
    fraction of nonzero modes, which normalises the density exactly.

    Examples
    --------
    Nine nodes have eight modes above zero.

    >>> import numpy as np
    >>> from bosonpeak.generators import nine_node_toy
    >>> lattice = nine_node_toy()
    >>> found = kernel_polynomial_dos(lattice.bonds, lattice.stiffness, 9, moments=64, seed=1)
    >>> round(9.0 * float(np.trapezoid(found.density, found.frequencies)), 1)
    8.0
    >>> found.zero_mode_count
    1
    """
    require_counts(SchemaError, moments=moments, vectors=vectors)
    require_seed(SchemaError, seed)
    require_arrays(SchemaError, **present(frequencies=frequencies))
    require_numbers(SchemaError, **present(spectral_bound=spectral_bound))
    pairs, springs = checked_network(bonds, stiffness, node_count)
    _check_arguments(moments, vectors, spectral_bound)
    bound = spectral_bound or spectral_upper_bound(pairs, springs, node_count) or 1.0
    grid = _grid(frequencies, moments, bound)
    labels = connected_component_labels(pairs, node_count)
    zero_mode_count = int(labels.max()) + 1
    if len(pairs) == 0:
        vector_moments = np.zeros((vectors, moments))
    else:
        rows = blocked_rows(pairs, springs, node_count)
        starts = _random_starts(seed, vectors, labels)
        vector_moments = chebyshev_moments(rows, starts, moments, bound, precision)
        vector_moments *= (1.0 - zero_mode_count / node_count) / vector_moments[:, :1]
    densities = density_from_moments(vector_moments, bound, grid)
    return KernelPolynomialSpectrum(
        frequencies=grid,
        density=densities.mean(axis=0),
        standard_error=_standard_error(densities),
        resolution=jackson_resolution(moments, bound, grid),
        moments=vector_moments.mean(axis=0),
        vector_moments=vector_moments,
        spectral_bound=bound,
        node_count=node_count,
        zero_mode_count=zero_mode_count,
    )


def jackson_kernel(moments: int) -> FloatArray:
    """Jackson's damping factors g_n, n = 0 ... moments - 1 (Weisse et al., eq. 71)."""
    n = np.arange(moments)
    q = math.pi / (moments + 1)
    return np.asarray(((moments - n + 1) * np.cos(q * n) + np.sin(q * n) / math.tan(q)) / (moments + 1))


def jackson_resolution(moments: int, spectral_bound: float, frequencies: ArrayLike) -> FloatArray:
    """Rms width in frequency of the peak that the kernel makes of a single mode; zero at and above the bound.

    In theta the kernel's rms width is sqrt(2 (1 - g_1)) = 2 sin(pi / (2 (M + 1))), about pi/M, everywhere. With omega =
    Omega cos(theta/2), Omega = sqrt(bound), this is sigma_omega = (pi/M) (Omega/2) sqrt(1 - omega^2/Omega^2): constant
    at low frequency, zero at the bound.
    """
    limit = math.sqrt(spectral_bound)
    width = 2.0 * math.sin(0.5 * math.pi / (moments + 1))
    omega = np.asarray(frequencies, dtype=np.float64)
    return np.asarray(0.5 * width * np.sqrt(np.clip(limit**2 - omega**2, 0.0, None)))


def density_from_moments(moments: ArrayLike, spectral_bound: float, frequencies: ArrayLike) -> FloatArray:
    """Density of states (..., frequencies) per node from `moments` (..., moments); zero at and above the bound."""
    damped, theta = _expansion(moments, spectral_bound, frequencies)
    in_theta = damped[..., :1] + 2.0 * _series(np.cos, damped[..., 1:], theta)
    stretch = 0.5 * math.pi * math.sqrt(spectral_bound) * np.sin(0.5 * theta)
    return np.divide(in_theta, stretch, out=np.zeros_like(in_theta), where=stretch > 0.0)


def count_from_moments(moments: ArrayLike, spectral_bound: float, frequencies: ArrayLike) -> FloatArray:
    """Smoothed number of nonzero modes per node below each frequency, the integral of `density_from_moments`."""
    damped, theta = _expansion(moments, spectral_bound, frequencies)
    integrated = damped[..., 1:] / np.arange(1, damped.shape[-1])
    return np.asarray((damped[..., :1] * (math.pi - theta) - 2.0 * _series(np.sin, integrated, theta)) / math.pi)


def _expansion(moments: ArrayLike, spectral_bound: float, frequencies: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Damped moments, and theta at each frequency."""
    coefficients = np.asarray(moments, dtype=np.float64)
    scaled = _checked_frequencies(frequencies) / math.sqrt(spectral_bound)
    return coefficients * jackson_kernel(coefficients.shape[-1]), 2.0 * np.arccos(np.minimum(scaled, 1.0))


def _series(wave: Callable[[FloatArray], FloatArray], coefficients: FloatArray, theta: FloatArray) -> FloatArray:
    """Sum over n = 1, 2, ... of coefficient times wave(n theta), for a few angles at a time to save memory."""
    n = np.arange(1.0, coefficients.shape[-1] + 1.0)[:, None]
    starts = range(0, len(theta), ANGLES_AT_A_TIME)
    parts = [coefficients @ wave(n * theta[start : start + ANGLES_AT_A_TIME]) for start in starts]
    return np.concatenate([np.zeros((*coefficients.shape[:-1], 0)), *parts], axis=-1)


def _grid(frequencies: ArrayLike | None, moments: int, bound: float) -> FloatArray:
    if frequencies is None:
        return np.linspace(0.0, math.sqrt(bound), moments, endpoint=False)
    return _checked_frequencies(frequencies)


def _checked_frequencies(frequencies: ArrayLike) -> FloatArray:
    omega = np.atleast_1d(np.asarray(frequencies, dtype=np.float64))
    if omega.ndim != 1 or not (np.isfinite(omega).all() and (omega >= 0.0).all()):
        raise SchemaError("impossible frequencies", expected="a list of finite numbers, not negative")
    return omega


def _standard_error(densities: FloatArray) -> FloatArray:
    if len(densities) == 1:
        return np.full(densities.shape[1], math.nan)
    return np.asarray(densities.std(axis=0, ddof=1) / math.sqrt(len(densities)))


def _random_starts(seed: np.random.SeedSequence | int, vectors: int, labels: IndexArray) -> FloatArray:
    """Independent signs minus their mean on each component, with a separate random stream per vector."""
    root = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    starts = np.zeros((vectors, len(labels)))
    for k in range(vectors):
        generator = np.random.default_rng(random_stream(root, k))
        while not starts[k].any():  # on a few nodes all signs can be equal, and the projection leaves zero
            signs = 2.0 * generator.integers(0, 2, len(labels), dtype=np.int8).astype(np.float64) - 1.0
            starts[k] = without_null_space(signs, labels)
    return starts


def _check_arguments(moments: int, vectors: int, spectral_bound: float | None) -> None:
    possible = moments >= 2 and vectors >= 1 and (spectral_bound is None or 0.0 < spectral_bound < math.inf)
    if not possible:
        raise SchemaError(
            "impossible arguments of the kernel polynomial method",
            expected="moments >= 2, vectors >= 1, spectral_bound finite and above 0",
            got=f"moments = {moments}, vectors = {vectors}, spectral_bound = {spectral_bound}",
        )
