"""Density of states of a matrix or operator by kernel polynomials: time and memory are linear in its size."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import numbers, whole_number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError, SchemaError
from bosonpeak.spectral_methods.block_matrix import BLOCK_SIZES
from bosonpeak.spectral_methods.kernel_polynomials import jackson_resolution
from bosonpeak.spectral_methods.operator_spectra import binned_spectrum, operator_bound, operator_moments
from bosonpeak.spectral_methods.operators import Operator, as_operator, require_symmetric, round_off
from bosonpeak.validators.reduced_densities.density_rows import DensityRows

_CHEAP = 1e-5
"""A translation costs no more than this frequency in units of the highest: it is then a zero mode."""

_ROUNDINGS = 30.0
"""Errors of rounding in a product of single precision, whose translations cost more than that."""

_BIN = 2.0
"""Width of the default bins, in rms widths of the kernel at zero frequency."""


def is_operator(data: Any) -> bool:
    """Return whether data are a sparse matrix or operator; arrays are frequencies."""
    return not hasattr(data, "__array__") and hasattr(data, "__matmul__") and len(getattr(data, "shape", ())) == 2


def operator_rows(
    system: Any, dimension: int | None, moments: int, vectors: int, seed: int, masses: ArrayLike | None = None
) -> tuple[Callable[[FloatArray | None], DensityRows], int, float]:
    """Density of states of an operator on any bins, its degrees of freedom, and the highest frequency."""
    # Each random vector is a group: intervals describe the error of the trace, not the scatter between samples.
    # Translations, one per axis, are projected out if they cost nothing.
    operator = as_operator(system, "data")
    require_symmetric(operator, "data")
    size, moments = operator.shape[0], 2 * ((whole_number(moments, "moments", least=4) + 1) // 2)
    axes = dimension or 1
    block = axes if axes in BLOCK_SIZES and size % axes == 0 else 1
    bound = operator_bound(operator)
    if not bound > 0.0:
        raise NotApplicableError(
            "the operator has no eigenvalue above zero", expected="a stable solid", got=f"{bound:g}"
        )
    zero = translations(operator, axes, bound, masses)
    if zero.shape[1] == 0 and masses is None:  # a scalar network has one component per node
        zero = translations(operator, 1, bound)
    generator = np.random.default_rng(seed)
    starts = generator.choice((-1.0, 1.0), (whole_number(vectors, "vectors"), size))
    starts -= (starts @ zero) @ zero.T
    try:
        found = operator_moments(operator, starts, moments, bound, block=block)
    except SchemaError as error:
        raise NotApplicableError(
            "the spectrum is not between zero and its bound",
            expected="a symmetric operator without negative eigenvalues",
            got="a Chebyshev recursion that diverges",
            likely_cause="unstable modes: bosonpeak.vibrations counts them",
        ) from error
    found *= (1.0 - zero.shape[1] / size) / found[:, :1]
    highest = math.sqrt(bound)

    def rows_on(edges: FloatArray | None) -> DensityRows:
        if edges is None:
            width = _BIN * float(jackson_resolution(moments, bound, [0.0])[0])
            edges = np.linspace(0.0, highest, max(2, math.ceil(highest / width)) + 1)
        spectrum = np.maximum(binned_spectrum(found, bound, edges), 0.0)
        kernel = jackson_resolution(moments, bound, 0.5 * (edges[1:] + edges[:-1]))
        resolution = np.hypot(kernel, np.diff(edges) / math.sqrt(12.0))
        ones = np.ones_like(spectrum)
        return DensityRows(edges, spectrum, ones, counted=False, samples=ones.sum(axis=0), resolution=resolution)

    return rows_on, size, highest


def translations(operator: Operator, axes: int, bound: float, masses: ArrayLike | None = None) -> FloatArray:
    """Orthonormal translations (size, axes), sqrt(m) of each particle; (size, 0) if one costs more than round-off.

    With `masses`, a translation that costs energy raises NotApplicableError, as do masses that do not fit.
    """
    size = operator.shape[0]
    if size % axes:
        return np.empty((size, 0))
    weights = np.ones(size // axes) if masses is None else _root_masses(masses, size, axes)
    uniform: FloatArray = np.asarray(
        np.kron((weights / np.linalg.norm(weights))[:, None], np.eye(axes)), dtype=np.float64
    )
    cost = np.linalg.norm(np.asarray(operator @ uniform), axis=0)
    limit = max(_CHEAP**2, _ROUNDINGS * round_off(operator))
    if (cost < limit * bound).all():
        return uniform
    if masses is not None:
        raise NotApplicableError(
            "masses: a translation of particles of these masses costs energy",
            expected=f"masses of the particles, for a matrix divided by sqrt(m_i m_j), and at most {limit:.0e}",
            got=f"{cost.max() / bound:.2g} of the largest eigenvalue",
            likely_cause="masses in another order than the rows, particles that are held, or a matrix without masses",
        )
    return np.empty((size, 0))


def _root_masses(masses: ArrayLike, size: int, axes: int) -> FloatArray:
    found = numbers(masses, "masses", finite=True)
    if not (found > 0.0).all() or len(found) * axes != size:
        raise NotApplicableError(
            "masses: they do not match the particles",
            expected=f"{size // axes} positive numbers for {size} degrees of freedom in {axes} dimensions (dimension=)",
            got=f"shape {found.shape}" + ("" if (found > 0.0).all() else ", not all of them positive"),
        )
    return np.sqrt(found)
