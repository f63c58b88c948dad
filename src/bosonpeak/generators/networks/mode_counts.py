"""Exact counts of eigenvalues below a value v, by the inertia of H - v = L D L^T (Sylvester's law).

SuperLU with diagonal pivots only has U = D L^T. Without pivoting for size the factors belong to a slightly different
matrix, and a count is accepted only if its measured distance eps |L| |U| is too small to matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csc_array, csr_array, eye_array
from scipy.sparse.linalg import splu

from bosonpeak.datasets.arguments import require_arrays, require_numbers
from bosonpeak.datasets.array_types import IntegerArray
from bosonpeak.datasets.errors import ConvergenceError, SchemaError
from bosonpeak.generators.networks.dynamical_matrix import laplacian

if TYPE_CHECKING:
    from scipy.sparse.linalg import SuperLU

Counts = IntegerArray

TOLERANCE = 1e-7
"""Largest displacement of a value, relative to the matrix's norm."""

_TRIALS = (1e-2, 1e-1, 1.0)
"""Displacements tried one after the other, relative to the largest."""


@dataclass(frozen=True)
class ShiftedFactor:
    """Factors of H - v for a value v slightly below the requested value."""

    value: float  # v
    count_below: int  # number of eigenvalues below v, exact except within `uncertainty`
    uncertainty: float  # distance (infinity norm) of the factorised matrix from H - v
    factors: SuperLU  # `solve` applies (H - v)^{-1}


def count_below(
    bonds: ArrayLike, stiffness: ArrayLike, node_count: int, frequencies: ArrayLike, *, tolerance: float = TOLERANCE
) -> Counts:
    """Exact number of eigenfrequencies of a spring network strictly below each frequency.

    Zero modes are included: for any frequency above 0 the count is at least the number of connected components.

    Parameters
    ----------
    bonds : array_like of int, shape (bonds, 2)
        Pairs of connected nodes, each pair once.
    stiffness : array_like of float, shape (bonds,)
        Spring constants.
    node_count : int
        Number of nodes.
    frequencies : array_like of float, shape (frequencies,)
        Angular frequencies, finite and not negative.
    tolerance : float
        See `count_below_matrix`; the values there are the squared frequencies, which are never displaced by more
        than a quarter of themselves.

    Returns
    -------
    ndarray of int64, shape (frequencies,)

    Raises
    ------
    SchemaError
        If the arrays are not a network, or a frequency is negative or not finite.
    ConvergenceError
        If no count is reliable at some frequency.

    Examples
    --------
    The 3 x 3 lattice has omega^2 = 0 once, 3 four times and 6 four times.

    >>> from bosonpeak.generators.networks import nine_node_toy
    >>> lattice = nine_node_toy()
    >>> count_below(lattice.bonds, lattice.stiffness, 9, [0.1, 2.0, 3.0]).tolist()
    [1, 5, 9]
    """
    require_arrays(SchemaError, frequencies=frequencies)
    require_numbers(SchemaError, tolerance=tolerance)
    omega = np.asarray(frequencies, dtype=np.float64)
    if not (np.isfinite(omega).all() and (omega >= 0.0).all()):
        raise SchemaError("impossible frequencies", expected="finite numbers, not negative")
    matrix = csc_array(laplacian(bonds, stiffness, node_count))
    largest = tolerance * _norm(matrix)
    counts = [
        factor_below(matrix, w * w, min(largest, 0.25 * w * w)).count_below if w > 0.0 else 0 for w in omega.ravel()
    ]
    return np.array(counts, dtype=np.int64).reshape(omega.shape)


def count_below_matrix(matrix: Any, values: ArrayLike, *, tolerance: float = TOLERANCE) -> Counts:
    """Exact number of eigenvalues of a sparse real symmetric matrix strictly below each value."""
    # Values are displaced downwards by at most `tolerance` times the norm, so that an eigenvalue equal up to round-off
    # is not counted.
    symmetric = _checked(matrix)
    largest = tolerance * _norm(symmetric)
    where = np.asarray(values, dtype=np.float64)
    counts = [factor_below(symmetric, float(value), largest).count_below for value in where.ravel()]
    return np.array(counts, dtype=np.int64).reshape(where.shape)


def factor_below(matrix: csc_array, value: float, largest_displacement: float) -> ShiftedFactor:
    """Factorise H - v for a v at most `largest_displacement` below `value`, with a reliable pivot count."""
    reached = "no factorisation with diagonal pivots"
    for fraction in _TRIALS:
        displacement = fraction * largest_displacement
        factor = _factorise(matrix, value - displacement)
        if factor is None:
            continue
        if factor.uncertainty <= 0.5 * displacement:
            return factor
        reached = f"{factor.uncertainty:.1e} at a displacement of {displacement:.1e}"
    raise ConvergenceError(
        f"eigenvalues below {value!r} cannot be counted reliably",
        expected="factors that are off by less than half the displacement of the value",
        got=reached,
        likely_cause="many eigenvalues, of the matrix or of its leading parts, next to this value",
        done=f"tried {len(_TRIALS)} displacements up to {largest_displacement:.1e}; choose a value nearby",
    )


def _factorise(matrix: csc_array, value: float) -> ShiftedFactor | None:
    """Factors and count, or None if a pivot is zero."""
    size = matrix.shape[0]
    shifted = csc_array(matrix - value * eye_array(size, format="csc"))
    try:
        factors = splu(
            shifted, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True, "Equil": False}
        )
    except RuntimeError:  # a pivot column that is exactly zero on and below the diagonal
        return None
    if not np.array_equal(factors.perm_r, factors.perm_c):
        return None
    lower, upper = factors.L, factors.U
    growth = float(np.max(abs(lower) @ (abs(upper) @ np.ones(size))))
    negative = int(np.count_nonzero(upper.diagonal() < 0.0))
    return ShiftedFactor(value, negative, float(np.finfo(np.float64).eps) * growth, factors)


def _norm(matrix: csc_array | csr_array) -> float:
    """Infinity norm, an upper bound of the modulus of every eigenvalue."""
    row_sums: Any = abs(matrix) @ np.ones(matrix.shape[1])
    return float(row_sums.max()) or 1.0


def _checked(matrix: Any) -> csc_array:
    rows, columns = matrix.shape
    if rows != columns:
        raise SchemaError("not a square matrix", got=f"shape {matrix.shape}")
    symmetric = csc_array(matrix, dtype=np.float64)
    asymmetry = abs(symmetric - symmetric.T).max()
    if not asymmetry <= 1e-12 * _norm(symmetric):
        raise SchemaError("not a symmetric matrix", got=f"|H - H^T| up to {asymmetry:.3g}")
    return symmetric
