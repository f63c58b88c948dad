import numpy as np
import pytest
from scipy import stats

from bosonpeak.datasets import validate
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.generators.nulls.spectra import beta_ensemble_levels
from bosonpeak.generators.run.recipe import load_recipe
from bosonpeak.generators.run.sample_generator import sample_generator
from bosonpeak.generators.sample_generators.known_truth import RandomLevels

GENERATOR = RandomLevels()


def made(samples=4, **parameters):
    complete = GENERATOR.check(parameters)
    seeds = [np.random.SeedSequence(3, spawn_key=(index,)) for index in range(samples)]
    return GENERATOR.assemble(complete, [GENERATOR.sample(complete, seed) for seed in seeds])


@pytest.mark.parametrize("part", ["lowest", "middle"])
def test_windows_hold_the_levels_of_whole_matrices(part):
    order, count = 90, 12
    levels = made(8, order=order, part=part, count=count, samples_per_chain=60)["eigenfrequency"].values
    whole = np.sqrt(2.0) * beta_ensemble_levels(order, 1.0, 480, 5)
    first = (order - count) // 2 if part == "middle" else 0
    lift = 2.0 * np.sqrt(order) + 10.0 * order ** (-1.0 / 6.0)
    for level in (0, count - 1):
        assert stats.ks_2samp(levels[:, level] - lift, whole[:, first + level]).pvalue > 1e-3


def test_all_levels_lie_above_zero_in_ascending_order():
    for parameters in ({"order": 60}, {"ensemble": "poisson", "order": 60}, {"order": 400, "part": "lowest"}):
        levels = made(**parameters)["eigenfrequency"].values
        assert (levels > 0.0).all()
        assert (np.diff(levels, axis=1) > 0.0).all()


@pytest.mark.parametrize("ensemble", ["goe", "poisson"])
def test_mapped_levels_follow_the_power_law(ensemble):
    data = made(30, ensemble=ensemble, part="middle", count=20, samples_per_chain=10, modes_below_phonon=6.0)
    frequency = data["eigenfrequency"].values
    assert frequency[:, -1].min() > 0.9
    for end in (0.6, 0.8, 1.0):
        count = (frequency < end).sum(axis=1)
        assert abs(count.mean() - 6.0 * end**5) < 4.0 * stats.sem(count)


def test_repelling_levels_fluctuate_less():
    spread = {}
    for ensemble in ("goe", "poisson"):
        data = made(20, ensemble=ensemble, part="middle", count=20, samples_per_chain=10, modes_below_phonon=6.0)
        spread[ensemble] = (data["eigenfrequency"].values < 1.0).sum(axis=1).std()
    assert spread["goe"] < 0.6 * spread["poisson"]


def test_matrices_of_different_orders_share_no_randomness():
    lowest = [made(80, order=order, count=10)["eigenfrequency"].values[:, 0] for order in (30, 31, 30)]
    assert abs(np.corrcoef(lowest[0], lowest[1])[0, 1]) < 0.4
    assert np.array_equal(lowest[0], lowest[2])


def test_the_embedded_recipe_can_be_made_and_obeys_its_schema():
    recipe = load_recipe("null/level-statistics")
    assert sample_generator(recipe.generator).name == "random-levels"
    groups = {ensemble.group: GENERATOR.check(ensemble.parameters) for ensemble in recipe.ensembles}
    assert {"goe-2997/lowest", "goe-4797/middle", "control/poisson", "low/goe"} <= set(groups)
    provenance = provenance_attributes(
        kind=recipe.kind, title="t", summary="s", source="s", licence="CC-BY-4.0", seed=3, created="2026-11-21"
    )
    for group in ("control/poisson", "low/goe"):
        data = made(2, **groups[group])
        validate(data.assign_attrs({**data.attrs, **provenance}))
        assert data.sizes["sample"] == 2 * groups[group]["samples_per_chain"]
        assert data["chain"].values.max() == 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"size": 3}, "unknown parameters"),
        ({"order": 10.5}, "wrong type"),
        ({"order": 10}, "impossible"),
        ({"ensemble": "gue"}, "impossible"),
        ({"part": "highest"}, "impossible"),
        ({"count": 500}, "impossible"),
        ({"modes_below_phonon": 5.0, "part": "lowest"}, "impossible"),
        ({"exponent": -1.0}, "impossible"),
    ],
)
def test_impossible_parameters_are_refused(parameters, message):
    with pytest.raises(RecipeError, match=message):
        GENERATOR.check(parameters)
