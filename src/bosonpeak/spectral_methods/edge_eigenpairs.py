"""Eigenpairs at one end of the spectrum of a symmetric operator, by block Lanczos on a Chebyshev filter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ConvergenceError
from bosonpeak.spectral_methods.block_lanczos import largest_eigenvectors, orthonormal
from bosonpeak.spectral_methods.chebyshev_filter import VECTORS_AT_ONCE, ChebyshevFilter, SpectralOutline
from bosonpeak.spectral_methods.operators import Operator

_FEWEST_LIFTED = 10
_SAME = 1e-8


@dataclass(frozen=True)
class Eigenpairs:
    """Ascending eigenvalues (pairs,), orthonormal eigenvectors (size, pairs) and the largest norm of H e - lambda e."""

    values: FloatArray
    vectors: FloatArray
    residual: float


def edge_eigenpairs(
    operator: Operator,
    outline: SpectralOutline,
    which: str,
    count: int,
    *,
    generator: np.random.Generator,
    project: Callable[[FloatArray], FloatArray] = lambda vectors: vectors,
    projected_count: int = 0,
    block: int = 1,
    lowest: float = 0.0,
) -> Eigenpairs | None:
    """Return the `count` "lowest" or "highest" eigenpairs; None if some of them may be missing."""
    # `project` removes known null vectors from vectors (size, n) after every product with the filter, which would
    # otherwise amplify their round-off; `lowest` is a bound below all eigenvalues.
    lifted = max(count, _FEWEST_LIFTED)
    if which == "lowest":
        lifted += projected_count
        edge_filter = ChebyshevFilter.for_lowest(operator, outline, lifted, block=block, lowest=lowest)
    else:
        edge_filter = ChebyshevFilter.for_highest(operator, outline, lifted, block=block)

    def filtered(vectors: FloatArray) -> FloatArray:
        return project(edge_filter(vectors))

    try:
        vectors = largest_eigenvectors(filtered, operator.shape[0], VECTORS_AT_ONCE, count, generator)
    except ConvergenceError:
        return None
    pairs = _rayleigh_ritz(operator, vectors)
    spread = pairs.values[VECTORS_AT_ONCE - 1 :] - pairs.values[: 1 - VECTORS_AT_ONCE]
    sure = edge_filter.lifts(pairs.values) and not np.any(spread <= _SAME * outline.values[-1])
    return pairs if sure else None


def _rayleigh_ritz(operator: Operator, vectors: FloatArray) -> Eigenpairs:
    """Rayleigh-Ritz eigenvalues of the unfiltered operator; the error of the vectors enters to second order."""
    vectors, _ = orthonormal(vectors)
    image = np.asarray(operator @ vectors)
    values, rotation = np.linalg.eigh(vectors.T @ image)
    rotated = vectors @ rotation
    residual = float(np.max(np.linalg.norm(image @ rotation - rotated * values, axis=0)))
    return Eigenpairs(values, rotated, residual)
