"""The exponent as omega goes to 0: right where g bends, silent where it is not one curve, honest about its width."""

import json
import math

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.power_laws.exponent_s import exponent
from bosonpeak.validators.power_laws.limit_exponent import bent_power_law_posterior, limit_exponent

PHONON = {500: 1.84, 1000: 1.45, 2000: 1.16, 4000: 0.92}
GLASSES = {500: (40, 60), 1000: (40, 120), 2000: (40, 20), 4000: (40, 8)}
FAMILY = [
    (s, bend, q)
    for s in (2.0, 3.0, 4.0)
    for bend, q in ((math.inf, 2.0), (0.35, 2.0), (0.5, 1.2), (0.5, 4.0), (0.7, 2.0))
]


def glasses(density, generator, sizes=GLASSES, repelling=True, scatter=0.0, growth=0.0):
    """Modes of each size from stationary levels, mapped by the expected count; validators know no generator."""
    edge = np.linspace(0.0, 1.3, 4001)
    running = np.concatenate([[0.0], np.cumsum(density(0.5 * (edge[1:] + edge[:-1])))])
    running *= 4.8e-4 / np.interp(0.5, edge, running)
    found = []
    for particles, (chains, samples) in sizes.items():
        expected = running * particles ** (1.0 + growth) / 1000**growth
        shape = (chains * samples, int(expected[-1] * 2 + 30))
        spacing = (
            np.sqrt(-4 / math.pi * np.log(generator.random(shape))) if repelling else generator.exponential(size=shape)
        )
        if repelling:
            spacing[:, 0] = np.sqrt(4 / math.pi * generator.gamma(1.5, size=shape[0])) * generator.random(shape[0])
        richness = np.exp(scatter * generator.standard_normal(chains) - scatter**2 / 2)
        levels = spacing.cumsum(axis=1) / np.repeat(richness, samples)[:, None]
        found.append(np.interp(levels, expected, edge, right=np.nan))
    return found


def bent(s, bend, q):
    return lambda x: x**s / (1.0 + (x / bend) ** q)


def measured(modes, sizes=GLASSES, **options):
    chains = [np.repeat(np.arange(chains), samples) for chains, samples in sizes.values()]
    return limit_exponent(
        modes, particles=list(sizes), first_phonon=[PHONON[n] for n in sizes], chain=chains, **options
    )


def test_a_bend_inside_the_window_fools_the_window_and_not_the_limit():
    modes = glasses(bent(4.0, 0.5, 2.0), np.random.default_rng(1))
    window = exponent(modes[1], first_phonon=PHONON[1000], chain=np.repeat(np.arange(40), 120))
    assert window.details["interval_without_gates"][1] < 3.5
    found = measured(modes)
    assert not found.warnings
    assert found.low < 4.0 < found.high
    assert found.high - found.low < 1.6
    assert found.n == 160
    assert found.window == (0.0, pytest.approx(0.55 * PHONON[500]))
    assert found.details["dispersion"] < 1.0
    assert 0.5 < found.details["pull_dispersion"] < 1.0
    assert json.loads(json.dumps(found.details)) == found.details


def test_datasets_and_arrays_agree():
    modes = glasses(bent(3.0, 0.5, 2.0), np.random.default_rng(2))
    datasets = [
        xr.Dataset(
            {
                "eigenfrequency": (("sample", "mode"), rows),
                "first_phonon": ("sample", np.full(len(rows), PHONON[particles])),
                "chain": ("sample", np.repeat(np.arange(chains), samples)),
            },
            attrs={"particles": particles},
        )
        for rows, (particles, (chains, samples)) in zip(modes, GLASSES.items(), strict=True)
    ]
    assert limit_exponent(datasets) == measured(modes)
    assert limit_exponent(datasets[1]).details["particles"] == [1000]


def test_the_unit_of_frequency_does_not_matter():
    modes = glasses(bent(4.0, 0.5, 2.0), np.random.default_rng(3))
    scaled = limit_exponent(
        [7.0 * rows for rows in modes],
        particles=list(GLASSES),
        first_phonon=[7.0 * PHONON[n] for n in GLASSES],
        chain=[np.repeat(np.arange(c), s) for c, s in GLASSES.values()],
    )
    plain = measured(modes)
    assert (scaled.value, scaled.low, scaled.high) == pytest.approx((plain.value, plain.low, plain.high), rel=1e-6)
    assert scaled.details["bend"] == pytest.approx(7.0 * plain.details["bend"], rel=1e-6)


def test_modes_that_grow_with_the_box_are_a_drift_and_a_mixture_is_a_misfit():
    generator = np.random.default_rng(4)
    drifting = measured(glasses(bent(4.0, 0.5, 2.0), generator, growth=0.25))
    assert any(reason.startswith("drift with size") for reason in drifting.warnings)
    assert math.isnan(drifting.low)
    mixed = measured(glasses(lambda x: 0.2 * x**3 + x**5.5, generator))
    assert any(reason.startswith("misfit") for reason in mixed.warnings)


def test_chains_that_differ_widen_the_interval():
    generator = np.random.default_rng(5)
    alike, apart = (measured(glasses(bent(3.0, 0.5, 2.0), generator, scatter=scatter)) for scatter in (0.0, 0.25))
    assert apart.details["dispersion"] > 2.0 > alike.details["dispersion"]
    width = [np.diff(found.details["interval_without_gates"])[0] for found in (alike, apart)]
    assert width[1] > 1.2 * width[0]


def test_modes_that_repel_narrow_the_interval_only_where_chains_are_many():
    """What 160 chains say of their scatter is believed; 20 might be alike by chance."""
    modes = glasses(bent(4.0, 0.5, 2.0), np.random.default_rng(8))
    many = measured(modes)
    few = measured(modes, {particles: (5, chains * samples // 5) for particles, (chains, samples) in GLASSES.items()})
    assert (many.n, few.n) == (160, 20)
    assert many.details["pull_dispersion"] < 1.0 <= few.details["pull_dispersion"]
    assert many.high - many.low < few.high - few.low


@pytest.mark.parametrize("place", [0, 12, 30, 39])
def test_a_mode_more_moves_the_mean_exponent_by_its_pull(place):
    edges = np.concatenate([[0.0], np.geomspace(0.1, 1.0, 40)])
    counts = np.diff(edges**5) * 1e5 / (1.0 + (edges[1:] / 0.5) ** 2)

    def mean(more):
        found = bent_power_law_posterior(edges, counts + more * (np.arange(40) == place), np.ones(40))
        return found.probability @ found.exponents

    pull = bent_power_law_posterior(edges, counts, np.ones(40)).pull[place]
    assert mean(0.2) - mean(-0.2) == pytest.approx(0.4 * pull, rel=0.1)


def test_what_cannot_be_measured_is_refused_or_gated():
    modes = glasses(bent(4.0, 0.5, 2.0), np.random.default_rng(6))
    with pytest.raises(NotApplicableError, match="end below the foot"):
        limit_exponent([modes[0][:, :1]], particles=[500], first_phonon=[PHONON[500]])
    with pytest.raises(NotApplicableError, match="number of particles"):
        limit_exponent([modes[0]], first_phonon=[PHONON[500]])
    with pytest.raises(NotApplicableError, match="phonon scale of every size"):
        limit_exponent([modes[0]], particles=[500])
    with pytest.raises(NotApplicableError, match="do not fit the ensembles"):
        limit_exponent(modes, particles=[500, 1000])
    few = limit_exponent([modes[3][:20]], particles=[4000], first_phonon=[PHONON[4000]])
    assert few.details["gates"][0] == "too few modes"
    assert math.isnan(few.low)


def test_the_posterior_of_exact_counts_peaks_at_the_truth():
    edges = np.concatenate([[0.0], np.geomspace(0.1, 1.0, 40)])
    fine = np.linspace(0, 1, 400001)
    middle = 0.5 * (fine[1:] + fine[:-1])
    counts = np.histogram(middle, edges, weights=middle**4 / (1 + (middle / 0.4) ** 2.5))[0]
    counts *= 3e5 / counts.sum()
    found = bent_power_law_posterior(edges, counts, np.ones(40))
    assert found.probability.sum() == pytest.approx(1.0)
    assert found.quantile(0.5) == pytest.approx(4.0, abs=0.03)
    assert found.bend == pytest.approx(0.4, rel=0.03)
    assert found.sharpness == pytest.approx(2.5, rel=0.05)
    np.testing.assert_allclose(found.expected[10:], counts[10:], rtol=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(("repelling", "scatter"), [(True, 0.0), (True, 0.05), (False, 0.0)])
def test_intervals_cover_over_the_family_and_a_true_claim_is_not_refuted(repelling, scatter):
    generator = np.random.default_rng(7)
    covered, refuted = [], []
    for s, bend, q in FAMILY:
        for _ in range(40):
            found = measured(glasses(bent(s, bend, q), generator, repelling=repelling, scatter=scatter))
            low, high = found.details["interval_without_gates"]
            covered.append(low <= s <= high)
            refuted.append(not found.warnings and (high < s - 0.5 or low > s + 0.5))
    assert 0.92 <= np.mean(covered) <= 0.995
    assert np.mean(refuted) <= 0.01


def test_two_branches_under_one_bend_pass_for_a_steeper_law_and_the_method_says_so():
    at = 0.3 * PHONON[1000]
    modes = glasses(
        lambda x: bent(3.0, 0.34 * PHONON[1000], 2.0)(x) * (1.0 + 5.0 * x / at), np.random.default_rng(4), scatter=0.03
    )
    found = measured(modes)
    assert not found.warnings
    assert found.low > 3.0
    assert "no second branch below the range" in found.method
