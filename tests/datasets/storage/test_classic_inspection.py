"""Headers of classic netCDF files that declare what their bytes cannot hold."""

import struct

import netCDF4
import numpy as np
import pytest

from bosonpeak.datasets import read
from bosonpeak.datasets.errors import StoreError
from bosonpeak.datasets.storage.classic_inspection import require_sound_header

FORMATS = ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA")


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


def test_what_the_library_writes_passes(classic):
    require_sound_header(classic.read_bytes())
    assert read(classic)["omega"].shape == (3, 7)


@pytest.mark.parametrize("tag", [10, 11, 12])
def test_lists_longer_than_the_file(classic, tag):
    data = bytearray(classic.read_bytes())
    place = data.find(struct.pack(">L", tag), 8) + 4
    width = 8 if data[3] == 5 else 4
    data[place : place + width] = (0xB9B9B9B9).to_bytes(width, "big")
    with pytest.raises(ValueError, match=r"3,115,956,665 elements"):
        require_sound_header(bytes(data))
    classic.write_bytes(data)
    with pytest.raises(StoreError, match="elements where"):
        read(classic)


def test_every_truncation_is_told(classic):
    data = classic.read_bytes()
    header = data.find(b"ratio")
    for length in range(8, header, 5):
        with pytest.raises(ValueError, match=r"left|begin|name|type"):
            require_sound_header(data[:length])
