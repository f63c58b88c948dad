"""The same few operations on dense arrays, sparse matrices and operators known by their products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sparse

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.spectral_methods.operator_spectra import operator_bound
from bosonpeak.spectral_methods.operators import Operator

_PROBES = 4


def has_elements(operator: Any) -> bool:
    """Test for an array or sparse matrix."""
    return isinstance(operator, np.ndarray) or bool(sparse.issparse(operator))


def largest_element(operator: Any) -> float:
    """Largest modulus of an element; of an operator without elements, the bound of its eigenvalues."""
    if not has_elements(operator):
        return operator_bound(operator)
    elements = operator.data if sparse.issparse(operator) else operator
    return float(np.abs(elements).max(initial=0.0))


def asymmetry_of(operator: Any, largest: float) -> float:
    """Largest |H - H^T| over the largest element; of an operator, of the products of random vectors."""
    if largest == 0.0:
        return 0.0
    if has_elements(operator):
        return largest_element(operator - operator.T) / largest
    block = np.linalg.qr(np.random.default_rng(0).standard_normal((operator.shape[0], _PROBES)))[0]
    products = block.T @ (operator @ block)
    return float(np.abs(products - products.T).max() / largest)


def symmetrised(operator: Any) -> Operator:
    """Half the sum of a matrix and its transpose; operators stay as they are."""
    symmetric: Operator = 0.5 * (operator + operator.T) if has_elements(operator) else operator
    return symmetric


def divided_by_roots(operator: Any, roots: FloatArray) -> Operator:
    """Matrix or operator H_ij / (r_i r_j); `roots`: (rows,)."""
    divided: Operator = operator
    if isinstance(operator, np.ndarray):
        divided = np.asarray(operator / roots[:, None] / roots)
    elif sparse.issparse(operator):
        inverse = sparse.diags_array(1.0 / roots)
        divided = sparse.csr_array(inverse @ operator @ inverse)
    elif not (roots == 1.0).all():
        divided = _Divided(operator, roots)
    return divided


def multiplied(operator: Any, factor: float) -> Operator:
    """Matrix or operator times a positive factor."""
    product: Operator = operator
    if factor != 1.0:
        roots = np.full(operator.shape[0], factor**-0.5)
        product = operator * factor if has_elements(operator) else divided_by_roots(operator, roots)
    return product


@dataclass(frozen=True)
class _Divided:
    """Operator H_ij / (r_i r_j), from products with H."""

    operator: Operator
    roots: FloatArray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.operator.shape

    def __matmul__(self, block: FloatArray) -> FloatArray:
        roots = self.roots.reshape(-1, *(1,) * (block.ndim - 1))
        return np.asarray((self.operator @ (block / roots)) / roots)
