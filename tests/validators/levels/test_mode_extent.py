import math

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.levels.mode_extent import localisation, localisation_scaling


def glass(particles, growth, seed, samples=40, chains=None):
    """Modes of participation number 30 (N / 1000)^growth below the first phonon, twice that above."""
    generator = np.random.default_rng(seed)
    frequency = np.sort(generator.uniform(0.2, 1.6, (samples, 6)), axis=1)
    shared = generator.standard_normal(chains or samples)[np.arange(samples) % (chains or samples)]
    noise = 0.1 * generator.standard_normal((samples, 6)) + 0.1 * shared[:, None]
    number = 30.0 * (particles / 1000) ** growth * np.exp(noise) * np.where(frequency < 0.9, 1.0, 2.0)
    return xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), 1.5 * frequency),
            "participation_ratio": (("sample", "mode"), number / particles),
            "first_phonon": ("sample", np.full(samples, 1.5)),
            "chain": ("sample", np.arange(samples) % (chains or samples)),
        },
        attrs={"particles": particles},
    )


def test_only_modes_below_the_phonon_count():
    found = localisation(glass(1000, 0.0, 1))
    assert found.participation_number.value == pytest.approx(30.0, rel=0.1)
    assert localisation(glass(1000, 0.0, 1), high=2.0).participation_number.value > 40.0
    assert found.participation_ratio.value == pytest.approx(0.03, rel=0.1)


@pytest.mark.parametrize("chains", [None, 8])
def test_the_number_is_covered_at_its_level(chains):
    trials, hits = 200, 0
    for seed in range(trials):
        found = localisation(glass(1000, 0.0, seed, chains=chains)).participation_number
        hits += found.low <= 30.0 <= found.high
    assert abs(hits / trials - 0.95) < 4 * math.sqrt(0.95 * 0.05 / trials)


@pytest.mark.parametrize("growth", [0.0, 1.0])
def test_scaling_tells_localised_from_extended(growth):
    trials, hits = 60, 0
    for seed in range(trials):
        found = localisation_scaling([glass(n, growth, 97 * seed + n) for n in (500, 1000, 2000, 4000)])
        hits += found.low <= growth <= found.high
        assert found.high - found.low < 0.3
    assert hits / trials > 0.95 - 4 * math.sqrt(0.95 * 0.05 / trials)


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(NotApplicableError, match="3 sizes"):
        localisation_scaling([glass(n, 0.0, n) for n in (500, 1000)])
    with pytest.raises(NotApplicableError, match="too few chains"):
        localisation(glass(1000, 0.0, 2), high=0.05)
    with pytest.raises(NotApplicableError, match="extent of modes"):
        localisation(glass(1000, 0.0, 2).drop_vars("participation_ratio"))
    with pytest.raises(NotApplicableError, match="phonon scale"):
        localisation(glass(1000, 0.0, 2).drop_vars("first_phonon"))


def test_the_window_is_in_units_of_the_mean_phonon():
    scattered = np.where(np.arange(40) % 2, 1.0, 2.0)
    data = glass(1000, 0.0, 1)
    here = localisation(data, high=0.6)
    there = localisation(data.assign(first_phonon=("sample", scattered)), high=0.6)
    assert there.participation_number.value == here.participation_number.value
