"""Relaxation ensembles: from parameters to a valid dataset, replica by replica."""

import math

import numpy as np
import pytest

from bosonpeak.datasets import validate
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.generators.run.recipe import load_recipe
from bosonpeak.generators.run.sample_generator import sample_generator

GENERATOR = sample_generator("relaxation")
SMALL = {
    "particles": 70, "temperature": 2.0, "equilibration_sweeps": 50, "sweeps": 240, "swap_sweeps": 400,
    "intervals": 20, "displacement": 0.15,
}  # fmt: skip


def made(parameters, samples=2):
    complete = GENERATOR.check(parameters)
    return complete, [GENERATOR.sample(complete, np.random.SeedSequence(4, spawn_key=(n,))) for n in range(samples)]


@pytest.mark.parametrize("taper", [2.0, math.inf])
def test_samples_make_a_valid_dataset(taper):
    complete, samples = made({**SMALL, "taper": taper})
    dataset = GENERATOR.assemble(complete, samples)
    provenance = provenance_attributes(
        kind=GENERATOR.kind, title="x", summary="x", created="2026-01-31", licence="CC0-1.0", source="none", recipe="",
        seed=4,
    )  # fmt: skip
    validate(dataset.assign_attrs(provenance))
    assert dataset["swap_probability"].values.tolist() == [0.0, 0.2]
    assert dataset["relaxation_time_bound"].values.tolist() == [[180.0, 300.0]] * 2
    assert np.isfinite(dataset["relaxation_time"].values).all()
    assert dataset["swap_acceptance"].isnull().values.tolist() == [[True, False]] * 2
    # Boltzmann's distribution knows of no dynamics
    energy = dataset["mean_energy"].values
    assert energy[:, 0] == pytest.approx(energy[:, 1], rel=0.05)
    assert dataset["equilibration_sweep"].values[-1] == 50


def test_a_sample_depends_on_its_seed_alone_and_a_longer_run_starts_from_the_same_liquid():
    _, first = made(SMALL)
    _, again = made(SMALL)
    _, longer = made({**SMALL, "sweeps": 480})
    assert all(np.array_equal(first[1][name], again[1][name], equal_nan=True) for name in first[1])
    assert not np.array_equal(first[0]["overlap"], first[1]["overlap"], equal_nan=True)
    assert np.array_equal(first[0]["equilibration_energy"], longer[0]["equilibration_energy"])


def test_replicas_share_their_diameters_not_their_places():
    """With quantiles as diameters the replicas differ in their disorder only."""
    complete, samples = made({**SMALL, "equilibration_sweeps": 1})
    assert complete["diameters"] == "quantile"
    assert samples[0]["equilibration_energy"][0] != samples[1]["equilibration_energy"][0]


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"sweep": 3}, "unknown parameters"),
        ({"sweeps": 4000.0}, "wrong type"),
        ({"sweeps": 4050}, "multiple of intervals"),
        ({"swap_sweeps": 0}, "multiple of intervals"),
        ({"intervals": 2}, "at least 4"),
        ({"intervals": 0}, "at least 4"),
        ({"temperature": 0.0}, "positive finite"),
        ({"swap_probability": 0.0}, "positive finite"),
        ({"swap_probability": 1.5}, "at most 1"),
        ({"particles": 20}, "two cutoffs"),
        ({"dimension": 4}, "2 or 3"),
        ({"diameters": "equal"}, "quantile"),
        ({"taper": 0.5}, "taper"),
        ({"overlap_length": math.inf}, "positive finite"),
    ],
)
def test_impossible_parameters_are_refused(parameters, text):
    with pytest.raises(RecipeError, match=text):
        GENERATOR.check(parameters)


def test_the_recipe_can_be_followed():
    recipe = load_recipe("glass/arrest")
    assert recipe.samples >= 4
    complete = [GENERATOR.check(ensemble.parameters) for ensemble in recipe.ensembles]
    assert {parameters["taper"] for parameters in complete} == {2.0, math.inf}
    for taper in (2.0, math.inf):
        assert len({parameters["temperature"] for parameters in complete if parameters["taper"] == taper}) == 8
