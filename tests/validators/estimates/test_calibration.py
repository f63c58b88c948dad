"""The stored trials of every estimator keep to the domain that the documentation states."""

import importlib
import math
from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).parents[3] / "performance"
CERTAIN = 2.5


@pytest.fixture(scope="module")
def calibration():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        yield importlib.import_module("calibration")


@pytest.fixture(scope="module")
def leaves(calibration):
    return calibration.stored(calibration.store(which) for which in calibration.NAMES)


@pytest.fixture(scope="module")
def rows(leaves):
    """Attributes of every cell, how many intervals it gave, and the share of them that holds the truth."""
    found = []
    for leaf in leaves:
        low, high = leaf["low_95"].values, leaf["high_95"].values
        given = int(np.count_nonzero(np.isfinite(low)))
        held = np.count_nonzero((low <= leaf.attrs["truth"]) & (leaf.attrs["truth"] <= high))
        found.append((leaf.attrs, given, held / given if given else math.nan))
    assert len(found) > 100
    return found


def certainly(share, trials, least, most):
    """Whether a share of so many trials lies beyond these limits by more than chance."""
    error = math.sqrt(max(share * (1.0 - share), 1.0 / trials) / trials)
    return share + CERTAIN * error < least or share - CERTAIN * error > most


def test_where_the_method_applies_intervals_hold_the_truth_as_often_as_they_say(calibration, rows):
    inside = [row for row in rows if calibration.domain(row[0]) == "" and row[1] >= 20]
    assert len(inside) > 60
    for attributes, given, held in inside:
        assert not certainly(held, given, 0.93, 0.97), attributes


def test_on_the_safe_side_they_hold_it_no_less_often(calibration, rows):
    for attributes, given, held in rows:
        if calibration.domain(attributes) == "safe side":
            assert not certainly(held, given, 0.93, 1.0), attributes


def test_every_place_outside_the_domain_is_there_for_a_reason(calibration, rows, monkeypatch):
    for place in calibration.OUTSIDE:
        monkeypatch.setattr(calibration, "OUTSIDE", (place,))
        shares = [held for attributes, _, held in rows if calibration.domain(attributes) == "outside"]
        assert min(shares) < 0.93, place
        monkeypatch.undo()


def test_the_stated_tolerance_is_right_within_a_fifth_even_with_three_samples(calibration, leaves):
    named = ("mean", "ratio of sums", "logarithm of a mean", "difference of two ensembles")
    found = {
        (leaf.attrs["estimator"], leaf.attrs["data"], leaf.attrs["wrong"]): calibration.stated_over_needed(
            [one for one in calibration.estimates(leaf, calibration.LEVELS[0]) if one.has_interval], leaf.attrs["truth"]
        )
        for leaf in leaves
        if leaf.attrs["estimator"] in named
        and not calibration.domain(leaf.attrs)
        and "sigma 1)" not in leaf.attrs["wrong"]
    }
    assert {estimator for estimator, _, _ in found} == set(named)
    assert len([data for _, data, _ in found if data.startswith("3 ")]) >= 5
    assert {cell: ratio for cell, ratio in found.items() if not 0.8 <= ratio <= 1.2} == {}
