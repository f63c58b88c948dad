"""Zarr stores: what netCDF files do, as directories; and nothing that a stranger hides in one."""

import importlib.util
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from numcodecs.zstd import Zstd
from zarr.codecs import BloscCodec, Crc32cCodec, ZstdCodec

from bosonpeak.datasets import read, write
from bosonpeak.datasets.errors import DigestMismatchError, SchemaError, StoreError
from bosonpeak.datasets.schema import with_labels
from bosonpeak.datasets.storage import zarr_codec
from bosonpeak.datasets.storage.digest import content_digest


def without_digest(dataset):
    return dataset.drop_attrs(deep=False).assign_attrs(
        {key: value for key, value in dataset.attrs.items() if key != "content_digest"}
    )


def refusal(function, *arguments, error=StoreError, **options):
    with pytest.raises(error) as caught:
        function(*arguments, **options)
    return caught.value


def content(store):
    return {str(path.relative_to(store)): path.read_bytes() for path in store.rglob("*") if path.is_file()}


@pytest.fixture
def store(make_modes, tmp_path):
    """A store of one dataset."""
    path = tmp_path / "x.zarr"
    write(make_modes(), path)
    return path


def altered(store, array, **changes):
    """Change the metadata of one array."""
    file = store / array / "zarr.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def chunks_of(store, array):
    return [path for path in sorted((store / array).rglob("*")) if path.is_file() and path.name != "zarr.json"]


@pytest.mark.parametrize("kind", ["mode-ensemble", "network-ensemble", "spectrum"])
def test_what_is_read_is_what_was_written_and_what_netcdf_says(valid_datasets, kind, tmp_path):
    dataset = valid_datasets[kind]
    digest = write(dataset, tmp_path / "x.zarr")
    assert digest == write(dataset, tmp_path / "x.nc") == content_digest(dataset)
    found = read(tmp_path / "x.zarr", verify=True)
    assert found.attrs["content_digest"] == digest
    xr.testing.assert_identical(without_digest(found), dataset)
    xr.testing.assert_identical(found, read(tmp_path / "x.nc"))
    with read(tmp_path / "x.zarr", chunks={}, verify=True) as lazy:
        assert set(lazy.chunks) >= {"sample"}
        xr.testing.assert_identical(lazy.compute(), found)


def test_every_type_of_variable_survives(make_modes, tmp_path):
    label = {"units": "1", "long_name": "x"}
    dataset = make_modes().assign(
        text=("sample", ["a", "", "\u00e9"], label),
        nothing_said=(("nothing",), np.array([], dtype=object), label),
        flag=("sample", [True, False, True], label),
        scalar=((), 2.5, label),
        empty=(("nothing",), np.zeros(0), label),
        zeros=("sample", np.zeros(3), label),
        small=("sample", np.array([-1, 0, 1], dtype=np.int8), label),
        single=("sample", np.array([0.5, np.inf, np.nan], dtype=np.float32), label),
        swapped=("sample", np.array([1.5, np.nan, -0.0], dtype=">f8"), label),
        duration=("sample", np.arange(3.0), {"units": "s", "long_name": "no time difference"}),
    )
    dataset = dataset.assign_coords(sample=("sample", np.array([5, 6, 7], dtype=np.int32), label))
    dataset = with_labels(dataset)
    digest = write(dataset, tmp_path / "x.zarr")
    found = read(tmp_path / "x.zarr", verify=True)
    assert content_digest(dataset) == digest
    xr.testing.assert_identical(without_digest(found), dataset)
    assert found["duration"].dtype == np.float64
    assert found["small"].dtype == np.int8
    assert found["single"].dtype == np.float32
    assert write(found, tmp_path / "back.nc") == digest


def test_a_collection_opens_as_a_tree_and_its_leaves_stand_alone(collection, tmp_path):
    path = tmp_path / "x.zarr"
    digest = write(collection, path)
    assert digest == write(collection, tmp_path / "x.nc")
    tree = read(path, verify=True)
    assert isinstance(tree, xr.DataTree)
    assert tree.attrs["content_digest"] == digest
    assert tree.identical(read(tmp_path / "x.nc"))
    leaf = read(path, group="situation-2/delta-0.1", verify=True)
    assert leaf.attrs["title"] == collection.attrs["title"]
    assert leaf.attrs["content_digest"] == content_digest(leaf) != digest
    with read(path, group="/situation-2/delta-0.1/", chunks={"mode": 8}) as lazy:
        assert lazy.chunks["mode"] == (8,)
        xr.testing.assert_identical(lazy.compute(), leaf)


@pytest.mark.parametrize("chunks", [None, {}])
@pytest.mark.parametrize("group", ["situation-9", "situation-1"])
def test_an_unknown_or_empty_group_is_refused_with_those_there_are(collection, tmp_path, group, chunks):
    write(collection, tmp_path / "x.zarr")
    error = refusal(read, tmp_path / "x.zarr", group=group, chunks=chunks)
    assert error.expected == "/situation-1/delta-0.1, /situation-2/delta-0.1"
    assert error.got == f"/{group}"


def test_same_object_same_files_also_when_chunked_or_read_back(network, tmp_path):
    paths = [tmp_path / f"{number}.zarr" for number in range(3)]
    write(network, paths[0])
    write(network.chunk(sample=1, node=3), paths[1])
    write(read(paths[0]), paths[2])
    assert content(paths[0]) == content(paths[1]) == content(paths[2])


def test_an_invalid_dataset_is_not_written(make_modes, tmp_path):
    dataset = make_modes()
    dataset["eigenfrequency"].values[0, 0] = -1.0
    refusal(write, dataset, tmp_path / "x.zarr", error=SchemaError)
    assert "cannot be expressed in Zarr" in refusal(write, make_modes().assign_attrs(x={1j}), tmp_path / "x.zarr").what
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), MemoryError(), KeyboardInterrupt()])
def test_a_failure_in_the_middle_leaves_the_previous_store_and_no_other(make_modes, store, monkeypatch, failure):
    before = content(store)
    encode = zarr_codec.encode

    def fails_after_writing(groups, path):
        encode(groups, path)
        assert (path / "zarr.json").exists()
        raise failure

    monkeypatch.setattr(zarr_codec, "encode", fails_after_writing)
    refusal(write, make_modes(seed=5), store, error=StoreError if isinstance(failure, OSError) else type(failure))
    assert content(store) == before
    assert list(store.parent.iterdir()) == [store]


def test_a_failure_between_the_two_renames_leaves_the_previous_store(make_modes, store, monkeypatch):
    before = content(store)
    rename = os.rename
    monkeypatch.setattr("bosonpeak.datasets.storage.atomic.exchange", lambda first, second: False)

    def fails_once_the_place_is_free(source, target):
        if Path(source).suffix == ".part":
            assert not store.exists()
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fails_once_the_place_is_free)
    assert refusal(write, make_modes(seed=5), store).got == "Input/output error"
    assert content(store) == before
    assert list(store.parent.iterdir()) == [store]


def test_a_store_is_replaced_whole(make_modes, store):
    digest = write(make_modes(2, 5, seed=5), store)
    assert read(store).attrs["content_digest"] == digest
    assert list(store.parent.iterdir()) == [store]


def test_what_is_no_store_is_not_replaced(make_modes, tmp_path):
    folder = tmp_path / "thesis.zarr"
    folder.mkdir()
    (folder / "chapter.tex").write_text("precious")
    assert refusal(write, make_modes(), folder).got == "chapter.tex"
    assert (folder / "chapter.tex").read_text() == "precious"
    file = tmp_path / "file.zarr"
    file.write_text("precious")
    assert refusal(write, make_modes(), file).what == "the output path is not a directory"
    (tmp_path / "folder.nc").mkdir()
    assert refusal(write, make_modes(), tmp_path / "folder.nc").what == "the output path is not a file"
    assert "directory" in refusal(write, make_modes(), tmp_path / "nowhere" / "x.zarr").what


def test_without_the_package_the_extra_is_named(make_modes, store, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "zarr" else find(name))
    for call in (lambda: write(make_modes(), store.with_name("new.zarr")), lambda: read(store)):
        assert "bosonpeak[zarr]" in refusal(call).likely_cause
    assert list(store.parent.iterdir()) == [store]


def test_a_missing_or_altered_chunk_is_noticed(store):
    (chunk,) = chunks_of(store, "eigenfrequency")
    data = bytearray(chunk.read_bytes())
    chunk.unlink()
    refusal(read, store, error=DigestMismatchError)
    data[len(data) // 2] ^= 1
    chunk.write_bytes(data)
    assert refusal(read, store).what == "the directory could not be read as a Zarr store"
    chunk.write_bytes(data[:10])
    refusal(read, store)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"zarr_format": 3}', "[" * 100_000, "\udcff"])
@pytest.mark.parametrize("file", ["zarr.json", "eigenfrequency/zarr.json"])
def test_damaged_metadata_are_refused(store, file, text):
    (store / file).write_text(text, errors="surrogateescape")
    for chunks in (None, {}):
        refusal(read, store, chunks=chunks)


@pytest.mark.parametrize(
    ("changes", "fragment"),
    [
        ({"shape": [1 << 20, 1 << 20]}, "declares 8,"),
        (
            {"shape": [10**9, 10**9], "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 1]}}},
            "decl",
        ),
        ({"shape": [3, 10**6], "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 1]}}}, "chunks"),
        ({"shape": [1, 1], "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 1 << 40]}}}, "decl"),
        ({"shape": [-1, 3]}, "impossible shape"),
        ({"shape": [True, 3]}, "impossible shape"),
        ({"shape": [3]}, "impossible shape"),
        ({"shape": None}, "impossible shape"),
        ({"chunk_grid": {"name": "rectilinear"}}, "impossible shape"),
        ({"data_type": "variable_length_bytes"}, "data type"),
        ({"data_type": {"name": "numpy.datetime64"}}, "data type"),
        ({"codecs": []}, "codecs none"),
        ({"codecs": [{"name": "numcodecs.pickle", "configuration": {}}]}, "codecs numcodecs.pickle"),
        ({"codecs": [{"name": "bytes"}, {"name": "zstd"}, {"name": "blosc"}]}, "one compressor"),
        ({"codecs": [{"name": "bytes"}, {"name": "crc32c"}, {"name": "crc32c"}]}, "one checksum"),
        ({"codecs": [{"name": "zstd"}, {"name": "bytes"}]}, "one compressor"),
        ({"storage_transformers": [{"name": "anything"}]}, "storage transformers"),
    ],
)
@pytest.mark.parametrize("chunks", [None, {}])
def test_what_datasets_do_not_need_is_refused(store, changes, fragment, chunks):
    altered(store, "eigenfrequency", **changes)
    assert fragment in refusal(read, store, chunks=chunks).got


def test_a_chunk_that_unpacks_to_far_more_than_its_size_is_refused(store):
    (chunk,) = chunks_of(store, "eigenfrequency")
    chunk.write_bytes(Zstd(level=1).encode(bytes(1 << 28)))
    assert chunk.stat().st_size < 1 << 16
    assert "declares 268,435," in refusal(read, store).got
    chunk.write_bytes(Zstd(level=1).encode(bytes(8)) + Zstd(level=1).encode(bytes(1 << 28)))
    assert "does not declare its unpacked size" in refusal(read, store).got
    chunk.write_bytes(b"\x28\xb5\x2f\xfd\x00\x58" + bytes(12))  # a frame without its content size
    assert "does not declare its unpacked size" in refusal(read, store).got


@pytest.mark.parametrize("compressor", ["zstd", "blosc"])
@pytest.mark.parametrize("checksum", [False, True])
def test_stores_that_other_programs_write_are_read(make_modes, tmp_path, compressor, checksum):
    codecs = {"zstd": ZstdCodec(checksum=checksum), "blosc": BloscCodec()}[compressor]
    encoding = {"eigenfrequency": {"compressors": (codecs, Crc32cCodec()) if checksum else (codecs,)}}
    for samples in (1, 300):
        dataset = make_modes(samples, 100)
        dataset.to_zarr(tmp_path / "x.zarr", mode="w", zarr_format=3, consolidated=False, encoding=encoding)
        assert content_digest(read(tmp_path / "x.zarr")) == content_digest(dataset)


def test_links_out_of_the_store_are_not_followed(store, tmp_path):
    secret = tmp_path / "secret"
    (chunk,) = chunks_of(store, "eigenfrequency")
    shutil.move(chunk, secret)
    chunk.symlink_to(secret)
    assert "is a link" in refusal(read, store).got
    chunk.unlink()
    os.mkfifo(chunk)
    assert "is a link or a device" in refusal(read, store).got
    chunk.unlink()
    shutil.move(secret, chunk)
    read(store, verify=True)
    (store / "elsewhere").symlink_to(tmp_path)
    assert "is a link" in refusal(read, store).got


def test_groups_without_end_are_refused(store):
    folder = store
    for _ in range(40):
        folder = folder / "g"
        folder.mkdir()
        (folder / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}')
    assert "deeper" in refusal(read, store).got


def test_pickled_objects_of_the_older_format_are_never_loaded(tmp_path):
    store = tmp_path / "old.zarr"
    (store / "x").mkdir(parents=True)
    (store / ".zgroup").write_text('{"zarr_format": 2}')
    trap = tmp_path / "sprung"
    array = {
        "zarr_format": 2, "shape": [1], "chunks": [1], "dtype": "|O", "compressor": None, "fill_value": None,
        "order": "C", "filters": [{"id": "pickle", "protocol": 5}],
    }  # fmt: skip
    (store / "x" / ".zarray").write_text(json.dumps(array))
    (store / "x" / ".zattrs").write_text('{"_ARRAY_DIMENSIONS": ["sample"]}')
    (store / "x" / "0").write_bytes(b"cpathlib\nPath.touch\n(cpathlib\nPath\n(V" + str(trap).encode() + b"\ntRtR.")
    assert "format 2" in refusal(read, store).likely_cause
    (store / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}')
    refusal(read, store)
    assert not trap.exists()
