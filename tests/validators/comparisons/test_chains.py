import math

import numpy as np
import pytest

from bosonpeak.validators.comparisons.quantities import between_sample_spread


def test_the_spread_does_not_depend_on_how_long_chains_are(correlated):
    generator = np.random.default_rng(4)
    for glasses in (1, 2, 12):
        values, chain = correlated(4000, glasses, 0.6, generator)
        assert between_sample_spread(values, chain)[0] == pytest.approx(1.0, abs=0.03)
    assert math.isnan(between_sample_spread([1.0, 2.0], [0, 0])[0])
