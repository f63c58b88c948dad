"""Ensembles by parameter instead of by group: the same numbers, wherever they came from."""

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets import combine_ensembles, open_dataset
from bosonpeak.datasets.errors import NotApplicableError


def test_every_network_is_where_its_parameters_say():
    tree = open_dataset("network/paper")
    networks = combine_ensembles(tree)
    assert networks["eigenfrequency"].dims[:2] == ("situation", "displacement")
    found = 0
    for node in tree.subtree:
        if node.variables:
            leaf = node.to_dataset()
            chosen = networks.sel(situation=leaf.attrs["situation"], displacement=leaf.attrs["displacement"])
            for name in leaf.data_vars:
                whole = tuple(slice(length) for length in leaf[name].shape)
                np.testing.assert_array_equal(chosen[name].values[whole], leaf[name].values)
                assert chosen[name].attrs["units"] == leaf[name].attrs["units"]
            found += 1
    assert found == networks.sizes["situation"] * networks.sizes["displacement"]
    assert networks.attrs["licence"] == "CC-BY-4.0"
    assert "content_digest" not in networks.attrs


def test_one_group_has_one_parameter_less():
    networks = combine_ensembles("network/paper", group="situation-2")
    assert "situation" not in networks.dims
    assert (
        networks.attrs["situation"] == open_dataset("network/paper", group="situation-2/delta-0.1").attrs["situation"]
    )
    tree = open_dataset("network/paper")
    leaf = tree["situation-2/delta-0.1"].to_dataset()
    np.testing.assert_array_equal(networks["eigenfrequency"].sel(displacement=0.1), leaf["eigenfrequency"])


def test_smaller_ensembles_end_in_nan_and_texts_in_nothing():
    glasses = combine_ensembles("glass/taper-2")
    tree = open_dataset("glass/taper-2")
    assert glasses["parent_temperature"].values.tolist() == [0.15, 0.2, 1.0]
    cold = tree["T-0.15"].to_dataset()
    here = glasses["eigenfrequency"].sel(parent_temperature=0.15)
    assert here.sizes["sample"] > cold.sizes["sample"]
    np.testing.assert_array_equal(here[: cold.sizes["sample"]], cold["eigenfrequency"])
    assert np.isnan(here[cold.sizes["sample"] :]).all()


def test_combinations_that_do_not_occur_are_nan():
    def ensemble(value, **parameters):
        return xr.Dataset({"x": ("sample", [value]), "word": ("sample", ["yes"])}, attrs=parameters)

    tree = xr.DataTree.from_dict(
        {
            "/a": ensemble(1.0, particles=500, taper="2", kind="spectrum"),
            "/b": ensemble(2.0, particles=1000, taper="2", kind="spectrum"),
            "/c": ensemble(3.0, particles=1000, taper="inf", kind="spectrum"),
        }
    )
    combined = combine_ensembles(tree)
    assert combined["x"].dims == ("taper", "particles", "sample")
    np.testing.assert_array_equal(combined["x"].values[:, :, 0], [[1.0, 2.0], [np.nan, 3.0]])
    assert combined.attrs == {"kind": "spectrum"}
    sizes = combine_ensembles(tree, parameters=["particles", "taper"])
    assert sizes["x"].dims == ("particles", "taper", "sample")


def test_what_cannot_be_combined():
    with pytest.raises(NotApplicableError, match="controls beside"):
        combine_ensembles("network/spectra")
    with pytest.raises(NotApplicableError, match="group does not exist"):
        combine_ensembles("network/paper", group="situation-9")
    with pytest.raises(NotApplicableError, match="no density"):
        combine_ensembles("network/paper", parameters=["density"])
    with pytest.raises(NotApplicableError, match="not several"):
        combine_ensembles(xr.Dataset())
