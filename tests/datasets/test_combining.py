"""Ensembles by parameter instead of by group: the same numbers, wherever they came from."""

import json

import numpy as np
import pytest
import xarray as xr

import bosonpeak
from bosonpeak.datasets import combine, combine_ensembles, list_datasets, open_dataset, validate, write
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.datasets.schema import with_labels


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


@pytest.mark.slow
@pytest.mark.parametrize("entry", list_datasets(), ids=lambda entry: entry.name)
def test_every_tree_of_the_package_is_combined_and_loses_no_ensemble(entry):
    tree = open_dataset(entry.name)
    if entry.name == "null/theory-spectra":  # spectra and edges on grids of different parameters
        with pytest.raises(NotApplicableError, match="no variable of the same dimensions"):
            combine_ensembles(tree)
        return
    combined = combine_ensembles(tree)
    leaves = {node.path.strip("/"): node.to_dataset() for node in tree.subtree if node.variables}
    assert combined.data_vars
    for path, leaf in leaves.items():
        if "group" in combined.dims:
            chosen = combined.sel(group=path)
        else:
            chosen = combined.sel(
                {
                    name: leaf[name].item()
                    for name in combined.indexes
                    if name in leaf.coords and not leaf[name].ndim and name != "delta"
                }
            )
        for name in combined.data_vars:
            if leaf[name].dtype.kind == "f" and leaf[name].ndim:
                labels = {dim: leaf[dim] for dim in leaf[name].dims}
                # Where another ensemble has a further dimension, this one is repeated along it.
                further = [dim for dim in chosen[name].dims if dim not in leaf[name].dims]
                repeated = chosen[name].sel(labels).transpose(*further, *leaf[name].dims)
                assert bool(further) <= (entry.name == "theory/heterogeneous-elasticity")
                np.testing.assert_array_equal(repeated, np.broadcast_to(leaf[name], repeated.shape))
    if "group" in combined.dims:
        assert combined["group"].values.tolist() == list(leaves)
        differing = [name for name in combined.coords if combined[name].dims == ("group",) and name != "group"]
        # The groups of limit/branches are overlapping choices of the same glasses, and differ in no parameter.
        assert bool(differing) == (entry.name != "limit/branches")
        for name in differing:
            for path, leaf in leaves.items():
                if name in leaf.coords and not leaf[name].ndim:
                    assert combined[name].sel(group=path).item() == leaf[name].item()


def test_networks_are_selected_by_the_name_in_the_papers():
    chosen = open_dataset("network/paper", situation=2, delta=0.1)
    assert chosen["displacement"].item() == 0.1
    assert chosen.attrs["content_digest"] == open_dataset("network/paper/situation-2/delta-0.1").attrs["content_digest"]
    networks = combine_ensembles("network/paper")
    assert (
        networks.sel(delta=0.1, situation=2)
        .drop_vars(["delta", "displacement"])
        .equals(networks.sel(displacement=0.1, situation=2).drop_vars(["delta", "displacement"]))
    )
    assert "delta" not in open_dataset("glass/taper-2/T-0.20").coords
    diluted = open_dataset("network/spectra", bond_probability=0.8)
    assert json.loads(diluted.attrs["parameters"])["bond_probability"] == 0.8


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
        combine_ensembles("network/spectra", parameters=["situation", "displacement"])
    with pytest.raises(NotApplicableError, match="group does not exist"):
        combine_ensembles("network/paper", group="situation-9")
    with pytest.raises(NotApplicableError, match="no density"):
        combine_ensembles("network/paper", parameters=["density"])
    with pytest.raises(NotApplicableError, match="not several"):
        combine_ensembles(xr.Dataset())


def ring(stiffness, modes=3, zeros=1, **attributes):
    """Modes of a ring of particles, and its zero modes first."""
    frequency = np.sqrt(stiffness * np.arange(modes, dtype=float))[None]
    said = provenance_attributes(
        kind="mode-ensemble", title="A ring", summary="", created="", licence="CC0-1.0", source=f"ring {stiffness:g}"
    )
    variables = {
        "eigenfrequency": (("sample", "mode"), frequency, {"units": "1", "long_name": "angular frequency"}),
        "zero_mode_count": ("sample", [zeros], {"units": "1", "long_name": "number of zero modes"}),
    }
    facts = {"particles": 3, "degrees_of_freedom": 3, "zero_modes": "included", "input_warnings": ""}
    return with_labels(xr.Dataset(variables, attrs=said | facts | attributes))


class TestSamples:
    """Samples of several datasets as one ensemble."""

    def test_rows_are_those_of_the_datasets_in_their_order(self, tmp_path):
        rings = [ring(1.0), ring(4.0, input_warnings="noisy")]
        both = combine(rings)
        np.testing.assert_array_equal(both["eigenfrequency"], np.sqrt([[0.0, 1.0, 2.0], [0.0, 4.0, 8.0]]))
        assert both["sample"].values.tolist() == [0, 1]
        assert both.attrs["source"] == "ring 1; ring 4"
        assert (both.attrs["title"], both.attrs["licence"]) == ("A ring", "CC0-1.0")
        assert both.attrs["input_warnings"] == "noisy"
        assert both.attrs["particles"] == 3
        validate(both, "mode-ensemble")
        write(both, tmp_path / "both.nc")
        xr.testing.assert_equal(combine([tmp_path / "both.nc"]), both)
        twice = combine([str(tmp_path / "both.nc"), ring(9.0)])
        assert twice["eigenfrequency"].values[:, 1].tolist() == [1.0, 2.0, 3.0]
        assert bosonpeak.combine is combine

    def test_datasets_may_hold_several_samples_with_labels_of_a_selection(self):
        three = combine([ring(1.0), ring(4.0), ring(9.0)]).isel(sample=[2, 0])
        again = combine([three, ring(16.0)])
        assert again["eigenfrequency"].values[:, 1].tolist() == [3.0, 1.0, 4.0]
        assert len(set(again["sample"].values.tolist())) == 3

    def test_shorter_lists_end_in_nan(self):
        both = combine([ring(1.0, modes=3), ring(1.0, modes=2)])
        assert both["mode_count"].values.tolist() == [3, 2]
        assert np.isnan(both["eigenfrequency"].values[1, 2])
        validate(both, "mode-ensemble")

    def test_unstable_modes_are_kept(self):
        soft = ring(1.0)
        words = {"units": "1", "long_name": "-|omega| of unstable modes"}
        soft["unstable_frequency"] = (("sample", "unstable_mode"), [[-0.5]], words)
        for order in ([ring(1.0), soft], [soft, ring(1.0)]):
            both = combine(order)
            found = both["unstable_frequency"].values.ravel()
            assert sorted(found[np.isfinite(found)].tolist()) == [-0.5]
            validate(both, "mode-ensemble")

    def test_chains_are_counted_on_and_samples_without_are_chains_of_their_own(self):
        two = combine([ring(1.0), ring(2.0)])
        words = {"units": "1", "long_name": "chain"}
        one_chain = two.assign(chain=("sample", [0, 0], words))
        assert combine([one_chain, one_chain])["chain"].values.tolist() == [0, 0, 1, 1]
        assert combine([two, one_chain, two])["chain"].values.tolist() == [0, 1, 2, 2, 3, 4]
        assert "chain" not in combine([two, two])

    def test_a_variable_of_some_datasets_is_left_out_and_named(self):
        more = ring(1.0).assign(shear_modulus=("sample", [2.0], {"units": "1", "long_name": "shear modulus"}))
        both = combine([more, ring(1.0)])
        assert "shear_modulus" not in both
        assert both.attrs["input_warnings"] == "left out, as not in every dataset: shear_modulus"

    def test_lazy_datasets_stay_lazy(self, tmp_path):
        rings = [ring(1.0), ring(4.0, modes=2)]
        for number, each in enumerate(rings):
            write(each, tmp_path / f"{number}.nc")
        lazy = combine([tmp_path / "0.nc", tmp_path / "1.nc"], chunks={})
        assert lazy["eigenfrequency"].chunksizes["sample"] == (1, 1)
        xr.testing.assert_equal(lazy["eigenfrequency"].compute(), combine(rings)["eigenfrequency"])
        lazy.close()

    @pytest.mark.parametrize(
        ("other", "message"),
        [
            ({"particles": 4}, r"dataset 1: particles differs[\s\S]*particles 3[\s\S]*particles 4"),
            ({"zero_modes": "removed"}, r"zero_modes differs[\s\S]*project_translations"),
            ({"kind": "glass-ensemble"}, "dataset 1: kind differs"),
            ({"density": 0.9}, r"density differs[\s\S]*combine_ensembles"),
        ],
    )
    def test_datasets_of_another_kind_are_refused_in_words(self, other, message):
        with pytest.raises(NotApplicableError, match=message):
            combine([ring(1.0), ring(1.0).assign_attrs(other).drop_vars("particles")])

    def test_units_shapes_and_things_that_are_no_datasets(self):
        physical = ring(1.0)
        physical["eigenfrequency"].attrs["units"] = "rad/ps"
        with pytest.raises(NotApplicableError, match=r"eigenfrequency is of another unit[\s\S]*units rad/ps"):
            combine([ring(1.0), physical])
        large, small = (
            ring(1.0).assign(mass=(("sample", "particle"), np.ones((1, count)), {"units": "1", "long_name": "mass"}))
            for count in (3, 4)
        )
        with pytest.raises(NotApplicableError, match=r"mass is of another shape[\s\S]*'particle': 4"):
            combine([large, small])
        with pytest.raises(NotApplicableError, match=r"not several datasets[\s\S]*Dataset"):
            combine(ring(1.0))
        with pytest.raises(NotApplicableError, match="an empty list"):
            combine([])
        with pytest.raises(NotApplicableError, match=r"dataset 1: no samples[\s\S]*bosonpeak.vibrations"):
            combine([ring(1.0), np.eye(3)])
        with pytest.raises(NotApplicableError, match=r"dataset 0, network/paper: no samples[\s\S]*group="):
            combine(["network/paper"])
