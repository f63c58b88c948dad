"""Glasses of a potential that the reference data do not have, recomputed by what the card says of it."""

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.cards.card_file import parse_card
from bosonpeak.benchmark.submission.card_potential import potential_of
from bosonpeak.benchmark.submission.reading import Submitted
from bosonpeak.benchmark.submission.recomputing import recompute
from bosonpeak.benchmark.submission.reference_ensembles import regime_of
from bosonpeak.datasets.errors import CardError, ConvergenceError
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.glasses.pairs_at_cutoff import residual_force, resting_interactions
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.potentials import CutInversePower, InversePower

STICKING = CutInversePower(12, 1.7)
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


@pytest.fixture
def chain():
    """Two small discs at their cutoff and a large one in a row, twice: the small ones carry what the others do."""
    small, wide = 0.8 * STICKING.cutoff, 1.18 * STICKING.cutoff
    places = np.array([0.0, small, small + wide])
    x = np.concatenate([places, places + small + 2.0 * wide])
    carried = 12.0 * 1.2**12 / wide**13
    return np.stack([x, np.ones(6)], axis=1), np.array([0.8, 0.8, 1.6] * 2), 2.0 * (small + 2.0 * wide), carried


def submitted(glass, ending, types=None):
    positions, diameters = glass
    configurations = xr.Dataset(
        {
            "position": (("sample", "particle", "axis"), positions[None]),
            "diameter": (("sample", "particle"), diameters[None]),
            "box": (("sample", "axis"), np.full((1, 2), SIDE)),
            "sample_index": ("sample", np.zeros(1, dtype=np.int32)),
        }
    )
    if types is not None:
        configurations = configurations.drop_vars("diameter")
        configurations["species"] = (("sample", "particle"), types[None], {"labels": "small large"})
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


@pytest.mark.parametrize("aside", [3e-8, 0.0, -3e-8])
def test_pairs_at_the_cutoff_carry_what_balances_and_are_rigid(chain, aside):
    positions, diameters, side, carried = chain
    moved = positions + np.array([[0.0, 0.0], [aside, 0.0], [0.0, 0.0]] * 2)
    glass = Configuration.checked(moved, diameters, side, STICKING)
    # As any code has it, the small discs push with the whole jump or not at all.
    jump = 12.0 * STICKING.cutoff**-13 / 0.8
    assert residual_force(glass.interactions) == pytest.approx(jump - carried if aside < 0 else carried, rel=1e-4)
    made, held = resting_interactions(glass)
    assert residual_force(made) < 1e-6
    assert held.sum() == 2
    np.testing.assert_allclose(-made.first, carried, rtol=1e-4)
    assert (made.second[held] > 1e6 * made.second[~held].max()).all()


def test_a_pair_that_would_have_to_carry_more_than_the_jump_does_not_balance(chain):
    positions, diameters, side, _ = chain
    squeezed = positions.copy()
    squeezed[[2, 5], 0] -= 0.1
    made, _ = resting_interactions(Configuration.checked(squeezed, diameters, side, STICKING))
    assert residual_force(made) > 0.01 * 12.0 * STICKING.cutoff**-13


def test_pairs_near_the_cutoff_of_a_smooth_potential_are_left_alone(chain):
    for smooth in (InversePower(cutoff=1.7), CutInversePower(12, 1.7, taper=2)):
        glass = Configuration.checked(*chain[:3], smooth)
        made, held = resting_interactions(glass)
        assert made is glass.interactions
        assert not held.any()


def test_diameters_by_type_are_those_of_the_card(glass):
    positions, _ = glass
    types = np.arange(36, dtype=np.int32) % 2
    ending = 'truncation = "shifted"\ndiameters = { small = 0.8, large = 1.1 }'
    with_types = recompute(submitted(glass, ending, types))
    with_sizes = recompute(submitted((positions, np.where(types == 0, 0.8, 1.1)), 'truncation = "shifted"'))
    assert with_types.exists
    assert with_types.structure["inherent_structure_energy"] == with_sizes.structure["inherent_structure_energy"]
    assert submitted(glass, ending, types).regime is None
    unknown = recompute(submitted(glass, ending.replace("large", "huge"), types))
    assert "diameter of every type" in unknown.reason


@pytest.mark.parametrize(("ending", "potential"), [
    ('truncation = "hard"', CutInversePower(12, 1.955)),
    ('truncation = "hard"\ncutoff_common = true', CutInversePower(12, 1.955, False, True)),
    ("taper = 3\ncutoff_common = false", CutInversePower(12, 1.955, True, False, 3)),
    ('taper = 2\ntruncation = "hard"', CutInversePower(12, 1.955, False, False, 2)),
    ("taper = 3", InversePower(taper=3)),
])  # fmt: skip
def test_what_the_card_says_is_the_potential(ending, potential):
    assert potential_of(card(ending)) == potential


def test_a_lennard_jones_potential_that_is_merely_cut_has_the_energy_of_that():
    stated = parse_card(
        CARD.replace("soft-spheres", "lennard-jones") + 'density = 1.0\ntruncation = "hard"\ncutoff_common = true'
    )
    found = potential_of(stated.ensembles[0])
    sigma = 0.5 * (0.9 + 1.2)
    assert found.energy(1.5, 0.9, 1.2) == pytest.approx(4.0 * ((sigma / 1.5) ** 12 - (sigma / 1.5) ** 6))
    assert found.energy(1.956, 1.2, 1.2) == 0.0


@pytest.mark.parametrize("ending", ["", 'truncation = "tapered"', 'truncation = "force-shifted"'])
def test_soft_spheres_end_in_one_way(ending):
    with pytest.raises(CardError, match="taper"):
        card(ending)
