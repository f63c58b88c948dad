"""Level windows of simulated large matrices of the Gaussian orthogonal ensemble (GOE).

The surmise of order three is rejected by true GOE levels beyond about ten thousand ratios, so data are tested against
matrices of their own order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigvalsh_tridiagonal

from bosonpeak.datasets.arguments import one_of, whole_number
from bosonpeak.datasets.arrays import FloatArray
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
