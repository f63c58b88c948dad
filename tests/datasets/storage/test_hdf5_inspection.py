"""HDF5 files that lead out of themselves or in circles: refused before anything that they point to is opened."""

import os
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.datasets import convert, open_dataset, read
from bosonpeak.datasets.errors import ForeignInputError, StoreError
from bosonpeak.datasets.registry import fetch
from bosonpeak.datasets.storage import hdf5_inspection
from bosonpeak.datasets.storage.hdf5_inspection import require_self_contained

FREQUENCIES = np.arange(1.0, 60.0)
HDF5_OF_OTHERS = Path(__file__).parents[1] / "foreign_files" / "phonopy-force-constants.hdf5"


@pytest.fixture
def elsewhere(tmp_path):
    """A local file that is none of the reader's business."""
    path = tmp_path / "elsewhere.h5"
    with h5py.File(path, "w") as file:
        file["omega"] = FREQUENCIES
    return path


def external_values(file, elsewhere):
    file.create_dataset("omega", shape=(8,), dtype="f8", external=[(os.fspath(elsewhere), 0, 64)])


def external_link(file, elsewhere):
    file["omega"] = h5py.ExternalLink(elsewhere, "/omega")


def soft_link(file, elsewhere):
    file["hidden"] = FREQUENCIES
    file["omega"] = h5py.SoftLink("/hidden")


def virtual(file, elsewhere):
    layout = h5py.VirtualLayout(FREQUENCIES.shape, dtype="f8")
    layout[:] = h5py.VirtualSource(elsewhere, "omega", FREQUENCIES.shape)
    file.create_virtual_dataset("omega", layout)


def unlimited_virtual(file, elsewhere):
    layout = h5py.VirtualLayout((0,), dtype="f8", maxshape=(None,))
    source = h5py.VirtualSource(elsewhere, "omega", (0,), maxshape=(None,))
    layout[0 : h5py.h5s.UNLIMITED] = source[0 : h5py.h5s.UNLIMITED]
    file.create_virtual_dataset("omega", layout)


def circle(file, elsewhere):
    file["omega"] = FREQUENCIES
    file.create_group("a")["b"] = file["/"]


def two_names(file, elsewhere):
    file["omega"] = FREQUENCIES
    file["again"] = file["omega"]


def deep(file, elsewhere):
    file["/".join("abcdefghijklmnopqrst") + "/omega"] = FREQUENCIES


def many_attributes(file, elsewhere):
    file["omega"] = FREQUENCIES
    for number in range(1500):
        file["omega"].attrs[f"a{number}"] = number


def large_attribute(file, elsewhere):
    file["omega"] = FREQUENCIES
    file["omega"].attrs["a"] = np.zeros(1 << 18)


def ten_gigabytes(file, elsewhere):
    file.create_dataset("omega", shape=(1, 1_250_000_000), dtype="f8", chunks=(1, 1000))


def many_chunks(file, elsewhere):
    file.create_dataset("omega", shape=(60_000_000,), dtype="u1", chunks=(1,))


def varying_lengths(file, elsewhere):
    file.create_dataset("omega", shape=(3,), dtype=h5py.vlen_dtype(np.float64))


def references(file, elsewhere):
    file["hidden"] = FREQUENCIES
    file.create_dataset("omega", data=[file["hidden"].ref], dtype=h5py.ref_dtype)


HOSTILE = {
    external_values: "an array whose values lie in other files",
    external_link: "a link into another file",
    soft_link: "a soft link",
    virtual: "an array that is put together from other files",
    unlimited_virtual: "an array that is put together from other files",
    circle: "an object that is reached twice",
    two_names: "an object that is reached twice",
    deep: "groups that lie deeper than 16",
    many_attributes: "1,500 attributes of one object",
    large_attribute: "an attribute of 2,097,152 bytes",
    ten_gigabytes: "10,000,000,000 bytes of arrays",
    many_chunks: "60,000,000 chunks",
    varying_lengths: "elements that are neither numbers nor texts",
    references: "elements that are neither numbers nor texts",
}


@pytest.fixture(params=HOSTILE, ids=lambda make: make.__name__)
def hostile(request, tmp_path, elsewhere):
    """A hostile file, and what is said of it."""
    path = tmp_path / "input.nc"
    with h5py.File(path, "w", libver="latest") as file:
        request.param(file, elsewhere)
    return path, HOSTILE[request.param]


def test_refused_by_every_way_in(hostile, tmp_path, capsys):
    path, told = hostile
    for attempt in (
        lambda: convert(path, tmp_path / "out.nc"),
        lambda: read(path),
        lambda: read(path, chunks={}),
        lambda: open_dataset(path),
    ):
        with pytest.raises((ForeignInputError, StoreError)) as caught:
            attempt()
        assert told in caught.value.got
    assert not (tmp_path / "out.nc").exists()
    for command in ("info", "validate"):
        assert main(["datasets", command, str(path)]) == 2
        assert told in " ".join(capsys.readouterr().err.split())


def test_no_environment_in_the_output(tmp_path):
    path, output = tmp_path / "input.nc", tmp_path / "out.nc"
    with h5py.File(path, "w") as file:
        # Read as whole numbers of one byte, and summed, any bytes are an ascending spectrum.
        file.create_dataset("omega", shape=(1, 1), dtype="u1", external=[("/proc/self/environ", 0, 1)])
    with pytest.raises(ForeignInputError, match="other files"):
        convert(path, output)
    assert not output.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes there")
def test_a_named_pipe_is_not_waited_for(tmp_path):
    pipe, path = tmp_path / "pipe", tmp_path / "input.nc"
    os.mkfifo(pipe)
    for make in (external_values, external_link):
        with h5py.File(path, "w") as file:
            make(file, pipe)
        with pytest.raises(ForeignInputError, match="other"):
            convert(path, tmp_path / "out.nc")


def test_more_objects_than_datasets_have(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5_inspection, "MOST_OBJECTS", 50)
    path = tmp_path / "input.nc"
    with h5py.File(path, "w") as file:
        for number in range(60):
            file.create_group(f"g{number}")
    with pytest.raises(StoreError, match="more than 50 groups and arrays"):
        require_self_contained(path, str(path))


def test_what_others_write_passes(tmp_path):
    require_self_contained(HDF5_OF_OTHERS.read_bytes(), "phonopy")
    path = tmp_path / "theirs.nc"
    with netCDF4.Dataset(path, "w") as file:
        group = file.createGroup("one").createGroup("two")
        group.createDimension("mode", None)
        omega = group.createVariable("omega", "f8", ("mode",), zlib=True)
        omega[:] = FREQUENCIES
        omega.units = "1"
        group.createVariable("label", str, ("mode",))[:] = np.array(["a"] * omega.size, dtype=object)
    with h5py.File(tmp_path / "flags.h5", "w") as file:
        file["omega"] = FREQUENCIES
        file["is_low"] = FREQUENCIES < 10
        file["vector"] = FREQUENCIES + 1j
    require_self_contained(path, str(path))
    require_self_contained(tmp_path / "flags.h5", "h5py")


@pytest.mark.parametrize("name", ["glass/taper-2", "network/spectra", "theory/heterogeneous-elasticity"])
def test_what_this_package_writes_passes(name):
    path = fetch(name)
    require_self_contained(path.read_bytes(), name)


@pytest.mark.parametrize("size", [0, 8, 1 << 40], ids=["no room", "less than a header", "more than there is"])
@pytest.mark.parametrize("in_memory", [True, False])
def test_objects_of_a_global_heap_lie_one_behind_the_other(tmp_path, size, in_memory):
    path = tmp_path / "scales.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("mode", len(FREQUENCIES))
        file.createVariable("mode", "f8", ("mode",))[:] = FREQUENCIES
        file.createVariable("omega", "f8", ("mode",))[:] = FREQUENCIES
    content = bytearray(path.read_bytes())
    source = bytes(content) if in_memory else path
    require_self_contained(source, "scales.nc")
    heap = content.index(b"GCOL")
    free = next(place for place in range(heap + 16, heap + 4096, 8) if content[place : place + 8] == bytes(8))
    content[free + 8 : free + 16] = size.to_bytes(8, "little")
    path.write_bytes(content)
    with pytest.raises(StoreError, match="global heap") as caught:
        require_self_contained(bytes(content) if in_memory else path, "scales.nc")
    assert f"at byte {free}: one of {size:,} bytes" in str(caught.value)
