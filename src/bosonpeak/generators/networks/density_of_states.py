"""Vibrational density of states of a spring network by the kernel polynomial method, for networks of any size."""

from __future__ import annotations

import math
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
from bosonpeak.generators.networks.spectral_bound import spectral_upper_bound
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.spectral_methods.chebyshev_moments import Precision, chebyshev_moments
from bosonpeak.spectral_methods.ellpack import blocked_rows
from bosonpeak.spectral_methods.kernel_polynomials import (
    checked_frequencies,
    count_from_moments,
    density_from_moments,
    jackson_resolution,
)


@dataclass(frozen=True)
class KernelPolynomialSpectrum:
    """A sampled density of states, per node and without the zero modes."""

    frequencies: FloatArray  # (frequencies,), angular
    density: FloatArray  # (frequencies,), of integral 1 - zero_mode_count / node_count
    standard_error: FloatArray  # (frequencies,), from the random vectors, NaN for a single vector
    resolution: FloatArray  # (frequencies,), rms width of the peak of a single mode
    moments: FloatArray  # (moments,), mean over the random vectors
    vector_moments: FloatArray  # (vectors, moments)
    spectral_bound: float  # upper bound of the eigenvalues in the expansion
    node_count: int
    zero_mode_count: int  # connected components

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
    >>> from bosonpeak.generators.networks import nine_node_toy
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


def _grid(frequencies: ArrayLike | None, moments: int, bound: float) -> FloatArray:
    if frequencies is None:
        return np.linspace(0.0, math.sqrt(bound), moments, endpoint=False)
    return checked_frequencies(frequencies)


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
