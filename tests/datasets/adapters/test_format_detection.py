"""What a file holds is asked once; every reader refuses the other thing in its own words."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets import read_frequencies, write
from bosonpeak.datasets.adapters.conversion import convert
from bosonpeak.datasets.adapters.format_detection import Configurations, Own, Spectra, is_folder, recognised
from bosonpeak.datasets.adapters.readers import read_configuration_dataset
from bosonpeak.datasets.errors import ForeignInputError

DUMP = Path(__file__).parents[1] / "foreign_files" / "lammps-absolute.dump"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "omega.txt"
    path.write_text("0.5\n0.75\n1.25\n")
    return path


@pytest.fixture
def netcdf_of_others(tmp_path):
    path = tmp_path / "theirs.nc"
    xr.Dataset({"omega": (("sample", "mode"), np.array([[0.5, 0.75, 1.25]]))}).to_netcdf(path)
    return path


@pytest.mark.parametrize("ending", [".nc", ".zarr"])
def test_datasets_of_this_package_come_back_as_they_are(tmp_path, table, ending):
    ours = read_frequencies(table, {})
    write(ours, tmp_path / f"ours{ending}")
    found = recognised(tmp_path / f"ours{ending}", {})
    assert isinstance(found, Own)
    assert found.kind == "mode-ensemble"
    xr.testing.assert_equal(found.with_frequencies(), ours)
    assert not is_folder(tmp_path / f"ours{ending}")


def test_foreign_files_are_recognised_before_they_are_read(table, netcdf_of_others):
    text, stored, placed = (recognised(path, {}) for path in (table, netcdf_of_others, DUMP))
    assert isinstance(text, Spectra)
    assert text.arrays is None
    assert isinstance(stored, Spectra)
    assert stored.arrays is not None
    assert isinstance(placed, Configurations)
    for spectra in (text, stored):
        np.testing.assert_array_equal(spectra.labelled()["eigenfrequency"].values, [[0.5, 0.75, 1.25]])
    assert placed.labelled().attrs["kind"] == "configuration"


def test_positions_have_no_frequencies(tmp_path):
    write(read_configuration_dataset(DUMP), tmp_path / "ours.nc")
    with pytest.raises(ForeignInputError, match="no eigenfrequencies"):
        read_frequencies(tmp_path / "ours.nc", {})
    with pytest.raises(ForeignInputError, match="configurations, not a spectrum"):
        read_frequencies(DUMP, {})


def test_frequencies_are_no_positions(tmp_path, table, netcdf_of_others):
    with pytest.raises(ForeignInputError, match="no configurations found") as caught:
        read_configuration_dataset(netcdf_of_others)
    assert caught.value.got == "netCDF of another package"
    with pytest.raises(ForeignInputError, match="no configuration in a known format"):
        convert(table, tmp_path / "out.nc", {"content": "configuration"})


@pytest.mark.parametrize(
    ("name", "message"), [("missing", "does not exist"), ("empty", "is empty"), (".", "not a file")]
)
def test_unreadable_paths(tmp_path, name, message):
    (tmp_path / "empty").touch()
    with pytest.raises(ForeignInputError, match=message):
        recognised(tmp_path / name, {})
