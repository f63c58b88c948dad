"""Blocks of an ensemble are downloaded when their values are computed, and not when the ensemble is opened."""

import copy
import pickle

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets import open_dataset, write
from bosonpeak.datasets import registry as registry_module
from bosonpeak.datasets.download import fetching
from bosonpeak.datasets.errors import DataUnavailableError, DigestMismatchError, RegistryError, StoreError
from bosonpeak.datasets.manifest import update_manifest
from bosonpeak.datasets.storage.outline import INDEX, index_bytes, outline, outline_text, read_index

BLOCKS = 3


@pytest.fixture
def served(tmp_path, monkeypatch, make_modes, make_mirror):
    """A server of three blocks of two ensembles, 40 samples each, and a package with their manifest and index."""
    directory, package = tmp_path / "release", tmp_path / "package"
    (directory / "limit/one").mkdir(parents=True)
    package.mkdir()
    for number in range(BLOCKS):
        parts = {f"/T-{t}": make_modes(samples=40, seed=10 * number + t) for t in (1, 2)}
        parts = {path: each.assign_attrs(temperature=float(path[-1])) for path, each in parts.items()}
        root = xr.Dataset(attrs=dict(parts["/T-1"].drop_attrs(deep=False).attrs | make_modes().attrs))
        write(xr.DataTree.from_dict({"/": root, **parts}), directory / f"limit/one/block-{number:02d}.nc")
    update_manifest(directory)
    (package / "registry.toml").write_text("")
    for name in ("manifest.json", INDEX):
        (package / name).write_bytes((directory / name).read_bytes())
    monkeypatch.setattr(registry_module, "EMBEDDED_REGISTRY", package / "registry.toml")
    monkeypatch.setattr(registry_module, "checkout_release", lambda: None)
    monkeypatch.setattr(fetching, "PAUSE", 0.0)
    monkeypatch.setenv("BOSONPEAK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("BOSONPEAK_OFFLINE", raising=False)
    mirror = make_mirror(directory)
    monkeypatch.setenv("BOSONPEAK_MIRRORS", mirror.address)
    return mirror


def requested(mirror):
    """Numbers of the blocks that were requested, in order of the requests."""
    return [int(path.removesuffix(".nc")[-2:]) for path in mirror.requests]


def test_opening_requests_nothing_and_a_sample_its_own_block(served):
    with open_dataset("limit/one/T-2") as ensemble:
        assert ensemble["sample"].values.tolist() == list(range(40 * BLOCKS))
        assert ensemble["eigenfrequency"].dtype == np.float64
        assert ensemble["eigenfrequency"].attrs["units"] == "sqrt(t0/m)"
        assert ensemble["eigenfrequency"].sel(sample=slice(70, 90)).shape[0] == 21
        assert requested(served) == []
        found = ensemble.sel(sample=47)["eigenfrequency"].values
        assert requested(served) == [1]
        with xr.open_dataset(served.folder / "limit/one/block-01.nc", group="T-2") as block:
            assert np.array_equal(found, block["eigenfrequency"].sel(sample=7))
        ensemble["eigenfrequency"].sel(sample=[41, 79]).load()
        assert requested(served) == [1]
        ensemble["eigenfrequency"].mean().compute()
        assert sorted(requested(served)) == [0, 1, 2]


def test_the_values_are_the_values_of_the_fetched_blocks(served):
    with open_dataset("limit/one") as lazy, open_dataset("limit/one", verify=True) as fetched:
        assert sorted(requested(served)) == [0, 1, 2]
        assert [leaf.path for leaf in lazy.leaves] == ["/T-1", "/T-2"]
        for leaf in lazy.leaves:
            xr.testing.assert_identical(leaf.to_dataset().compute(), fetched[leaf.path].to_dataset().compute())
            assert leaf["eigenfrequency"].chunks == fetched[leaf.path]["eigenfrequency"].chunks


def test_groups_and_parameters_are_selected_without_a_request(served):
    with open_dataset("limit/one", temperature=2.0) as chosen, open_dataset("limit/one", group="T-2") as named:
        assert requested(served) == []
        xr.testing.assert_identical(chosen.compute(), named.compute())
    with pytest.raises(RegistryError, match=r"temperature = 1\.0 or 2\.0"):
        open_dataset("limit/one", temperature=3.0)
    with pytest.raises(StoreError, match="no such group"):
        open_dataset("limit/one/T-3")


def test_another_process_fetches_for_itself(served):
    with open_dataset("limit/one/T-1") as ensemble:
        first = ensemble["eigenfrequency"].sel(sample=0).values
        sent = pickle.dumps(ensemble["eigenfrequency"])
    received = pickle.loads(sent)
    assert np.array_equal(received.sel(sample=0).values, first)
    assert requested(served) == [0]
    assert np.array_equal(received.sel(sample=100).values, ensemble["eigenfrequency"].sel(sample=100).values)


def test_a_damaged_download_gives_no_values(served):
    served.flips = True
    with open_dataset("limit/one/T-1") as ensemble, pytest.raises(DigestMismatchError, match="SHA-256"):
        ensemble["eigenfrequency"].sel(sample=50).load()


def test_a_file_that_vanishes_is_fetched_again(served, tmp_path):
    with open_dataset("limit/one/T-1") as ensemble:
        ensemble["eigenfrequency"].sel(sample=50).load()
        for file in (tmp_path / "cache").glob("*.nc"):
            file.unlink()
        ensemble["eigenfrequency"].sel(sample=51).load()
    assert requested(served) == [1, 1]


def test_a_block_that_cannot_be_fetched_is_named(served, monkeypatch):
    monkeypatch.setenv("BOSONPEAK_OFFLINE", "1")
    with open_dataset("limit/one/T-1") as ensemble, pytest.raises(DataUnavailableError, match="limit/one/block-01"):
        ensemble["eigenfrequency"].sel(sample=50).load()


@pytest.mark.parametrize("changed", ["label", "type", "attribute"])
def test_values_of_a_block_that_the_index_describes_wrongly_are_refused(served, changed, tmp_path):
    index = tmp_path / "package" / INDEX
    outlines = copy.deepcopy(read_index(index))
    sha256, groups = next(iter(outlines.items()))
    variable = groups["/T-1"].variables["sample" if changed == "label" else "eigenfrequency"]
    if changed == "label":
        object.__setattr__(variable, "values", variable.values[::-1])
    elif changed == "type":
        object.__setattr__(variable, "values", variable.values.astype(np.float32))
    else:
        variable.attributes["units"] = "1"
    index.write_bytes(index_bytes({**outlines, sha256: groups}))
    with open_dataset("limit/one/T-1") as ensemble, pytest.raises(DigestMismatchError, match="does not describe"):
        ensemble["eigenfrequency"].compute(scheduler="synchronous")


def test_an_outline_has_labels_and_no_frequencies(served):
    found = outline(served.folder / "limit/one/block-00.nc")["/T-1"].variables
    assert found["sample"].values.tolist() == list(range(40))
    assert not found["eigenfrequency"].values.any()
    (read, *others) = read_index(served.folder / INDEX).values()
    assert len(others) == BLOCKS - 1
    texts = {outline_text(outline(path)) for path in served.folder.rglob("*.nc")}
    assert texts == {outline_text(each) for each in (read, *others)}


@pytest.mark.parametrize("content", [b"", b"no index", index_bytes({})[:-4], b"\xfd7zXZ\x00"])
def test_a_damaged_index_is_reported(served, content, tmp_path):
    (tmp_path / "package" / INDEX).write_bytes(content)
    with pytest.raises(RegistryError, match="index of the data release cannot be read"):
        open_dataset("limit/one")
