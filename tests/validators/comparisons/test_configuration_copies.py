import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.comparisons.configuration_copies import (
    repeated_configurations,
    shared_configurations,
    shortest_distances,
)


def liquids(samples, seed, particles=300, side=7.0):
    return side * np.random.default_rng(seed).random((samples, particles, 3)), np.full(3, side)


def test_distances_by_hand():
    positions = np.array([[[0.1, 0.0], [9.9, 0.0], [5.0, 5.0], [5.0, 5.5], *[[2.0, 0.9 * k] for k in range(30)]]])
    found = shortest_distances(positions, [10.0, 40.0])
    assert found[0, :4] == pytest.approx([0.02, 0.02, 0.05, 0.05])


def test_independent_configurations_share_nothing():
    mine, box = liquids(20, 1)
    theirs, _ = liquids(20, 2)
    assert shared_configurations(shortest_distances(mine, box), shortest_distances(theirs, box)) == ()
    assert repeated_configurations(shortest_distances(mine, box)) == ()


def test_origin_order_unit_and_rounding_do_not_hide_a_copy():
    positions, box = liquids(6, 3)
    generator = np.random.default_rng(4)
    moved = np.round((generator.permutation(positions[[4, 2]], axis=1) + 1.234) % box, 7)
    found = shared_configurations(shortest_distances(2.0 * moved, 2.0 * box), shortest_distances(positions, box))
    assert [(one.sample, one.other) for one in found] == [(0, 4), (1, 2)]
    (twice,) = repeated_configurations(shortest_distances(np.concatenate([positions, moved[:1]]), box))
    assert (twice.sample, twice.other) == (6, 4)


def test_a_coordinate_just_below_zero_is_inside_the_box():
    positions, box = liquids(1, 5)
    positions[0, 0] = -1e-18
    assert np.isfinite(shortest_distances(positions, box)).all()


def test_what_is_no_configuration_is_refused():
    with pytest.raises(NotApplicableError):
        shortest_distances(np.zeros((1, 3, 3)), [1.0, 1.0, 1.0])
    with pytest.raises(NotApplicableError):
        shortest_distances(np.zeros((1, 100, 3)), [1.0, 1.0])
