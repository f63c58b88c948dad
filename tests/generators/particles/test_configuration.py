"""A configuration is checked once and finds its pairs once, and the functions of four arguments agree with it."""

import numpy as np
import pytest

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.particles.configuration import Configuration, contact_numbers, interactions, rattlers
from bosonpeak.generators.particles.forces import energy_and_forces, forces_of_configuration
from bosonpeak.generators.particles.potentials import Harmonic, InversePower


@pytest.fixture(params=[2, 3])
def given(request):
    rng = np.random.default_rng(4)
    count, side = 100, 100 ** (1 / request.param)
    return rng.random((count, request.param)) * side * 3 - side, rng.uniform(0.8, 1.3, count), side, InversePower()


def test_positions_are_folded_and_what_was_given_is_left_alone(given):
    before = given[0].copy()
    made = Configuration.checked(*given)
    assert np.all((made.positions >= 0) & (made.positions < made.box))
    np.testing.assert_array_equal(given[0], before)
    assert made.box.shape == (before.shape[1],)
    assert made.reach == pytest.approx(1.955)


def test_pairs_are_found_once_and_make_the_energy_and_the_forces(given):
    made = Configuration.checked(*given)
    found = made.interactions
    assert made.interactions is found
    energy, forces = forces_of_configuration(made)
    assert found.energy.sum() == pytest.approx(energy, rel=1e-12)
    pulled = np.zeros_like(forces)
    pull = found.first[:, None] * found.direction
    np.add.at(pulled, found.pairs[:, 0], -pull)
    np.add.at(pulled, found.pairs[:, 1], pull)
    np.testing.assert_allclose(pulled, forces, rtol=0, atol=1e-12 * np.abs(forces).max())


def test_functions_of_four_arguments_say_what_the_configuration_says(given):
    found = Configuration.checked(*given).interactions
    np.testing.assert_array_equal(interactions(*given).pairs, found.pairs)
    np.testing.assert_array_equal(contact_numbers(*given), found.contact_numbers)
    np.testing.assert_array_equal(rattlers(*given), found.rattlers)
    np.testing.assert_array_equal(
        energy_and_forces(*given)[1], forces_of_configuration(Configuration.checked(*given))[1]
    )


def test_a_chain_of_contacts_is_all_rattlers_and_one_group():
    places = np.column_stack([np.arange(5) * 0.9 + 0.5, np.full(5, 1.0)])
    found = interactions(places, np.ones(5), 8.0, Harmonic())
    assert found.contact_numbers.tolist() == [1, 2, 2, 2, 1]
    assert found.rattlers.all()
    assert found.zero_mode_groups.tolist() == [0] * 5
    assert (found.particle_count, found.dimension) == (5, 2)


def test_rattlers_are_found_one_after_the_other():
    side = 6
    lattice = np.argwhere(np.ones((side, side))).astype(float)
    missing = (lattice == [2, 2]).all(axis=1)
    chain = np.array([[2.0, 2.03], [2.9, 2.1]])
    positions = np.vstack([lattice[~missing & ~(lattice == [3, 2]).all(axis=1)], chain])
    diameters = np.r_[np.full(len(positions) - 2, 1.05), 0.96, 0.90]
    contacts = contact_numbers(positions, diameters, float(side), Harmonic())
    loose = rattlers(positions, diameters, float(side), Harmonic())
    assert contacts[[0, -2, -1]].tolist() == [4, 3, 2]
    assert np.flatnonzero(loose).tolist() == [len(positions) - 2, len(positions) - 1]


@pytest.mark.parametrize("turns", [0.0, 1.0, -2.0])
def test_a_box_tilted_by_whole_lengths_is_the_rectangular_one(given, turns):
    positions, diameters, side, potential = given
    dimension = positions.shape[1]
    tilt = np.full(dimension * (dimension - 1) // 2, turns * side)
    upright = interactions(*given)
    if turns and dimension == 3:
        # Faces of so flat a cell are too near each other for this cutoff, though it is the same lattice.
        with pytest.raises(RecipeError, match="half the box"):
            Configuration.checked(positions, diameters, side, potential, tilt)
        return
    found = Configuration.checked(positions, diameters, side, potential, tilt).interactions
    np.testing.assert_array_equal(found.pairs, upright.pairs)
    np.testing.assert_allclose(found.forces, upright.forces, atol=1e-9 * np.abs(upright.first).max())
    assert found.energy.sum() == pytest.approx(upright.energy.sum(), rel=1e-12)
