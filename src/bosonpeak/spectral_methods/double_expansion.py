"""Double Chebyshev expansion of a matrix B between two spectral projectors of a symmetric operator H.

The moments Tr[T_m(H) B T_n(H) B^T] give J(x, y) = sum_ij |B_ij|^2 delta(x - x_i) delta(y - x_j) over pairs of
eigenvectors without any of them (Weisse et al., Rev. Mod. Phys. 78, 275 (2006), section III.C.4).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sparse

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.spectral_methods.block_matrix import BlockMatrix
from bosonpeak.spectral_methods.kernel_polynomials import jackson_kernel
from bosonpeak.spectral_methods.operators import AffineOperator


def double_moments(
    scaled: BlockMatrix | AffineOperator, matrices: Sequence[sparse.csr_array], starts: FloatArray, moments: int
) -> FloatArray:
    """Moments <z|T_m B T_n B^T|z> (vectors, moments, moments) summed over matrices B, of vectors z (vectors, size)."""
    return np.stack([_of_vector(scaled, matrices, start, moments) for start in starts])


def _of_vector(
    scaled: BlockMatrix | AffineOperator, matrices: Sequence[sparse.csr_array], start: FloatArray, moments: int
) -> FloatArray:
    block = np.stack([start, *(matrix.T @ start for matrix in matrices)], axis=1)
    images = _chebyshev_images(scaled, block, moments)
    left = np.ascontiguousarray(images[:, 0].T)
    total = np.zeros((moments, moments))
    for column, matrix in enumerate(matrices, start=1):
        total += (matrix.T @ left).T @ images[:, column].T
    return total


def _chebyshev_images(scaled: BlockMatrix | AffineOperator, block: FloatArray, moments: int) -> FloatArray:
    """Images T_n(H) of the columns of a block (size, columns), shape (moments, columns, size)."""
    images = np.empty((moments, block.shape[1], block.shape[0]))
    previous, current = np.ascontiguousarray(block), np.zeros_like(block, order="C")
    scaled.update(previous, current, 1.0, 0.0)
    images[0], images[1] = previous.T, current.T
    for order in range(2, moments):
        scaled.update(current, previous, 2.0, -1.0)
        previous, current = current, previous
        images[order] = current.T
    return images


def diagonal_of_expansion(moments: FloatArray, places: FloatArray) -> FloatArray:
    """J(x, x) from `moments` (..., moments, moments) at `places` x in (-1, 1), with Jackson's kernel; (..., places)."""
    damped, weight = damped_polynomials(moments.shape[-1], places)
    return np.asarray(np.einsum("mp,...mn,np->...p", damped, moments, damped, optimize=True) * weight**2)


def density_of_expansion(moments: FloatArray, places: FloatArray) -> FloatArray:
    """Density in x from `moments` (..., moments) at `places` x in (-1, 1), with Jackson's kernel; (..., places)."""
    damped, weight = damped_polynomials(moments.shape[-1], places)
    return np.asarray((moments @ damped) * weight)


def damped_polynomials(moments: int, places: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Damped Chebyshev polynomials (moments, places), and the weight 1 / (pi sqrt(1 - x^2))."""
    orders = np.arange(moments)
    factor = jackson_kernel(moments) * np.where(orders == 0, 1.0, 2.0)
    polynomials = np.cos(orders[:, None] * np.arccos(places))
    return factor[:, None] * polynomials, 1.0 / (np.pi * np.sqrt(1.0 - places**2))
