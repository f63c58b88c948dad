import math

import numpy as np
import pytest
import xarray as xr
from scipy import integrate, stats

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.nulls.spectra import beta_ensemble_levels, poisson_levels
from bosonpeak.validators.levels.reference_levels import GoeReference, goe_reference
from bosonpeak.validators.levels.spacing_ratios import (
    POISSON_MEAN,
    POISSON_REPULSION,
    SURMISE_MEAN,
    brody_parameter,
    folded,
    mean_statistic,
    repulsion_from_statistic,
    repulsion_statistic,
    spacing_ratios,
    surmise_density,
    surmise_distribution,
)
from bosonpeak.validators.levels.spacing_statistics import level_statistics, ratio_distribution

GOE_MEAN = 0.5307


@pytest.fixture(scope="module")
def reference():
    return goe_reference(120, "middle", 40, matrices=1000, seed=99)


def middle(levels, count=40):
    first = (levels.shape[1] - count) // 2
    return levels[:, first : first + count]


def goe_like(reference, levels, **options):
    return level_statistics(levels, part="highest", count=levels.shape[1], reference=reference, **options)


def test_the_surmise_is_normalised_and_integrated_rightly():
    for ratio in (0.1, 1.0, 4.0):
        assert surmise_distribution(ratio) == pytest.approx(integrate.quad(surmise_density, 0.0, ratio)[0])
    assert surmise_distribution(1e9) == pytest.approx(1.0)


def test_the_means_of_the_folded_ratio_are_the_known_ones():
    assert integrate.quad(lambda r: 2.0 * r * surmise_density(r), 0.0, 1.0)[0] == pytest.approx(SURMISE_MEAN)
    assert integrate.quad(lambda r: 2.0 * r / (1.0 + r) ** 2, 0.0, 1.0)[0] == pytest.approx(POISSON_MEAN)


def test_poisson_levels_belong_to_the_stated_repulsion():
    mean = integrate.quad(lambda r: 2.0 * float(repulsion_statistic(r)) / (1.0 + r) ** 2, 0.0, 1.0)[0]
    assert repulsion_from_statistic(mean) == pytest.approx(POISSON_REPULSION, abs=1e-4)


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 2.0, 4.0])
def test_the_mean_of_the_statistic_follows_from_the_density(beta):
    def density(r):
        return (r + r**2) ** beta / (1.0 + r + r**2) ** (1.0 + 1.5 * beta)

    norm = integrate.quad(density, 0.0, 1.0)[0]
    mean = integrate.quad(lambda r: density(r) * float(repulsion_statistic(r)), 0.0, 1.0)[0] / norm
    assert mean_statistic(beta) == pytest.approx(mean, rel=1e-6)
    assert repulsion_from_statistic(mean) == pytest.approx(beta, abs=1e-6)


def test_the_statistic_does_not_know_the_direction():
    ratio = np.geomspace(0.01, 100.0, 21)
    assert repulsion_statistic(ratio) == pytest.approx(repulsion_statistic(ratio[::-1]))
    assert folded(ratio) == pytest.approx(folded(ratio[::-1]))


def test_ratios_do_not_change_with_shift_scale_or_neighbouring_samples(dense_levels):
    levels = dense_levels(30, 3, 1)
    assert spacing_ratios(3.0 * levels + 7.0) == pytest.approx(spacing_ratios(levels), rel=1e-9)
    assert np.array_equal(spacing_ratios(levels)[1], spacing_ratios(levels[1:2])[0])


@pytest.mark.parametrize("shape", [1.0, 1.95, 3.0])
def test_brody_recovers_a_weibull_shape(shape):
    spacing = stats.weibull_min.rvs(shape, size=20_000, random_state=2)
    assert brody_parameter(spacing) == pytest.approx(shape - 1.0, abs=0.05)


@pytest.mark.parametrize(("part", "skip"), [("lowest", 2), ("middle", 0), ("highest", 0)])
def test_the_simulated_reference_agrees_with_whole_matrices(part, skip):
    order, count = 90, 20
    levels = np.sqrt(2.0) * beta_ensemble_levels(order, 1.0, 1500, 3)
    window = {"lowest": levels[:, skip:count], "middle": middle(levels, count), "highest": levels[:, -count:]}[part]
    simulated = goe_reference(order, part, count, skip=skip, matrices=1500, seed=4).levels
    for level in (0, window.shape[1] - 1):
        assert stats.ks_2samp(window[:, level], simulated[:, level]).pvalue > 1e-3


def test_cutting_the_tridiagonal_matrix_short_leaves_its_lowest_levels_alone():
    whole = beta_ensemble_levels(600, 1.0, 60, 6)[:, :12]
    edges = goe_reference(600, "lowest", 12, matrices=60, seed=5).levels
    gap = stats.ttest_ind(edges[:, -1] - edges[:, 0], np.sqrt(2.0) * (whole[:, -1] - whole[:, 0]))
    assert gap.pvalue > 1e-3


def test_large_matrices_have_the_known_mean_ratio(reference):
    ratio = folded(reference.ratio).mean(axis=1)
    assert abs(ratio.mean() - GOE_MEAN) < 4 * stats.sem(ratio)


def test_random_matrices_and_poisson_levels_are_decided_rightly(reference):
    goe = goe_like(reference, middle(beta_ensemble_levels(120, 1.0, 150, 7)))
    poisson = goe_like(reference, poisson_levels(40, 150, 8))
    assert goe.against_goe.low < 0.0 < goe.against_goe.high
    assert goe.against_poisson.low > 0.1
    assert goe.goe_likeness.low > 0.9
    assert goe.p_values["poisson"] < 1e-6
    assert goe.p_values["goe"] > 1e-3
    assert poisson.against_poisson.low < 0.0 < poisson.against_poisson.high
    assert poisson.against_goe.high < -0.1
    assert poisson.goe_likeness.high < 0.15
    assert poisson.p_values["goe"] < 1e-6
    assert poisson.p_values["poisson"] > 1e-3


def test_unitary_matrices_repel_twice_as_much(reference, dense_levels):
    found = goe_like(reference, middle(dense_levels(80, 100, 9, beta=2)))
    assert found.repulsion.low > 1.5
    assert found.against_goe.low > 0.03


def test_intervals_cover_at_their_level(reference):
    trials, samples = 150, 20
    goe = middle(beta_ensemble_levels(100, 1.0, trials * samples, 10)).reshape(trials, samples, -1)
    poisson = poisson_levels(40, trials * samples, 11).reshape(trials, samples, -1)
    beta = repulsion_from_statistic(float(repulsion_statistic(reference.ratio).mean()))
    for blocks, mean, repulsion in ((goe, GOE_MEAN, beta), (poisson, POISSON_MEAN, POISSON_REPULSION)):
        found = [goe_like(reference, block) for block in blocks]
        hits = [
            np.mean([f.mean_ratio.low <= mean <= f.mean_ratio.high for f in found]),
            np.mean([f.repulsion.low <= repulsion <= f.repulsion.high for f in found]),
        ]
        assert np.abs(np.array(hits) - 0.95).max() < 4 * math.sqrt(0.95 * 0.05 / trials)


def test_the_surmise_is_rejected_by_many_true_ratios_and_the_simulation_is_not():
    levels = middle(beta_ensemble_levels(100, 1.0, 3000, 12), 70)
    simulated = GoeReference(middle(beta_ensemble_levels(100, 1.0, 3000, 13), 70))
    found = goe_like(simulated, levels)
    assert found.mean_ratio.high < SURMISE_MEAN
    assert found.against_goe.low < 0.0 < found.against_goe.high


def test_brody_tells_random_matrices_from_poisson(reference):
    goe = goe_like(reference, middle(beta_ensemble_levels(120, 1.0, 60, 14)), brody=True).brody
    poisson = goe_like(reference, poisson_levels(40, 60, 15), brody=True).brody
    assert goe.low < goe.details["goe_reference"] < goe.high
    assert poisson.high < 0.2 < 0.7 < goe.low


def test_chains_are_the_units_where_they_are_known(reference):
    levels = np.repeat(poisson_levels(40, 12, 16), 5, axis=0)
    by_chain = goe_like(reference, levels, chain=np.repeat(np.arange(12), 5))
    by_sample = goe_like(reference, levels)
    assert by_chain.mean_ratio.n == 12
    assert by_chain.mean_ratio.value == pytest.approx(by_sample.mean_ratio.value)
    assert by_chain.mean_ratio.high - by_chain.mean_ratio.low > 1.8 * (
        by_sample.mean_ratio.high - by_sample.mean_ratio.low
    )


def test_windows_are_cut_where_they_should_be(reference):
    poisson, regular = poisson_levels(300, 30, 17), 1000.0 + np.arange(100.0) + 0.01 * np.arange(100.0) ** 2
    rows = np.concatenate([poisson, np.broadcast_to(regular, (30, 100)) + poisson[:, -1:]], axis=1)
    options = {"count": 50, "reference": reference}
    assert level_statistics(rows, part="highest", **options).mean_ratio.value > 0.95
    assert level_statistics(rows, part="middle", **options).mean_ratio.value < 0.45
    assert level_statistics(rows, part="lowest", **options).mean_ratio.details["ratios"] == 30 * 46


def test_a_dataset_with_both_ends_gives_both_windows(reference):
    data = xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), poisson_levels(30, 40, 18)),
            "highest_eigenfrequency": (("sample", "high_mode"), 500.0 + middle(beta_ensemble_levels(100, 1.0, 40, 19))),
            "chain": ("sample", np.arange(40)),
        },
        attrs={"degrees_of_freedom": 3000},
    )
    assert level_statistics(data, part="lowest", count=30, reference=reference).goe_likeness.high < 0.3
    assert level_statistics(data, part="highest", count=40, reference=reference).goe_likeness.low > 0.7
    with pytest.raises(NotApplicableError, match="middle of the spectrum"):
        level_statistics(data, part="middle", count=20, reference=reference)


def test_the_top_of_a_list_of_lowest_modes_is_not_the_top_of_the_spectrum(reference):
    levels = poisson_levels(60, 40, 25)
    lowest = xr.Dataset({"eigenfrequency": (("sample", "mode"), levels)})
    options = {"part": "highest", "count": 40, "reference": reference}
    with pytest.raises(NotApplicableError, match="highest levels are not there"):
        level_statistics(lowest.assign_attrs(degrees_of_freedom=2997), **options)
    with pytest.raises(NotApplicableError, match="no attribute degrees_of_freedom"):
        level_statistics(lowest, **options)
    with pytest.raises(NotApplicableError, match="60 modes per sample"):
        level_statistics(levels, degrees_of_freedom=2997, **options)
    whole = level_statistics(lowest.assign_attrs(degrees_of_freedom=63), **options)
    assert whole.mean_ratio.value == level_statistics(levels, **options).mean_ratio.value


def test_complete_spectra_of_some_samples_hold_their_highest_levels(reference):
    data = xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), poisson_levels(30, 40, 26)),
            "full_eigenfrequency": (("full_sample", "full_mode"), middle(beta_ensemble_levels(90, 1.0, 20, 27), 60)),
            "full_sample_index": ("full_sample", np.arange(20)),
        },
        attrs={"degrees_of_freedom": 60},
    )
    found = level_statistics(data, part="highest", count=40, reference=reference)
    assert (found.mean_ratio.n, found.goe_likeness.low > 0.7) == (20, True)


def test_a_few_vanishing_spacings_are_left_out_and_many_refused(reference):
    levels = poisson_levels(50, 40, 20)
    levels[3, 7] = levels[3, 6]
    found = goe_like(reference, levels)
    assert any("1 vanishing" in warning for warning in found.repulsion.warnings)
    assert np.isfinite(found.repulsion.value)
    with pytest.raises(NotApplicableError, match="vanish"):
        goe_like(reference, np.round(levels, 1))


@pytest.mark.parametrize(
    ("levels", "options", "message"),
    [
        (np.arange(1.0, 100.0), {}, "do not repel"),
        (poisson_levels(20, 3, 21), {"count": 30}, "not in the mode lists"),
        (poisson_levels(20, 3, 21), {"count": 4}, "not in the mode lists"),
        (poisson_levels(20, 3, 21), {"part": "upper"}, "unknown part"),
        (poisson_levels(20, 3, 21)[:, ::-1], {"count": 10}, "ascending"),
    ],
)
def test_senseless_requests_are_refused(levels, options, message):
    with pytest.raises(NotApplicableError, match=message):
        level_statistics(levels, **options)


def test_two_samples_give_no_interval(reference):
    assert not goe_like(reference, poisson_levels(40, 2, 22)).mean_ratio.has_interval


def test_the_histogram_follows_its_own_law():
    curve = ratio_distribution(poisson_levels(60, 400, 23), part="highest", count=60, highest=3.0, bins=12)
    inside = (curve["lower"] <= curve["poisson"]) & (curve["poisson"] <= curve["upper"])
    assert inside.mean() > 0.7
    assert np.sum(curve["density"].values) * 0.25 == pytest.approx(0.75, abs=0.02)
