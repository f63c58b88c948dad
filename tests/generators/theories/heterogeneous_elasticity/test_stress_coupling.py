"""The self energy of local stresses against closed forms and against the equations of motion."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.particles.potentials import InversePower
from bosonpeak.generators.theories.heterogeneous_elasticity.stress_coupling import (
    generalised_heterogeneous_elasticity,
    rotational_oscillators,
)
from bosonpeak.generators.theories.heterogeneous_elasticity.stress_law import pair_stress_law

LEVI_CIVITA = np.zeros((3, 3, 3))
for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
    LEVI_CIVITA[a, b, c], LEVI_CIVITA[a, c, b] = 1.0, -1.0


def random_rotations(number, seed):
    matrix = np.linalg.qr(np.random.default_rng(seed).standard_normal((number, 3, 3)))[0]
    return matrix * np.sign(np.linalg.det(matrix))[:, None, None]


@settings(max_examples=20, deadline=None)
@given(st.floats(-0.9, 1.0), st.floats(0.1, 10.0))
def test_a_power_law_of_stresses_gives_its_exponent(alpha, inertia):
    stress = np.geomspace(1e-6, 1.0, 400)
    omega = np.geomspace(0.01, 0.1, 5)
    spectrum = generalised_heterogeneous_elasticity(omega, stress, stress**alpha, inertia=inertia)
    np.testing.assert_allclose(spectrum.exponent, 5.0 + 2.0 * alpha, atol=1e-6)
    expected = math.pi * (inertia * omega**2) ** (2.0 + alpha)
    np.testing.assert_allclose(spectrum.self_energy.imag, expected, rtol=1e-3)


def test_a_box_of_stresses_in_closed_form():
    # Sigma = int_1^2 x^2 / (x - y) dx = 3/2 + y + y^2 ln|(2 - y)/(1 - y)| + i pi y^2, y = omega^2.
    stress = np.linspace(1.0, 2.0, 4001)
    omega = np.array([0.5, 1.2, 1.3, 1.6])
    y = omega**2
    spectrum = generalised_heterogeneous_elasticity(omega, stress, np.ones_like(stress))
    expected = 1.5 + y + y**2 * np.log(np.abs((2.0 - y) / (1.0 - y)))
    np.testing.assert_allclose(spectrum.self_energy.real, expected, rtol=1e-6)
    np.testing.assert_allclose(spectrum.self_energy.imag, np.pi * y**2 * ((y > 1.0) & (y < 2.0)), rtol=1e-6)
    np.testing.assert_allclose(spectrum.density_of_states, 2.0 * omega * spectrum.self_energy.imag / np.pi)
    # Destabilising stresses make no states, and stiffen what is above them: x^2 / (-x - y) is negative.
    opposite = generalised_heterogeneous_elasticity(omega, stress, np.zeros_like(stress), opposite=np.ones_like(stress))
    assert np.all(opposite.self_energy.imag == 0.0)
    np.testing.assert_allclose(opposite.self_energy.real, -(1.5 - y + y**2 * np.log((2.0 + y) / (1.0 + y))), rtol=1e-6)


@pytest.mark.parametrize("taper", [2, 3, 4])
def test_soft_spheres_reach_three_plus_two_over_m(taper):
    stress = np.geomspace(1e-22, 1e-14, 200)
    density = pair_stress_law(InversePower(taper=taper), stress)
    spectrum = generalised_heterogeneous_elasticity([1e-9], stress, density)
    assert spectrum.exponent[0] == pytest.approx(3.0 + 2.0 / taper, abs=0.01)


def test_the_tensor_form_is_the_average_of_the_equations_of_motion():
    # Eq. 59 itself: V = (1/2) sigma^{cd} u_{a|c} u_{a|d}, with u_{a|c} = strain - eta; K and tau by differences.
    generator = np.random.default_rng(5)
    tensor = generator.standard_normal((3, 3))
    tensor = tensor + tensor.T + 6.0 * np.eye(3)
    strain = generator.standard_normal((3, 3))
    strain = strain + strain.T - 2.0 / 3.0 * np.trace(strain) * np.eye(3)

    def energy(stress, eta):
        gradient = strain - np.einsum("acn,n->ac", LEVI_CIVITA, eta)
        return 0.5 * np.einsum("cd,ac,ad->", stress, gradient, gradient)

    unit, reduced, frequency2 = np.eye(3), [], 0.37
    for rotation in random_rotations(4000, 6):
        stress = rotation @ tensor @ rotation.T
        zero = energy(stress, np.zeros(3))
        tau = np.array([0.5 * (energy(stress, e) - energy(stress, -e)) for e in unit])
        diagonal = np.array([energy(stress, e) + energy(stress, -e) - 2.0 * zero for e in unit])
        stiffness = np.diag(diagonal)
        for j in range(3):
            for k in range(j):
                both = energy(stress, unit[j] + unit[k]) - zero - tau[j] - tau[k]
                stiffness[j, k] = stiffness[k, j] = both - 0.5 * (diagonal[j] + diagonal[k])
        reduced.append(0.5 * tau @ np.linalg.solve(stiffness - frequency2 * unit, tau))
    # (1/2) tau K^-1 tau = Sigma Tr strain^2.
    found = np.mean(reduced) / np.sum(strain**2)
    oscillators = rotational_oscillators(tensor[None], traceless=False)
    expected = np.sum(oscillators.coupling / (oscillators.stiffness - frequency2))
    assert found == pytest.approx(expected, rel=0.03)


def test_pairs_couple_through_rotations_that_turn_them():
    direction = np.array([0.6, 0.0, 0.8])
    pair = rotational_oscillators(2.0 * np.outer(direction, direction)[None])
    np.testing.assert_allclose(np.sort(pair.stiffness[0]), [-4.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0], atol=1e-12)
    np.testing.assert_allclose(np.sort(pair.coupling[0]), [0.0, 0.2, 0.2], atol=1e-12)
    # The one with the odd sign does not couple; compressed pairs couple through unstable rotations only.
    assert pair.coupling[0][np.argmin(pair.stiffness[0])] == pytest.approx(0.0, abs=1e-12)
    squeezed = rotational_oscillators(-2.0 * np.outer(direction, direction)[None])
    assert np.all(squeezed.coupling[squeezed.stiffness > 0.0] < 1e-12)
    assert np.all(rotational_oscillators(np.eye(3)[None]).coupling == 0.0)


def test_generic_stresses_couple_at_zero_stiffness():
    # K = 0 needs one principal deviator to vanish; the coupling is the squared difference of the others, which need
    # not. So rho is finite at 0, and s = 1: the factor sigma^2 of the scalar form is that of dyads.
    tensor = np.random.default_rng(8).standard_normal((200_000, 3, 3))
    found = rotational_oscillators(tensor + np.swapaxes(tensor, 1, 2))
    edges = np.array([0.0, 0.1, 0.2])
    inner, outer = np.histogram(found.stiffness, edges, weights=found.coupling)[0]
    assert inner == pytest.approx(outer, rel=0.05)
    assert inner > 0.0


def test_the_tensor_form_sums_these_pairs():
    stress = np.linspace(0.5, 3.0, 2001)
    density = np.exp(-stress)
    omega = np.array([0.1, 0.6])
    spectrum = generalised_heterogeneous_elasticity(omega, stress, density, form="tensor")
    y = omega**2
    pair = rotational_oscillators(np.diag([1.0, 0.0, 0.0])[None])
    coupled = pair.coupling[0] > 0.0
    stiffness, coupling = float(pair.stiffness[0][coupled][0]), float(pair.coupling[0].sum())
    direct = np.trapezoid(density * coupling * stress**2 / (stiffness * stress - y[:1, None]), stress)
    assert spectrum.self_energy[0].real == pytest.approx(float(direct[0]), rel=1e-5)
    # Resonance at sigma = 3 omega^2: pi P coupling sigma^2 / stiffness.
    resonant = 3.0 * y[1]
    expected = math.pi * math.exp(-resonant) * coupling * resonant**2 / stiffness
    assert spectrum.self_energy[1].imag == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("omega", "stress", "density", "inertia"),
    [
        ([0.0], [1.0, 2.0], [1.0, 1.0], 1.0),
        ([1.0], [2.0, 1.0], [1.0, 1.0], 1.0),
        ([1.0], [1.0, 2.0], [1.0], 1.0),
        ([1.0], [1.0, 2.0], [1.0, -1.0], 1.0),
        ([1.0], [1.0, 2.0], [1.0, 1.0], 0.0),
    ],
)
def test_impossible_input_is_refused(omega, stress, density, inertia):
    with pytest.raises(RecipeError, match="cannot be used"):
        generalised_heterogeneous_elasticity(omega, stress, density, inertia=inertia)


def test_only_symmetric_tensors_are_stresses():
    with pytest.raises(RecipeError, match="symmetric"):
        rotational_oscillators(np.arange(9.0).reshape(1, 3, 3))
