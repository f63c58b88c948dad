import numpy as np
import pytest

from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators import InversePower
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.validators.comparisons.relatives import (
    diameter_draws,
    neighbour_sketch,
    related_configurations,
    tells_particles_apart,
)

SIDE = 20.0


@pytest.fixture(scope="module")
def discs():
    stored = open_dataset("glass/modes-2d", group="m-2/T-1.00")
    return stored["position"].values[:30], stored["diameter"].values[:30]


def minimised(positions, diameters, taper=2):
    return minimise(positions, diameters, SIDE, InversePower(12, 1.955, taper)).positions


def test_glasses_that_nobody_kicked_are_no_relatives(discs):
    sketch = neighbour_sketch(*discs, [SIDE, SIDE])
    found = related_configurations(sketch[:15], sketch[15:])
    assert found == ()
    assert [one.other for one in related_configurations(sketch, sketch)] == list(range(30))


@pytest.mark.parametrize("change", ["kicked by 0.2", "another taper", "moved, mirrored, in another order and unit"])
def test_a_relative_is_recognised_by_its_neighbours(discs, change):
    generator = np.random.default_rng(3)
    positions, diameters = discs[0][4], discs[1][4]
    side = SIDE
    if change == "kicked by 0.2":
        positions = minimised(positions + 0.2 * generator.standard_normal(positions.shape), diameters)
    elif change == "another taper":
        positions = minimised(positions, diameters, np.inf)
    else:
        order = generator.permutation(len(positions))
        positions, diameters, side = 2.0 * ((-positions[order, ::-1] + 0.7) % SIDE), 2.0 * diameters[order], 2.0 * SIDE
    sketch = neighbour_sketch(positions[None], diameters[None], [side, side])
    (found,) = related_configurations(sketch, neighbour_sketch(*discs, [SIDE, SIDE]))
    assert found.other == 4


def test_chains_that_draw_their_diameters_are_counted():
    stored = open_dataset("glass/taper-2", group="T-1.00")
    diameters = stored["diameter"].values
    chain = stored["chain"].values[stored["configuration_index"].values]
    draw = diameter_draws(diameters[:, ::-1])
    assert len(np.unique(draw)) == len(np.unique(chain)) == 25
    assert all(len(np.unique(draw[chain == label])) == 1 for label in np.unique(chain))


def test_mixtures_of_two_diameters_tell_nobody_apart(discs):
    two = np.where(np.arange(400) < 320, 1.0, 0.8) * np.ones((30, 1))
    assert not tells_particles_apart(two)
    with pytest.raises(NotApplicableError, match="told apart"):
        neighbour_sketch(discs[0], two, [SIDE, SIDE])
    with pytest.raises(NotApplicableError, match="cannot be compared"):
        neighbour_sketch(discs[0], two[:, :5], [SIDE, SIDE])
