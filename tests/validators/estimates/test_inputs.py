"""Datasets, nodes of trees, trees and names are the same ensembles to every measure."""

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.inputs import (
    ensembles_of_sizes,
    mode_lists_of_sizes,
    one_ensemble,
    several_ensembles,
)
from bosonpeak.validators.levels.mode_extent import localisation_scaling
from bosonpeak.validators.power_laws.exponent_s import exponent
from bosonpeak.validators.power_laws.limit_exponent import limit_exponent
from bosonpeak.validators.spectra.network_structure import zero_mode_surplus


def sized(particles, temperature=0.2, path="", samples=3):
    rows = np.sort(np.random.default_rng(particles).random((samples, 5)) + 0.1, axis=1)
    dataset = xr.Dataset({"eigenfrequency": (("sample", "mode"), rows)})
    return dataset.assign_attrs(particles=particles, parent_temperature=temperature)


@pytest.fixture
def sizes():
    """Two temperatures with two sizes each."""
    leaves = {f"/T-{t}/N-{n}": sized(n, t) for t in (0.2, 1.0) for n in (500, 1000)}
    return xr.DataTree.from_dict(leaves)


def test_a_node_of_a_tree_is_an_ensemble():
    tree = open_dataset("glass/taper-2")
    dataset = one_ensemble("glass/taper-2/T-0.20")
    assert one_ensemble(tree["T-0.20"]).identical(tree["T-0.20"].to_dataset())
    for estimate in (exponent, limit_exponent):
        values = {estimate(each).value for each in (dataset, tree["T-0.20"], "glass/taper-2/T-0.20")}
        assert len(values) == 1


def test_a_tree_of_several_says_which_groups_there_are():
    with pytest.raises(NotApplicableError) as caught:
        exponent("glass/taper-2")
    assert caught.value.expected == "one of the groups T-0.20, T-0.15, T-1.00"
    assert caught.value.what == "this file contains 3 ensembles; choose one"
    with pytest.raises(NotApplicableError, match=r"one of the groups N-500, N-1000"):
        one_ensemble(xr.DataTree.from_dict({"/T/N-500": sized(500), "/T/N-1000": sized(1000)})["T"])


def test_sizes_come_as_a_node_or_as_a_list_of_names(sizes):
    of_node = mode_lists_of_sizes(sizes["T-0.2"])
    assert [number for number, _ in of_node] == [500, 1000]
    of_list = mode_lists_of_sizes([sizes["T-0.2/N-500"], sizes["T-0.2/N-1000"].to_dataset()])
    for (_, first), (_, second) in zip(of_node, of_list, strict=True):
        assert np.array_equal(first.frequency, second.frequency)
    names = ["glass/sizes/N-500", "glass/sizes/N-2000", "glass/sizes/N-4000"]
    assert limit_exponent(names).value == limit_exponent("glass/sizes").value
    assert [each.attrs["particles"] for each in several_ensembles("glass/sizes")] == [500, 2000, 4000]


def test_ensembles_of_several_temperatures_are_not_taken_for_sizes(sizes):
    for wrong in (sizes, "glass/taper-2"):
        with pytest.raises(NotApplicableError, match="do not differ in size only") as caught:
            ensembles_of_sizes(wrong)
        assert caught.value.got.endswith("ensembles of several parent temperature")
    again = xr.DataTree.from_dict({"/a": sized(500), "/b": sized(500)})
    with pytest.raises(NotApplicableError, match="several of one size"):
        mode_lists_of_sizes(again)
    with pytest.raises(NotApplicableError, match="do not differ in size only"):
        localisation_scaling("null/mode-extent")


def test_removed_zero_modes_are_no_surplus():
    assert zero_mode_surplus("glass/taper-2/T-0.20").value == 0.0
    assert zero_mode_surplus("network/paper/situation-2/delta-0.3").value == 0.0
