"""Ensembles selected by group or by parameters."""

import pytest
import xarray as xr

from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import RegistryError, StoreError
from bosonpeak.datasets.storage.store import write


def test_parameters_select_an_ensemble():
    wanted = open_dataset("glass/taper-2/T-0.20")
    for given in ({"parent_temperature": 0.20}, {"parent_temperature": "0.2"}, {"parent_temperature": 0.2, "taper": 2}):
        assert open_dataset("glass/taper-2", **given).identical(wanted)
    assert open_dataset("glass/modes-2d", taper="inf", parent_temperature=0.15).identical(
        open_dataset("glass/modes-2d/m-inf/T-0.15")
    )
    assert open_dataset("glass/modes-2d/m-inf", parent_temperature=0.15).attrs["taper"] == "inf"
    assert open_dataset("glass/kob-andersen", taper="none").identical(open_dataset("glass/kob-andersen/T-0.6"))


def test_several_ensembles_are_a_tree():
    whole, some = open_dataset("glass/modes-2d"), open_dataset("glass/modes-2d", parent_temperature=0.2)
    assert [leaf.path for leaf in some.leaves] == ["/m-2/T-0.20", "/m-inf/T-0.20"]
    assert some.attrs["title"] == whole.attrs["title"]
    for leaf in some.leaves:
        assert leaf.to_dataset().identical(whole[leaf.path].to_dataset())


def test_a_group_of_groups_is_a_tree():
    below = open_dataset("network/paper/situation-2")
    assert [leaf.path for leaf in below.leaves] == ["/delta-0.0", "/delta-0.1", "/delta-0.2", "/delta-0.3"]
    assert below["delta-0.1"].to_dataset().equals(open_dataset("network/paper/situation-2/delta-0.1"))
    with open_dataset("network/paper/situation-2", chunks={}) as lazy:
        assert lazy["delta-0.1"]["eigenfrequency"].chunks is not None
        assert lazy["delta-0.1"]["eigenfrequency"].equals(below["delta-0.1"]["eigenfrequency"])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"parent_temperature": 0.3}, r"parent_temperature = 0.15 or 0.2 or 1.0"),
        ({"parent_temperature": 0.2, "taper": 3}, r"taper = 2"),
        ({"temperature": 0.2}, "did you mean 'parent_temperature'"),
        ({"chunk": 5}, "did you mean 'chunks'"),
    ],
)
def test_parameters_that_do_not_occur_are_refused(parameters, message):
    with pytest.raises(RegistryError, match=message):
        open_dataset("glass/taper-2", **parameters)


def test_files_are_selected_from_too(tmp_path, make_modes):
    leaves = {f"/T-{t}": make_modes(seed=k).assign_attrs(parent_temperature=t) for k, t in enumerate((0.2, 1.0))}
    root = xr.Dataset(attrs={**make_modes().attrs, "taper": "2"})
    write(xr.DataTree.from_dict({"/": root, **leaves}), tmp_path / "two.nc")
    for given in ({"parent_temperature": 1}, {"parent_temperature": 1.0, "taper": 2}):
        found = open_dataset(tmp_path / "two.nc", **given)
        assert found["eigenfrequency"].equals(open_dataset(tmp_path / "two.nc", group="T-1.0")["eigenfrequency"])
    with pytest.raises(StoreError, match="no such group"):
        open_dataset(tmp_path / "two.nc", group="T-2", parent_temperature=1.0)
