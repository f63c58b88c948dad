"""Opened trees are short in notebooks, and are trees of xarray in every other respect."""

import pickle
import re

import pytest
import xarray as xr

import bosonpeak
from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.ensembles.ensemble_tree import shown_in_short

MOST_CHARACTERS = 20_000


@pytest.mark.parametrize("name", ["glass/taper-2", "limit/branches", "network/paper", "null/bent-spectra"])
def test_the_page_of_a_tree_is_short_and_names_groups_and_variables(name):
    with open_dataset(name, chunks={}) as tree:
        page = tree._repr_html_()
        assert len(page) <= MOST_CHARACTERS
        for leaf in [node for node in tree.subtree if node.data_vars][:40]:
            assert f"<td>{leaf.path.strip('/')}</td>" in page
            assert all(f"<td>{variable}</td>" in page for variable in list(leaf.data_vars)[:5])


def test_many_groups_are_counted():
    leaf = xr.Dataset({"value": ("sample", [1.0], {"units": "1", "long_name": "estimate"})})
    page = shown_in_short(xr.DataTree.from_dict({f"/truth-{k}/estimator": leaf for k in range(300)}))._repr_html_()
    assert len(page) <= MOST_CHARACTERS
    assert "<td>truth-39/estimator</td>" in page
    assert "<td>truth-40/estimator</td>" not in page
    assert "<p>and 260 more</p>" in page


def test_text_from_a_file_is_not_markup():
    tree = bosonpeak.open("network/nine-node")
    tree.attrs["title"] = "<script>"
    tree["added"]["eigenfrequency"].attrs["long_name"] = "a < b & c"
    page = tree._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    tags = {"div", "b", "table", "thead", "tbody", "tr", "td", "th", "details", "summary"}
    assert set(re.findall(r"</?(\w+)", page)) <= tags


def test_the_tree_is_a_tree_of_xarray(tmp_path):
    tree = bosonpeak.open("network/nine-node")
    plain = xr.DataTree.from_dict({node.path: node.to_dataset(inherit=False) for node in tree.subtree})
    assert isinstance(tree, xr.DataTree)
    assert tree.identical(plain)
    assert repr(tree).startswith("<xarray.DataTree")
    for other in (tree.copy(deep=True), pickle.loads(pickle.dumps(tree)), tree.map_over_datasets(lambda each: each)):
        assert other.identical(tree)
    selected = tree.isel(sample=0)
    assert selected["added"]["eigenfrequency"].dims == ("mode",)
    assert len(selected._repr_html_()) <= MOST_CHARACTERS
    tree.to_netcdf(tmp_path / "tree.nc", engine="netcdf4")
    assert bosonpeak.open(tmp_path / "tree.nc", verify=False)["added"].to_dataset().equals(tree["added"].to_dataset())


def test_the_style_of_text_and_single_ensembles_are_as_in_xarray():
    tree = bosonpeak.open("network/nine-node")
    with xr.set_options(display_style="text"):
        assert tree._repr_html_().startswith("<pre>&lt;xarray.DataTree")
    assert "xr-obj-type" in tree["added"]._repr_html_()
