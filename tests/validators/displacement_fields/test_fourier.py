import numpy as np
import pytest

from bosonpeak.validators.displacement_fields.fourier import phase_factors


@pytest.mark.parametrize("box", [np.array([7.0, 9.0]), np.array([5.0, 6.0, 11.0])])
def test_factors_are_those_of_the_waves(box):
    generator = np.random.default_rng(1)
    places = generator.uniform(-box, 2.0 * box, (40, len(box)))
    numbers = generator.integers(-9, 10, (60, len(box)))
    direct = np.exp(1j * (2.0 * np.pi * numbers / box) @ places.T)
    assert np.abs(phase_factors(places, box, numbers) - direct).max() < 1e-12


def test_no_waves_give_no_factors():
    assert phase_factors(np.zeros((4, 2)), np.ones(2), np.empty((0, 2), np.int64)).shape == (0, 4)
