"""Diffusivity of modes: against all modes, in closed form for a chain, and its refusals."""

import math

import numpy as np
import pytest
import scipy.sparse as sparse

from bosonpeak.datasets.errors import ForeignInputError, NotApplicableError
from bosonpeak.datasets.periodic_box import nearest_image
from bosonpeak.generators import InversePower, hessian, minimise, random_configuration
from bosonpeak.spectral_methods.double_expansion import double_moments
from bosonpeak.spectral_methods.kernel_polynomials import jackson_kernel
from bosonpeak.spectral_methods.operator_spectra import operator_bound, scaled_operator
from bosonpeak.validators import diffusivity
from bosonpeak.validators.transport.mode_diffusivity import current_matrices

ORDER = 64


@pytest.fixture(scope="module")
def glass():
    """A glass of 250 particles in three dimensions: matrix, positions, box."""
    potential = InversePower()
    positions, diameters, box = random_configuration(250, 3, potential, seed=5)
    found = minimise(positions, diameters, box, potential)
    matrix = hessian(found.positions, diameters, box, potential)
    return sparse.csr_array(0.5 * (matrix + matrix.T)), found.positions, box


def ring(count):
    places = np.arange(count)
    springs = sparse.coo_array((np.ones(count), (places, (places + 1) % count)), shape=(count, count))
    return sparse.csr_array(2.0 * sparse.eye_array(count) - springs - springs.T), places[:, None].astype(float)


def test_current_matrices_are_antisymmetric_and_hold_the_nearest_separations(glass):
    matrix, positions, box = glass
    dense = matrix.toarray()
    for axis, current in enumerate(current_matrices(matrix, positions, box)):
        apart = nearest_image(positions[:, None] - positions[None], box)[..., axis]
        expected = dense * np.kron(apart, np.ones((3, 3)))
        np.testing.assert_allclose(current.toarray(), expected, atol=1e-9)
        np.testing.assert_allclose(expected, -expected.T, atol=1e-9 * np.abs(expected).max())


def test_moments_of_the_whole_basis_are_those_of_all_pairs_of_modes():
    """Unit vectors in place of random ones make the trace exact."""
    generator = np.random.default_rng(1)
    square = generator.standard_normal((12, 12))
    matrix = sparse.csr_array(square @ square.T)
    values, modes = np.linalg.eigh(matrix.toarray())
    bound = operator_bound(matrix)
    current = sparse.csr_array(generator.standard_normal((12, 12)))
    found = double_moments(scaled_operator(matrix, bound, 1), [current, 2.0 * current], np.eye(12), 6).sum(axis=0)
    polynomials = np.cos(np.arange(6)[:, None] * np.arccos(2.0 * values / bound - 1.0))
    expected = 5.0 * polynomials @ (modes.T @ current.toarray() @ modes) ** 2 @ polynomials.T
    np.testing.assert_allclose(found, expected, atol=1e-9 * np.abs(expected).max())


def test_random_vectors_agree_with_all_modes_within_their_intervals(glass):
    matrix, positions, box = glass
    frequencies = np.linspace(3.0, 18.0, 31)
    exact = diffusivity(matrix, frequencies, positions=positions, box=box, moments=ORDER)
    random = diffusivity(matrix, frequencies, positions=positions, box=box, moments=ORDER, vectors=24, seed=2)
    inside = (random["diffusivity_low"] <= exact["diffusivity"]) & (exact["diffusivity"] <= random["diffusivity_high"])
    assert int(inside.sum()) >= 27  # neighbours are correlated; independent, 27 of 31 at 95 % are reached in 98 %
    assert float(abs(random["diffusivity"] / exact["diffusivity"] - 1.0).median()) < 0.2
    np.testing.assert_array_equal(exact["diffusivity_low"], exact["diffusivity_high"])


def test_diffusivity_of_a_chain_in_closed_form():
    """Waves at lambda = 4 sin^2(q/2) meet only themselves: |A|^2 = (dlambda/dq)^2 = 4 sin^2 q on the diagonal.

    With Jackson's kernel of order M in theta the sum over q is an integral, and J/n = (dlambda/dq)^2 (dtheta/dlambda)
    (1 + 2 sum g^2) / (2 pi).
    """
    matrix, positions = ring(1000)
    omega = np.linspace(0.4, 1.7, 12)
    found = diffusivity(matrix, omega, positions=positions, box=[1000.0], moments=ORDER)
    bound, wave = operator_bound(matrix), 2.0 * np.arcsin(0.5 * omega)
    theta = np.arccos(2.0 * omega**2 / bound - 1.0)
    squares = 1.0 + 2.0 * float(np.sum(jackson_kernel(ORDER)[1:] ** 2))
    kernel = squares / (2.0 * math.pi) * 2.0 / (bound * np.sin(theta))
    expected = math.pi / (2.0 * omega) * (2.0 * np.sin(wave)) ** 2 * kernel
    # The kernel averages over its width, a hundredth of the band.
    np.testing.assert_allclose(found["diffusivity"], expected, rtol=0.01)


def test_lowest_modes_are_those_of_eigh(glass):
    matrix, positions, box = glass
    found = diffusivity(matrix, [5.0], positions=positions, box=box, moments=ORDER, lowest=6)
    values, modes = np.linalg.eigh(matrix.toarray())
    np.testing.assert_allclose(found["eigenfrequency"], np.sqrt(values[3:9]), rtol=1e-9)
    bound, order = operator_bound(matrix), 4 * ORDER
    x = np.clip(2.0 * values / bound - 1.0, -1.0, 1.0)
    polynomials = np.cos(np.arange(order)[:, None] * np.arccos(x))
    weight = jackson_kernel(order) * np.where(np.arange(order) == 0, 1.0, 2.0)
    for index in range(6):
        kernel = (weight * polynomials[:, 3 + index]) @ polynomials / (math.pi * math.sqrt(1.0 - x[3 + index] ** 2))
        strength = sum((modes.T @ (current.T @ modes[:, 3 + index])) ** 2 for current in current_matrices(*glass))
        expected = math.pi / (6.0 * math.sqrt(values[3 + index])) * (2.0 / bound) * float(strength @ kernel)
        assert float(found["mode_diffusivity"][index]) == pytest.approx(expected, rel=1e-6)


def test_diffusivity_scales_with_length_and_frequency(glass):
    matrix, positions, box = glass
    one = diffusivity(matrix, [4.0, 8.0], positions=positions, box=box, moments=ORDER)
    other = diffusivity(9.0 * matrix, [12.0, 24.0], positions=2.0 * positions, box=2.0 * box, moments=ORDER)
    np.testing.assert_allclose(other["diffusivity"], 3.0 * 4.0 * one["diffusivity"], rtol=1e-5)


def test_scalar_networks_have_one_component_per_node():
    matrix, positions = ring(60)
    flat = np.column_stack([positions[:, 0], np.zeros(60)])
    found = diffusivity(matrix, [1.0], positions=flat, box=[60.0, 1.0], moments=16)
    line = diffusivity(matrix, [1.0], positions=positions, box=[60.0], moments=16)
    np.testing.assert_allclose(2.0 * found["diffusivity"], line["diffusivity"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"positions": np.zeros((7, 1))}, "positions do not fit"),
        ({"frequencies": [9.0]}, "outside the spectrum"),
        ({"moments": 2}, "moments"),
        ({"lowest": 60}, "not so many modes"),
        ({"level": 95.0}, "confidence level"),
    ],
)
def test_refusals_name_the_fault(change, message):
    matrix, positions = ring(60)
    options = {"frequencies": [1.0], "positions": positions, "box": [60.0]} | change
    with pytest.raises(NotApplicableError, match=message):
        diffusivity(matrix, options.pop("frequencies"), **options)


def test_systems_without_elements_and_asymmetric_or_unstable_ones_are_refused():
    large, many = ring(3001)
    with pytest.raises(NotApplicableError, match=r"elements of the matrix are not known[\s\S]*shape \(3001, 3001\)"):
        diffusivity(sparse.linalg.aslinearoperator(large), [1.0], positions=many)
    matrix, positions = ring(60)
    with pytest.raises(NotApplicableError, match="not symmetric"):
        diffusivity(sparse.csr_array(sparse.triu(matrix)), [1.0], positions=positions)
    with pytest.raises(ForeignInputError, match="not a square matrix"):
        diffusivity(np.ones((3, 2)), [1.0], positions=positions)
    unstable = sparse.csr_array(matrix - 0.5 * sparse.eye_array(60))
    for vectors in (None, 2):
        with pytest.raises(NotApplicableError, match="negative eigenvalue"):
            diffusivity(unstable, [1.0], positions=positions, vectors=vectors)
