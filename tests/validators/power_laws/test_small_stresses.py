import math

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.power_laws.small_stresses import (
    most_likely_exponent,
    small_stress_exponent,
    stress_density,
    stress_distribution,
)

EDGES = np.geomspace(1e-9, 1.0, 91)


def power_law_counts(exponent, samples, per_sample, seed, crossover=None):
    """Counts of stresses below 1 with density sigma^exponent; above ``crossover`` the density is constant."""
    generator = np.random.default_rng(seed)
    power = exponent + 1.0
    low, high = EDGES[0] ** power if power else 0.0, 1.0
    rank = generator.random((samples, per_sample))
    stress = (low + rank * (high - low)) ** (1.0 / power) if power else EDGES[0] ** (1.0 - rank)
    if crossover is not None:
        fresh = generator.uniform(crossover, 1.0, stress.shape)
        stress = np.where(stress > crossover, fresh, stress)
    return np.stack([np.histogram(row, EDGES)[0] for row in stress])


@pytest.mark.parametrize("exponent", [-1.5, -1.0, -0.5, 0.0, 1.0])
def test_exact_counts_give_their_exponent(exponent):
    power = exponent + 1.0
    bounds = EDGES[:21]
    counts = np.diff(np.log(bounds)) if power == 0.0 else np.diff(bounds**power) / power
    step = math.log(EDGES[1] / EDGES[0])
    assert most_likely_exponent(counts / counts.sum(), step) == pytest.approx(exponent, abs=1e-9)


@pytest.mark.parametrize("exponent", [-1.0, -0.5])
@pytest.mark.parametrize(("low", "high"), [(1e-8, 1e-4), (1e-6, 1e-2)])
def test_the_exponent_alone_is_that_of_the_distribution(exponent, low, high):
    counts = power_law_counts(exponent, 12, 3000, seed=3)
    data = xr.Dataset({"stress_count": (("sample", "stress_bin"), counts), "stress_edge": ("stress_bin_edge", EDGES)})
    data = data.assign(chain=("sample", np.arange(12) // 3))
    found = stress_distribution(data, low=low, high=high).exponent
    assert small_stress_exponent(data, low=low, high=high) == found.value


def test_the_exponent_alone_needs_stresses_too():
    counts = np.zeros((3, len(EDGES) - 1))
    data = xr.Dataset({"stress_count": (("sample", "stress_bin"), counts), "stress_edge": ("stress_bin_edge", EDGES)})
    with pytest.raises(NotApplicableError, match="too few small stresses"):
        small_stress_exponent(data, low=1e-6, high=1e-2)


@pytest.mark.parametrize("exponent", [-1.0, -0.5])
def test_intervals_over_samples_cover(exponent):
    trials, hits = 60, 0
    for seed in range(trials):
        found = stress_distribution(
            power_law_counts(exponent, 12, 3000, seed), edges=EDGES, low=1e-6, high=1e-2
        ).exponent
        hits += found.low <= exponent <= found.high
    assert abs(hits / trials - 0.95) < 4 * math.sqrt(0.95 * 0.05 / trials)


def test_samples_that_repeat_a_chain_count_once():
    counts = np.repeat(power_law_counts(-0.5, 6, 3000, 1), 8, axis=0)
    by_chain = stress_distribution(counts, edges=EDGES, chain=np.repeat(np.arange(6), 8), low=1e-6, high=1e-2).exponent
    by_sample = stress_distribution(counts, edges=EDGES, low=1e-6, high=1e-2).exponent
    assert by_chain.n == 6
    assert by_chain.value == pytest.approx(by_sample.value)
    assert by_chain.high - by_chain.low > 2.0 * (by_sample.high - by_sample.low)


def test_the_range_ends_at_the_crossover():
    counts = power_law_counts(-0.5, 20, 200_000, 2, crossover=1e-3)
    found = stress_distribution(counts, edges=EDGES, low=1e-8, high=1e-4)
    assert found.exponent.low <= -0.5 <= found.exponent.high
    assert found.holds_from == pytest.approx(1e-8, rel=1e-6)
    assert found.holds_to == pytest.approx(1e-3, rel=1e-6)
    assert not found.exponent.warnings
    wide = stress_distribution(counts, edges=EDGES, low=1e-6, high=1e-1)
    assert "one exponent holds from" in wide.exponent.warnings[0]


def test_samples_that_are_all_alike_have_no_range_that_agrees():
    counts = np.repeat(power_law_counts(-0.5, 1, 10**5, 9), 6, axis=0)
    found = stress_distribution(counts, edges=EDGES, low=1e-6, high=1e-2)
    assert found.exponent.high - found.exponent.low < 1e-12
    assert math.isnan(found.exponent.details["holds_to"])


def test_a_logarithmic_correction_shows_as_drift():
    # An exponential taper: P ~ 1 / (sigma ln^2 sigma), whose local exponent is -1 + 2 / |ln sigma|.
    log_edges = np.log(EDGES[:-10])
    expected = 1e9 * np.diff(-1.0 / log_edges)
    counts = np.random.default_rng(3).poisson(expected / 10.0, (10, len(expected)))
    found = stress_distribution(counts, edges=EDGES[:-10], low=1e-8, high=1e-4)
    decades = found.by_decade
    assert decades["exponent"].values == pytest.approx(-1.0 - 2.0 / np.log(decades["stress"].values), abs=0.06)
    assert (np.diff(decades["exponent"].values) > 0.0).all()
    assert found.exponent.value > -1.0


def test_datasets_and_arrays_agree():
    counts = power_law_counts(-0.5, 5, 3000, 4)
    data = xr.Dataset(
        {
            "stress_count": (("sample", "stress_bin"), counts),
            "stress_edge": ("stress_bin_edge", EDGES),
            "chain": ("sample", np.array([0, 0, 1, 2, 3])),
        }
    )
    found = stress_distribution(data, low=1e-6, high=1e-2).exponent
    assert found.n == 4
    assert found.value == pytest.approx(stress_distribution(counts, edges=EDGES, low=1e-6, high=1e-2).exponent.value)


def test_the_density_is_normalised():
    assert np.sum(stress_density(power_law_counts(-0.5, 3, 1000, 5), EDGES) * np.diff(EDGES)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("counts", "edges", "window", "message"),
    [
        (np.ones((3, 4)), np.geomspace(1e-9, 1.0, 4), (1e-8, 1e-4), "do not fit"),
        (np.ones((3, 4)), np.linspace(0.1, 1.0, 5), (0.2, 0.9), "logarithmic"),
        (np.ones((3, 90)), EDGES, (1e-8, 1e-7), "too few"),
        (np.ones((3, 90)), EDGES, (1e-12, 1e-4), "leaves the histogram"),
    ],
)
def test_unfit_histograms_are_refused(counts, edges, window, message):
    with pytest.raises(NotApplicableError, match=message):
        stress_distribution(counts, edges=edges, low=window[0], high=window[1])


def test_a_dataset_without_a_histogram_is_refused():
    with pytest.raises(NotApplicableError, match="no stress histogram"):
        stress_distribution(xr.Dataset())
    with pytest.raises(NotApplicableError, match="chain labels"):
        stress_distribution(np.ones((3, 90)), edges=EDGES, chain=[1, 2])
