"""Normal modes of a spring network: all modes, the lowest modes, or the modes nearest to a frequency."""

from __future__ import annotations

import math
from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg
from scipy.sparse import csc_array
from scipy.sparse.linalg import LinearOperator, eigsh

from bosonpeak.datasets.arguments import present, require_counts, require_numbers
from bosonpeak.datasets.array_types import FloatArray, IndexArray
from bosonpeak.datasets.errors import ConvergenceError, SchemaError
from bosonpeak.generators.networks.dynamical_matrix import (
    checked_network,
    connected_component_labels,
    laplacian,
    without_null_space,
)
from bosonpeak.generators.networks.mode_counts import ShiftedFactor, factor_below

Labels = IndexArray
Which = Literal["all", "lowest", "nearest"]

DENSE_NODES = 800
"""Up to this size, a few modes are picked from the full spectrum."""

_SHIFT = 1e-3
"""Largest distance of the shift from the target, relative to the norm of the matrix (1 per cent of it is the rule)."""

_SPARE_MODES = 4
"""Modes computed beside those wanted, because the shift is not exactly the target."""

_RESIDUAL = 1e-10
"""Largest residual |H e - lambda e| accepted, relative to the norm of the matrix."""

_OPEN_GAP = 1e-8
"""Smallest gap between eigenvalues in which a count is taken, relative to the norm of the matrix."""

_ATTEMPTS = 4


@overload
def normal_modes(
    bonds: ArrayLike,
    stiffness: ArrayLike,
    node_count: int,
    which: Which = ...,
    count: int | None = ...,
    frequency: float | None = ...,
    vectors: Literal[True] = ...,
    *,
    zero_modes: bool = ...,
) -> tuple[FloatArray, FloatArray]: ...


@overload
def normal_modes(
    bonds: ArrayLike,
    stiffness: ArrayLike,
    node_count: int,
    which: Which = ...,
    count: int | None = ...,
    frequency: float | None = ...,
    vectors: bool = ...,
    *,
    zero_modes: bool = ...,
) -> tuple[FloatArray, FloatArray | None]: ...


def normal_modes(
    bonds: ArrayLike,
    stiffness: ArrayLike,
    node_count: int,
    which: Which = "all",
    count: int | None = None,
    frequency: float | None = None,
    vectors: bool = True,
    *,
    zero_modes: bool = True,
) -> tuple[FloatArray, FloatArray | None]:
    """Angular frequencies and polarisation vectors of normal modes.

    Parameters
    ----------
    bonds : array_like of int, shape (bonds, 2)
        Pairs of connected nodes, each pair once.
    stiffness : array_like of float, shape (bonds,)
        Spring constants.
    node_count : int
        Number of nodes.
    which : {"all", "lowest", "nearest"}
        All modes (dense, LAPACK), the `count` lowest, or the `count` modes with omega^2 nearest to the square of
        `frequency` (sparse, shift-and-invert Lanczos).
    count : int, optional
        How many modes, for "lowest" and "nearest"; all there are if the network has fewer.
    frequency : float, optional
        Target of "nearest".
    vectors : bool
        Whether to return polarisation vectors.
    zero_modes : bool
        Whether the zero modes, one for each connected component, are among the modes returned (and counted).

    Returns
    -------
    frequencies : ndarray, shape (modes,)
        Ascending. Zero modes are exact zeros: they are known from the connected components, and all other modes are
        computed in the space orthogonal to them.
    vectors : ndarray, shape (modes, nodes), or None
        Orthonormal rows. The zero modes' are the uniform displacements of the components.

    Raises
    ------
    SchemaError
        If the arrays are not a network or the arguments contradict each other.
    ConvergenceError
        If an eigenvalue is negative beyond round-off, residuals stay too large, or exact counts by inertia show that
        modes were missed.

    Examples
    --------
    The zero mode moves all nodes alike.

    >>> from bosonpeak.generators.networks import nine_node_toy
    >>> lattice = nine_node_toy()
    >>> frequencies, vectors = normal_modes(lattice.bonds, lattice.stiffness, 9)
    >>> (frequencies**2).round(6).tolist()
    [0.0, 3.0, 3.0, 3.0, 3.0, 6.0, 6.0, 6.0, 6.0]
    >>> vectors[0].round(6).tolist()
    [0.333333, 0.333333, 0.333333, 0.333333, 0.333333, 0.333333, 0.333333, 0.333333, 0.333333]
    """
    require_counts(SchemaError, **present(count=count))
    require_numbers(SchemaError, **present(frequency=frequency))
    pairs, springs = checked_network(bonds, stiffness, node_count)
    _check_request(which, count, frequency)
    labels = connected_component_labels(pairs, node_count)
    matrix = csc_array(laplacian(pairs, springs, node_count))
    target = 0.0 if frequency is None else frequency**2
    wanted = node_count if count is None else count
    if which == "all" or node_count <= DENSE_NODES or wanted > node_count // 8:
        values, rows = _all_modes(matrix, labels, vectors)
    else:
        values, rows = _nearest_modes(matrix, labels, target, wanted + _SPARE_MODES)
    frequencies = np.sqrt(_without_round_off(values, matrix))
    if zero_modes:
        zero_count = int(labels.max()) + 1
        frequencies = np.concatenate([np.zeros(zero_count), frequencies])
        rows = np.concatenate([_uniform_displacements(labels), rows]) if vectors else rows
    if which != "all":
        kept = np.sort(np.argsort(np.abs(frequencies**2 - target), kind="stable")[:wanted])
        frequencies, rows = frequencies[kept], rows[kept] if vectors else rows
    return frequencies, rows if vectors else None


def _all_modes(matrix: csc_array, labels: Labels, vectors: bool) -> tuple[FloatArray, FloatArray]:
    """All nonzero modes; the zero modes are shifted above the spectrum and dropped."""
    dense = matrix.toarray()
    lift = 2.0 * _norm(matrix)
    for label, population in enumerate(np.bincount(labels)):
        members = np.flatnonzero(labels == label)
        dense[np.ix_(members, members)] += lift / population
    kept = len(labels) - (int(labels.max()) + 1)
    if not vectors:
        values = np.asarray(linalg.eigvalsh(dense, overwrite_a=True, check_finite=False), dtype=np.float64)
        return values[:kept], np.empty((0, len(labels)))
    values, columns = linalg.eigh(dense, driver="evd", overwrite_a=True, check_finite=False)
    return values[:kept], np.ascontiguousarray(columns[:, :kept].T)


def _nearest_modes(matrix: csc_array, labels: Labels, target: float, count: int) -> tuple[FloatArray, FloatArray]:
    """Nonzero modes nearest to a target eigenvalue, checked against exact counts."""
    factor = factor_below(matrix, target, _SHIFT * _norm(matrix))
    for attempt in range(_ATTEMPTS):
        values, rows = _shift_and_invert(matrix, labels, factor, count, attempt)
        if _are_accurate(matrix, values, rows) and _none_missing(matrix, values):
            return values, rows
    raise ConvergenceError(
        f"the modes near omega = {math.sqrt(target):.6g} were not all found",
        expected=f"residuals |H e - lambda e| below {_RESIDUAL:g} of the norm of H, and as many modes as exact counts",
        likely_cause="degenerate modes",
        done=f"made {_ATTEMPTS} attempts with different starting vectors; ask for more modes or for all",
    )


def _shift_and_invert(
    matrix: csc_array, labels: Labels, factor: ShiftedFactor, count: int, attempt: int
) -> tuple[FloatArray, FloatArray]:
    """Lanczos iteration with the inverse of the shifted matrix in the space orthogonal to the zero modes."""

    def apply(field: FloatArray) -> FloatArray:
        return without_null_space(factor.factors.solve(without_null_space(field.ravel(), labels)), labels)

    node_count = len(labels)
    start = without_null_space(np.random.default_rng(attempt).standard_normal(node_count), labels)
    basis = min(node_count - 1, (2 + attempt) * count + 20)
    inverse = LinearOperator((node_count, node_count), matvec=apply, dtype=np.float64)
    _, columns = eigsh(inverse, count, which="LM", v0=start, ncv=basis)
    values = np.einsum("ik,ik->k", columns, matrix @ columns)
    order = np.argsort(values)
    return values[order], np.ascontiguousarray(columns[:, order].T)


def _are_accurate(matrix: csc_array, values: FloatArray, rows: FloatArray) -> bool:
    residuals = np.linalg.norm(matrix @ rows.T - rows.T * values, axis=0)
    return bool(residuals.max() <= _RESIDUAL * _norm(matrix))


def _none_missing(matrix: csc_array, values: FloatArray) -> bool:
    """Compare the number of modes between two gaps, as far apart as possible, with exact counts."""
    gaps = np.diff(values)
    smallest = max(0.1 * (values[-1] - values[0]) / len(values), _OPEN_GAP * _norm(matrix))
    open_gaps = np.flatnonzero(gaps > smallest)
    if len(open_gaps) < 2:
        return True
    outermost = open_gaps[[0, -1]]
    lower, upper = (
        factor_below(matrix, float(values[gap] + 0.5 * gaps[gap]), 0.25 * gaps[gap]).count_below for gap in outermost
    )
    return bool(upper - lower == outermost[1] - outermost[0])


def _uniform_displacements(labels: Labels) -> FloatArray:
    """Orthonormal zero modes, shape (components, nodes)."""
    member = labels == np.arange(labels.max() + 1)[:, None]
    return np.asarray(member / np.sqrt(member.sum(axis=1, keepdims=True)))


def _without_round_off(values: FloatArray, matrix: csc_array) -> FloatArray:
    """Eigenvalues, where negative values within round-off are replaced by zero."""
    allowed = len(values) * float(np.finfo(np.float64).eps) * _norm(matrix)
    if len(values) and values[0] < -allowed:
        raise ConvergenceError(
            "a spring network has a negative eigenvalue",
            expected=f"none below {-allowed:.3g}, which round-off can explain",
            got=f"{values[0]:.3g}",
        )
    return np.maximum(values, 0.0)


def _norm(matrix: csc_array) -> float:
    """Infinity norm, an upper bound of all eigenvalues."""
    return float(2.0 * matrix.diagonal().max()) or 1.0


def _check_request(which: str, count: int | None, frequency: float | None) -> None:
    needs = {"all": (False, False), "lowest": (True, False), "nearest": (True, True)}
    given = (count is not None, frequency is not None)
    if which not in needs or given != needs[which] or (count is not None and count < 1) or not _possible(frequency):
        raise SchemaError(
            "impossible choice of modes",
            expected='which="all", "lowest" with a count >= 1, or "nearest" with a count and a frequency >= 0',
            got=f"which = {which!r}, count = {count}, frequency = {frequency}",
        )


def _possible(frequency: float | None) -> bool:
    return frequency is None or 0.0 <= frequency < math.inf
