"""Debye's law against plane waves counted by hand."""

import numpy as np
import pytest

from bosonpeak.spectral_methods.debye_law import debye_frequency, debye_level


@pytest.mark.parametrize(("dimension", "particles"), [(2, 40000), (3, 30000)])
def test_as_many_waves_as_degrees_of_freedom_are_below_the_debye_frequency(dimension, particles):
    transverse, longitudinal, length = 0.7, 1.3, 5.0
    highest = debye_frequency(transverse, longitudinal, particles, length**dimension, dimension)
    reach = int(highest / transverse * length / (2.0 * np.pi)) + 1
    periods = np.stack(np.meshgrid(*[np.arange(-reach, reach + 1)] * dimension, indexing="ij"), axis=-1)
    wavenumber = 2.0 * np.pi / length * np.linalg.norm(periods.reshape(-1, dimension), axis=1)
    waves = [
        (dimension - 1) * np.count_nonzero(transverse * wavenumber < share * highest)
        + np.count_nonzero(longitudinal * wavenumber < share * highest)
        for share in (1.0, 0.5)
    ]
    assert waves[0] == pytest.approx(dimension * particles, rel=5e-3)
    level = debye_level(highest, dimension)
    below = level * (0.5 * highest) ** dimension / dimension
    assert waves[1] / (dimension * particles) == pytest.approx(below, rel=1e-2)


def test_arrays_give_the_numbers_of_their_elements():
    speeds = np.array([0.5, 0.9]), np.array([1.0, 1.5])
    found = debye_level(debye_frequency(*speeds, 1.2, 1.0, 3), 3)
    alone = [debye_level(debye_frequency(float(t), float(c), 1.2, 1.0, 3), 3) for t, c in zip(*speeds, strict=True)]
    np.testing.assert_allclose(found, alone, rtol=1e-14)
