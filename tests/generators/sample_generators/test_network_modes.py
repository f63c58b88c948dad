"""Spring networks with their lowest modes: the networks of another recipe, their frequencies and eigenvectors."""

import numpy as np
import pytest

from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.run.recipe import load_recipe, sample_seed
from bosonpeak.generators.sample_generators.spring_networks import SpringNetworkModes

GENERATOR = SpringNetworkModes()
RECIPE = load_recipe("network/eigenvectors")


@pytest.mark.parametrize("group", ["situation-1/delta-0.3", "situation-2/delta-0.2", "situation-3/delta-0.0"])
def test_eigenvectors_belong_to_the_networks_of_the_paper(group):
    (ensemble,) = (each for each in RECIPE.ensembles if each.group == group)
    parameters = GENERATOR.check(ensemble.parameters)
    made = GENERATOR.assemble(parameters, [GENERATOR.sample(parameters, sample_seed(RECIPE, 3))])
    stored = open_dataset("network/paper", group=group).isel(sample=3)
    np.testing.assert_array_equal(made["coordination_number"].values[0], stored["coordination_number"])
    np.testing.assert_array_equal(made["zero_mode_count"].values[0], stored["zero_mode_count"])
    frequency = made["eigenfrequency"].values[0]
    np.testing.assert_allclose(frequency, stored["eigenfrequency"][:10], rtol=0, atol=1e-7)
    np.testing.assert_array_equal(made["eigenvector_frequency"].values[0], frequency)
    rows = made["eigenvector"].values[0].astype(np.float64)
    np.testing.assert_allclose(rows @ rows.T, np.eye(10), rtol=0, atol=2.1 * 2.0**-16)
    # H e = omega^2 e, from the stored springs.
    (one, other), springs = made["bond_node"].values.T, made["bond_stiffness"].values
    pull = np.zeros_like(rows)
    stretched = springs * (rows[:, one] - rows[:, other])
    for mode, tension in enumerate(stretched):
        np.add.at(pull[mode], one, tension)
        np.add.at(pull[mode], other, -tension)
    np.testing.assert_allclose(pull, (frequency**2)[:, None] * rows, rtol=0, atol=2e-5)


def test_a_number_of_modes_is_needed_for_the_lowest():
    with pytest.raises(RecipeError, match="mode_count: above 0 with modes = 'lowest'"):
        GENERATOR.check({"modes": "lowest"})
    with pytest.raises(RecipeError, match="all or lowest or nearest or none"):
        GENERATOR.check({"modes": "highest"})
