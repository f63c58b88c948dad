"""Coordination numbers against crystals, whose neighbours are known, and against a count over all pairs."""

import itertools

import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.periodic_box import coordination_number, first_minimum, pair_distribution

BASES = {
    "square": (np.eye(2), [[0, 0]], 4, 2**0.5),
    "simple cubic": (np.eye(3), [[0, 0, 0]], 6, 2**0.5),
    "face-centred cubic": (
        2**0.5 * np.eye(3),
        [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]],
        12,
        2**0.5,
    ),
    "triangular": (np.diag([1.0, 3**0.5]), [[0, 0], [0.5, 0.5]], 6, 3**0.5),
}


def crystal(name, *, noise=0.04, repeats=8, seed=3):
    """Positions and box of a crystal with nearest neighbours at distance 1, with thermal noise."""
    cell, basis, _, _ = BASES[name]
    dimension = len(cell)
    cells = np.array(list(itertools.product(range(repeats), repeat=dimension)))
    places = (cells[:, None] + np.array(basis)).reshape(-1, dimension) @ cell
    box = repeats * np.diag(cell)
    return places + noise * np.random.default_rng(seed).standard_normal(places.shape), box


@pytest.mark.parametrize("name", list(BASES))
def test_crystals_have_the_coordination_of_their_first_shell(name):
    _, _, expected, second_shell = BASES[name]
    positions, box = crystal(name)
    sizes = np.ones(len(positions))
    minimum = first_minimum([positions], [sizes], box)
    assert 1.0 < minimum < second_shell
    numbers = coordination_number(positions, sizes, box, minimum)
    assert np.mean(numbers == expected) > 0.98
    assert numbers.mean() == pytest.approx(expected, abs=0.02)


def test_the_minimum_is_in_units_of_the_mean_diameter():
    positions, box = crystal("face-centred cubic")
    sizes = np.ones(len(positions))
    scaled = first_minimum([3 * positions], [3 * sizes], 3 * box)
    assert scaled == pytest.approx(first_minimum([positions], [sizes], box), abs=1e-12)


def test_neighbours_of_a_mixture_are_counted_by_their_mean_diameter():
    positions = np.array([[1.0, 1.0], [2.4, 1.0], [1.0, 3.3], [9.0, 1.0]])
    sizes, box = np.array([1.0, 1.0, 2.0, 2.0]), np.array([10.0, 12.0])
    # Distance over mean diameter: 1.4/1 (0 and 1), 2.3/1.5 (0 and 2), 2/1.5 (0 and 3), sqrt(2^2 + 2.3^2)/2 (2 and 3).
    assert coordination_number(positions, sizes, box, 1.35).tolist() == [1, 0, 0, 1]
    assert coordination_number(positions, sizes, box, 1.45).tolist() == [2, 1, 0, 1]
    assert coordination_number(positions, sizes, box, 1.53).tolist() == [2, 1, 1, 2]
    assert coordination_number(positions, sizes, box, 1.60).tolist() == [3, 1, 2, 2]


def test_the_pair_distribution_of_a_gas_is_one():
    rng = np.random.default_rng(5)
    box = np.array([11.0, 12.0, 13.0])
    positions = [rng.random((800, 3)) * box for _ in range(4)]
    sizes = [rng.uniform(0.7, 1.6, 800) for _ in range(4)]
    found = pair_distribution(positions, sizes, box, np.linspace(0.6, 1.8, 7))
    np.testing.assert_allclose(found, 1.0, atol=0.04)
    with pytest.raises(NotApplicableError, match="no distinct first minimum"):
        first_minimum(positions, sizes, box)


def test_a_box_that_holds_no_shell_is_refused():
    positions, box = crystal("simple cubic", repeats=3)
    with pytest.raises(NotApplicableError, match="box is too small") as raised:
        first_minimum([positions], [np.ones(27)], box)
    assert "3.8" in str(raised.value)
