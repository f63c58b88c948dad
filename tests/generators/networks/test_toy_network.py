"""The nine-node toy: exact poles, and the response of its nodes."""

import numpy as np
import pytest

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.networks.toy_network import nine_node_toy, on_node_response


@pytest.mark.parametrize(("change", "poles"), [("none", [3, 6]), ("added", [3, 4, 6, 7]), ("missing", [2, 3, 5, 6])])
def test_poles_of_the_toy_are_exact_integers(change, poles):
    matrix = nine_node_toy(change).laplacian().toarray()
    eigenvalues = np.linalg.eigvalsh(matrix)
    assert eigenvalues == pytest.approx(np.round(eigenvalues), abs=1e-12)
    assert sorted(set(np.round(eigenvalues).astype(int)) - {0}) == poles
    # Exactly singular over the integers: the determinant of H - x by fraction-free arithmetic.
    for pole in poles:
        assert integer_determinant(matrix - pole * np.eye(9)) == 0


def integer_determinant(matrix):
    """Bareiss elimination on Python integers: exact."""
    rows = [[int(value) for value in row] for row in matrix]
    sign, previous = 1, 1
    for k in range(len(rows) - 1):
        if rows[k][k] == 0:
            swap = next((i for i in range(k + 1, len(rows)) if rows[i][k] != 0), None)
            if swap is None:
                return 0
            rows[k], rows[swap], sign = rows[swap], rows[k], -sign
        for i in range(k + 1, len(rows)):
            for j in range(k + 1, len(rows)):
                rows[i][j] = (rows[i][j] * rows[k][k] - rows[i][k] * rows[k][j]) // previous
        previous = rows[k][k]
    return sign * rows[-1][-1]


def test_response_of_the_toy_is_a_sum_of_lorentzians_with_unit_weight():
    network = nine_node_toy("added")
    omega = np.linspace(0.0, 40.0, 400_001)
    response = on_node_response(network, omega, broadening=0.05)
    assert (response >= 0.0).all()
    # Over omega^2 each node's response integrates to pi, less the half of the zero mode's Lorentzian below zero.
    weight = np.trapezoid(response * 2.0 * omega, omega, axis=1)
    assert weight == pytest.approx(np.pi * (1.0 - 1.0 / 18.0), rel=5e-3)


def test_response_agrees_with_the_inverted_matrix():
    network = nine_node_toy("missing")
    matrix = network.laplacian().toarray()
    green = np.linalg.inv((1.3**2 + 0.01j) * np.eye(9) - matrix)
    assert on_node_response(network, np.array([1.3]), 0.01)[:, 0] == pytest.approx(-green.diagonal().imag)


def test_toy_refuses_what_it_does_not_know():
    with pytest.raises(RecipeError, match="unknown change"):
        nine_node_toy("doubled")
    with pytest.raises(RecipeError, match="stiffness"):
        nine_node_toy("missing", stiffness=-1.0)
