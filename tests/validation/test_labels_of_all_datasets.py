"""Labels of every dataset of the package and of the release, as plain xarray sees them in the files.

The values of a row found by label are compared with the row of the array in the file, and the owners of configurations
and full spectra with numbers recomputed from them. Of blind ensembles only the labels are read.
"""

import json
import tomllib
from functools import cache
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets import read, select_subset
from bosonpeak.datasets.registry import is_blind, released_datasets
from bosonpeak.datasets.schema.labels import (
    INCLUDED,
    PARAMETERS,
    REMOVED,
    SUBSETS,
    parameter_value,
    recorded_parameters,
)
from bosonpeak.datasets.storage.digest import content_digest, tree_digest

ROOT = Path(__file__).resolve().parents[2]
REFERENCE, RELEASE = ROOT / "src" / "bosonpeak" / "datasets" / "reference", ROOT / "data-release"
FILES = {
    **{file.name: file for file in sorted(REFERENCE.glob("*.nc"))},
    **{file.relative_to(RELEASE).as_posix(): file for file in sorted(RELEASE.rglob("*.nc"))},
}
BLIND = {entry.file for entry in released_datasets() if is_blind(entry)}
OPEN = sorted(set(FILES) - BLIND)


FIRST = {name.rpartition("/")[0] or name: name for name in sorted(FILES, reverse=True)}
LONG = "calibration/estimators.nc"


def each(names):
    """Embedded files and the first of each folder of the release; the others run with the slow tests."""
    quick = set(FIRST.values()) - {LONG}
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in names]


BEFORE = json.loads((Path(__file__).parent / "data" / "arrays_before_labels.json").read_text(encoding="utf-8"))
DECODING = {"decode_times": False, "decode_timedelta": False}


def leaves(tree):
    return {node.path: node.to_dataset(inherit=False) for node in tree.subtree if node.variables}


@cache  # opening a file of a hundred groups takes longer than reading the rows that three tests compare
def kinds_of(name):
    """The datasets of a file that differ in their dimensions; files have up to a hundred equal ones."""
    with xr.open_datatree(FILES[name], **DECODING) as tree:
        found = {tuple(dataset.sizes): path for path, dataset in leaves(tree).items()}
    return sorted(found.values())


def test_all_files_are_here():
    assert len(FILES) >= len(BEFORE) == 69
    assert set(BEFORE) <= set(FILES)


@pytest.mark.parametrize("name", each(FILES))
def test_plain_xarray_sees_a_label_for_every_entry_of_every_dimension(name):
    with xr.open_datatree(FILES[name], **DECODING) as tree:
        for path, dataset in leaves(tree).items():
            assert set(dataset.dims) <= set(dataset.xindexes), (path, set(dataset.dims) - set(dataset.xindexes))
            for dimension, index in dataset.indexes.items():
                assert index.is_unique, (path, dimension)
                assert not index.hasnans, (path, dimension)
                parent = SUBSETS.get(dimension)
                assert parent not in dataset.coords or set(index) <= set(dataset.indexes[parent]), (path, dimension)
            for parameter in set(PARAMETERS) & set(dataset.attrs):
                value = parameter_value(parameter, dataset.attrs[parameter])
                assert value is None or dataset.coords[parameter].item() == value, (path, parameter)
            for parameter, value in recorded_parameters(dataset.attrs).items():
                assert parameter in dataset.dims or dataset.coords[parameter].item() == value, (path, parameter)
            for variable in dataset.variables.values():
                assert {"units", "long_name"} <= set(variable.attrs)
            if "eigenfrequency" in dataset:
                assert dataset.attrs["zero_modes"] in (INCLUDED, REMOVED)
    path = kinds_of(name)[0]
    with xr.open_dataset(FILES[name], group=path, **DECODING) as alone:
        assert set(alone.dims) <= set(alone.xindexes)


@pytest.mark.skipif(not RELEASE.is_dir(), reason="a source distribution without the data release")
@pytest.mark.parametrize("name", each(FILES))
def test_titles_and_long_names_have_standard_words(name):
    former = tomllib.loads((RELEASE / "standard-texts.toml").read_text(encoding="utf-8"))
    with xr.open_datatree(FILES[name], **DECODING) as tree:
        texts = {str(node.attrs.get(key, "")) for node in tree.subtree for key in ("title", "summary")}
        texts |= {variable.attrs["long_name"] for node in leaves(tree).values() for variable in node.variables.values()}
    assert [(old, text) for old in former for text in texts if old in text] == []


def test_recipe_parameters_and_delta_are_coordinates_for_plain_xarray():
    with xr.open_dataset(FILES["network-paper.nc"], group="situation-2/delta-0.1", **DECODING) as network:
        assert (network.coords["delta"].item(), network.coords["bond_probability"].item()) == (0.1, 1.0)
        assert network["delta"].attrs == {"units": "a", "long_name": "displacement of every node of a network"}
    with xr.open_datatree(FILES["network-spectra.nc"], **DECODING) as tree:
        diluted = [node for node in tree.leaves if node.coords["bond_probability"] < 1.0]
        assert diluted
        assert all(node["eigenfrequency" if "eigenfrequency" in node else "density_of_states"].coords["delta"].ndim == 0
                   for node in diluted)  # fmt: skip


def some_row(length):
    return (7 * length) // 11


@pytest.mark.parametrize("name", each(OPEN))
def test_a_row_by_label_is_the_row_in_the_file(name):
    paths, rows = kinds_of(name), {}
    with netCDF4.Dataset(FILES[name]) as file:
        file.set_auto_maskandscale(False)
        for path in paths:
            for variable, array in file[path].variables.items():
                if array.ndim and variable not in array.dimensions:
                    rows[path, variable] = array[some_row(array.shape[0])]
    for path in paths:
        with xr.open_dataset(FILES[name], group=path, **DECODING) as dataset:
            for variable, array in dataset.data_vars.items():
                if array.ndim:
                    dimension = array.dims[0]
                    label = dataset.indexes[dimension][some_row(array.sizes[dimension])]
                    found = array.sel({dimension: label}).values
                    np.testing.assert_array_equal(found, rows[path, variable], err_msg=f"{path} {variable}")


@pytest.mark.parametrize("name", each(OPEN))
def test_configurations_and_full_spectra_have_the_labels_of_their_own_samples(name):
    for path in kinds_of(name):
        with xr.open_dataset(FILES[name], group=path, **DECODING) as dataset:
            if {"eigenvector", "configuration"} <= set(dataset.variables):
                stored = select_subset(
                    select_subset(dataset.drop_dims("full_sample", errors="ignore"), "configuration"), "low_mode"
                )
                ratio = 1.0 / ((stored["eigenvector"].astype(float) ** 2).sum("axis") ** 2).sum("particle")
                np.testing.assert_allclose(ratio / stored.sizes["particle"], stored["participation_ratio"], rtol=0.02)
            if "full_eigenfrequency" in dataset:
                full = select_subset(dataset, "full_sample")
                lowest = full["full_eigenfrequency"].sel(full_mode=full["mode"].values)
                np.testing.assert_allclose(lowest, full["eigenfrequency"], rtol=1e-9)
                highest = full["full_eigenfrequency"].sel(full_mode=full["high_mode"].values)
                np.testing.assert_allclose(highest, full["highest_eigenfrequency"], rtol=1e-9)
            if "quench_sample" in dataset:
                made = dataset["quench_sample"].values >= 0
                owner = dataset["quench_sample"].values[made]
                assert (
                    dataset["quench_sweep"].values[made].tolist() == dataset["sweep"].sel(sample=owner).values.tolist()
                )
                assert (
                    dataset["quench_chain"].values[made].tolist() == dataset["chain"].sel(sample=owner).values.tolist()
                )
            if "bond_sample" in dataset:
                ends = dataset["bond_node"].groupby("bond_sample").count(...)
                assert (
                    ends.sel(bond_sample=dataset["sample"]).values.tolist()
                    == (2 * dataset["bond_count"]).values.tolist()
                )


@pytest.mark.parametrize("name", each(BEFORE))
def test_every_array_is_bit_for_bit_as_before_the_labels(name):
    before, *coordinates = BEFORE[name]
    with xr.open_datatree(FILES[name], **DECODING) as tree:
        digests = {
            path: content_digest(dataset.drop_vars(set(dataset.coords) - set(coordinates)))
            for path, dataset in leaves(tree).items()
        }
    assert tree_digest(digests) == before


@pytest.mark.parametrize("name", each(OPEN))
def test_ensembles_are_selected_grouped_concatenated_tabulated_and_written_with_labels(name, tmp_path):
    path = kinds_of(name)[0]
    dataset = read(FILES[name], group=path, verify=False)
    first = min(dataset.data_vars, key=lambda variable: dataset[variable].size)
    table = dataset[first].to_dataframe()
    assert [*dataset[first].dims] == [level for level in table.index.names if level in dataset.dims]
    small = dataset.isel({dimension: slice(2) for dimension in dataset.dims})
    small.to_netcdf(tmp_path / "small.nc")
    with xr.open_dataset(tmp_path / "small.nc", **DECODING) as again:
        xr.testing.assert_identical(again.load(), small)
    parameter = next((each for each in PARAMETERS if each in small.coords), None)
    if parameter is not None and small[parameter].dtype.kind in "if":
        other = small.assign_coords({parameter: small[parameter].copy(data=77)})
        joined = xr.concat(
            [small, other], parameter, data_vars="all", coords="minimal", compat="override", join="outer"
        )
        assert joined[parameter].values.tolist() == [small[parameter].item(), other[parameter].item()]
        xr.testing.assert_equal(
            joined[first].sel({parameter: other[parameter]}).drop_vars(parameter), other[first].drop_vars(parameter)
        )
        groups = dict(joined[first].groupby(parameter))
        assert set(groups) == set(joined[parameter].values)


def test_the_parts_of_one_glass_meet_by_label():
    with xr.open_dataset(FILES["glass-taper-2.nc"], group="T-0.20", **DECODING) as glasses:
        assert glasses["configuration"].values[2] == 12
        modes = glasses["eigenvector"].sel(configuration=12).astype(float)
        ratio = 1.0 / (1000 * ((modes**2).sum("axis") ** 2).sum("particle"))
        np.testing.assert_allclose(ratio, glasses["participation_ratio"].sel(sample=12)[:8], rtol=0.01)
        assert np.abs(ratio.values / glasses["participation_ratio"].values[2, :8] - 1.0).max() > 1.0
