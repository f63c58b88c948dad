"""Reference levels: windows of simulated random matrices (GOE), and renewal levels of adjustable repulsion.

True GOE levels reject the surmise of order three beyond about ten thousand ratios. The spacing of renewal levels over
its mean exceeds x with the probability exp(-(b x)^(q + 1)), b = Gamma((q + 2)/(q + 1)) (Brody, Rev. Mod. Phys. 53, 385
(1981)): q = 0 gives independent levels, q = 1 Wigner's surmise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.linalg import eigvalsh_tridiagonal
from scipy.special import gamma

from bosonpeak.datasets.arguments import one_of, whole_number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.levels.spacing_ratios import spacing_ratios

BULK_ORDER = 200
"""Middle levels are taken from matrices of this order at most: their spacings no longer depend on it."""


PARTS = ("lowest", "middle", "highest")
"""Parts of a spectrum that a window of levels may lie in."""


@dataclass(frozen=True)
class GoeReference:
    """Levels of simulated matrices in one window, (matrices, levels), ascending along a row."""

    levels: FloatArray

    @property
    def ratio(self) -> FloatArray:
        """Spacing ratios r, shape (matrices, levels - 2)."""
        return spacing_ratios(self.levels)


def reference_window(levels: FloatArray, part: str, count: int, *, skip: int = 0) -> GoeReference:
    """Window of stored levels (matrices, levels) of GOE matrices: the lowest after `skip`, or the middle."""
    if count > levels.shape[1]:
        raise NotApplicableError(
            "no random matrices to compare with", expected=f"at most {levels.shape[1]} levels", got=f"{count}"
        )
    if part == "middle":
        first = (levels.shape[1] - count) // 2
        return GoeReference(levels[:, first : first + count])
    if part == "highest":
        return GoeReference(np.ascontiguousarray(-levels[:, count - 1 :: -1]))
    return GoeReference(levels[:, skip:count])


def goe_reference(
    order: int, part: str, count: int, *, skip: int = 0, matrices: int = 300, seed: int = 0
) -> GoeReference:
    """Levels of tridiagonal GOE matrices (Dumitriu and Edelman, J. Math. Phys. 43, 5830, 2002) in one window.

    Parameters
    ----------
    order : int
        Order of the matrices: the degrees of freedom of the data.
    part : {"lowest", "middle", "highest"}
        Part of the spectrum.
    count : int
        Number of levels.
    skip : int
        Levels at the edge that are left out of the ``count``.
    matrices : int
        Number of matrices.
    seed : int
        Seed of the simulation.

    Returns
    -------
    GoeReference

    Raises
    ------
    NotApplicableError
        If the part is unknown, or the matrices have too few levels.

    Examples
    --------
    The mean of min(r, 1/r) is 0.5307 in the middle of large matrices (Atas et al., 2013).

    >>> matrices = goe_reference(200, "middle", 50, matrices=100, seed=1)
    >>> matrices.levels.shape
    (100, 50)
    >>> smaller = matrices.ratio.clip(max=1.0 / matrices.ratio)
    >>> abs(float(smaller.mean()) - 0.53) < 0.01
    True
    """
    order, count = whole_number(order, "order"), whole_number(count, "count")
    skip, matrices = whole_number(skip, "skip", least=0), whole_number(matrices, "matrices")
    part = one_of(part, PARTS, "part of the spectrum")
    if not skip < count <= order:
        raise NotApplicableError(
            "there are no such levels", expected="skip < count <= order", got=f"{skip}, {count} and {order}"
        )
    generator = np.random.default_rng(seed)
    if part == "middle":
        order = min(order, max(BULK_ORDER, 4 * count))
        first = (order - count) // 2
        rows = [_levels(generator, order, order)[first : first + count] for _ in range(matrices)]
    else:
        corner = min(order, _rows_that_matter(order, count))
        rows = [_levels(generator, order, corner)[skip:count] for _ in range(matrices)]
    levels = np.stack(rows)
    return GoeReference(np.ascontiguousarray(-levels[:, ::-1]) if part == "highest" else levels)


def _levels(generator: np.random.Generator, order: int, corner: int) -> FloatArray:
    diagonal = math.sqrt(2.0) * generator.standard_normal(corner)
    beside = np.sqrt(generator.chisquare(np.arange(order - 1, order - corner, -1)))
    return np.asarray(eigvalsh_tridiagonal(diagonal, beside))


def _rows_that_matter(order: int, count: int) -> int:
    """Number of matrix rows that the outermost levels reach: the turning point of the last level, and a tail."""
    turning_point = float((1.5 * math.pi * count) ** (2.0 / 3.0) * order ** (1.0 / 3.0))
    return math.ceil(turning_point + 10.0 * float(order ** (1.0 / 3.0)))


STRONGEST = 2.0
"""Largest measurable repulsion."""

_STEP = 0.004
_REPULSIONS = np.linspace(0.0, STRONGEST, 41)
_NEGLIGIBLE = 1e-12


def no_level_within(distance: FloatArray, repulsion: float) -> FloatArray:
    """Probability that a spacing exceeds a distance, both in units of the mean spacing."""
    rate = float(gamma((repulsion + 2.0) / (repulsion + 1.0)))
    return np.asarray(np.exp(-((rate * distance) ** (repulsion + 1.0))))


def dispersion_of(repulsion: float, mean_count: float) -> float:
    """Variance over mean of the number of levels in an interval of `mean_count` mean spacings at a random place."""
    edge = np.arange(0.0, mean_count + _STEP, _STEP)
    edge *= mean_count / edge[-1]
    middle = 0.5 * (edge[1:] + edge[:-1])
    spacing = -np.diff(no_level_within(edge, repulsion))
    density = no_level_within(middle, repulsion) * (edge[1] - edge[0])
    square, order = 0.0, 1
    while (reached := float(density.sum())) > _NEGLIGIBLE:
        square += (2 * order - 1) * reached
        # Two steps of half a cell each: the sum of two cell centres is a cell edge.
        joined = np.convolve(density, spacing)[: len(density)]
        density = 0.5 * (joined + np.concatenate([[0.0], joined[:-1]]))
        order += 1
    return square / mean_count - mean_count


def repulsion_of(dispersion: float, mean_count: float) -> float:
    """Repulsion q of levels whose counts have the given variance over mean, from 0 (at 1 or above) to `STRONGEST`."""
    return float(np.interp(-dispersion, -_dispersions(mean_count), _REPULSIONS))


@cache
def _dispersions(mean_count: float) -> FloatArray:
    return np.array([dispersion_of(float(each), mean_count) for each in _REPULSIONS])
