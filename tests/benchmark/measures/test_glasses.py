"""Measures and figures of the glass claims on stand-ins for ensembles whose exponents are known."""

import json
import math

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.judging.claim_file import parse_claim
from bosonpeak.benchmark.judging.judgement import judge_claim
from bosonpeak.benchmark.judging.measurements import Measurements
from bosonpeak.benchmark.judging.verdicts import judge
from bosonpeak.benchmark.measures.glasses import exponent_difference
from bosonpeak.benchmark.measures.registry import find_measure, measure
from bosonpeak.benchmark.scorecards.claim_results import Expectation
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.glasses.pair_stresses import cutoff_stress_counts
from bosonpeak.generators.nulls.spectra import PowerLaw, correlated_power_law_spectra
from bosonpeak.generators.particles.potentials import InversePower
from bosonpeak.validators.estimates.intervals import t_factor

CHAINS = 12
EDGES = np.geomspace(1e-9, 1e3, 121)

FOUR, THREE, TWO = (Expectation(s - 0.5, s + 0.5, "for the test") for s in (4.0, 3.0, 2.0))
MANY, FEW = 24000, 150


def glass(s, modes, *, alpha=-0.5, taper=2.0, first_phonon=1.5, samples=240, components=400, decades=4, seed=0):
    """Modes with g ~ omega^s, about so many below 0.6 omega_0 in all; stresses with P ~ sigma^alpha from 1e-9 up."""
    law = PowerLaw(s, modes / samples, 0.65, phonon_count=2)
    frequency, chain = correlated_power_law_spectra(law, CHAINS, samples // CHAINS, 0.0, seed)
    weight = np.exp((alpha + 1.0) * math.log(10.0) / 10.0 * np.arange(10 * decades))
    drawn = np.random.default_rng(seed + 1).multinomial(components, weight / weight.sum(), size=samples)
    counts = np.pad(drawn, ((0, 0), (0, 120 - 10 * decades)))
    potential = {"exponent": 12, "cutoff": 1.955, "taper": "inf" if math.isinf(taper) else taper, "dimension": 3}
    return xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), first_phonon * frequency),
            "first_phonon": ("sample", np.full(samples, first_phonon)),
            "chain": ("sample", chain),
            "stress_count": (("sample", "stress_bin"), counts),
            "stress_edge": ("stress_bin_edge", EDGES),
        },
        attrs={"cutoff": 1.955, "parameters": json.dumps(potential)},
    )


def opener(here, other=None):
    """Opens one ensemble whatever the group, and another one where a second dataset is named."""
    return lambda group, dataset=None: here if dataset is None else other


@pytest.fixture(scope="module")
def many():
    """Ensembles with modes enough to decide, by s."""
    return {s: glass(s, MANY, alpha=0.5 * (s - 5.0), seed=int(s), samples=2400, components=40) for s in (2, 3, 4)}


@pytest.mark.parametrize("s", [2, 3, 4])
def test_each_exponent_supports_its_own_claim_and_refutes_the_others(many, s):
    found = find_measure("exponent")(opener(many[s]), "T")
    verdicts = [judge(found, region).verdict for region in (TWO, THREE, FOUR)]
    assert verdicts == ["supported" if truth == s else "refuted" for truth in (2, 3, 4)]


def test_few_modes_decide_nothing_and_the_reason_says_what_would():
    found = find_measure("exponent")(opener(glass(4.0, FEW, seed=5)), "T")
    judgement = judge(found, FOUR)
    assert judgement.verdict == "undecided"
    assert judgement.minimum_detectable_effect > 1.0
    # Samples, not chains: 240 samples of 12 chains are not enough.
    assert judgement.samples_to_decide > 240
    wanted_modes = judgement.samples_to_decide * found.details["modes"] / 240
    assert f"{judgement.samples_to_decide} samples with" in judgement.reason
    assert f"{math.ceil(wanted_modes)} modes" in judgement.reason or f"{math.floor(wanted_modes)} modes" in (
        judgement.reason
    )


def test_a_window_may_be_given_as_a_claim_file_gives_it(many):
    found = measure("exponent", opener(many[4]), "T", {"window": [0.4, 0.55]})
    assert found.window == (0.4, 0.55)
    assert found.low < 4.0 < found.high


def test_difference_tells_tapers_that_matter_from_tapers_that_do_not(many):
    claims, rival = Expectation(0.5, 1.5, "for the test"), Expectation(-0.5, 0.5, "for the test")
    parameters = {"other_dataset": "glass/other"}
    apart = measure("exponent-difference", opener(many[4], many[3]), "T", parameters)
    assert (judge(apart, claims).verdict, judge(apart, rival).verdict) == ("supported", "refuted")
    same = measure("exponent-difference", opener(many[4], many[4]), "T", parameters)
    assert same.value == 0.0
    assert (judge(same, claims).verdict, judge(same, rival).verdict) == ("refuted", "supported")
    few = measure("exponent-difference", opener(glass(4.0, FEW, seed=5), glass(3.0, FEW, seed=6)), "T", parameters)
    assert {judge(few, claims).verdict, judge(few, rival).verdict} == {"undecided"}


def test_both_sides_of_a_difference_share_the_narrower_window(many):
    here, there = glass(4.0, FEW, seed=5), many[4]
    ends = [find_measure("exponent")(opener(data), "T").window for data in (here, there)]
    assert ends[0] != ends[1]
    for pair in ((here, there), (there, here)):
        found = exponent_difference(opener(*pair), "T", other_dataset="other")
        assert found.window == min(ends)


def test_limits_of_a_difference_combine_in_quadrature(many):
    four, three = (find_measure("exponent")(opener(many[s]), "T") for s in (4, 3))
    found = exponent_difference(opener(many[4], many[3]), "T", other_dataset="other")
    assert found.value == pytest.approx(four.value - three.value)
    assert found.value - found.low == pytest.approx(math.hypot(four.value - four.low, three.high - three.value))
    assert found.high - found.value == pytest.approx(math.hypot(four.high - four.value, three.value - three.low))


def test_ensembles_of_the_same_chains_are_compared_chain_by_chain(many):
    parameters = {"other_cell": "U", "other_dataset": "other", "window": [0.3, 0.5]}
    found = measure("paired-exponent-difference", opener(many[4], many[3]), "T", parameters)
    apart = [find_measure("exponent")(opener(many[s]), "T", window=(0.3, 0.5)).value for s in (4, 3)]
    assert found.details["values"] == pytest.approx(apart)
    assert found.window == (0.3, 0.5)


def test_a_gate_on_either_side_leaves_the_difference_open(many):
    gap = many[4].assign(eigenfrequency=many[4]["eigenfrequency"].where(many[4]["eigenfrequency"] > 0.45).copy())
    rows = np.sort(gap["eigenfrequency"].values, axis=1)
    gap["eigenfrequency"] = gap["eigenfrequency"].dims, rows
    found = exponent_difference(opener(many[4], gap), "T", other_dataset="other")
    assert not found.has_interval
    assert any(warning.startswith("the other: gap") for warning in found.warnings)
    assert judge(found, FOUR).verdict == "undecided"


def test_the_relation_holds_where_it_was_put_in_and_fails_where_not(many):
    region = Expectation(-0.5, 0.5, "for the test")
    for s in (2, 3, 4):
        found = measure("stress-relation", opener(many[s]), "T", {})
        assert judge(found, region).verdict == "supported"
    wrong = many[2].assign(stress_count=many[4]["stress_count"])
    found = measure("stress-relation", opener(wrong), "T", {})
    assert judge(found, region).verdict == "refuted"
    assert found.details["s"] - 5.0 - 2.0 * found.details["alpha"] == pytest.approx(found.value)


def test_the_relation_takes_alpha_from_the_resonant_stresses_when_asked():
    data = glass(4.0, 3000, alpha=-0.8, decades=9)
    asymptotic = find_measure("stress-relation")(opener(data), "T")
    resonant = find_measure("stress-relation")(opener(data), "T", resonant=True)
    # One power law everywhere below 1: the same alpha from either range, but the upper one ends beyond 1.
    assert asymptotic.details["alpha"] == pytest.approx(-0.8, abs=0.05)
    assert resonant.details["alpha"] < -1.2


@pytest.mark.parametrize("taper", [2.0, math.inf])
def test_stresses_of_the_cutoff_alone_leave_nothing_beyond_it(taper):
    expected = cutoff_stress_counts(InversePower(taper=taper), EDGES[:41])
    counts = np.random.default_rng(1).poisson(200.0 * expected / expected.sum(), (240, 40))
    data = glass(4.0, FEW, taper=taper)
    data["stress_count"] = data["stress_count"].dims, np.pad(counts, ((0, 0), (0, 80)))
    for window in ({}, {"low": 1e-7, "high": 1e-5}):
        found = measure("stress-exponent-beyond-cutoff", opener(data), "T", window)
        error = (found.high - found.low) / (2.0 * t_factor(found.n))
        assert abs(found.value) < 4.0 * error < 0.05


def test_stresses_of_an_unknown_potential_are_not_compared():
    data = glass(4.0, FEW).assign_attrs(parameters="{}")
    with pytest.raises(NotApplicableError, match="the potential is unknown"):
        measure("stress-exponent-beyond-cutoff", opener(data), "T", {})


def test_modes_a_sample_are_counted():
    data = glass(4.0, 600, seed=2)
    found = measure("modes-a-sample", opener(data), "T", {})
    count = int((data["eigenfrequency"].values < 0.6 * 1.5).sum())
    assert found.value == pytest.approx(count / 240)
    assert found.low < 600 / 240 < found.high


def test_intensity_of_low_modes_depends_on_the_unit_of_frequency():
    hot = glass(4.0, 20000, seed=4)
    cold = glass(4.0, 20000, seed=5).assign(first_phonon=("sample", np.full(240, 1.65)))
    cold["eigenfrequency"] = cold["eigenfrequency"] * 1.1
    asked = {"against": "hot", "stress": 1e-6}
    groups = {"hot": hot, "cold": cold}

    def open_cell(group, dataset=None, /):
        return groups[group]

    def found(**parameters):
        return measure("intensity-over-small-stresses", open_cell, "cold", {**asked, **parameters})

    # Below a fixed frequency a law omega^4 whose frequencies are raised by 10 % has 1.1^-5 of the modes.
    absolute = found(below=0.7)
    assert absolute.low < 1.1**-5 < absolute.high
    assert absolute.high < 0.8
    relative = found(below=0.5, unit="first-phonon")
    assert relative.low < 1.0 < relative.high
    with pytest.raises(NotApplicableError, match="unknown unit"):
        found(below=0.5, unit="omega_0")


def test_intensity_takes_stresses_counted_by_chain_and_another_dataset():
    data = glass(4.0, 6000, seed=4)
    by_chain = np.stack([data["stress_count"].values[data["chain"].values == k].sum(axis=0) for k in range(CHAINS)])
    counted = data.drop_vars("stress_count")
    counted["chain_stress_count"] = (("independent_chain", "stress_bin"), by_chain)
    asked = {"against": "T", "other_dataset": "another", "below": 0.8, "stress": 1e-6}
    found = measure("intensity-over-small-stresses", opener(counted, data), "T", asked)
    assert found.value == pytest.approx(1.0)
    here, there = found.details["modes_stresses_chains"]
    assert here == there
    assert here[2] == CHAINS
    with pytest.raises(NotApplicableError, match="no stress_count"):
        measure("intensity-over-small-stresses", opener(data.drop_vars("stress_count"), data), "T", asked)


def test_likelihoods_are_divided_by_the_design_effect():
    data = glass(4.0, 1200, seed=2)
    fit = find_measure("exponent")(opener(data), "T")
    ratio, effect = fit.details["log_likelihood_ratio"], max(fit.details["design_effect"], 1.0)
    found = measure("log-likelihood-ratio", opener(data), "T", {"exponent": 4, "rival": 2})
    assert found.value == pytest.approx((ratio["4"] - ratio["2"]) / effect)
    assert found.value > 0.0
    with pytest.raises(NotApplicableError, match="not computed"):
        measure("log-likelihood-ratio", opener(data), "T", {"exponent": 4, "rival": 7})


def test_modes_needed_grow_as_the_rival_comes_nearer():
    data = glass(4.0, 600, seed=2)
    near, far = (
        measure("modes-to-separate", opener(data), "T", {"exponent": 4, "rival": rival}).value for rival in (3.5, 3)
    )
    # The variance of an estimated power is about its square over n: half the distance needs four times the modes.
    assert 3.5 < near / far < 5.0


CLAIM = """
id = "SIM-0"
title = "t"
statement = "s"
source = "s"
rival = "r"
rival_reading = "r"
regime = { system = "soft-spheres" }

[[part]]
name = "the difference"
[[part.test]]
name = "difference"
measure = "exponent-difference"
dataset = "glass/here"
cells = ["T"]
parameters = { other_dataset = "glass/there" }
expect = { value = 1.0, tolerance = 0.5, why = "for the test" }

[[context]]
name = "likelihood"
measure = "log-likelihood-ratio"
dataset = "glass/here"
cells = ["T"]
parameters = { exponent = 4, rival = 3 }

[[control]]
name = "no difference"
test = "difference"
dataset = "glass/here"
cells = ["T"]
parameters = { other_dataset = "glass/here" }
must_be = "refuted"
"""


def test_a_claim_may_compare_two_datasets(many):
    data = {"glass/here": many[4], "glass/there": many[3]}
    claim = parse_claim(CLAIM)
    assert claim.datasets == ("glass/here", "glass/there")
    result = judge_claim(claim, Measurements(lambda dataset, group: data[dataset]))
    assert result.verdict == "supported"
    assert not result.changed
    assert all(control.passed for control in result.controls)
    assert "modes, design effect" in result.notes[0]
    assert "nan" not in result.notes[0]


GROUPS = ("T-1.00", "T-0.20", "T-0.15")
GLASS_FIGURES = {
    "glass-cumulative-count": ("SIM-3", "SIM-4"),
    "glass-exponents": ("GHET-3",),
    "glass-stresses": ("SIM-1",),
}


@pytest.fixture(scope="module")
def figures(draw):
    """Figures of stand-ins that obey the theory: s = 2 at high T*, 4 and 3 at low T*; one of them has a gap."""
    exponents = {("glass/taper-2", "T-1.00"): 2.0, ("glass/taper-inf", "T-1.00"): 2.0}
    ensembles = {}
    for seed, group in enumerate(GROUPS):
        for dataset, s, alpha, taper in (("glass/taper-2", 4.0, -0.5, 2.0), ("glass/taper-inf", 3.0, -1.0, math.inf)):
            truth = exponents.get((dataset, group), s)
            ensembles[dataset, group] = glass(truth, 1500, alpha=alpha, taper=taper, seed=10 * seed + int(s))
    gap = ensembles["glass/taper-inf", "T-0.15"]
    rows = gap["eigenfrequency"].values
    gap["eigenfrequency"] = gap["eigenfrequency"].dims, np.sort(np.where(rows > 0.45, rows, np.nan), axis=1)
    return {
        name: draw(claims, lambda dataset, group: ensembles.get((dataset.replace("limit/", "glass/"), group)))
        for name, claims in GLASS_FIGURES.items()
    }


def test_reduced_counts_are_flat_where_their_exponent_is_the_truth(figures):
    panel = figures["glass-cumulative-count"].panels[0]
    two, infinity = panel.series[:2]
    x = np.array(two.x)
    inside = (x > 0.4) & (x < 0.6)
    for series, slope in ((two, 0.0), (infinity, -1.0)):
        y = np.array(series.y, dtype=float)[inside]
        assert np.polyfit(np.log(x[inside]), np.log(y), 1)[0] == pytest.approx(slope, abs=0.25)
        assert (np.array(series.low, dtype=float)[inside] < y).all()
        assert (np.array(series.high, dtype=float)[inside] > y).all()


def test_rivals_are_drawn_with_their_slopes_through_the_data(figures):
    panels = figures["glass-cumulative-count"].panels
    divided_by = [float(panel.y_label.partition("ω₀)^")[2].partition(",")[0]) - 1.0 for panel in panels]
    assert set(divided_by) == {3.0, 4.0}
    for panel, s in zip(panels, divided_by, strict=True):
        lines = {series.label: series for series in panel.series if series.style == "reference"}
        assert set(lines) == {"s = 3", "s = 4"}
        for rival in (3, 4):
            x, y = (np.log(np.array(values)) for values in (lines[f"s = {rival}"].x, lines[f"s = {rival}"].y))
            assert (y[-1] - y[0]) / (x[-1] - x[0]) == pytest.approx(rival - s)


def test_a_fit_that_a_gate_refused_is_drawn_as_such(figures):
    left = figures["glass-exponents"].panels[0]
    refused = {series.label: series for series in left.series if series.style == "faint"}
    low_temperature = np.array(refused["m = \u221e, refused by a gate"].x)
    assert low_temperature == pytest.approx(0.15, rel=0.05)
    # Every fit is drawn once, refused or not.
    assert sum(len(series.x) for series in left.series) == 6


def test_local_stress_exponents_are_those_put_in(figures):
    points = [series for series in figures["glass-stresses"].panels[1].series if series.kind == "points"]
    for series in points:
        truth = -0.5 if series.order == 0 else -1.0
        low, high = np.array(series.low, dtype=float), np.array(series.high, dtype=float)
        assert np.mean((low <= truth) & (truth <= high)) > 0.5
    laws = {series.order: series for series in figures["glass-stresses"].panels[1].series if series.kind == "line"}
    assert laws[0].y[0] == pytest.approx(-0.5, abs=0.05)
    assert -1.0 < laws[1].y[0] < -0.8
