import numpy as np
import pytest
from scipy import stats

from bosonpeak.datasets import validate
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.generators.run.recipe import load_recipe, sample_seed
from bosonpeak.generators.run.sample_generator import sample_generator
from bosonpeak.generators.sample_generators.known_truth import STRESS_RANGE, NullSpectrum

GENERATOR = NullSpectrum()


def ensemble(chains=6, **parameters):
    complete = GENERATOR.check(parameters)
    seeds = np.random.SeedSequence(3).spawn(chains)
    return GENERATOR.assemble(complete, [GENERATOR.sample(complete, seed) for seed in seeds])


def test_it_is_found_by_its_name():
    assert isinstance(sample_generator("null-spectrum"), NullSpectrum)


def test_modes_follow_the_law_and_the_shell_is_in_its_place():
    data = ensemble(exponent=3.0, mean_count=2.0, highest=0.7, phonon_count=5, phonon_width=0.01)
    modes = data["eigenfrequency"].values
    below = modes[modes < 0.7]
    assert stats.kstest((below / 0.7) ** 4.0, "uniform").pvalue > 1e-3
    assert ((modes > 0.9).sum(axis=1) == 5).all()
    assert np.array_equal(data["mode_count"].values, (~np.isnan(modes)).sum(axis=1))
    assert np.array_equal(data["chain"].values, np.repeat(np.arange(6), 12))


def test_stresses_follow_their_power_law():
    data = ensemble(stress_components=4000, stress_exponent=-0.5)
    counts, edges = data["stress_count"].values.sum(axis=0), data["stress_edge"].values
    assert edges[[0, -1]] == pytest.approx(STRESS_RANGE)
    share = np.diff(np.sqrt(edges)) / (np.sqrt(edges[-1]) - np.sqrt(edges[0]))
    assert counts.sum() == 4000 * 72
    assert stats.chisquare(counts, share * counts.sum()).pvalue > 1e-3


def test_the_dataset_obeys_its_schema():
    data = ensemble(stress_components=10)
    provenance = provenance_attributes(
        kind="mode-ensemble", title="t", summary="s", source="s", licence="CC-BY-4.0", seed=3, created="2026-11-21"
    )
    validate(data.assign_attrs({**data.attrs, **provenance}))


def test_ensembles_of_one_law_are_independent_if_they_are_replicas():
    first, second = (
        ensemble(exponent=3.0, mean_count=2.0, phonon_count=0, replica=k)["eigenfrequency"] for k in (0, 1)
    )
    shared = np.isin(first.values[~np.isnan(first.values)], second.values)
    assert shared.mean() < 0.01  # of 24 bits two modes may agree by chance


def test_chains_of_a_recipe_repeat():
    recipe = load_recipe("null/power-laws")
    parameters = GENERATOR.check(recipe.ensembles[0].parameters)
    first, again = (GENERATOR.sample(parameters, sample_seed(recipe, 1))["eigenfrequency"] for _ in range(2))
    other = GENERATOR.sample(parameters, sample_seed(recipe, 2))["eigenfrequency"]
    assert np.array_equal(first, again, equal_nan=True)
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"exponent": -1.0}, "exponent: above -1"),
        ({"highest": 0.5}, "highest: 0.6 or more"),
        ({"persistence": 1.0}, "persistence: from 0"),
        ({"gap": 0.9}, "gap: 0 or more"),
        ({"phonon_count": 1.5}, "wrong type"),
        ({"phonons": 3}, "unknown parameters"),
    ],
)
def test_impossible_parameters_are_refused(parameters, message):
    with pytest.raises(RecipeError, match=message):
        GENERATOR.check(parameters)
