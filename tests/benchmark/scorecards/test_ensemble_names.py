"""What readers see of the names of ensembles."""

import math

import pytest

from bosonpeak.plot.figure import named, number_in, own_name


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("situation-2/delta-0.1", "situation 2, δ = 0.1"),
        ("taper-inf/T-0.20", "m = ∞, T* = 0.20"),
        ("minimisers/l-bfgs", "minimisers, L-BFGS"),
        ("fire", "FIRE"),
        ("descent", "overdamped descent"),
        ("conjugate-gradients", "conjugate gradients"),
    ],
)
def test_levels_become_words_and_symbols(name, seen):
    assert named(name) == seen


def test_a_dataset_is_called_by_its_last_level():
    assert own_name("glass/taper-inf") == "m = ∞"
    assert number_in("m-2/T-0.20") == 0.2
    assert math.isnan(number_in("l-bfgs"))
