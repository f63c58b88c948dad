"""HDF5 files with references to other files or in circles, and HDF5 files that declare too much."""

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
from bosonpeak.datasets.sandbox.confinement import can_confine
from bosonpeak.datasets.sandbox.limits import Limits
from bosonpeak.datasets.storage.external_references import require_no_external_references

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


REFERENCES = {
    external_values: "a dataset with external storage",
    external_link: "a link into another file",
    virtual: "a virtual dataset",
    unlimited_virtual: "a virtual dataset",
    circle: "a group with two paths",
}
EXCESSIVE = (deep, ten_gigabytes, many_chunks, varying_lengths)
HOSTILE = (*REFERENCES, *EXCESSIVE)
HARMLESS = (soft_link, two_names, many_attributes, large_attribute, references)

SECONDS = 6.0
"""Time limit of the protected process, which `many_chunks` exceeds."""


@pytest.fixture
def made(tmp_path, elsewhere):
    """Make a file by one of the functions above."""

    def make(build):
        path = tmp_path / "input.nc"
        with h5py.File(path, "w", libver="latest") as file:
            build(file, elsewhere)
        return path

    return make


@pytest.mark.parametrize("build", REFERENCES, ids=lambda build: build.__name__)
def test_references_are_refused_by_every_way_in(build, made, tmp_path, capsys):
    path = made(build)
    for attempt in (
        lambda: convert(path, tmp_path / "out.nc"),
        lambda: convert(path, tmp_path / "out.nc", trust_files=True),
        lambda: read(path),
        lambda: read(path, chunks={}),
        lambda: open_dataset(path),
    ):
        with pytest.raises((ForeignInputError, StoreError)) as caught:
            attempt()
        assert REFERENCES[build] in caught.value.got
    assert not (tmp_path / "out.nc").exists()
    for command in ("info", "validate"):
        for trust in ([], ["--trust-files"]):
            assert main(["datasets", command, str(path), *trust]) == 2
            assert REFERENCES[build] in " ".join(capsys.readouterr().err.split())


@pytest.mark.skipif(not can_confine(), reason="no Landlock and seccomp here")
@pytest.mark.parametrize(
    "build",
    [pytest.param(each, marks=pytest.mark.slow) if each is many_chunks else each for each in EXCESSIVE],
    ids=lambda build: build.__name__,
)
def test_excessive_files_are_refused_by_the_protected_process(build, made, tmp_path, capsys):
    arguments = ["datasets", "convert", str(made(build)), "-o", str(tmp_path / "out.nc")]
    assert main([*arguments, "--time-limit", str(SECONDS)]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ")
    assert "Traceback" not in printed
    assert not (tmp_path / "out.nc").exists()


@pytest.mark.skipif(not can_confine(), reason="no Landlock and seccomp here")
@pytest.mark.parametrize("build", HARMLESS, ids=lambda build: build.__name__)
def test_harmless_properties_are_read(build, made, tmp_path):
    convert(made(build), tmp_path / "out.nc", limits=Limits(seconds=60.0))
    np.testing.assert_array_equal(read(tmp_path / "out.nc")["eigenfrequency"][0], FREQUENCIES)


def test_no_environment_in_the_output(tmp_path):
    path, output = tmp_path / "input.nc", tmp_path / "out.nc"
    with h5py.File(path, "w") as file:
        # Read as whole numbers of one byte, and summed, any bytes are an ascending spectrum.
        file.create_dataset("omega", shape=(1, 1), dtype="u1", external=[("/proc/self/environ", 0, 1)])
    with pytest.raises(ForeignInputError, match="external storage"):
        convert(path, output)
    assert not output.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes there")
def test_a_named_pipe_is_not_waited_for(tmp_path):
    pipe, path = tmp_path / "pipe", tmp_path / "input.nc"
    os.mkfifo(pipe)
    for make in (external_values, external_link):
        with h5py.File(path, "w") as file:
            make(file, pipe)
        with pytest.raises(ForeignInputError, match=r"external storage|another file"):
            convert(path, tmp_path / "out.nc")


def test_what_others_write_passes(tmp_path):
    require_no_external_references(HDF5_OF_OTHERS.read_bytes(), "phonopy")
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
    require_no_external_references(path, str(path))
    require_no_external_references(tmp_path / "flags.h5", "h5py")


@pytest.mark.parametrize("name", ["glass/taper-2", "network/spectra", "theory/heterogeneous-elasticity"])
def test_what_this_package_writes_passes(name):
    path = fetch(name)
    require_no_external_references(path.read_bytes(), name)
