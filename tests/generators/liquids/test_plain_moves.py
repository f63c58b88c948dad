"""The rule by which the plain loop accepts a move, by itself."""

import math

import numpy as np
import pytest

from bosonpeak.generators.liquids.plain_moves import metropolis, random_state

DRAWS = 40_000


@pytest.mark.parametrize("temperature", [0.1, 2.0])
@pytest.mark.parametrize("ratio", [-1.0, 0.0, 0.2, 1.0, 2.5])
def test_moves_are_accepted_with_their_boltzmann_weight(temperature, ratio):
    state = random_state(np.random.SeedSequence(8))
    accepted = sum(metropolis(ratio * temperature, temperature, state) for _ in range(DRAWS))
    weight = min(1.0, math.exp(-ratio))
    assert abs(accepted - weight * DRAWS) <= 5.0 * math.sqrt(DRAWS * weight * (1.0 - weight))
