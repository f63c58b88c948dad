import numpy as np

from bosonpeak.validators.comparisons.permutations import closeness


def test_a_copy_agrees_too_well(glass_like):
    reference = glass_like(30, 2, seed=6)
    assert closeness(reference, reference) < 0.002
    honest = [closeness(glass_like(30, seed=seed), reference) for seed in range(20)]
    assert min(honest) > 0.002
    assert 0.2 < np.mean(honest) < 0.8
    assert closeness(glass_like(2, seed=1), reference) is None
