import math

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.figures.levels import extent_of_modes
from bosonpeak.benchmark.figures.limit import Glasses, modes_in_scaled_frequency

LOWEST = np.array([0.2, 0.5, 0.8])
PHONON = np.array([0.8, 1.0, 1.2])
"""Glasses whose softest modes lower their own first phonon, as the non-affine part of the modulus does."""


@pytest.fixture
def glasses():
    frequency = LOWEST[:, None] * np.array([1.0, 1.2, 1.4])
    return xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), frequency),
            "participation_ratio": (("sample", "mode"), np.full_like(frequency, 0.1)),
            "first_phonon": ("sample", PHONON),
        },
        attrs={"particles": 1000},
    )


def test_frequencies_are_scaled_by_the_mean_first_phonon(glasses):
    scaled = Glasses("softened", glasses, 1000, 3).scaled
    unit = 2.0 * math.pi / (PHONON.mean() * 10.0)
    np.testing.assert_allclose(scaled[:, 0], LOWEST * unit)
    assert scaled[0, 0] / scaled[2, 0] == pytest.approx(0.25)  # own phonons would make 0.375 of it


def test_modes_are_counted_at_one_frequency_in_all_glasses(glasses):
    figure = modes_in_scaled_frequency([Glasses("softened", glasses, 1000, 3)], [])
    (panel,) = figure.panels
    assert panel.title == "3 dimensions"
    assert "mean over the ensemble" in figure.caption


def test_the_cloud_of_modes_has_the_mean_first_phonon_as_its_unit(glasses):
    cloud = extent_of_modes(glasses, 0)
    assert min(cloud.x) == pytest.approx(0.2)
    assert set(cloud.y) == {100.0}
