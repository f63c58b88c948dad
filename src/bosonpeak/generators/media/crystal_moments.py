"""Exact Chebyshev moments of a homogeneous periodic grid: same shells, dispersion and resolution as an equal medium."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import SchemaError

_LEVELS_AT_A_TIME = 16384


def crystal_levels(shape: Sequence[int], stiffness: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues of -sum_a C_a d^2/dx_a^2 on a periodic grid, without the zero mode, and their multiplicities."""
    eigenvalues, multiplicities = np.zeros(1), np.ones(1)
    for length, along in zip(shape, np.asarray(stiffness, dtype=np.float64), strict=True):
        index = np.arange(length // 2 + 1)
        count = np.where((index == 0) | (2 * index == length), 1.0, 2.0)
        term = along * (2.0 - 2.0 * np.cos(2.0 * np.pi * index / length))
        eigenvalues = np.add.outer(eigenvalues, term).ravel()
        multiplicities = np.multiply.outer(multiplicities, count).ravel()
    return eigenvalues[1:], multiplicities[1:]


def crystal_moments(shape: Sequence[int], stiffness: ArrayLike, spectral_bound: float, moments: int) -> FloatArray:
    """Moments per point, as in `kernel_polynomial_dos`, of the nonzero eigenvalues; SchemaError above the bound."""
    eigenvalues, multiplicities = crystal_levels(shape, stiffness)
    if eigenvalues.max() > spectral_bound * (1.0 + 1e-9):
        raise SchemaError(
            "the bound is exceeded", expected=f"at least {eigenvalues.max():g}", got=f"{spectral_bound:g}"
        )
    theta = np.arccos(np.clip(2.0 * eigenvalues / spectral_bound - 1.0, -1.0, 1.0))
    orders = np.arange(moments, dtype=np.float64)[:, None]
    total = np.zeros(moments)
    for start in range(0, len(theta), _LEVELS_AT_A_TIME):
        part = slice(start, start + _LEVELS_AT_A_TIME)
        total += np.cos(orders * theta[part]) @ multiplicities[part]
    return np.asarray(total / math.prod(shape))
