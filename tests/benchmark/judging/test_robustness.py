"""Verdicts on parts of the data: steady where the data agree, and said to be none where they do not."""

import dataclasses
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.judging import robustness as module
from bosonpeak.benchmark.judging.claim import ClaimTest
from bosonpeak.benchmark.judging.claim_file import load_claims
from bosonpeak.benchmark.judging.robustness import (
    FEWEST_SAMPLES,
    MOST_LEFT_OUT,
    Robustness,
    as_json,
    chains_of,
    comparison_key,
    comparisons,
    read_robustness,
    robustness,
    stored_robustness,
    with_chains,
)
from bosonpeak.benchmark.judging.verdicts import Judgement, steadied
from bosonpeak.benchmark.scorecards.claim_results import Expectation
from bosonpeak.datasets import open_dataset
from bosonpeak.generators.nulls.spectra import BentPowerLaw, bent_spectra


def glasses(s, chains=24, seed=1):
    modes = bent_spectra(BentPowerLaw(s, highest=0.87), 1000, chains, 60, np.random.SeedSequence(seed))
    return xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), modes),
            "first_phonon": ("sample", np.full(len(modes), 1.45)),
            "chain": ("sample", np.repeat(np.arange(chains), 60)),
        }
    )


def asked(low, high, **parameters):
    expect = Expectation(low, high, "for the test")
    return ClaimTest(name="s", measure="exponent", dataset="d", cells=("c",), parameters=parameters, expect=expect)


def on_parts(test, data):
    return robustness(test, "c", lambda dataset, group: data)


def test_steady_data_lean_to_one_side_and_stay_there_without_any_chain():
    found = on_parts(asked(2.5, 3.5), glasses(3.0))
    assert (found.halves, found.leaning) == (20, 1.0)
    assert found.without_one[0] < found.value < found.without_one[1]
    assert found.windows == {}


def test_an_edge_through_the_value_is_leant_on_from_both_sides():
    data = glasses(3.0)
    window = {"window": [0.3, 0.55]}
    value = on_parts(asked(2.5, 3.5, **window), data).value
    assert 0.2 < on_parts(asked(value, 9.0, **window), data).leaning < 0.8


def test_other_windows_are_tried_where_the_claim_names_one():
    found = on_parts(asked(2.5, 3.5, window=[0.3, 0.55]), glasses(3.0))
    assert set(found.windows) == {"[0.3, 0.5]", "[0.3, 0.6]", "[0.25, 0.55]", "[0.35, 0.55]", "[0.4, 0.6]"}
    assert np.allclose(list(found.windows.values()), 3.0, atol=0.8)
    assert len({found.value, *found.windows.values()}) == 6


def test_windows_of_another_kind_are_left_alone():
    assert on_parts(asked(2.5, 3.5, window=[0.1, 0.5]), glasses(3.0)).windows == {}


def test_few_chains_have_no_halves():
    found = on_parts(asked(2.5, 3.5), glasses(3.0, chains=4))
    assert found.halves == 0
    assert math.isnan(found.leaning)
    assert str(found) == "it is one number, of no chains"


def looked_at(monkeypatch, data, **parameters):
    """What a measure that counts chains was given: of each call the chains of its own and of another ensemble."""
    calls = []

    def counting(measure, opener, cell, given):
        own = chains_of(opener(cell))
        calls.append({"own": own, "other": chains_of(opener("o", given["other_dataset"]))})
        return SimpleNamespace(value=float(own.sum()))

    monkeypatch.setattr(module, "measure", counting)
    robustness(asked(0.0, 1e9, **parameters), "c", lambda dataset, group: data[dataset, group])
    return calls


def test_halves_are_the_same_every_time_and_each_ensemble_loses_chains_of_its_own(monkeypatch):
    data = {("d", "c"): glasses(3.0, chains=25), ("e", "o"): glasses(3.0, chains=25)}
    first, again = (looked_at(monkeypatch, data, other_dataset="e")[1:21] for _ in range(2))
    assert [[*call["own"]] for call in first] == [[*call["own"]] for call in again]
    assert {len(call["own"]) for call in first} == {13}
    assert len({tuple(call["own"]) for call in first}) > 15
    assert all({*call["own"]} != {*call["other"]} for call in first)


def test_chains_are_left_out_one_by_one_from_the_first_to_the_last(monkeypatch):
    for chains, most in ((9, 9), (MOST_LEFT_OUT + 9, MOST_LEFT_OUT)):
        data = {("d", "c"): glasses(3.0, chains=chains), ("e", "o"): glasses(3.0)}
        calls = looked_at(monkeypatch, data, other_dataset="e")[21:]
        (left_out,) = zip(*({*range(chains)} - {*call["own"]} for call in calls), strict=True)
        assert len({*left_out}) == most
        assert (min(left_out), max(left_out)) == (0, chains - 1)
        assert {len(call["other"]) for call in calls} == {24}


def test_halves_on_the_other_side_of_the_region_do_not_lean_to_its_side(monkeypatch):
    values = iter([5.0, *[5.0] * 10, *[-5.0] * 4, math.nan, 1.0, 2.0, 1.5, 1.5, 1.5, *[5.0] * 24])
    monkeypatch.setattr(module, "measure", lambda *asked: SimpleNamespace(value=next(values)))
    found = on_parts(asked(1.0, 2.0), glasses(3.0))
    assert (found.halves, found.leaning) == (19, pytest.approx(10 / 19))
    # The limits of a region belong to it.
    values = iter([1.5, *[1.0] * 10, *[2.0] * 10, *[1.5] * 24])
    assert on_parts(asked(1.0, 2.0), glasses(3.0)).leaning == 1.0


def test_synthetic_ensembles_beside_it_and_those_of_few_chains_stay_whole(monkeypatch):
    data = {("d", "c"): glasses(3.0), ("null/d", "o"): glasses(3.0)}
    assert {len(call["other"]) for call in looked_at(monkeypatch, data, other_dataset="null/d")} == {24}
    few = 2 * FEWEST_SAMPLES
    for chains, halved in ((few, few // 2), (few - 1, few - 1)):
        data = {("d", "c"): glasses(3.0), ("e", "o"): glasses(3.0, chains=chains)}
        assert min(len(call["other"]) for call in looked_at(monkeypatch, data, other_dataset="e")) == halved


def test_what_came_out_is_told():
    reported = Robustness(2.0, 20, 0.9, (1.91, 2.12), {"[0.3, 0.5]": 2.2, "[0.4, 0.6]": 2.3})
    assert str(reported) == (
        "90 % of 20 random halves of the chains lean to its side; one chain left out: 1.91 to 2.12; "
        "other windows: [0.3, 0.5] 2.2, [0.4, 0.6] 2.3"
    )


def test_chains_are_left_out_with_all_that_is_stored_of_them():
    whole = open_dataset("glass/taper-2")["T-0.20"].to_dataset()
    kept = chains_of(whole)[::2]
    part = with_chains(whole, kept)
    assert chains_of(part).tolist() == kept.tolist()
    assert part.sizes["independent_chain"] == len(kept)
    assert 0 < part.sizes["configuration"] < whole.sizes["configuration"]
    # A configuration still belongs to the glass whose frequencies it has.
    before, after = (each["first_phonon"].sel(sample=each["configuration"].values) for each in (whole, part))
    stays = np.isin(whole["chain"].sel(sample=whole["configuration"].values), kept)
    np.testing.assert_array_equal(after, before[stays])
    np.testing.assert_array_equal(part["configuration"], whole["configuration"][stays])


@pytest.mark.parametrize(("share", "verdict"), [(1.0, "refuted"), (0.8, "refuted"), (0.75, "undecided")])
def test_halves_that_disagree_leave_nothing_decided(share, verdict):
    judged = steadied(Judgement("refuted", "far off", 0.1), share)
    assert judged.verdict == verdict
    assert ("75 % of random halves" in judged.reason) == (verdict == "undecided")
    assert steadied(Judgement("refuted", "far off", 0.1), math.nan).verdict == "refuted"


def test_what_is_stored_is_read_as_it_was_and_belongs_to_the_data(tmp_path):
    one = Robustness(2.0, 20, 0.9, (1.9, 2.1), {"[0.3, 0.5]": 2.2})
    other = dataclasses.replace(one, halves=0, leaning=math.nan, without_one=())
    text = as_json({"a": one, "b": other})
    (tmp_path / "r.json").write_text(text)
    # No NaN: other readers of JSON take none.
    assert json.loads(text, parse_constant=pytest.fail)["b"]["leaning"] is None
    read = read_robustness(tmp_path / "r.json")
    assert read["a"] == one
    assert math.isnan(read["b"].leaning)
    _, test, cell = next(comparisons(load_claims()))
    assert comparison_key(test, cell) != comparison_key(dataclasses.replace(test, parameters={"low": 0.1}), cell)


def test_every_comparison_that_a_claim_makes_is_stored_and_nothing_else():
    made = {comparison_key(test, cell) for _, test, cell in comparisons(load_claims())}
    assert set(stored_robustness()) == made, "run bosonpeak robustness -o claims/robustness.json"
