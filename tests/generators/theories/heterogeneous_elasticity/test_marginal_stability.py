"""The critical disorder and the static self energy in closed form."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import (
    critical_disorder,
    critical_excess,
    rayleigh_coefficient,
    static_self_energy,
    tensor_factor,
)


def disorder_of(shear, bulk_modulus):
    return shear * (1.0 - shear) * (bulk_modulus + 4.0 / 3.0 * shear) / (bulk_modulus + 2.0 * shear)


def test_incompressible_and_perfectly_compressible_limits():
    assert critical_disorder(math.inf).disorder == 0.25
    assert critical_disorder(1e12).disorder == pytest.approx(0.25, abs=1e-11)
    assert critical_disorder(0.0).disorder == pytest.approx(1.0 / 6.0)
    assert critical_disorder(1e-9).disorder == pytest.approx(1.0 / 6.0, abs=1e-8)
    assert critical_excess(math.inf) == pytest.approx(1.0 + 2.0 * math.sqrt(3.0) / math.pi)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 1e4))
def test_the_critical_disorder_is_the_largest_that_a_static_modulus_exists_for(bulk_modulus):
    point = critical_disorder(bulk_modulus)
    shear = np.linspace(1e-6, 1.0, 20_001)
    values = disorder_of(shear, bulk_modulus) if bulk_modulus else shear * (1.0 - shear) * 2.0 / 3.0
    assert values.max() <= point.disorder + 1e-12
    assert values.max() == pytest.approx(point.disorder, abs=1e-8)
    assert disorder_of(1.0 - point.self_energy, bulk_modulus) == pytest.approx(point.disorder, abs=1e-10)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 1e4), st.floats(0.0, 0.9999))
def test_the_static_modulus_solves_its_equation_on_the_stable_branch(bulk_modulus, share):
    point = critical_disorder(bulk_modulus)
    sigma = static_self_energy(share * point.disorder, bulk_modulus)
    assert sigma.imag == 0.0
    assert -1e-12 <= sigma.real <= point.self_energy
    assert disorder_of(1.0 - sigma.real, bulk_modulus) == pytest.approx(share * point.disorder, abs=1e-9)


@pytest.mark.parametrize("bulk_modulus", [0.3, 2.0, math.inf])
def test_the_curvature_is_that_of_the_fold(bulk_modulus):
    point = critical_disorder(bulk_modulus)
    distance = 1e-6
    sigma = static_self_energy(point.disorder - distance, bulk_modulus).real
    assert point.self_energy - sigma == pytest.approx(math.sqrt(distance / point.curvature), rel=2e-3)


def test_a_negative_bulk_modulus_and_an_unstable_medium_are_refused():
    with pytest.raises(RecipeError, match="bulk modulus"):
        critical_disorder(-0.5)
    with pytest.raises(RecipeError, match="not stable"):
        rayleigh_coefficient(0.3, math.inf)


def test_the_disorder_parameter_is_two_fifths_of_the_variance():
    # Born scattering of a transverse wave with e along x, k along z: V = 2 e(k'):strain, deviatoric parts only.
    generator = np.random.default_rng(3)
    direction = generator.standard_normal((200_000, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    shear_strain = np.zeros((3, 3))
    shear_strain[0, 2] = shear_strain[2, 0] = 0.5
    along = np.einsum("ia,ab->ib", direction, shear_strain)
    longitudinal = 2.0 * np.einsum("ia,ia->i", along, direction)
    # The sum over both transverse polarisations t is that over all vectors less the longitudinal one.
    transverse_squared = 4.0 * np.sum(along**2, axis=1) - longitudinal**2
    assert np.mean(longitudinal**2) == pytest.approx(2.0 / 3.0 * tensor_factor(), rel=0.01)
    assert np.mean(transverse_squared) == pytest.approx(tensor_factor(), rel=0.01)


def test_in_two_dimensions_the_disorder_parameter_is_half_of_the_variance():
    # The same average for k along y and e along x, over directions in the plane, where the midpoint rule is exact.
    angle = 2.0 * np.pi * (np.arange(64) + 0.5) / 64
    direction = np.column_stack([np.cos(angle), np.sin(angle)])
    along = direction @ np.array([[0.0, 0.5], [0.5, 0.0]])
    longitudinal = 2.0 * np.einsum("ia,ia->i", along, direction)
    transverse_squared = 4.0 * np.sum(along**2, axis=1) - longitudinal**2
    assert np.mean(longitudinal**2) == pytest.approx(2.0 / 2.0 * tensor_factor(2))
    assert np.mean(transverse_squared) == pytest.approx(tensor_factor(2))


def test_in_two_dimensions_the_instability_has_the_closed_forms_of_both_limits():
    soft, stiff = (critical_disorder(bulk_modulus, dimension=2) for bulk_modulus in (0.0, math.inf))
    assert (soft.disorder, soft.self_energy, soft.curvature) == (0.125, 0.5, 0.5)
    assert (stiff.disorder, stiff.self_energy, stiff.curvature) == (0.25, 0.5, 1.0)
    # gamma(mu) = mu (1 - mu) (K + mu) / (K + 2 mu) on a grid; K + mu is the longitudinal modulus.
    shear = np.linspace(0.0, 1.0, 200_001)
    for bulk_modulus in (0.3, 1.0, 5.0):
        point = critical_disorder(bulk_modulus, dimension=2)
        disorder = shear * (1.0 - shear) * (bulk_modulus + shear) / (bulk_modulus + 2.0 * shear)
        assert point.disorder == pytest.approx(disorder.max(), rel=1e-9)
        assert point.self_energy == pytest.approx(1.0 - shear[disorder.argmax()], abs=1e-5)


def test_other_dimensions_are_refused():
    with pytest.raises(RecipeError, match="dimension of space"):
        critical_disorder(1.0, dimension=4)
    with pytest.raises(RecipeError, match="dimension of space"):
        tensor_factor(1)
