"""Descriptions of files and names."""

import json

import pytest

from bosonpeak.datasets import describe, write
from bosonpeak.datasets.errors import RegistryError, StoreError
from bosonpeak.datasets.storage.digest import file_sha256


def test_a_single_dataset(network, tmp_path):
    digest = write(network, tmp_path / "x.nc")
    found = describe(tmp_path / "x.nc")
    assert found.sha256 == file_sha256(tmp_path / "x.nc")
    (group,) = found.groups
    assert (group.path, group.kind, group.content_digest) == ("/", "network-ensemble", digest)
    assert group.sizes["node"] == 4
    assert group.variables["position"] == "(sample, node, axis) float64 [a]"
    text = str(found)
    for piece in ("A small dataset", "CC0-1.0", "bond_node: (bond, end) int32 [1]", found.sha256):
        assert piece in text
    assert json.loads(json.dumps(found.as_dict()))["size"] == (tmp_path / "x.nc").stat().st_size


def test_a_collection(collection, tmp_path):
    write(collection, tmp_path / "x.nc")
    found = describe(tmp_path / "x.nc")
    assert [group.path for group in found.groups] == ["/situation-1/delta-0.1", "/situation-2/delta-0.1"]
    assert "/situation-2/delta-0.1 (mode-ensemble): sample 3, mode 8" in str(found)


def test_what_cannot_be_described(tmp_path):
    with pytest.raises(RegistryError, match="neither a named dataset nor an existing file"):
        describe(tmp_path / "x.nc")
    (tmp_path / "x.nc").write_text("not a netCDF")
    with pytest.raises(StoreError):
        describe(tmp_path / "x.nc")


def test_a_zarr_store_is_described_with_the_size_of_its_files(network, tmp_path):
    store = tmp_path / "x.zarr"
    digest = write(network, store)
    found = describe(store)
    assert found.size == sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
    assert found.groups[0].content_digest == digest
    assert "sha256:" not in str(found).split("content")[0]
