import numpy as np
import pytest

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.sample_generators.known_truth import RandomCrossover


def test_random_crossovers_are_a_valid_ensemble():
    generator = RandomCrossover()
    parameters = generator.check({"modes": 50})
    seeds = [np.random.SeedSequence(4, spawn_key=(index,)) for index in range(2)]
    frequency = generator.assemble(parameters, [generator.sample(parameters, s) for s in seeds])["eigenfrequency"]
    assert frequency.shape == (2, 50)
    assert (np.diff(frequency.values, axis=1) >= 0.0).all()
    with pytest.raises(RecipeError):
        generator.check({"highest": 0.0})
