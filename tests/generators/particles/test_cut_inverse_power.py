"""Inverse-power spheres cut at a multiple of a_ij: closed forms, and derivatives by differences."""

import numpy as np
import pytest

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.particles.forces import energy_and_forces
from bosonpeak.generators.particles.potentials import CutInversePower


@pytest.mark.parametrize("n", [6, 12])
@pytest.mark.parametrize("is_shifted", [False, True])
def test_values_by_hand(n, is_shifted):
    potential = CutInversePower(n, 1.955, is_shifted)
    r, a_i, a_j = np.array([0.9, 1.3, 2.4]), 1.1, 0.9
    sigma = 1.0
    energy = np.where(r < 1.955, (sigma / r) ** n - is_shifted * 1.955**-n, 0.0)
    np.testing.assert_allclose(potential.energy(r, a_i, a_j), energy, rtol=1e-14)
    first, second = potential.derivatives(r, a_i, a_j)
    np.testing.assert_allclose(first, np.where(r < 1.955, -n * r ** (-n - 1.0), 0.0), rtol=1e-13)
    np.testing.assert_allclose(second, np.where(r < 1.955, n * (n + 1) * r ** (-n - 2.0), 0.0), rtol=1e-13)


def test_every_pair_has_a_cutoff_of_its_own():
    potential = CutInversePower(12, 1.5)
    assert potential.energy(1.6, 1.2, 1.2) > 0.0
    assert potential.energy(1.6, 1.0, 1.0) == 0.0
    assert potential.largest_range([0.8, 1.2]) == pytest.approx(1.8)


@pytest.mark.parametrize("is_common", [False, True])
@pytest.mark.parametrize("taper", [2, 3, np.inf])
def test_a_taper_multiplies_and_its_derivatives_are_those_of_the_product(is_common, taper):
    potential, a_i, a_j = CutInversePower(12, 1.8, True, is_common, taper), 1.1, 1.3
    cutoff = 1.8 if is_common else 1.8 * 1.2
    r = np.linspace(0.9, 0.98 * cutoff, 7)
    x = r / cutoff
    factor = np.exp(x / (2 * (x - 1))) if np.isinf(taper) else (1 - x**2) ** taper
    np.testing.assert_allclose(
        potential.energy(r, a_i, a_j), ((1.2 / r) ** 12 - (1.2 / cutoff) ** 12) * factor, rtol=1e-12
    )
    ends = [potential.energy(r + step, a_i, a_j) for step in (1e-5, -1e-5)]
    slopes = [potential.derivatives(r + step, a_i, a_j)[0] for step in (1e-5, -1e-5)]
    first, second = potential.derivatives(r, a_i, a_j)
    np.testing.assert_allclose(first, (ends[0] - ends[1]) / 2e-5, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(second, (slopes[0] - slopes[1]) / 2e-5, rtol=1e-6, atol=1e-9)
    assert potential.force_jump(a_i, a_j)[1] == 0.0


def test_forces_are_the_slope_of_the_energy():
    generator = np.random.default_rng(1)
    side, potential = 6.0, CutInversePower(12, 1.6, is_shifted=True)
    grid = np.stack(np.meshgrid(*[np.arange(6.0)] * 2), axis=-1).reshape(-1, 2)
    positions = grid + 0.1 * generator.uniform(-1.0, 1.0, grid.shape)
    diameters = generator.uniform(0.8, 1.2, 36)
    energy, forces = energy_and_forces(positions, diameters, side, potential)[:2]
    first, second = np.triu_indices(36, 1)
    shift = positions[first] - positions[second]
    distance = np.linalg.norm(shift - side * np.rint(shift / side), axis=1)
    assert energy == pytest.approx(potential.energy(distance, diameters[first], diameters[second]).sum(), rel=1e-12)
    step = 1e-6
    for particle, axis in ((0, 0), (17, 1)):
        moved = [positions.copy(), positions.copy()]
        moved[0][particle, axis] += step
        moved[1][particle, axis] -= step
        up, down = (energy_and_forces(each, diameters, side, potential)[0] for each in moved)
        assert forces[particle, axis] == pytest.approx(-(up - down) / (2.0 * step), abs=1e-6)


@pytest.mark.parametrize("wrong", [{"n": 0}, {"cutoff": 0.0}, {"cutoff": np.inf}])
def test_senseless_parameters_are_refused(wrong):
    with pytest.raises(RecipeError):
        CutInversePower(**wrong)
