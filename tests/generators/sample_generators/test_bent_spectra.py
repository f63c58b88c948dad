"""Ensembles whose exponent bends: labelled, of the asked size, and understood by the estimator of the limit."""

import numpy as np
import pytest

from bosonpeak.datasets import validate
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.generators.run.recipe import load_recipe, sample_seed
from bosonpeak.generators.run.sample_generator import sample_generator

GENERATOR = sample_generator("bent-spectrum")


def ensemble(chains=3, **parameters):
    complete = GENERATOR.check(parameters)
    samples = [GENERATOR.sample(complete, np.random.SeedSequence(1, spawn_key=(2, k))) for k in range(chains)]
    return GENERATOR.assemble(complete, samples)


def test_an_ensemble_obeys_its_schema_and_says_its_size_and_phonon():
    made = ensemble(particles=4000, samples_per_chain=5)
    validate(
        made.assign_attrs(
            provenance_attributes(
                kind="mode-ensemble", title="t", summary="", created="2026-01-31", licence="CC0-1.0", source="none"
            )
        )
    )
    assert made.attrs["particles"] == 4000
    np.testing.assert_allclose(made["first_phonon"], 1.45 / 4 ** (1 / 3))
    assert made["chain"].values.tolist() == np.repeat(np.arange(3), 5).tolist()
    assert float(made["eigenfrequency"].max()) <= 0.6 * 1.45 / 4 ** (1 / 3)
    assert np.isnan(made["eigenfrequency"].values[:, -1]).all()
    np.testing.assert_array_equal(made["mode_count"], np.isfinite(made["eigenfrequency"]).sum("mode"))


def test_sizes_and_replicas_are_drawn_apart():
    first, again, other = (ensemble(particles=4000, replica=replica) for replica in (0, 0, 1))
    np.testing.assert_array_equal(first["eigenfrequency"], again["eigenfrequency"])
    assert not np.array_equal(first["mode_count"], other["mode_count"])


@pytest.mark.parametrize("wrong", [{"particles": 3}, {"highest": 0.0}, {"exponent": -2.0}, {"bend": 0.0}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(RecipeError):
        GENERATOR.check(wrong)


def test_the_recipe_has_all_laws_at_all_sizes():
    recipe = load_recipe("null/bent-spectra")
    laws = {entry.group.rpartition("/")[0] for entry in recipe.ensembles}
    assert len(recipe.ensembles) == 4 * len(laws)
    made = GENERATOR.sample(GENERATOR.check(recipe.ensembles[0].parameters), sample_seed(recipe, 0))
    assert made["eigenfrequency"].shape[0] == recipe.ensembles[0].parameters["samples_per_chain"]
