"""The store: exact round trips, the same bits every time, whole files or none, and plain words about damaged ones."""

import errno
import hashlib
import os
import resource
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bosonpeak.datasets import read, write
from bosonpeak.datasets.errors import DigestMismatchError, SchemaError, StoreError
from bosonpeak.datasets.schema import with_labels
from bosonpeak.datasets.storage import netcdf_codec
from bosonpeak.datasets.storage.digest import content_digest
from bosonpeak.datasets.storage.raw_groups import labelled


def without_digest(dataset):
    return dataset.drop_attrs(deep=False).assign_attrs(
        {key: value for key, value in dataset.attrs.items() if key != "content_digest"}
    )


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def refusal(function, *arguments, error=StoreError, **options):
    with pytest.raises(error) as caught:
        function(*arguments, **options)
    return caught.value


@pytest.mark.parametrize("kind", ["mode-ensemble", "network-ensemble", "spectrum"])
def test_what_is_read_is_what_was_written(valid_datasets, kind, tmp_path):
    dataset = valid_datasets[kind]
    digest = write(dataset, tmp_path / "x.nc")
    found = read(tmp_path / "x.nc")
    assert found.attrs["content_digest"] == digest == content_digest(dataset) == content_digest(found)
    assert "content_digest" not in dataset.attrs
    xr.testing.assert_identical(without_digest(found), dataset)
    with read(tmp_path / "x.nc", chunks={}, verify=True) as lazy:
        assert set(lazy.chunks) >= {"sample"}
        xr.testing.assert_identical(lazy.compute(), found)


def test_every_type_of_variable_survives(make_modes, tmp_path):
    label = {"units": "1", "long_name": "x"}
    dataset = make_modes().assign(
        text=("sample", ["a", "", "\u00e9"], label),
        flag=("sample", [True, False, True], label),
        scalar=((), 2.5, label),
        empty=(("nothing",), np.zeros(0), label),
        small=("sample", np.array([-1, 0, 1], dtype=np.int8), label),
        swapped=("sample", np.array([1.5, np.nan, -0.0], dtype=">f8"), label),
        duration=("sample", np.arange(3.0), {"units": "s", "long_name": "no time difference"}),
    )
    dataset = dataset.assign_coords(sample=("sample", np.array([5, 6, 7], dtype=np.int32), label))
    dataset = with_labels(dataset)
    digest = write(dataset, tmp_path / "x.nc")
    found = read(tmp_path / "x.nc", verify=True)
    assert content_digest(dataset) == digest
    xr.testing.assert_identical(without_digest(found), dataset)
    assert found["duration"].dtype == np.float64
    assert found["small"].dtype == np.int8


@settings(max_examples=20, deadline=None)
@given(
    values=hnp.arrays(
        np.float64,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=7),
        elements=st.floats(0.0, allow_infinity=False, allow_nan=False),
    ),
    chunk=st.integers(1, 3),
)
def test_round_trip_whatever_the_values_and_chunks(make_modes, values, chunk):
    dataset = make_modes(*values.shape)
    dataset["eigenfrequency"].values[...] = np.sort(values, axis=1)
    del dataset.attrs["zero_modes"]
    dataset = with_labels(dataset)
    with tempfile.TemporaryDirectory() as folder:
        digest = write(dataset.chunk(sample=chunk, mode=chunk), Path(folder) / "x.nc")
        found = read(Path(folder) / "x.nc", verify=True)
    assert digest == content_digest(dataset)
    xr.testing.assert_identical(without_digest(found), dataset)


def test_same_object_same_bits_also_when_chunked_or_read_back(network, tmp_path):
    paths = [tmp_path / f"{number}.nc" for number in range(4)]
    write(network, paths[0])
    write(network, paths[1])
    write(network.chunk(sample=1, node=3), paths[2])
    write(read(paths[0]), paths[3])
    assert len({sha256(path) for path in paths}) == 1


def test_same_bits_in_another_process(collection, tmp_path):
    write(collection, tmp_path / "here.nc")
    program = "import sys\nfrom bosonpeak.datasets import read, write\nwrite(read(sys.argv[1]), sys.argv[2])\n"
    subprocess.run(
        [sys.executable, "-c", program, tmp_path / "here.nc", tmp_path / "there.nc"],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "4242"},
    )
    assert sha256(tmp_path / "there.nc") == sha256(tmp_path / "here.nc")


def test_a_collection_opens_as_a_tree_and_its_leaves_stand_alone(collection, tmp_path):
    path = tmp_path / "x.nc"
    digest = write(collection, path)
    tree = read(path, verify=True)
    assert isinstance(tree, xr.DataTree)
    assert tree.attrs["content_digest"] == digest
    leaf = read(path, group="situation-2/delta-0.1", verify=True)
    assert leaf.attrs["title"] == collection.attrs["title"]
    assert leaf.attrs["content_digest"] == content_digest(leaf) != digest
    with read(path, group="/situation-2/delta-0.1/", chunks={"mode": 8}) as lazy:
        assert lazy.chunks["mode"] == (8,)
        xr.testing.assert_identical(lazy.compute(), leaf)
    with read(path, chunks={}, verify=True) as lazy:
        xr.testing.assert_identical(lazy.compute(), tree)


@pytest.mark.parametrize("chunks", [None, {}])
@pytest.mark.parametrize("group", ["situation-9", "situation-1"])
def test_an_unknown_or_empty_group_is_refused_with_those_there_are(collection, tmp_path, group, chunks):
    write(collection, tmp_path / "x.nc")
    error = refusal(read, tmp_path / "x.nc", group=group, chunks=chunks)
    assert error.expected == "/situation-1/delta-0.1, /situation-2/delta-0.1"
    assert error.got == f"/{group}"


def test_an_invalid_dataset_is_not_written(make_modes, tmp_path):
    dataset = make_modes()
    dataset["eigenfrequency"].values[0, 0] = -1.0
    refusal(write, dataset, tmp_path / "x.nc", error=SchemaError)
    refusal(write, np.zeros(3), tmp_path / "x.nc", error=SchemaError)
    assert list(tmp_path.iterdir()) == []


def test_attributes_that_netcdf_does_not_know_are_refused(make_modes, tmp_path):
    error = refusal(write, make_modes().assign_attrs(note={"a": 1}), tmp_path / "x.nc")
    assert "cannot be expressed" in error.what
    assert list(tmp_path.iterdir()) == []


def test_a_very_long_recipe_fits(make_modes, tmp_path):
    dataset = make_modes().assign_attrs(recipe="# \u00e9\n" * 100_000)
    write(dataset, tmp_path / "x.nc")
    assert read(tmp_path / "x.nc").attrs["recipe"] == dataset.attrs["recipe"]


@pytest.mark.parametrize(
    "failure",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("NetCDF: HDF error"),
        MemoryError(),
        KeyboardInterrupt(),
    ],
)
def test_a_failure_in_the_middle_leaves_the_previous_file_and_no_other(make_modes, tmp_path, monkeypatch, failure):
    path = tmp_path / "x.nc"
    write(make_modes(), path)
    before = path.read_bytes()
    encode = netcdf_codec.encode

    def fails_after_writing(groups, file):
        encode(groups, file)
        assert file.stat().st_size > 0
        raise failure

    monkeypatch.setattr(netcdf_codec, "encode", fails_after_writing)
    expected = StoreError if isinstance(failure, OSError | RuntimeError) else type(failure)
    error = refusal(write, make_modes(seed=5), path, error=expected)
    if expected is StoreError:
        assert "disk is full" in error.likely_cause
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 400 kB."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(mounted)]
    try:
        done = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        done = False
    if not done:
        pytest.skip("may not mount a file system")
    yield mounted
    subprocess.run(["umount", "--lazy", str(mounted)], check=True)


def test_a_full_disk_leaves_the_previous_file_and_gives_the_space_back(make_modes, small_disk):
    path = small_disk / "x.nc"
    write(make_modes(), path)
    before = path.read_bytes()
    free = os.statvfs(small_disk).f_bavail
    for seed in range(3):
        error = refusal(write, make_modes(100, 800, seed=seed), path)
        assert "disk is full" in error.likely_cause
        assert path.read_bytes() == before
        assert list(small_disk.iterdir()) == [path]
        assert os.statvfs(small_disk).f_bavail == free
    write(make_modes(seed=9), path)
    read(path, verify=True)


def test_a_read_only_file_system_is_named(make_modes, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    error = refusal(write, make_modes(), small_disk / "x.nc")
    assert "read-only" in str(error)
    assert list(small_disk.iterdir()) == []


def test_a_limit_on_file_sizes_is_a_clear_error(make_modes, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    dataset = make_modes(50, 400)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        error = refusal(write, dataset, tmp_path / "x.nc")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.got == os.strerror(errno.EFBIG)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["mode-ensemble", "network-ensemble", "spectrum"])
def test_the_file_is_smaller_than_the_space_asked_for(valid_datasets, kind, tmp_path):
    dataset = valid_datasets[kind].assign_attrs(recipe="# \u00e9\n" * 50_000)
    write(dataset, tmp_path / "x.nc")
    assert (tmp_path / "x.nc").stat().st_size < netcdf_codec.size_bound({"/": dataset})


@pytest.mark.parametrize("damage", ["empty", "truncated", "head only", "garbage", "text", "html", "zip", "lfs"])
@pytest.mark.parametrize("chunks", [None, {}])
def test_damaged_files_are_refused_in_plain_words(make_modes, tmp_path, damage, chunks):
    path = tmp_path / "x.nc"
    write(make_modes(20, 500), path)
    whole = path.read_bytes()
    content, cause = {
        "empty": (b"", "it is empty"),
        "truncated": (whole[:-200], f"truncated: {len(whole) - 200:,} bytes of {len(whole):,}"),
        "head only": (whole[:100], "truncated: 100 bytes of"),
        "garbage": (b"\x89HDF\r\n\x1a\n" + bytes(range(256)) * 20, "damaged"),
        "text": (b"0.1 0.2 0.3\n", "another format"),
        "html": (b"<!doctype html><title>404</title>", "web page"),
        "zip": (b"PK\x03\x04" + bytes(100), "zip archive"),
        "lfs": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
    }[damage]
    path.write_bytes(content)
    error = refusal(read, path, chunks=chunks)
    assert cause in error.likely_cause
    assert error.where == str(path)
    assert error.done == "nothing was loaded"


def test_a_damaged_file_can_be_replaced_and_read_in_the_same_process(make_modes, tmp_path):
    path = tmp_path / "x.nc"
    write(make_modes(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refusal(read, path)
    path.write_bytes(whole)
    read(path, verify=True)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_changed_byte_goes_unnoticed_in_the_values(make_modes, data):
    """Whatever byte is damaged: a StoreError, or the very same content."""
    dataset = make_modes(10, 100)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.nc"
        write(dataset, path)
        content = bytearray(path.read_bytes())
        # The last bytes hold the values; bytes in the index structures can make the HDF5 library loop for ever.
        position = data.draw(st.integers(len(content) - 4000, len(content) - 1))
        content[position] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        try:
            found = read(path)
        except StoreError:
            return
    assert content_digest(found) == content_digest(dataset)


def test_a_value_changed_by_another_program_is_noticed(make_modes, collection, tmp_path):
    for name, obj in {"one.nc": make_modes(), "tree.nc": collection}.items():
        path = tmp_path / name
        write(obj, path)
        group = "/" if name == "one.nc" else "/situation-2/delta-0.1"
        with netCDF4.Dataset(path, "a") as file:
            (file if group == "/" else file[group])["eigenfrequency"][1, -1] = 7.0
        error = refusal(read, path, error=DigestMismatchError)
        assert error.expected.startswith("sha256:")
        assert error.got.startswith("sha256:")
        assert error.where == f"{path}, group {group}"
        assert "another program" in error.likely_cause
        assert "verify=False" in error.done
        with pytest.raises(DigestMismatchError):
            read(path, chunks={}, verify=True)
        leaf = read(path, verify=False, group=None if name == "one.nc" else group)
        assert leaf["eigenfrequency"].values[1, -1] == 7.0


def test_a_removed_group_is_noticed(collection, tmp_path):
    path = tmp_path / "x.nc"
    write(collection, path)
    groups = netcdf_codec.decode(path.read_bytes())
    path.unlink()
    netcdf_codec.encode({name: labelled(data) for name, data in groups.items() if "situation-1" not in name}, path)
    assert refusal(read, path, error=DigestMismatchError).where.endswith("group /")


def test_a_missing_digest_is_an_error_only_on_request(make_modes, tmp_path):
    path = tmp_path / "x.nc"
    netcdf_codec.encode({"/": make_modes()}, path)
    read(path)
    assert "recorded content_digest" in refusal(read, path, verify=True, error=DigestMismatchError).expected


def test_a_few_bytes_that_declare_terabytes_are_refused(tmp_path):
    path = tmp_path / "bomb.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("sample", 1 << 20)
        file.createDimension("mode", 1 << 20)
        file.createVariable("eigenfrequency", "f8", ("sample", "mode"), chunksizes=(1, 1 << 20), zlib=True)
    assert "declares 8,796,093,022,208 bytes" in refusal(read, path).got


def test_missing_files_and_directories(tmp_path):
    assert "does not exist" in refusal(read, tmp_path / "x.nc").what
    assert refusal(read, tmp_path).got == "a directory"


def test_files_are_closed(make_modes, collection, tmp_path):
    for obj in (make_modes(), collection):
        path = tmp_path / "x.nc"
        write(obj, path)
        read(path)
        with read(path, chunks={}) as lazy:
            lazy.compute()
        open_files = Path("/proc/self/fd")
        if open_files.exists():
            assert str(path) not in {os.readlink(link) for link in open_files.iterdir() if link.exists()}


def test_rights_of_a_replaced_file_are_kept(make_modes, tmp_path):
    path = tmp_path / "x.nc"
    write(make_modes(), path)
    path.chmod(0o640)
    write(make_modes(seed=1), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
