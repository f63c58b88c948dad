import math

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.comparisons.permutations import DRAWS
from bosonpeak.validators.comparisons.quantities import between_sample_spread
from bosonpeak.validators.comparisons.two_sample import (
    MARGIN,
    compare,
    compare_counts,
    compare_ensembles,
    holm,
)


def test_welch_is_the_textbook_test():
    generator = np.random.default_rng(1)
    mine, theirs = generator.normal(0.0, 1.0, 12), generator.normal(0.5, 2.0, 20)
    found = compare(mine, theirs, margin=0.1)
    textbook = stats.ttest_ind(mine, theirs, equal_var=False)
    interval = textbook.confidence_interval()
    assert found.p_value == pytest.approx(textbook.pvalue, rel=1e-9)
    assert (found.difference.low, found.difference.high) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_a_chain_counts_once_however_long_it_is():
    generator = np.random.default_rng(2)
    mine, theirs = generator.normal(size=8), generator.normal(size=9)
    alone = compare(mine, theirs, margin=1.0)
    repeated = compare(
        np.repeat(mine, 50),
        np.repeat(theirs, 3),
        margin=1.0,
        mine_chain=np.repeat(np.arange(8), 50),
        their_chain=np.repeat(np.arange(9), 3),
    )
    assert repeated.p_value == pytest.approx(alone.p_value)
    assert repeated.difference.low == pytest.approx(alone.difference.low)
    assert repeated.difference.n == 8


@pytest.mark.parametrize(
    ("shift", "margin", "verdict"), [(0.0, 1.0, "agrees"), (3.0, 1.0, "differs"), (0.0, 0.05, "undecided")]
)
def test_the_three_verdicts(shift, margin, verdict):
    generator = np.random.default_rng(3)
    found = compare(generator.normal(shift, 1.0, 40), generator.normal(size=40), margin=margin, quantity="energy")
    assert found.verdict == verdict
    assert found.quantity == found.difference.name == "energy"


def test_two_chains_decide_nothing():
    found = compare([0.0, 0.1, 5.0, 5.1], [1.0, 2.0, 3.0], margin=100.0, mine_chain=[0, 0, 1, 1])
    assert found.verdict == "undecided"
    assert "2 independent chains" in found.reason
    assert math.isnan(found.p_value)


def test_what_never_varies_is_compared_exactly():
    same, other = compare([4.0] * 5, [4.0 + 1e-9] * 6, margin=0.0), compare([4.0] * 5, [4.1] * 6, margin=0.0)
    assert (same.verdict, other.verdict) == ("agrees", "differs")


def test_samples_without_a_value_are_left_out():
    found = compare([1.0, np.nan, 2.0, 3.0], [1.0, 2.0, 3.0], margin=5.0)
    assert found.difference.details["chains"] == [3, 3]
    with pytest.raises(NotApplicableError, match="nothing to compare"):
        compare([np.nan, np.nan], [1.0, 2.0, 3.0], margin=1.0)
    with pytest.raises(NotApplicableError, match="do not fit"):
        compare([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], margin=1.0, mine_chain=[0, 1])


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]


def test_all_permutations_where_there_are_few():
    # One of the 20 ways to choose three chains of six, and its mirror image, is as extreme as this.
    found = compare_counts([[9.0], [8.0], [8.5]], [[1.0], [2.0], [1.5]], margin=[0.5], grid=[1.0])
    assert found.p_value == pytest.approx(2 / 20)


def test_counts_agree_only_if_they_agree_everywhere():
    generator = np.random.default_rng(5)
    mine, theirs = generator.normal(50.0, 1.0, (40, 6)), generator.normal(50.0, 1.0, (60, 6))
    together = {"margin": np.ones(6), "grid": np.arange(6.0)}
    assert compare_counts(mine, theirs, **together).verdict == "agrees"
    mine[:, 4] += 3.0
    found = compare_counts(mine, theirs, **together)
    assert found.verdict == "differs"
    assert found.difference.details["at"] == 4.0
    # Beyond all permutations that were drawn, the smallest Welch p-value times the number of points is given.
    worst = stats.ttest_ind(mine[:, 4], theirs[:, 4], equal_var=False).pvalue
    assert found.p_value == pytest.approx(6 * worst)
    assert found.p_value < 1 / (1 + DRAWS)


def test_the_same_data_give_the_same_p_value(glass_like):
    mine, theirs = glass_like(30, seed=1), glass_like(25, 2, seed=2)
    first, second = compare_ensembles(mine, reference=theirs), compare_ensembles(mine, reference=theirs)
    assert [one.p_value for one in first] == [one.p_value for one in second]


def test_an_honest_ensemble_agrees_and_a_stiffer_one_differs(glass_like):
    reference = glass_like(40, 4, seed=3)
    honest = {one.quantity: one.verdict for one in compare_ensembles(glass_like(60, seed=4), reference=reference)}
    assert set(honest.values()) <= {"agrees", "undecided"}
    assert list(honest.values()).count("agrees") >= 4
    stiffer = {
        one.quantity: one for one in compare_ensembles(glass_like(60, seed=4, stiffness=1.15), reference=reference)
    }
    assert stiffer["lowest frequency"].verdict == stiffer["highest frequency"].verdict == "differs"
    assert stiffer["inherent-structure energy"].verdict != "differs"


def test_a_factor_puts_the_units_right(glass_like):
    reference, mine = glass_like(40, 4, seed=3), glass_like(60, seed=4)
    softer = mine.assign({n: mine[n] / 7.0 for n in mine if "frequency" in n})
    assert any(one.verdict == "differs" for one in compare_ensembles(softer, reference=reference))
    mended = compare_ensembles(softer, reference=reference, frequency_factor=7.0)
    plain = compare_ensembles(mine, reference=reference)
    assert [one.verdict for one in mended] == [one.verdict for one in plain]
    assert [one.p_value for one in mended] == pytest.approx([one.p_value for one in plain], rel=1e-6)


def test_margins_are_spreads_of_the_reference(glass_like):
    reference = glass_like(40, 4, seed=3)
    found = {one.quantity: one for one in compare_ensembles(glass_like(60, seed=4), reference=reference)}
    energy = found["inherent-structure energy"]
    expected = between_sample_spread(reference["inherent_structure_energy"].values, reference["chain"].values)[0]
    assert energy.margin == pytest.approx(MARGIN * expected)
    assert energy.difference.details["spread"] == pytest.approx(expected)


@pytest.mark.parametrize(("spreads", "verdict"), [(0.7, "agrees"), (1.4, "differs")])
def test_what_agrees_is_within_one_standard_deviation_between_samples(glass_like, spreads, verdict):
    reference, mine = glass_like(1500, seed=3), glass_like(1500, seed=4)
    energy = reference["inherent_structure_energy"].values
    shifted = energy.mean() + (mine["inherent_structure_energy"] - mine["inherent_structure_energy"].mean())
    mine["inherent_structure_energy"] = shifted + spreads * energy.std()
    found = {one.quantity: one for one in compare_ensembles(mine, reference=reference)}["inherent-structure energy"]
    assert found.difference.value == pytest.approx(spreads * energy.std())
    assert found.verdict == verdict


@pytest.mark.parametrize(("more", "verdict"), [(0, "agrees"), (35, "agrees"), (65, "differs")])
def test_whole_numbers_that_do_not_vary_agree_to_half_a_count(glass_like, more, verdict):
    """All of the reference have 3 rattlers; so many of a hundred samples have one more."""
    reference, mine = glass_like(100, seed=3), glass_like(100, seed=4)
    reference["rattler_count"] = "sample", np.full(100, 3)
    mine["rattler_count"] = "sample", 3 + (np.arange(100) < more)
    found = next(one for one in compare_ensembles(mine, reference=reference) if one.quantity == "rattlers")
    assert found.margin == 0.5
    assert found.verdict == verdict


def test_ensembles_with_nothing_in_common_are_refused(glass_like):
    with pytest.raises(NotApplicableError, match="no quantity in common"):
        compare_ensembles(xr.Dataset({"pressure": ("sample", [1.0, 2.0, 3.0])}), reference=glass_like(5, seed=1))


@pytest.mark.parametrize("chains", [(10, 10), (25, 40)])
def test_false_alarms_and_false_agreement_are_rare(correlated, chains):
    trials, alarms, agreements, covered = 400, 0, 0, 0
    for seed in range(trials):
        generator = np.random.default_rng((seed, *chains))
        mine, my_chain = correlated(chains[0], 3, 0.5, generator)
        theirs, their_chain = correlated(chains[1], 3, 0.5, generator)
        spread = between_sample_spread(theirs, their_chain)[0]
        labels = {"mine_chain": my_chain, "their_chain": their_chain}
        found = compare(mine, theirs, margin=MARGIN * spread, **labels)
        covered += found.difference.low <= 0.0 <= found.difference.high
        alarms += found.p_value < 0.05
        agreements += compare(mine + MARGIN, theirs, margin=MARGIN * spread, **labels).verdict == "agrees"
    error = 4.0 * math.sqrt(0.05 * 0.95 / trials)
    assert abs(covered / trials - 0.95) < error
    assert abs(alarms / trials - 0.05) < error
    assert agreements / trials < 0.05 + error


@pytest.mark.slow
def test_families_of_quantities_raise_few_false_alarms(glass_like):
    trials, alarms = 300, 0
    for seed in range(trials):
        mine, theirs = glass_like(12, 2, seed=(seed, 1)), glass_like(25, 3, seed=(seed, 2))
        alarms += any(one.verdict == "differs" for one in compare_ensembles(mine, reference=theirs))
    assert alarms / trials <= 0.05 + 3.0 * math.sqrt(0.05 * 0.95 / trials)


def curves(scale, samples, seed, *, height=1.0):
    """Densities omega^2 exp(-(omega/scale)^2) of unequal scales; all quantities are proportional to the scale."""
    generator = np.random.default_rng(seed)
    frequency = np.linspace(0.0, 8.0, 400)
    scales = scale * (1.0 + 0.02 * generator.normal(size=samples))
    density = height * np.array([frequency**2 * np.exp(-((frequency / each) ** 2)) for each in scales])
    return xr.Dataset(
        {"density_of_states": (("sample", "frequency"), density, {"units": "1", "long_name": "density"})},
        coords={"frequency": ("frequency", frequency, {"units": "THz", "long_name": "frequency"})},
        attrs={"kind": "density-of-states", "dimension": 3},
    )


def test_curves_agree_or_differ_by_their_quantiles_whatever_their_height():
    reference = curves(1.5, 40, 1)
    alike = compare_ensembles(curves(1.5, 40, 2, height=7.0), reference=reference)
    assert {one.verdict for one in alike} == {"agrees"}
    mean = alike[0]
    assert mean.quantity == "mean frequency of the density of states"
    assert mean.difference.details["theirs"] == pytest.approx(2.0 / math.sqrt(math.pi) * 1.5, rel=0.02)
    half = next(one for one in alike if "50%" in one.quantity)
    assert half.difference.details["theirs"] == pytest.approx(stats.maxwell.median() / math.sqrt(2.0) * 1.5, rel=0.02)
    assert {one.verdict for one in compare_ensembles(curves(1.8, 12, 2), reference=reference)} == {"differs"}
    scaled = compare_ensembles(curves(1.5, 12, 2), reference=reference, frequency_factor=2.0)
    assert {one.verdict for one in scaled} == {"differs"}
    assert {one.verdict for one in compare_ensembles(curves(1.5, 1, 2), reference=reference)} == {"undecided"}
