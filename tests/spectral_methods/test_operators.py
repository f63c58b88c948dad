"""Operators by their products alone: whoever computes the products, the spectra are the same."""

import numpy as np
import pytest
import scipy.sparse as sparse
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.spectral_methods.operator_spectra import operator_bound, operator_moments
from bosonpeak.spectral_methods.operators import as_operator, dense_matrix


def matrix(size=60):
    factor = np.random.default_rng(5).standard_normal((size, size + 10))
    return factor @ factor.T


class Products:
    """An object with nothing but a shape and products."""

    def __init__(self, values):
        self.values, self.shape, self.blocks = values, values.shape, 0

    def __matmul__(self, block):
        self.blocks += 1
        return self.values @ block


FORMS = {
    "array": np.asarray,
    "single precision": lambda values: values.astype(np.float32),
    "csr": sparse.csr_array,
    "coo matrix": sparse.coo_matrix,
    "LinearOperator": aslinearoperator,
    "matvec alone": lambda values: LinearOperator(values.shape, matvec=lambda vector: values @ vector, dtype=float),
    "products": Products,
}


@pytest.mark.parametrize("form", FORMS)
def test_moments_and_bound_of_every_form_are_those_of_the_matrix(form):
    values = matrix()
    starts = np.random.default_rng(2).standard_normal((3, len(values)))
    operator = as_operator(FORMS[form](values))
    bound = operator_bound(operator)
    largest = np.linalg.eigvalsh(values)[-1]
    assert largest < bound < 1.02 * largest
    expected = operator_moments(sparse.csr_array(values), starts, 16, 1.01 * largest)
    tolerance = 1e-4 if form == "single precision" else 1e-10
    np.testing.assert_allclose(
        operator_moments(operator, starts, 16, 1.01 * largest), expected, rtol=0, atol=tolerance * 60
    )
    np.testing.assert_allclose(dense_matrix(operator), values, rtol=0, atol=tolerance * 60)


def test_products_are_taken_in_blocks():
    system = Products(matrix())
    operator_moments(as_operator(system), np.eye(60)[:5], 40, 1e3)
    assert system.blocks == 20


@pytest.mark.parametrize(
    ("system", "message"),
    [
        (np.zeros((4, 5)), r"dynamics: not a square matrix[\s\S]*got: shape \(4, 5\)"),
        (np.zeros((4, 3, 4, 3)), r"brought to \(N d, N d\)"),
        (np.zeros((0, 0)), r"got: shape \(0, 0\)"),
        (np.eye(3) * 1j, "wave vector other than 0"),
        (np.diag([1.0, np.nan, 2.0]), "1 NaN or infinite, the first at 1, 1"),
        (sparse.csr_array(np.diag([1.0, np.inf])), "not finite"),
        ("hessian.npy", "not a matrix or operator"),
        (3.0, "got: float"),
    ],
)
def test_wrong_systems_are_refused_by_name_and_shape(system, message):
    with pytest.raises(ForeignInputError, match=message):
        as_operator(system, "dynamics")


def test_products_of_another_shape_or_not_finite_are_noticed():
    operator = as_operator(LinearOperator((4, 4), matvec=lambda vector: vector * np.nan, dtype=float))
    with pytest.raises(ForeignInputError, match="product with a finite vector is not finite"):
        operator @ np.ones((4, 2))

    class Narrow(Products):
        def __matmul__(self, block):
            return self.values @ block[:, 0]

    with pytest.raises(ForeignInputError, match="takes single vectors only"):
        as_operator(Narrow(np.eye(4))) @ np.ones((4, 2))
