"""Linear operators known by ``operator.shape`` and their products ``operator @ block`` with float64 blocks of vectors.

NumPy arrays, SciPy's sparse matrices (with compiled kernels) and `LinearOperator`, arrays of CuPy and Torch qualify.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sparse

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError

_ROWS_AT_ONCE = 256
_LARGEST_ASYMMETRY = 1e-4


class Operator(Protocol):
    """Real symmetric linear operator, known by its products with blocks of vectors.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns, equal.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""

    def __matmul__(self, block: FloatArray, /) -> Any:
        """Images of the columns of a block (rows, vectors)."""


@dataclass(frozen=True)
class CheckedOperator:
    """Operator of foreign origin whose images are converted to float64 arrays and checked."""

    system: Any  # object with ``@``
    shape: tuple[int, ...]
    name: str  # in messages

    def __matmul__(self, block: FloatArray) -> FloatArray:
        """Images of the columns of a block (rows, vectors)."""
        image = _on_host(self.system @ _beside(self.system, block))
        if image.shape != block.shape or image.dtype.kind not in "iuf":
            raise ForeignInputError(
                f"{self.name}: a product has another shape or type than the block of vectors",
                expected=f"real numbers of shape {block.shape}",
                got=f"{image.dtype} of shape {image.shape}",
                likely_cause="an operator that takes single vectors only: define matmat, or apply it column by column",
            )
        if not np.isfinite(image).all():
            raise ForeignInputError(
                f"{self.name}: a product with a finite vector is not finite",
                expected="finite numbers",
                got="NaN or inf",
            )
        return image.astype(np.float64, copy=False)


@dataclass(frozen=True)
class AffineOperator:
    """Operator factor * H + shift, from products with H alone, in place like those of `BlockMatrix`."""

    operator: Operator
    factor: float
    shift: float

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        return self.operator.shape

    def __matmul__(self, block: FloatArray) -> FloatArray:
        """Images of the columns of a block (rows, vectors)."""
        return np.asarray(self.factor * (self.operator @ block) + self.shift * block)

    def update(self, vectors: FloatArray, target: FloatArray, factor: float, kept: float) -> None:
        """Write factor * matrix @ vectors + kept * target to `target`, both (rows, vectors)."""
        target *= kept
        target += factor * (self @ vectors)

    def recursion(self, current: FloatArray, following: FloatArray, degree: int) -> None:
        """Write T_degree(matrix) @ current, for an odd degree, to `following`; both are overwritten."""
        following[:] = self @ current
        for _ in range(degree // 2):
            self.update(following, current, 2.0, -1.0)
            self.update(current, following, 2.0, -1.0)


def image_of(operator: Operator, vector: FloatArray) -> FloatArray:
    """Image (rows,) of one vector (rows,)."""
    if isinstance(operator, np.ndarray) or sparse.issparse(operator):
        return np.asarray(operator @ vector)
    return np.array(operator @ vector[:, None])[:, 0]


def as_operator(system: Any, name: str = "system") -> FloatArray | sparse.csr_array | CheckedOperator:
    """Square operator as a float64 array, a `csr_array`, or an object whose products are checked; `name` for errors."""
    shape = _square(system, name)
    if sparse.issparse(system):
        matrix = sparse.csr_array(system)
        _require_real(matrix.data, shape, name)
        return matrix.astype(np.float64)
    if isinstance(system, np.ndarray):
        _require_real(system, shape, name)
        return np.asarray(system, dtype=np.float64)
    if not hasattr(system, "__matmul__"):
        raise _unknown(system, name)
    return CheckedOperator(system, shape, name)


def require_symmetric(operator: Any, name: str) -> None:
    """Raise ForeignInputError for an array or sparse matrix that differs from its transpose by more than round-off."""
    if isinstance(operator, CheckedOperator):
        return
    largest = float(abs(operator).max())
    skew = float(abs(operator - operator.T).max())
    if skew > _LARGEST_ASYMMETRY * largest:
        raise ForeignInputError(
            f"{name}: the matrix is not symmetric",
            expected=f"|H - H^T| at most {_LARGEST_ASYMMETRY:g} of the largest element",
            got=f"{skew / largest:.3g}, shape {operator.shape}",
            likely_cause="a stored triangle, finite differences, or rows in another order than columns: "
            "0.5 * (matrix + matrix.T) of a full matrix",
        )


def round_off(operator: Any) -> float:
    """Relative spacing of the numbers of the products of an operator: 1.2e-7 in single precision."""
    if not isinstance(operator, CheckedOperator):
        return float(np.finfo(np.float64).eps)
    column = np.ones((operator.shape[0], 1))
    image = _on_host(operator.system @ _beside(operator.system, column))
    return float(np.finfo(image.dtype if image.dtype.kind == "f" else np.float64).eps)


def dense_matrix(operator: Any) -> FloatArray:
    """All elements of an operator, shape (rows, rows), from its products with unit vectors; a copy."""
    if isinstance(operator, np.ndarray):
        return np.array(operator, dtype=np.float64)
    if sparse.issparse(operator):
        return np.asarray(operator.toarray(), dtype=np.float64)
    size = operator.shape[0]
    columns = []
    for first in range(0, size, _ROWS_AT_ONCE):
        units = np.zeros((size, min(_ROWS_AT_ONCE, size - first)))
        units[np.arange(first, first + units.shape[1]), np.arange(units.shape[1])] = 1.0
        columns.append(np.asarray(operator @ units))
    return np.concatenate(columns, axis=1)


def _square(system: Any, name: str) -> tuple[int, int]:
    shape = getattr(system, "shape", None)
    if shape is None:
        raise _unknown(system, name)
    found = tuple(int(size) for size in shape)
    if len(found) != 2 or found[0] != found[1] or found[0] == 0:
        raise ForeignInputError(
            f"{name}: not a square matrix",
            expected="shape (n, n)",
            got=f"shape {found}",
            likely_cause="second derivatives of shape (N, d, N, d) or (N, N, d, d) are first brought to (N d, N d)"
            if len(found) == 4
            else "positions or frequencies in place of a matrix",
        )
    return found[0], found[1]


def _unknown(system: Any, name: str) -> ForeignInputError:
    return ForeignInputError(
        f"{name}: not a matrix or operator",
        expected="an array or sparse matrix (n, n), a LinearOperator, or an object with shape and @",
        got=type(system).__name__,
    )


def _require_real(values: np.ndarray[Any, Any], shape: tuple[int, int], name: str) -> None:
    if values.dtype.kind not in "iuf":
        raise ForeignInputError(
            f"{name}: not a matrix of real numbers",
            expected="real numbers",
            got=f"{values.dtype} of shape {shape}",
            likely_cause="a dynamical matrix at a wave vector other than 0" if values.dtype.kind == "c" else "",
        )
    if not np.isfinite(values).all():
        wrong = np.argwhere(~np.isfinite(values))
        place = ", ".join(map(str, wrong[0].tolist()))
        raise ForeignInputError(
            f"{name}: elements that are not finite",
            expected=f"finite numbers, shape {shape}",
            got=f"{len(wrong)} NaN or infinite, the first at {place}",
        )


def _beside(system: Any, block: FloatArray) -> Any:
    """Block of vectors on the device and in the precision of an array of CuPy or Torch; unchanged for all others."""
    library = type(system).__module__.partition(".")[0]
    if library == "torch":
        return sys.modules["torch"].as_tensor(block, dtype=system.dtype, device=system.device)
    if library in ("cupy", "cupyx"):
        return sys.modules["cupy"].asarray(block, dtype=system.dtype)
    return block


def _on_host(image: Any) -> np.ndarray[Any, Any]:
    if hasattr(image, "detach"):
        image = image.detach().cpu()
    elif type(image).__module__.partition(".")[0] == "cupy":
        image = image.get()
    return np.asarray(image)
