"""Parted or not: sizes without order give 1, a box of two halves gives a share of the number of particles."""

import numpy as np
import pytest

from bosonpeak.generators.particles.diameters import diameter_structure_factor


def test_sizes_put_anywhere_have_one_on_average():
    generator = np.random.default_rng(1)
    found = [
        diameter_structure_factor(generator.random((200, 3)) * 6.0, generator.random(200), 6.0) for _ in range(400)
    ]
    assert np.mean(found) == pytest.approx(1.0, abs=0.1)


def test_two_halves_of_the_box_are_the_square_wave_of_their_sizes():
    # |sum a exp(ikx)|^2 / sum a^2 of +-1 on the two halves of [0, L) is N (2/pi)^2 along that axis, 0 along the others.
    x = (np.arange(4000) + 0.5) / 4000
    positions = np.stack([5.0 * x, 5.0 * np.roll(x[::-1], 7) * 0.0, np.zeros(4000)], axis=1)
    sizes = np.where(x < 0.5, 1.0, 2.0)
    found = diameter_structure_factor(positions, sizes, [5.0, 3.0, 2.0])
    assert found == pytest.approx(4000 * (2 / np.pi) ** 2 / 3, rel=1e-3)
    assert diameter_structure_factor(positions, np.ones(4000), 5.0) == 0.0


def test_moving_or_shuffling_everything_alike_changes_nothing():
    generator = np.random.default_rng(2)
    positions, sizes = generator.random((100, 2)) * 4.0, generator.random(100)
    order = generator.permutation(100)
    expected = diameter_structure_factor(positions, sizes, 4.0)
    assert diameter_structure_factor(positions[order] + 1.3, sizes[order], 4.0) == pytest.approx(expected, rel=1e-9)
