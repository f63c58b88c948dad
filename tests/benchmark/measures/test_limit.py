"""Measures of the limit omega to 0, on spectra of known limit."""

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.judging.verdicts import judge
from bosonpeak.benchmark.measures.registry import measure
from bosonpeak.benchmark.scorecards.claim_results import Expectation
from bosonpeak.datasets import open_dataset
from bosonpeak.generators.nulls.spectra import BentPowerLaw, bent_spectra

FOUR, THREE, TWO = (Expectation(s - 0.5, s + 0.5, "for the test") for s in (4.0, 3.0, 2.0))
SIZES = ("N-500", "N-2000", "N-4000")


@pytest.fixture(scope="module")
def nulls():
    return open_dataset("null/bent-spectra")


@pytest.fixture(scope="module")
def found(nulls):
    def find(name, group, **parameters):
        def open_cell(cell, dataset=None):
            return nulls[cell].to_dataset()

        others = {} if name in ("count-dispersion", "lowest-mode-shape") else {"other_cells": _others(group)}
        return measure(name, open_cell, f"{group}/N-1000", {**others, **parameters})

    return find


def _others(group):
    return [f"{group}/{size}" for size in SIZES]


@pytest.mark.parametrize(("s", "region"), [(2, TWO), (3, THREE), (4, FOUR)])
def test_power_laws_that_reach_down_are_supported(found, s, region):
    assert judge(found("limit-exponent", f"straight/s-{s}"), region).verdict == "supported"


def test_a_bend_decides_nothing_between_three_and_four_and_excludes_two(found):
    bent = found("limit-exponent", "bent/s-4")
    assert judge(bent, FOUR).verdict == "undecided"
    assert judge(bent, TWO, comparisons=10).verdict == "refuted"
    assert bent.low < 4.0 < bent.high


def test_differences_of_limits(found):
    one = found(
        "limit-exponent-difference",
        "straight/s-4",
        less_dataset="",
        less_cell="straight/s-3/N-1000",
        less_other_cells=_others("straight/s-3"),
    )
    assert one.low < 1.0 < one.high
    assert one.details["values"] == [
        found("limit-exponent", "straight/s-4").value,
        found("limit-exponent", "straight/s-3").value,
    ]


def test_tails_widen_and_are_what_many_comparisons_are_judged_by(found):
    straight = found("limit-exponent", "straight/s-3")
    tails = np.array(straight.details["tails"])
    assert (np.diff(tails[:, 0]) < 0.0).all()
    assert (np.diff(tails[:, 1]) <= 0.0).all()
    assert (np.diff(tails[:, 2]) >= 0.0).all()
    beyond = Expectation(
        float(tails[2, 2]) + 0.01, None, "just above the third limit", origin=float(tails[2, 2]) + 0.01
    )
    assert judge(straight, beyond, comparisons=5).verdict == "refuted"
    assert judge(straight, beyond, comparisons=100).verdict == "undecided"


def test_drift_and_dispersion_and_the_lowest_mode(found):
    assert found("exponent-drift", "bent/s-4").low > 0.0
    straight = found("exponent-drift", "straight/s-3", window=[0.3, 0.55])
    assert straight.low < 0.0 < straight.high
    same, named = (found("exponent-size-effect", "bent/s-4", **window) for window in ({}, {"window": [0.0, 0.55]}))
    assert same.low < 0.0 < same.high
    assert named == same
    assert found("count-dispersion", "independent/s-4", mean_count=0.8).high > 0.98
    assert found("count-dispersion", "bent/s-4", mean_count=0.8).value < 0.6
    same = found("count-dispersion-growth", "bent/s-4")
    assert abs(same.value) < 0.05
    assert found("lowest-mode-scaling", "straight/s-3").value == pytest.approx(3.0, abs=0.25)
    # Repulsion makes a true 3 look like 4 to the law of independent minima.
    assert found("lowest-mode-shape", "straight/s-3").low > 3.5


def test_shares_of_soft_modes_are_quotients_of_counts():
    def glasses(richness, seed):
        law = BentPowerLaw(3.0, modes_per_particle=4.8e-4 * richness, highest=0.87)
        modes = bent_spectra(law, 1000, 30, 40, np.random.SeedSequence(seed))
        return xr.Dataset(
            {
                "eigenfrequency": (("sample", "mode"), modes),
                "first_phonon": ("sample", np.full(1200, 1.45)),
                "chain": ("sample", np.repeat(np.arange(30), 40)),
            }
        )

    ensembles = {"poor": glasses(0.3, 1), "rich": glasses(1.0, 2), "other": glasses(1.0, 3)}

    def share(cell, other):
        parameters = {"than_cell": other, "below": 0.5}
        return measure("share-of-soft-modes", lambda group, dataset=None: ensembles[group], cell, parameters)

    poor, same = share("poor", "rich"), share("other", "rich")
    assert poor.low < 0.3 < poor.high
    assert same.low < 1.0 < same.high
    assert poor.high < 0.5 < same.low


def test_the_figure_has_every_size_and_both_exponents(draw, nulls):
    stands_for = {
        "limit/taper-2": "straight/s-4",
        "limit/taper-inf": "straight/s-3",
        "limit/sizes": "straight/s-4",
        "limit/sizes-inf": "straight/s-3",
    }

    def opener(dataset, group):
        if dataset not in stands_for:
            return None
        temperature, _, size = group.partition("/")
        assert temperature in ("T-0.20", "T-1.00")
        return nulls[f"{stands_for[dataset]}/{size or 'N-1000'}"].to_dataset()

    figure = draw(("LB-1",), opener)
    panel = next(panel for panel in figure.panels if "N = 4000" in {series.label for series in panel.series})
    curves = {series.label: series for series in panel.series}
    assert {"N = 500", "N = 1000", "N = 2000", "N = 4000", "s = 3", "s = 4"} <= set(curves)
    for size in (500, 2000):
        x, y = (np.array(values, dtype=float) for values in (curves[f"N = {size}"].x, curves[f"N = {size}"].y))
        on_curve = np.interp(
            np.log(x), np.log(curves["N = 1000"].x), np.log(np.array(curves["N = 1000"].y, dtype=float))
        )
        shared = (x > min(curves["N = 1000"].x)) & (x < max(curves["N = 1000"].x)) & (y * size * 3000 > 200)
        assert np.abs(np.log(y) - on_curve)[shared].max() < 0.25
