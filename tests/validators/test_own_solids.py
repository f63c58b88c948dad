"""Observables of datasets that `vibrations` makes from configurations, matrices and operators."""

import numpy as np
import pytest

from bosonpeak import boson_peak, density_of_states, vibrations
from bosonpeak.generators import InversePower, hessian, minimise, random_configuration
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.validators import exponent, level_statistics, participation_ratio
from bosonpeak.validators.levels import goe_reference, mean_participation
from bosonpeak.validators.spectra import cumulative_count, modes_in_window, sampled_density
from bosonpeak.validators.vortices import vorticity_of_ensemble

PARTICLES = 200


@pytest.fixture(scope="module")
def glasses():
    potential = InversePower()
    found = []
    for seed in range(3):
        positions, diameters, box = random_configuration(PARTICLES, 2, potential, seed=seed)
        minimum = minimise(positions, diameters, box, potential, method="l-bfgs")
        found.append(Configuration.checked(minimum.positions, diameters, box, potential))
    return found


@pytest.fixture(scope="module")
def data(glasses):
    return vibrations(glasses, eigenvectors=True)


def test_density_of_states_of_own_glasses(glasses, data):
    found = density_of_states(data, bins=10)
    width = found["frequency_high"] - found["frequency_low"]
    assert float((found["density"] * width).sum()) == pytest.approx(1.0 - 2.0 / (2 * PARTICLES))
    assert float(found["debye_level"]) == pytest.approx(float(data["debye_level"].mean()))
    assert found.attrs["dimension"] == 2
    lowest = density_of_states(vibrations(glasses, modes=30), bins=np.linspace(0.0, 2.0, 5))
    whole = density_of_states(data, bins=np.linspace(0.0, 2.0, 5))
    np.testing.assert_allclose(lowest["density"], whole["density"][: lowest.sizes["frequency"]])


def test_matrix_and_dataset_give_the_same_density(glasses, data):
    glass = glasses[0]
    matrix = hessian(glass.positions, glass.diameters, glass.box, glass.potential)
    edges = np.linspace(0.0, float(data["eigenfrequency"].max()) * 1.01, 5)
    exact = density_of_states(data.isel(sample=[0]), bins=edges)
    found = density_of_states(matrix, bins=edges, dimension=2, moments=1024, vectors=64)
    assert found["density"].values == pytest.approx(exact["density"].values, abs=0.01)


def test_observables_of_datasets_take_own_glasses(data):
    assert boson_peak(data).unit == data["eigenfrequency"].attrs["units"]
    order = goe_reference(2 * PARTICLES, "lowest", 20, skip=2, matrices=20)
    assert 0.3 < level_statistics(data, count=20, reference=order).mean_ratio.value < 0.8
    assert exponent(data).n > 0
    assert participation_ratio(data["eigenvector"]).dims == ("sample", "mode")
    assert 0.0 < mean_participation(data, low=1.0, high=6.0).value < 1.0
    inside = modes_in_window(data, low=1.0, high=4.0)
    below = cumulative_count(data["eigenfrequency"], [1.0, 4.0])
    np.testing.assert_allclose(inside, (below[:, 1] - below[:, 0]) / (2 * PARTICLES))
    assert sampled_density(data, low=1.0, high=4.0, bin_width=0.5).shape == (3, 6)


def test_vorticity_of_own_glasses_leaves_out_their_translations(data):
    found = vorticity_of_ensemble(data, modes=3)
    assert found.sizes == {"configuration": 3, "low_mode": 3}
    assert found["low_mode"].values.tolist() == [2, 3, 4]
    np.testing.assert_array_equal(found["eigenfrequency"], data["eigenfrequency"][:, 2:5])
