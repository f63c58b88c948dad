"""Labels that follow from the data, and what validation says of wrong ones."""

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets import open_dataset, read, validate, write
from bosonpeak.datasets.errors import SchemaError
from bosonpeak.datasets.schema import with_labels

LABEL = {"units": "1", "long_name": "x"}


def bare(dataset):
    """The same data without any label."""
    attributes = {key: value for key, value in dataset.attrs.items() if key != "zero_modes"}
    return dataset.drop_vars(list(dataset.coords)).drop_attrs(deep=False).assign_attrs(attributes)


def violations(dataset):
    with pytest.raises(SchemaError) as caught:
        validate(dataset)
    return caught.value.violations


def test_a_glass_gets_the_labels_that_its_variables_give(glass):
    found = with_labels(bare(glass))
    xr.testing.assert_identical(found, glass)
    assert found["configuration"].values.tolist() == found["configuration_index"].values.tolist() == [0]
    assert found["full_sample"].values.tolist() == found["full_sample_index"].values.tolist() == [1]
    assert found["axis"].values.tolist() == ["x", "y"]
    np.testing.assert_allclose(found["stress_bin"], np.geomspace(1e-3, 1.0, 7)[1::2])
    assert found["parent_temperature"].item() == 0.2
    assert found.attrs["zero_modes"] == "removed"
    assert with_labels(found) is found


def test_a_configuration_of_an_unknown_sample_gets_no_label(glass):
    found = with_labels(bare(glass).drop_vars("configuration_index"))
    assert "configuration" not in found.coords
    assert violations(found) == ("configuration: no index coordinate, which names the entries of the dimension by the "
                                 "labels of sample",)  # fmt: skip


def test_rows_of_a_ragged_array_have_the_label_of_their_owner(network):
    assert network["bond_sample"].values.tolist() == [0, 0, 0, 0, 1, 1, 1]
    one = network.isel(bond=network["bond_sample"].values == 1)
    assert one["bond_node"].values.tolist() == [[0, 1], [1, 2], [2, 3]]


def test_a_quench_has_the_label_of_the_glass_that_it_made(glass):
    outcome = ("quench", np.array([0, 2, 0], dtype=np.int8), LABEL)
    found = with_labels(glass.assign(quench_outcome=outcome))
    assert found["quench_sample"].values.tolist() == [0, -1, 1]
    assert "quench_sample" not in with_labels(glass.assign(quench_outcome=outcome).isel(sample=[0])).coords


def test_the_highest_modes_keep_their_number_in_the_full_spectrum(glass):
    highest = glass["eigenfrequency"].rename(mode="high_mode").drop_vars("high_mode") + 1.0
    found = with_labels(glass.assign(highest_eigenfrequency=highest))
    assert found["high_mode"].values.tolist() == [4, 5, 6, 7]


@pytest.mark.parametrize(("recorded", "value"), [("2", 2.0), ("inf", np.inf), ("none", None)])
def test_the_order_of_the_taper_is_a_number(glass, recorded, value):
    found = with_labels(glass.assign_attrs(taper=recorded))
    assert (found["taper"].item() if "taper" in found.coords else None) == value
    validate(found)


def test_zero_modes_are_seen_in_the_numbers(make_modes):
    modes = bare(make_modes())
    assert with_labels(modes).attrs["zero_modes"] == "removed"
    modes["eigenfrequency"].values[0, 0] = 1e-8
    assert with_labels(modes).attrs["zero_modes"] == "included"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.drop_vars("mode"), "mode: no index coordinate"),
        (lambda d: d.assign_coords(sample=("sample", [0, 0], LABEL)), "sample: the same label twice"),
        (lambda d: d.assign_coords(sample=("sample", [5, 6], LABEL)), "configuration: a label that does not occur"),
        (lambda d: d.assign_coords(parent_temperature=((), 0.3, LABEL)), "parent_temperature: coordinate 0.3"),
        (lambda d: d.assign_attrs(zero_modes="kept"), "expected 'included' or 'removed', got 'kept'"),
        (lambda d: d.assign_attrs(zero_modes="included"), "'included', but no frequency vanishes"),
        (lambda d: d.assign_coords(sample=("sample", [0, 1])), "sample: missing attribute 'units'"),
        (lambda d: d.isel(sample=[1, 0]), "configuration_index: not the positions of configuration in sample"),
    ],
)  # fmt: skip
def test_a_missing_or_wrong_label_is_found(glass, change, message):
    assert any(message in line for line in violations(change(glass))), violations(change(glass))


def test_zero_modes_of_a_network_are_counted():
    network = open_dataset("network/nine-node/lattice")
    validate(network)
    assert network.attrs["zero_modes"] == "included"
    (line,) = violations(network.assign_attrs(zero_modes="removed"))
    assert "'removed', but 1 samples have zero modes" in line
    network["zero_mode_count"].values[0] = 2
    assert any("differ from zero_mode_count in 1 samples" in line for line in violations(network))


def test_written_data_have_labels_and_plain_xarray_sees_them(glass, tmp_path):
    write(bare(glass), tmp_path / "glass.nc")
    with xr.open_dataset(tmp_path / "glass.nc") as plain:
        assert set(plain.dims) <= set(plain.xindexes)
        assert plain["parent_temperature"].ndim == 0
        assert "parent_temperature" in plain.coords
    xr.testing.assert_identical(read(tmp_path / "glass.nc").drop_attrs(deep=False), glass.drop_attrs(deep=False))


def test_files_of_earlier_versions_get_labels_on_opening(collection, tmp_path):
    tree = xr.DataTree.from_dict({node.path: bare(node.to_dataset(inherit=False)) for node in collection.subtree})
    tree.to_netcdf(tmp_path / "old.nc", engine="netcdf4")
    for options in ({}, {"chunks": {}}):
        opened = open_dataset(tmp_path / "old.nc", verify=False, **options)
        leaf = opened["situation-1/delta-0.1"].to_dataset()
        assert set(leaf.dims) <= set(leaf.xindexes)
        assert leaf.attrs["zero_modes"] == "removed"
        np.testing.assert_array_equal(leaf["eigenfrequency"], collection["situation-1/delta-0.1"]["eigenfrequency"])
