"""Normal modes of a harmonic solid: all of them or the lowest, with its zero modes recognised or projected out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from scipy.sparse.linalg import LinearOperator, eigsh

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError, NotApplicableError
from bosonpeak.generators.harmonic_solids.harmonic_solid import HarmonicSolid
from bosonpeak.generators.harmonic_solids.rigid_motions import translations, zero_mode_count
from bosonpeak.spectral_methods.chebyshev_filter import SpectralOutline
from bosonpeak.spectral_methods.edge_eigenpairs import edge_eigenpairs
from bosonpeak.spectral_methods.operators import dense_matrix, image_of

LARGEST_DENSE = 20000
"""Degrees of freedom up to which a matrix is diagonalised whole: 6.4 GB with its eigenvectors."""

_DENSE_BELOW = 600
_DENSE_ABOVE = 10
_BLOCKS = (1, 2, 3)
_BEYOND = 2.0
_START = 20240131


@dataclass(frozen=True)
class SolidModes:
    """Modes of a harmonic solid, in ascending order and without unstable ones."""

    frequencies: FloatArray  # (modes,), zero modes first as 0
    vectors: FloatArray  # (size, modes)
    unstable: FloatArray  # (unstable modes,), -|omega|
    zero_count: int
    zero_frequency: float  # largest |omega| of the zero modes
    projected: int  # number of translations projected out


def modes_of_solid(solid: HarmonicSolid, count: int | None, *, project: bool) -> SolidModes:
    """All modes, or the `count` lowest above the zero modes; with `project`, on the space without translations."""
    shifts = translations(solid.root_masses, solid.dimension) if project else np.empty((solid.size, 0))
    available = solid.size - shifts.shape[1]
    if count is not None and not 0 < count <= available:
        raise NotApplicableError("modes: not so many modes", expected=f"1 to {available}, or 'all'", got=str(count))
    if count is None or solid.size < max(_DENSE_BELOW, _DENSE_ABOVE * count):
        return _chosen(solid, *_all_pairs(solid, shifts), shifts, count)
    wanted = count + solid.rigid_motions.shape[1] - shifts.shape[1]
    while True:
        values, vectors = _lowest_pairs(solid, shifts, min(wanted, available))
        found = _chosen(solid, values, vectors, shifts, count)
        missing = count + found.zero_count - len(found.frequencies)
        if missing <= 0 or wanted >= available:
            return found
        wanted += missing


def _chosen(
    solid: HarmonicSolid, values: FloatArray, vectors: FloatArray, shifts: FloatArray, count: int | None
) -> SolidModes:
    by_modulus = np.argsort(np.abs(values), kind="stable")
    rigid = solid.rigid_motions[:, shifts.shape[1] :]
    zeros = by_modulus[: zero_mode_count(values[by_modulus], vectors[:, by_modulus], rigid, solid.round_off)]
    others = np.setdiff1d(np.arange(len(values)), zeros)
    stable, unstable = others[values[others] > 0.0], others[values[others] <= 0.0]
    kept = np.concatenate([zeros, stable[:count]])
    frequencies = np.concatenate([np.zeros(len(zeros)), np.sqrt(values[stable[:count]])])
    return SolidModes(
        frequencies=frequencies,
        vectors=vectors[:, kept],
        unstable=-np.sqrt(-values[unstable]),
        zero_count=len(zeros),
        zero_frequency=float(np.sqrt(np.abs(values[zeros]).max(initial=0.0))),
        projected=shifts.shape[1],
    )


def _all_pairs(solid: HarmonicSolid, shifts: FloatArray) -> tuple[FloatArray, FloatArray]:
    if solid.size > LARGEST_DENSE:
        raise NotApplicableError(
            "modes: the matrix is too large to be diagonalised whole",
            expected=f"at most {LARGEST_DENSE} degrees of freedom",
            got=f"shape {solid.operator.shape}",
            likely_cause="modes=20 gives the lowest modes, density_of_states the density of all",
        )
    matrix = dense_matrix(solid.operator)
    if shifts.shape[1]:
        # Translations are lifted above all other modes, and dropped there.
        image = matrix @ shifts
        lift = _BEYOND * float(np.abs(matrix).sum(axis=1).max()) + 1.0
        middle = shifts.T @ image + lift * np.eye(shifts.shape[1])
        matrix += shifts @ middle @ shifts.T - image @ shifts.T - shifts @ image.T
    values, vectors = scipy.linalg.eigh(matrix, overwrite_a=True, check_finite=False, driver="evd")
    kept = slice(len(values) - shifts.shape[1])
    return np.asarray(values[kept]), np.asarray(vectors[:, kept])


def _lowest_pairs(solid: HarmonicSolid, shifts: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    def projected(vectors: FloatArray) -> FloatArray:
        return vectors - shifts @ (shifts.T @ vectors)

    generator = np.random.default_rng(_START)
    outline = SpectralOutline.of_matrix(solid.operator, generator.standard_normal(solid.size))
    pairs = edge_eigenpairs(
        solid.operator,
        outline,
        "lowest",
        count,
        generator=generator,
        project=projected,
        projected_count=shifts.shape[1],
        block=solid.dimension if solid.dimension in _BLOCKS else 1,
        lowest=min(0.0, float(outline.values[0])),
    )
    if pairs is not None:
        return pairs.values, pairs.vectors
    if solid.size <= LARGEST_DENSE:
        values, vectors = _all_pairs(solid, shifts)
        return values[:count], vectors[:, :count]
    return _by_restarts(solid, shifts, count, 2.0 * float(outline.values[-1]))


def _by_restarts(solid: HarmonicSolid, shifts: FloatArray, count: int, lift: float) -> tuple[FloatArray, FloatArray]:
    """Restarted Lanczos, slower, for large systems with strongly unstable or many coinciding modes."""

    def image(vector: FloatArray) -> FloatArray:
        inside = vector - shifts @ (shifts.T @ vector)
        found = image_of(solid.operator, inside)
        return np.asarray(found - shifts @ (shifts.T @ found) + lift * (vector - inside))

    operator = LinearOperator(solid.operator.shape, matvec=image, dtype=np.float64)
    start = np.random.default_rng(_START).standard_normal(solid.size)
    values, vectors = eigsh(operator, k=count, which="SA", v0=start)
    return np.asarray(values), np.asarray(vectors)


def require_stable(found: SolidModes, size: int, largest_share: float) -> None:
    """Raise ForeignInputError if more than a share of the modes is unstable."""
    share = len(found.unstable) / size
    if share > largest_share:
        raise ForeignInputError(
            "system: many eigenvalues are negative",
            expected=f"at most {largest_share:.3g} of the modes (largest_unstable_share), or a minimum of the energy",
            got=f"{len(found.unstable)} of {size} modes, down to frequency {found.unstable[0]:.6g}",
            likely_cause="derivatives of forces, which are minus the second derivatives of the energy, or a "
            "configuration that was not minimised",
            done="nothing was computed further",
        )
