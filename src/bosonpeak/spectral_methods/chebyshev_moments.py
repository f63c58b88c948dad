"""Chebyshev moments of a dynamical matrix, with one fused pass over the network per step.

With H~ = (2/bound) H - 1 the recursion is t_{n+1} = 2 H~ t_n - t_{n-1}. A pass computes, row by row, ``sum_j w_ij (x_i
- x_j)`` (no diagonal is stored), overwrites t_{n-1} with t_{n+1} and adds to both dot products <t_n, t_{n+1}> and
<t_{n+1}, t_{n+1}>, which give two moments per step: mu_{2n} = 2 <t_n, t_n> - mu_0 and mu_{2n+1} = 2 <t_n, t_{n+1}> -
mu_1.

Dot products are summed run by run, block by block, in the order of the blocks, independently of the order of work: the
bits of a vector's moments depend on the network and the vector alone.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import SchemaError
from bosonpeak.spectral_methods.ellpack import BlockedRows, Index, UnsignedIndex, wavefront
from bosonpeak.spectral_methods.simd_rows import add_to_row, broadcast, load, multiply_add, store, subtract, zeros

Runs = tuple[UnsignedIndex, UnsignedIndex, UnsignedIndex, UnsignedIndex]
Precision = Literal["float64", "float32"]

STEPS_IN_CACHE = 6
"""Steps of the recursion done on one part of the network before the next part is touched."""

LANES = (8, 4, 2, 1)
"""Vectors that one pass can carry."""

_ONE = np.uint64(1)


def chebyshev_moments(
    rows: BlockedRows, vectors: FloatArray, moments: int, bound: float, precision: Precision = "float64"
) -> FloatArray:
    """Moments <z|T_n(H~)|z>, n = 0 ... moments - 1, shape (vectors, moments), of vectors z (vectors, nodes)."""
    # `precision` is the type of vectors and weights; dot products are always accumulated in float64.
    result = np.empty((len(vectors), moments))
    weight = (rows.weight * (4.0 / bound)).astype(precision)
    taken = 0
    while taken < len(vectors):
        lanes = next(width for width in LANES if width <= len(vectors) - taken)
        start = vectors[taken : taken + lanes, rows.order].T.astype(precision, order="C").ravel()
        norm = np.array([np.sum(vector**2) for vector in vectors[taken : taken + lanes]])
        result[taken : taken + lanes] = _interleaved_moments(rows, weight, start, norm, moments)
        taken += lanes
    return result


def _interleaved_moments(
    rows: BlockedRows, weight: NDArray[Any], start: NDArray[Any], norm: FloatArray, moments: int
) -> FloatArray:
    """Recursion for len(norm) vectors that are interleaved in `start`; shape (len(norm), moments)."""
    lanes = len(norm)
    current, next_ = start, np.zeros_like(start)
    dots = [_advance(rows, weight, current, next_, lanes, wavefront(rows, 1)) * [[0.5], [0.25]]]
    next_ *= 0.5  # with zeros in place of t_{-1}, the pass has computed 2 t_1
    current, next_ = next_, current
    remaining = moments // 2 - 1
    schedules = {depth: wavefront(rows, depth) for depth in _depths(remaining)}
    for depth in _depths(remaining):
        dots.append(_advance(rows, weight, current, next_, lanes, schedules[depth]))
        _check_norms(dots[-1][:, 1], norm)
        if depth % 2:
            current, next_ = next_, current
    mixed, square = np.concatenate(dots).transpose(1, 2, 0)
    result = np.empty((lanes, moments))
    result[:, 0] = norm
    result[:, 1::2] = 2.0 * mixed - mixed[:, :1]
    result[:, 2::2] = (2.0 * square - norm[:, None])[:, : (moments - 1) // 2]
    return result


def _check_norms(squares: FloatArray, norm: FloatArray) -> None:
    """Raise if |T_n(H~) z| exceeds |z|, which proves an eigenvalue outside the interval of the expansion."""
    if not (squares <= norm * (1.0 + 1e-3)).all():
        raise SchemaError(
            "the Chebyshev recursion diverges",
            expected="all eigenvalues below the spectral bound",
            got=f"a vector that has grown {math.sqrt(float((squares / norm).max())):.3g}-fold",
            likely_cause="a spectral bound given by hand that is too small",
        )


def _depths(steps: int) -> list[int]:
    whole, rest = divmod(steps, STEPS_IN_CACHE)
    return [STEPS_IN_CACHE] * whole + [rest] * (rest > 0)


def _advance(
    rows: BlockedRows,
    weight: NDArray[Any],
    current: NDArray[Any],
    next_: NDArray[Any],
    lanes: int,
    schedule: tuple[Index, Index],
) -> FloatArray:
    """Do the scheduled steps in place; returns <t_n, t_{n+1}> and <t_{n+1}, t_{n+1}>, shape (steps, 2, lanes)."""
    step_count = len(schedule[0]) // rows.block_count
    partial = np.zeros((step_count, rows.block_count, 2, lanes))
    _run_schedule(
        *schedule,
        rows.block_run,
        (rows.run_start, rows.run_stop, rows.run_width, rows.run_entry),
        rows.neighbour,
        weight,
        current,
        next_,
        partial.reshape(-1),
        (0,) * lanes,
    )
    return _summed_over_blocks(partial)


@njit(cache=True, nogil=True)
def _run_schedule(
    block: Index,
    step: Index,
    block_run: Index,
    runs: Runs,
    neighbour: NDArray[np.uint32],
    weight: NDArray[Any],
    current: NDArray[Any],
    next_: NDArray[Any],
    partial: FloatArray,
    lanes: tuple[int, ...],
) -> None:
    block_count = len(block_run) - 1
    for task in range(len(block)):
        first_run, last_run = block_run[block[task]], block_run[block[task] + 1]
        slot = np.uint64(2 * (step[task] * block_count + block[task]))
        if step[task] % 2 == 0:
            _pass(first_run, last_run, runs, neighbour, weight, current, next_, partial, slot, lanes)
        else:
            _pass(first_run, last_run, runs, neighbour, weight, next_, current, partial, slot, lanes)


@njit(cache=True, nogil=True)
def _pass(
    first_run: int,
    last_run: int,
    runs: Runs,
    neighbour: NDArray[np.uint32],
    weight: NDArray[Any],
    current: NDArray[Any],
    next_: NDArray[Any],
    partial: FloatArray,
    slot: np.uint64,
    lanes: tuple[int, ...],
) -> None:
    """Single step on one block: next <- sum_j w_ij (x_i - x_j) - 2 x_i - previous, with both dot products."""
    nothing = zeros(current, lanes)
    minus_two = broadcast(current.dtype.type(-2.0), nothing)
    for run in range(first_run, last_run):
        width = runs[2][run]
        entry = runs[3][run]
        mixed = nothing
        square = nothing
        for row in range(runs[0][run], runs[1][run]):
            here = load(current, row, nothing)
            force = nothing
            for _ in range(width):
                there = load(current, np.uint64(neighbour[entry]), nothing)
                force = multiply_add(broadcast(weight[entry], nothing), subtract(here, there), force)
                entry += _ONE
            new = subtract(multiply_add(minus_two, here, force), load(next_, row, nothing))
            store(next_, row, new)
            mixed = multiply_add(here, new, mixed)
            square = multiply_add(new, new, square)
        add_to_row(partial, slot, mixed)
        add_to_row(partial, slot + _ONE, square)


@njit(cache=True)
def _summed_over_blocks(partial: FloatArray) -> FloatArray:
    """Sum over axis 1 in the order of the blocks, independently of the order of work."""
    step_count, block_count, kinds, lanes = partial.shape
    total = np.zeros((step_count, kinds, lanes))
    for step in range(step_count):
        for block in range(block_count):
            total[step] += partial[step, block]
    return total
