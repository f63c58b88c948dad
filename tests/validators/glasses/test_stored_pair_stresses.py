"""Stress tensors of pairs from stored forces, against the tensors of the potential and the stress of the sample."""

import numpy as np
import pytest

from bosonpeak.datasets import open_dataset, select_subset
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators import InversePower, pair_stresses
from bosonpeak.generators.run.recipe import load_recipe, sample_seed
from bosonpeak.generators.sample_generators.stored_glasses import StoredGlasses
from bosonpeak.validators.glasses import pair_stress_tensors

RECIPE = load_recipe("glass/taper-2-particles")


@pytest.fixture(scope="module")
def glasses():
    parameters = StoredGlasses().check(RECIPE.ensembles[0].parameters | {"lowest_modes": 1, "eigenvectors": 1})
    samples = [StoredGlasses().sample(parameters, sample_seed(RECIPE, index)) for index in range(2)]
    return StoredGlasses().assemble(parameters, samples)


def expected(glasses, place):
    configuration = [glasses[name].values[place] for name in ("position", "diameter")]
    return pair_stresses(*configuration, glasses["box"].values, InversePower(taper=2)).stress


def test_tensors_are_the_ones_of_the_potential(glasses):
    found = pair_stress_tensors(glasses)
    assert found.dims == ("configuration", "pair", "axis", "axis2")
    for place, count in enumerate(glasses["pair_count"].values):
        tensors = found.values[place, :count]
        np.testing.assert_allclose(tensors, expected(glasses, place), rtol=1e-11, atol=1e-13)
        assert np.isnan(found.values[place, count:]).all()


def test_components_are_chosen_by_label_and_add_up_to_the_stress_of_the_sample(glasses):
    found = pair_stress_tensors(glasses).sum("pair") / glasses["box"].prod()
    pressure = -sum(found.sel(axis=axis, axis2=axis) for axis in "xyz") / 3
    np.testing.assert_allclose(pressure, glasses["pressure"], rtol=1e-11)
    shared = glasses["particle_stress"].astype("float64").sum("particle") / glasses["box"].prod()
    np.testing.assert_allclose(shared, found, rtol=0, atol=1e-6)


def test_a_selection_gives_the_tensors_of_its_glasses(glasses):
    everything = pair_stress_tensors(glasses)
    one = pair_stress_tensors(glasses.sel(configuration=12))
    np.testing.assert_array_equal(one, everything.sel(configuration=12))
    by_sample = pair_stress_tensors(select_subset(glasses, "configuration"))
    np.testing.assert_array_equal(by_sample.sel(sample=12), one)


def test_half_of_the_shear_components_of_an_isotropic_glass_are_positive(glasses):
    shear = pair_stress_tensors(glasses).sel(axis="x", axis2="y")
    positive = float((shear > 0).sum() / shear.count())
    assert abs(positive - 0.5) < 3 * 0.5 / np.sqrt(float(shear.count()))


def test_an_ensemble_without_forces_is_refused():
    with pytest.raises(NotApplicableError, match="pair_particle"):
        pair_stress_tensors(open_dataset("glass/taper-2", group="T-0.20"))
