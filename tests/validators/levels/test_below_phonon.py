import math

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.sample_generators.known_truth import RandomLevels
from bosonpeak.validators.estimates.inputs import mode_lists
from bosonpeak.validators.levels.below_phonon import folded_ratios_below, low_ratio_distribution, repulsion_below_phonon
from bosonpeak.validators.levels.reference_levels import goe_reference
from bosonpeak.validators.levels.spacing_ratios import POISSON_MEAN

GENERATOR = RandomLevels()


@pytest.fixture(scope="module")
def reference():
    return goe_reference(200, "middle", 50, matrices=400, seed=1)


def modes(ensemble, seed, chains=25, each=12, exponent=4.0):
    """About four modes per sample below 0.9 omega_0 with g ~ omega^exponent, with or without repulsion."""
    parameters = GENERATOR.check(
        {
            "ensemble": ensemble,
            "order": 40,
            "part": "middle",
            "count": 20,
            "samples_per_chain": each,
            "modes_below_phonon": 4.1 / 0.9 ** (exponent + 1.0),
            "exponent": exponent,
        }
    )
    seeds = np.random.SeedSequence(seed).spawn(chains)
    return GENERATOR.assemble(parameters, [GENERATOR.sample(parameters, each_seed) for each_seed in seeds])


@pytest.mark.parametrize("exponent", [2.0, 4.0])
def test_repulsion_is_seen_whatever_the_density_of_states(reference, exponent):
    goe = repulsion_below_phonon(modes("goe", 1, each=24, exponent=exponent), reference=reference)
    poisson = repulsion_below_phonon(modes("poisson", 2, each=24, exponent=exponent), reference=reference)
    assert poisson.high < 0.4 < 0.7 < goe.low
    assert poisson.details["mean_ratio"] == pytest.approx(POISSON_MEAN, abs=0.04)


def test_intervals_cover_at_their_level(reference):
    trials = 40
    for ensemble, truth in (("goe", 1.0), ("poisson", 0.0)):
        found = [
            repulsion_below_phonon(modes(ensemble, 100 + trial, each=4), reference=reference) for trial in range(trials)
        ]
        hits = np.mean([estimate.low <= truth <= estimate.high for estimate in found])
        assert abs(hits - 0.95) < 4.0 * math.sqrt(0.95 * 0.05 / trials)


def test_only_levels_below_the_end_of_the_window_count(reference):
    data = modes("poisson", 3)
    regular = 0.9 + 0.011 * np.arange(1.0, 30.0)
    frequency = np.where(data["eigenfrequency"] < 0.9, data["eigenfrequency"], np.nan)
    kept = [np.concatenate([row[np.isfinite(row)], regular])[:25] for row in frequency]
    changed = xr.Dataset({"eigenfrequency": (("sample", "mode"), np.stack(kept))}).assign(
        first_phonon=data["first_phonon"], chain=data["chain"]
    )
    here, there = (repulsion_below_phonon(each, reference=reference) for each in (data, changed))
    assert here.value == pytest.approx(there.value)
    assert here.details["modes"] == there.details["modes"]


def test_the_window_is_in_units_of_the_mean_phonon(reference):
    data = modes("poisson", 3)
    scattered = np.where(np.arange(data.sizes["sample"]) % 2, 0.8, 1.2) * data["first_phonon"].mean().item()
    here = repulsion_below_phonon(data, reference=reference)
    there = repulsion_below_phonon(data, first_phonon=scattered, reference=reference)
    assert there.details["modes"] == here.details["modes"]
    assert there.value == pytest.approx(here.value)


def test_the_order_of_the_samples_does_not_matter(reference):
    data = modes("goe", 4)
    shuffled = data.isel(sample=np.random.default_rng(0).permutation(data.sizes["sample"]))
    first, second = (repulsion_below_phonon(each, reference=reference) for each in (data, shuffled))
    assert (first.value, first.low) == pytest.approx((second.value, second.low))


def test_the_histogram_follows_its_own_law():
    curve = low_ratio_distribution(modes("poisson", 5, each=24), bins=5)
    assert ((curve["lower"] <= curve["poisson"]) & (curve["poisson"] <= curve["upper"])).mean() >= 0.8
    assert float(curve["density"].mean()) == pytest.approx(1.0)


def test_what_cannot_be_measured_is_refused(reference):
    data = modes("goe", 6)
    with pytest.raises(NotApplicableError, match="first phonon of their sample"):
        repulsion_below_phonon(data.drop_vars("first_phonon"), reference=reference)
    with pytest.raises(NotApplicableError, match="end inside the window"):
        repulsion_below_phonon(data.isel(mode=slice(3)), reference=reference)
    with pytest.raises(NotApplicableError, match="too few samples"):
        repulsion_below_phonon(data.isel(sample=slice(30)), reference=reference)
    with pytest.raises(NotApplicableError, match="too few modes"):
        repulsion_below_phonon(data, high=0.6, reference=reference)


def test_zero_modes_are_left_out():
    rng = np.random.default_rng(4)
    levels = np.sort(rng.random((60, 8)), axis=1)
    with_zeros = np.concatenate([np.full((60, 3), 1e-12), levels], axis=1)
    plain, padded = (folded_ratios_below(mode_lists(rows, 1.0), 0.9) for rows in (levels, with_zeros))
    np.testing.assert_array_equal(padded[:, 3:], plain)
    assert np.isnan(padded[:, :3]).all()


def test_plain_arrays_are_as_good(reference):
    data = modes("goe", 9, each=24)
    plain = repulsion_below_phonon(
        data["eigenfrequency"].values,
        first_phonon=data["first_phonon"].values,
        chain=data["chain"].values,
        reference=reference,
    )
    assert plain == repulsion_below_phonon(data, reference=reference)
    curve = low_ratio_distribution(data["eigenfrequency"].values, first_phonon=data["first_phonon"].values, bins=5)
    assert curve.sizes["ratio"] == 5
