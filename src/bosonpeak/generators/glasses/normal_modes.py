"""Vibrational modes of a glass: all, the lowest or the highest modes, each selection by its fastest method."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from bosonpeak.datasets.arguments import require_counts
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError, RecipeError
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian, not_a_minimum
from bosonpeak.spectral_methods.chebyshev_filter import SpectralOutline
from bosonpeak.spectral_methods.edge_eigenpairs import edge_eigenpairs

SELECTIONS = ("all", "lowest", "highest")

_DENSE_ABOVE = 10
_DENSE_BELOW = 600
_ROUND_OFF = 1e-13
_START = 20240131


@dataclass(frozen=True)
class GlassModes:
    """Normal modes without translations."""

    eigenvalues: FloatArray  # (modes,), ascending, potential stiffness over mass
    eigenvectors: FloatArray | None  # (particles * dimension, modes), orthonormal columns
    residual: float  # largest norm of H e - lambda e, NaN without eigenvectors
    zero_mode_count: int  # number of projected translations

    @property
    def frequencies(self) -> FloatArray:
        """Square roots of the eigenvalues; a negative eigenvalue gives a negative frequency."""
        frequencies: FloatArray = np.sign(self.eigenvalues) * np.sqrt(np.abs(self.eigenvalues))
        return frequencies


def glass_normal_modes(
    hessian: ProjectedHessian, which: str = "all", *, count: int = 50, eigenvectors: bool | None = None
) -> GlassModes:
    """Modes of a projected Hessian.

    Parameters
    ----------
    hessian : ProjectedHessian
        From `ProjectedHessian.of_configuration`.
    which : {"all", "lowest", "highest"}
        All modes by a dense solver; the lowest or highest by block Lanczos on a Chebyshev filter of the sparse
        matrix, or by the dense solver if too many modes are requested, or too many eigenvalues coincide.
    count : int
        Number of lowest or highest modes.
    eigenvectors : bool, optional
        Whether to return eigenvectors. By default not with ``which="all"``; partial selections always have them.

    Returns
    -------
    modes : GlassModes
        Ascending eigenvalues.

    Raises
    ------
    RecipeError
        If the selection is unknown or the count impossible.
    NotApplicableError
        If `hessian` has another type, or the lowest modes of a configuration that is not a minimum are requested.

    Examples
    --------
    Two discs pressed together: phi'' = 1 stiffens the mode along the contact, phi'/r = -1/4 softens that across it.

    >>> from bosonpeak.generators import Harmonic
    >>> from bosonpeak.generators.glasses import ProjectedHessian
    >>> pressed = ProjectedHessian.of_configuration([[0.0, 0.0], [0.8, 0.0]], [1.0, 1.0], 4.0, Harmonic())
    >>> glass_normal_modes(pressed).eigenvalues.round(6).tolist()
    [-0.5, 2.0]
    """
    if not isinstance(hessian, ProjectedHessian):
        raise NotApplicableError(
            "not a Hessian with its translations projected out",
            expected="ProjectedHessian.of_configuration(positions, diameters, box, potential)",
            got=type(hessian).__name__,
            likely_cause="the plain matrix of `hessian`, which still has its zero modes",
        )
    if which not in SELECTIONS:
        raise RecipeError("unknown selection of modes", expected=" or ".join(SELECTIONS), got=repr(which))
    require_counts(RecipeError, count=count)
    if which != "all" and not 0 < count <= hessian.size:
        raise RecipeError("the number of modes cannot be used", expected=f"1 to {hessian.size}", got=str(count))
    if which == "all" and not eigenvectors:
        return _all_eigenvalues(hessian)
    partial = which != "all" and hessian.size >= max(_DENSE_ABOVE * count, _DENSE_BELOW)
    modes = _edge_modes(hessian, which, count) if partial else None
    if modes is None:
        modes = _dense_modes(hessian, which, count)
    if which == "lowest" and modes.eigenvalues[0] <= _round_off(hessian):
        raise not_a_minimum()
    return modes


def participation_ratios(eigenvectors: FloatArray, dimension: int) -> FloatArray:
    """Participation ratios (modes,), [N sum_i |psi_i|^4]^-1, of normalised columns; 1 for a translation."""
    weight = np.sum(eigenvectors.reshape(-1, dimension, eigenvectors.shape[1]) ** 2, axis=1)
    ratios: FloatArray = 1.0 / (len(weight) * np.sum(weight**2, axis=0))
    return ratios


def _all_eigenvalues(hessian: ProjectedHessian) -> GlassModes:
    values = scipy.linalg.eigh(
        hessian.dense(), lower=True, eigvals_only=True, overwrite_a=True, check_finite=False, driver="evd"
    )
    return GlassModes(values, None, math.nan, hessian.zero_mode_count)


def _dense_modes(hessian: ProjectedHessian, which: str, count: int) -> GlassModes:
    values, vectors = scipy.linalg.eigh(hessian.dense(), lower=True, overwrite_a=True, check_finite=False, driver="evd")
    chosen = {"all": slice(None), "lowest": slice(count), "highest": slice(len(values) - count, None)}[which]
    vectors = hessian.expand(vectors[:, chosen])
    return _with_residual(hessian, values[chosen], vectors, hessian.matrix @ vectors)


def _edge_modes(hessian: ProjectedHessian, which: str, count: int) -> GlassModes | None:
    """Modes by Lanczos with a Chebyshev filter; None if some of them may be missing."""
    size = hessian.matrix.shape[0]
    generator = np.random.default_rng(_START)
    outline = SpectralOutline.of_matrix(hessian.matrix, generator.standard_normal(size))
    if which == "lowest" and outline.values[0] < -_round_off(hessian):
        raise not_a_minimum()
    pairs = edge_eigenpairs(
        hessian.matrix,
        outline,
        which,
        count,
        generator=generator,
        project=hessian.without_translations,
        projected_count=hessian.zero_mode_count,
        block=hessian.dimension,
    )
    return None if pairs is None else GlassModes(pairs.values, pairs.vectors, pairs.residual, hessian.zero_mode_count)


def _round_off(hessian: ProjectedHessian) -> float:
    """Modulus below which an eigenvalue has no reliable sign."""
    return _ROUND_OFF * float(abs(hessian.matrix).sum(axis=1).max())


def _with_residual(hessian: ProjectedHessian, values: FloatArray, vectors: FloatArray, image: FloatArray) -> GlassModes:
    residual = float(np.max(np.linalg.norm(image - vectors * values, axis=0)))
    return GlassModes(values, vectors, residual, hessian.zero_mode_count)
