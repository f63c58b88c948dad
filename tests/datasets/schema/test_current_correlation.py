import numpy as np
import pytest

from bosonpeak.datasets import validate
from bosonpeak.datasets.errors import SchemaError


@pytest.fixture
def currents(valid_datasets):
    return valid_datasets["current-correlation"]


def test_a_wave_cannot_have_more_than_one(currents):
    currents["current_correlation"].values[1] *= 1.1
    with pytest.raises(SchemaError, match="adds up to more than one"):
        validate(currents)


def test_bins_start_at_zero_and_are_equal(currents):
    shifted = currents.assign_coords(frequency=currents["frequency"] + 0.02)
    with pytest.raises(SchemaError, match="not the centres of equal bins"):
        validate(shifted)


def test_spectra_are_not_negative(currents):
    currents["current_correlation"].values[0, 0, 3] = -0.5
    with pytest.raises(SchemaError, match="negative beyond round-off"):
        validate(currents)


def test_wave_numbers_ascend(currents):
    with pytest.raises(SchemaError, match="wavenumber"):
        validate(currents.isel(wavenumber=np.array([1, 0])))
