"""One sample of each dataset of plane waves and of potential energies, made again from its committed recipe."""

import numpy as np
import pytest

from bosonpeak.datasets import open_dataset
from bosonpeak.generators.run.recipe import load_recipe, sample_seed
from bosonpeak.generators.run.sample_generator import sample_generator

CASES = [
    ("network/currents", "crystal", ("current_correlation", "sound_speed")),
    pytest.param(
        "network/currents", "weak-springs/fraction-0.2", ("current_correlation", "sound_speed"), marks=pytest.mark.slow
    ),
    pytest.param(
        "network/currents-large",
        "dilution/probability-0.8",
        ("current_correlation", "sound_speed"),
        marks=pytest.mark.slow,
    ),
    pytest.param(
        "medium/currents",
        "isotropic/contrast-0.9",
        ("current_correlation", "modulation_wavenumber"),
        marks=pytest.mark.slow,
    ),
    pytest.param(
        "medium/energies",
        "isotropic/contrast-0.9",
        ("density_of_states", "energy_slope", "equilibrium_energy_slope"),
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize(("name", "group", "variables"), CASES)
def test_a_sample_is_made_again(name, group, variables):
    """Spectra are stored to eleven significant bits, of which the last may fall otherwise on another processor."""
    stored = open_dataset(name, group=group)
    recipe = load_recipe(name)
    generator = sample_generator(recipe.generator)
    ensemble = next(entry for entry in recipe.ensembles if entry.group == group)
    index = stored.sizes["sample"] - 1
    parameters = generator.check(ensemble.parameters)
    made = generator.sample(parameters, sample_seed(recipe, index))
    for variable in variables:
        kept = stored[variable].values[index]
        np.testing.assert_allclose(made[variable], kept, rtol=1e-3, atol=1e-6 * np.abs(kept).max())
