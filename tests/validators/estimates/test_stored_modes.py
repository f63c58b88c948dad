import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.stored_modes import StoredModes


@pytest.fixture
def glasses():
    generator = np.random.default_rng(1)
    return xr.Dataset(
        {
            "position": (("configuration", "particle", "axis"), generator.random((3, 5, 2))),
            "eigenvector": (("configuration", "low_mode", "particle", "axis"), generator.random((3, 2, 5, 2))),
            "configuration_index": ("configuration", [0, 3, 2]),
            "box": ("axis", [1.0, 1.0]),
            "eigenfrequency": (("sample", "mode"), np.arange(1.0, 17.0).reshape(4, 4)),
            "first_phonon": ("sample", [1.0, 2.0, 4.0, 8.0]),
            "chain": ("sample", [7, 5, 5, 7]),
        }
    )


def test_modes_go_with_the_sample_they_were_stored_for(glasses):
    modes = StoredModes(glasses)
    assert modes.frequency.tolist() == [[1.0, 2.0], [13.0, 14.0], [9.0, 10.0]]
    assert modes.first_phonon.tolist() == [1.0, 8.0, 4.0]
    assert modes.ratio.tolist() == [[1.0, 2.0], [1.625, 1.75], [2.25, 2.5]]
    for index, (places, vectors) in enumerate(modes):
        assert np.array_equal(places, glasses["position"].values[index])
        assert np.array_equal(vectors, glasses["eigenvector"].values[index])


def test_what_is_independent_is_the_chain_or_else_the_sample(glasses):
    assert StoredModes(glasses).cluster.tolist() == [1, 1, 0]
    assert StoredModes(glasses.drop_vars("chain")).cluster.tolist() == [0, 2, 1]


def test_what_is_missing_is_named(glasses):
    with pytest.raises(NotApplicableError, match="no first_phonon"):
        StoredModes(glasses.drop_vars("first_phonon"))
