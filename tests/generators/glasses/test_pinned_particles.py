"""Glasses with pinned particles: closed forms, interlacing eigenvalues, and minima that leave them where they are."""

import numpy as np
import pytest

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators import Harmonic, InversePower, hessian, minimise, random_configuration
from bosonpeak.generators.glasses.normal_modes import glass_normal_modes
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian

POTENTIAL = InversePower()


def random_mask(particles, count, seed):
    mask = np.zeros(particles, dtype=bool)
    mask[np.random.default_rng(seed).choice(particles, count, replace=False)] = True
    return mask


@pytest.fixture(scope="module", params=[2, 3])
def liquid(request):
    return random_configuration(200, request.param, POTENTIAL, seed=5)


def test_a_row_of_discs_between_walls_has_the_modes_of_a_chain():
    # Discs that touch along x: springs of stiffness 1 between fixed ends, omega^2 = 4 sin^2(pi k / 2(n + 1)).
    free = 6
    positions = np.column_stack([np.arange(free + 2.0), np.zeros(free + 2)])
    ends = np.isin(np.arange(free + 2), (0, free + 1))
    box = [float(free + 12), 4.0]
    matrix = hessian(positions * (1.0 - 1e-13), np.ones(free + 2), box, Harmonic(), pinned=ends).toarray()
    expected = 4.0 * np.sin(np.pi * np.arange(1, free + 1) / (2.0 * (free + 1))) ** 2
    assert matrix.shape == (2 * free, 2 * free)
    np.testing.assert_allclose(np.linalg.eigvalsh(matrix[::2, ::2]), expected, rtol=1e-10)
    np.testing.assert_allclose(matrix[1::2], 0.0, atol=1e-10)


@pytest.mark.parametrize("count", [1, 40])
def test_pinned_particles_stay_and_the_others_reach_a_minimum(liquid, count):
    positions, diameters, box = liquid
    pinned = random_mask(len(positions), count, seed=1)
    found = minimise(positions, diameters, box, POTENTIAL, pinned=pinned)
    np.testing.assert_array_equal(found.positions[pinned], positions[pinned])
    assert found.residual_force < 1e-10
    modes = glass_normal_modes(
        ProjectedHessian.of_configuration(found.positions, diameters, box, POTENTIAL, pinned=pinned), "lowest", count=20
    )
    assert modes.eigenvalues[0] > 0.0
    assert modes.zero_mode_count == 0
    dense = hessian(found.positions, diameters, box, POTENTIAL, pinned=pinned).toarray()
    np.testing.assert_allclose(modes.eigenvalues, np.linalg.eigvalsh(dense)[:20], rtol=1e-8)


@pytest.mark.parametrize("method", ["l-bfgs", "descent", "fire", "conjugate-gradients"])
def test_every_double_precision_minimiser_pins(method):
    positions, diameters, box = random_configuration(60, 2, POTENTIAL, seed=2)
    pinned = random_mask(60, 20, seed=3)
    found = minimise(positions, diameters, box, POTENTIAL, pinned=pinned, method=method, tolerance=1e-8)
    np.testing.assert_allclose(found.positions[pinned], positions[pinned], rtol=0.0, atol=1e-11)
    assert found.residual_force < 1e-8


def test_without_pinned_particles_nothing_changes(liquid):
    positions, diameters, box = liquid
    nothing = np.zeros(len(positions), dtype=bool)
    plain, found = (minimise(positions, diameters, box, POTENTIAL, pinned=mask) for mask in (None, nothing))
    np.testing.assert_array_equal(found.positions, plain.positions)
    assert found.energy == plain.energy
    matrix = hessian(plain.positions, diameters, box, POTENTIAL)
    assert abs(hessian(plain.positions, diameters, box, POTENTIAL, pinned=nothing) - matrix).max() == 0.0
    modes = ProjectedHessian.of_configuration(plain.positions, diameters, box, POTENTIAL, pinned=nothing)
    assert modes.zero_mode_count == positions.shape[1]


def test_eigenvalues_interlace(liquid):
    # Cauchy: the k-th of m eigenvalues of a block is between the k-th and the (k + n - m)-th of the n of the matrix.
    positions, diameters, box = liquid
    solid = minimise(positions, diameters, box, POTENTIAL).positions
    whole = np.linalg.eigvalsh(hessian(solid, diameters, box, POTENTIAL).toarray())
    pinned = random_mask(len(solid), 10, seed=4)
    block = np.linalg.eigvalsh(hessian(solid, diameters, box, POTENTIAL, pinned=pinned).toarray())
    round_off = 1e-9 * whole[-1]
    assert np.all(block >= whole[: len(block)] - round_off)
    assert np.all(block <= whole[len(whole) - len(block) :] + round_off)


def test_a_cluster_that_no_pinned_particle_touches_keeps_its_translations():
    positions = [[0.0, 0.0], [0.8, 0.0], [5.0, 0.0], [5.8, 0.0]]
    pinned = np.array([True, False, False, False])
    held = ProjectedHessian.of_configuration(positions, np.ones(4), 10.0, Harmonic(), pinned=pinned)
    assert held.zero_mode_count == 2
    assert held.size == 4


@pytest.mark.parametrize("mask", [np.ones(60, dtype=bool), np.zeros(59, dtype=bool), np.zeros(60)])
def test_an_unusable_mask_is_refused(mask):
    positions, diameters, box = random_configuration(60, 2, POTENTIAL, seed=2)
    with pytest.raises(RecipeError, match="mask of pinned particles"):
        minimise(positions, diameters, box, POTENTIAL, pinned=mask)
    with pytest.raises(RecipeError, match="mask of pinned particles"):
        hessian(positions, diameters, box, POTENTIAL, pinned=mask)


def test_single_precision_does_not_pin():
    positions, diameters, box = random_configuration(60, 2, POTENTIAL, seed=2)
    with pytest.raises(RecipeError, match="does not pin"):
        minimise(positions, diameters, box, POTENTIAL, pinned=random_mask(60, 5, 1), method="mixed-precision")
