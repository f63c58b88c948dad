"""Glasses of a potential that the reference data do not have, recomputed by what the card says of it."""

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.cards.card_file import parse_card
from bosonpeak.benchmark.submission.reading import Submitted
from bosonpeak.benchmark.submission.recomputing import recompute
from bosonpeak.benchmark.submission.reference_regimes import regime_of
from bosonpeak.datasets.errors import CardError, ConvergenceError
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.particles.potentials import CutInversePower

SIDE = 6.0
CARD = """
[code]
name = "a stranger"
[[ensemble]]
path = "discs"
system = "soft-spheres"
dimension = 2
particles = 36
parent_temperature = 1.0
cutoff = 1.955
"""


def card(ending):
    return parse_card(CARD + ending).ensembles[0]


@pytest.fixture(scope="module")
def glass():
    """Forces jump at the cutoff, and many a minimum lies on a jump; here is one that does not."""
    smooth = CutInversePower(12, 1.955, is_shifted=True)
    for seed in range(200):
        generator = np.random.default_rng(seed)
        grid = np.stack(np.meshgrid(*[np.arange(6.0)] * 2), axis=-1).reshape(-1, 2)
        diameters = generator.uniform(0.8, 1.2, 36)
        start = grid + 0.3 * generator.uniform(-1.0, 1.0, grid.shape)
        try:
            return minimise(start, diameters, SIDE, smooth, tolerance=1e-9).positions, diameters
        except ConvergenceError:
            continue
    raise AssertionError("no minimum away from a jump")


def submitted(glass, ending):
    positions, diameters = glass
    configurations = xr.Dataset(
        {
            "position": (("sample", "particle", "axis"), positions[None]),
            "diameter": (("sample", "particle"), diameters[None]),
            "box": (("sample", "axis"), np.full((1, 2), SIDE)),
            "sample_index": ("sample", np.zeros(1, dtype=np.int32)),
        }
    )
    stated = card(ending)
    return Submitted(stated, regime_of(stated), xr.Dataset(coords={"sample": [0]}), configurations)


@pytest.mark.parametrize("truncation", ["hard", "shifted"])
def test_a_cutoff_for_each_pair_has_its_own_minima(glass, truncation):
    found = recompute(submitted(glass, f'truncation = "{truncation}"'))
    assert submitted(glass, f'truncation = "{truncation}"').regime is None
    assert found.exists
    assert found.structure["residual_force"].max() < 1e-8
    assert np.isfinite(found.vibration["lowest_frequencies"]).all()


def test_with_another_potential_it_is_no_minimum(glass):
    assert recompute(submitted(glass, "taper = 2")).structure["residual_force"].max() > 1e-3


@pytest.mark.parametrize("ending", ["", 'truncation = "tapered"', 'taper = 2\ntruncation = "hard"'])
def test_soft_spheres_end_in_one_way(ending):
    with pytest.raises(CardError, match="taper"):
        card(ending)
