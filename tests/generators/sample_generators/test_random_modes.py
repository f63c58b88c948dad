import math

import numpy as np
import pytest

from bosonpeak.datasets import validate
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.generators.run.recipe import load_recipe
from bosonpeak.generators.run.sample_generator import sample_generator
from bosonpeak.generators.sample_generators.known_truth import RandomModes

GENERATOR = RandomModes()


def made(samples=4, **parameters):
    complete = GENERATOR.check(parameters)
    seeds = [np.random.SeedSequence(3, spawn_key=(index,)) for index in range(samples)]
    return GENERATOR.assemble(complete, [GENERATOR.sample(complete, seed) for seed in seeds])


def test_extended_modes_have_the_ratio_of_gaussian_vectors():
    for dimension in (1, 3):
        ratio = made(particles=20_000, dimension=dimension)["participation_ratio"].values
        assert ratio.mean() == pytest.approx(dimension / (dimension + 2.0), rel=0.02)


def test_an_envelope_leaves_a_number_that_the_box_does_not_change():
    """Sums over a uniform density of 1 under exp(-2 r/xi) give N e = (3/5) 8 pi xi^3."""
    length = 3.0
    for particles in (20_000, 40_000):
        number = particles * made(particles=particles, localisation_length=length)["participation_ratio"].values
        assert number.mean() == pytest.approx(0.6 * 8.0 * math.pi * length**3, rel=0.1)


def test_modes_are_spread_evenly_below_the_phonon():
    frequency = made(50, particles=20, modes=5, samples_per_chain=4)["eigenfrequency"].values
    assert frequency.shape == (200, 5)
    assert (np.floor(5.0 * frequency) == np.arange(5)).all()


def test_the_embedded_recipe_can_be_made_and_obeys_its_schema():
    recipe = load_recipe("null/mode-extent")
    assert sample_generator(recipe.generator).name == "random-modes"
    provenance = provenance_attributes(
        kind=recipe.kind, title="t", summary="s", source="s", licence="CC-BY-4.0", seed=3, created="2026-11-21"
    )
    sizes = set()
    for ensemble in recipe.ensembles:
        data = made(1, **ensemble.parameters)
        validate(data.assign_attrs({**data.attrs, **provenance}))
        sizes.add(data.attrs["particles"])
    assert sizes == {500, 1000, 2000, 4000}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"size": 3}, "unknown parameters"),
        ({"particles": 0}, "particles: above 0"),
        ({"particles": 10.5}, "parameter particles has the wrong type"),
        ({"localisation_length": -1.0}, "localisation_length: above 0"),
    ],
)
def test_impossible_parameters_are_refused(parameters, message):
    with pytest.raises(RecipeError, match=message):
        GENERATOR.check(parameters)
