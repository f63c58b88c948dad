"""Classic netCDF files, whole and with headers that declare more than the file holds."""

import struct

import netCDF4
import numpy as np
import pytest

from bosonpeak.datasets import convert, read
from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.datasets.sandbox.confinement import can_confine
from bosonpeak.datasets.sandbox.limits import Limits

FORMATS = ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA")
LIMITS = Limits(memory=1 << 30, seconds=20.0)


@pytest.fixture(params=FORMATS)
def classic(request, tmp_path):
    path = tmp_path / "x.nc"
    with netCDF4.Dataset(path, "w", format=request.param) as file:
        file.createDimension("mode", 7)
        file.createDimension("sample", None)
        file.title = "a title"
        for name in ("omega", "ratio"):
            variable = file.createVariable(name, "f8", ("sample", "mode"))
            variable.units, variable.numbers = "1", np.arange(5, dtype=np.int16)
            variable[:] = np.ones((3, 7))
    return path


def test_files_of_the_library_are_read(classic):
    assert read(classic)["omega"].shape == (3, 7)


@pytest.mark.skipif(not can_confine(), reason="no Landlock and seccomp here")
@pytest.mark.parametrize("tag", [10, 11, 12])
def test_lists_longer_than_the_file(classic, tmp_path, tag):
    data = bytearray(classic.read_bytes())
    place = data.find(struct.pack(">L", tag), 8) + 4
    width = 8 if data[3] == 5 else 4
    data[place : place + width] = (0xB9B9B9B9).to_bytes(width, "big")
    classic.write_bytes(data)
    with pytest.raises(ForeignInputError):
        convert(classic, tmp_path / "out.nc", limits=LIMITS)
    assert not (tmp_path / "out.nc").exists()


@pytest.mark.skipif(not can_confine(), reason="no Landlock and seccomp here")
def test_truncated_headers(classic, tmp_path):
    data = classic.read_bytes()
    header = data.find(b"ratio")
    for length in range(8, header, header // 4):
        classic.write_bytes(data[:length])
        with pytest.raises(ForeignInputError):
            convert(classic, tmp_path / "out.nc", limits=LIMITS)
