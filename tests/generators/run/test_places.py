"""Places for finished samples that workers write into: a shared directory and an object store."""

import concurrent.futures
import dataclasses
import itertools
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from distributed import LocalCluster
from distributed.protocol import pickle as dask_pickle
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import _registry

from bosonpeak.datasets.errors import ResumeError, StoreError
from bosonpeak.datasets.storage.store import read
from bosonpeak.generators.run import shards as shards
from bosonpeak.generators.run.ensemble import SamplesFailedError, generate_ensemble
from bosonpeak.generators.run.recipe import load_recipe, sample_seed
from bosonpeak.generators.run.sample_generator import sample_generator
from bosonpeak.generators.run.shard_directory import DirectoryPlace
from bosonpeak.generators.run.shard_object_store import ObjectStorePlace, place_at
from bosonpeak.generators.run.shards import DamagedShardError, Shard, ShardSlot, open_shards
from bosonpeak.generators.run.worker import make_samples, software_versions

RUNNER = """
import sys
from bosonpeak.generators.run.ensemble import generate_ensemble
if __name__ == "__main__":
    generate_ensemble(sys.argv[1], sys.argv[2], workers=1, shards=sys.argv[3])
"""
ARRAYS = {"x": np.arange(3.0)}
numbers = itertools.count()


@pytest.fixture
def memory_url():
    """A place in this process's memory, emptied in the end."""
    url = f"memory://bucket/run-{next(numbers)}"
    yield url
    filesystem = MemoryFileSystem()
    if filesystem.exists(url):
        filesystem.rm(url, recursive=True)


@pytest.fixture(params=["file", "memory"])
def url(request, tmp_path, memory_url):
    """Addresses of both kinds of place that workers write into."""
    return memory_url if request.param == "memory" else f"file://{tmp_path}/shards"


@pytest.fixture(scope="module")
def threads(_toy_installed):
    """Address of workers that are threads of this process, so that they see its memory."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def run(threads):
    """Run a recipe on the workers of this process; return the file."""

    def running(recipe, output, **options):
        return generate_ensemble(recipe, output, scheduler=threads, **options)

    return running


@pytest.fixture
def lost(monkeypatch):
    """A protocol whose driver fails with what it is told."""

    class Lost(MemoryFileSystem):
        protocol = "lost"
        failure = None
        failing = "pipe_file"

        def pipe_file(self, path, value, mode="overwrite", **kwargs):
            if self.failing == "pipe_file" and self.failure is not None and path.endswith(".npz"):
                raise self.failure
            super().pipe_file(path, value, mode=mode, **kwargs)

        def ls(self, path, detail=True, **kwargs):
            if self.failing == "ls" and self.failure is not None:
                raise self.failure
            return super().ls(path, detail=detail, **kwargs)

        @classmethod
        def _strip_protocol(cls, path):
            return super()._strip_protocol(path.removeprefix("lost://"))

    monkeypatch.setitem(_registry, "lost", Lost)
    yield Lost
    MemoryFileSystem.store.clear()


def names(url):
    return sorted(place_at(url).shards())


def attempts(marks):
    return len(Path(marks).read_text().split())


def refusal(function, *arguments, error=StoreError, **options):
    with pytest.raises(error) as caught:
        function(*arguments, **options)
    return caught.value


def test_a_path_is_filled_by_the_run_and_a_url_by_the_workers(tmp_path):
    assert place_at("there") == DirectoryPlace(Path("there"))
    assert place_at(tmp_path) == DirectoryPlace(tmp_path)
    assert place_at(f"file://{tmp_path}/a/") == DirectoryPlace(tmp_path / "a", workers_write=True)
    assert place_at("memory://a/b/") == ObjectStorePlace("memory://a/b")
    assert [place_at(address).workers_write for address in ("there", "file:///a", "memory://a")] == [False, True, True]


def test_files_of_a_place(url):
    place = pickle.loads(pickle.dumps(place_at(url)))
    place.prepare()
    assert place.entries() == []
    assert place.shards() == set()
    assert not place.exists("a/000001.npz")
    with pytest.raises(FileNotFoundError):
        place.read("a/000001.npz")
    with pytest.raises(FileNotFoundError):
        place.ending("a/000001.npz", 3)
    with place.exclusive():
        place.write("a/000001.npz", b"content")
        place.write("000001.npz", b"c")
        place.write("manifest.json", b"{}")
        assert place.entries() == ["000001.npz", "a", "manifest.json"]
    assert place.shards() == {"a/000001.npz", "000001.npz"}
    assert place.exists("a/000001.npz")
    assert place.read("a/000001.npz") == b"content"
    assert place.ending("a/000001.npz", 3) == b"ent"
    assert place.ending("000001.npz", 3) == b"c"
    place.write("a/000001.npz", b"other")
    assert place.read("a/000001.npz") == b"other"
    place.remove(["a/000001.npz", "b/000001.npz", "manifest.json"], ["a", "b"])
    assert place.entries() == ["000001.npz"]
    place.remove(["000001.npz"], [])
    place.remove_itself()
    assert place_at(url).shards() == set()


def test_only_a_receipt_comes_back_from_a_worker(toy_recipe, url):
    recipe = load_recipe(toy_recipe())
    generator = sample_generator("toy")
    parameters = generator.check(recipe.ensembles[0].parameters)
    with open_shards(place_at(url), recipe, {"scale-1.0": "sha256:a"}) as store:
        slot = store.slot("scale-1.0", 3)
        request = (dask_pickle.dumps(slot), parameters, sample_seed(recipe, 3))
        failing = (dask_pickle.dumps(store.slot("scale-1.0", 4)), parameters | {"fail_at": 3}, request[2])
        made = make_samples(dask_pickle.dumps(generator), [request, failing], software_versions())
        checksum, seconds, failure, _ = made[0]
        assert (len(checksum), seconds > 0.0, failure) == (64, True, "")
        slot.confirm(checksum)
        shard = slot.read()
        assert shard.seconds == seconds
        expected = generator.sample(parameters, sample_seed(recipe, 3))
        np.testing.assert_array_equal(shard.arrays["eigenfrequency"], expected["eigenfrequency"])
        checksum, _, failure, _ = made[1]
        assert checksum == ""
        assert "does not converge" in failure
        assert place_at(url).shards() == {"scale-1.0/000003.npz"}


def test_the_same_bits_wherever_the_shards_were(toy_recipe, tmp_path, run, url):
    recipe = toy_recipe()
    expected = run(recipe, tmp_path / "local.nc").read_bytes()
    path = run(recipe, tmp_path / "out.nc", shards=url)
    assert path.read_bytes() == expected
    assert names(url) == []
    assert not (tmp_path / "shards").exists()
    facts = json.loads((tmp_path / "out.nc.run.json").read_text())
    assert facts["samples_made_in_this_run"] == facts["sample_seconds"]["count"] == 8


def test_missing_and_damaged_samples_are_made_again_and_no_others(toy_recipe, tmp_path, run, url):
    marks = tmp_path / "marks"
    recipe = toy_recipe(samples=3, marks=str(marks))
    path = run(recipe, tmp_path / "out.nc", shards=url, keep_shards=True)
    expected = path.read_bytes()
    path.unlink()
    place = place_at(url)
    assert len(place.shards()) == attempts(marks) == 6
    place.remove(["scale-1.0/000000.npz"], [])
    place.write("scale-1.0/000001.npz", place.read("scale-1.0/000002.npz"))
    place.write("scale-2.5/000001.npz", place.read("scale-2.5/000001.npz")[:-9])
    run(recipe, path, shards=url, keep_shards=True)
    assert path.read_bytes() == expected
    assert attempts(marks) == 6 + 3
    run(recipe, path, shards=url, samples=4)
    assert attempts(marks) == 9 + 2
    assert read(path)["scale-1.0"].sizes["sample"] == 4
    assert names(url) == []


def test_samples_of_another_recipe_are_refused_and_kept(toy_recipe, tmp_path, run, url):
    recipe = toy_recipe(samples=2)
    path = run(recipe, tmp_path / "out.nc", shards=url, keep_shards=True)
    path.unlink()
    before = {name: place_at(url).read(name) for name in names(url)}
    assert "seed: 7 became 8" in refusal(run, recipe, path, seed=8, shards=url, error=ResumeError).got
    assert {name: place_at(url).read(name) for name in names(url)} == before
    assert not path.exists()
    run(recipe, path, shards=url)


def test_what_is_not_ours_is_neither_joined_nor_removed(toy_recipe, tmp_path, run, memory_url):
    place = place_at(memory_url)
    place.write("thesis.tex", b"precious")
    assert refusal(run, toy_recipe(samples=1), tmp_path / "out.nc", shards=memory_url).got == "thesis.tex"
    place.remove(["thesis.tex"], [])
    run(toy_recipe(samples=1), tmp_path / "out.nc", shards=memory_url, keep_shards=True)
    place.write("scale-1.0/notes.txt", b"precious")
    (tmp_path / "out.nc").unlink()
    run(toy_recipe(samples=1), tmp_path / "out.nc", shards=memory_url)
    assert place.entries() == ["scale-1.0"]
    assert place.read("scale-1.0/notes.txt") == b"precious"


def test_failed_samples_are_named_and_the_others_kept(toy_recipe, tmp_path, run, url):
    recipe = toy_recipe(samples=3, fail_at=1, crash_at=2)
    message = str(refusal(run, recipe, tmp_path / "out.nc", shards=url, error=SamplesFailedError))
    assert "scale-1.0/1: toy does not converge" in message
    assert "scale-2.5/2: ZeroDivisionError: toy is broken (toy_sample_generator.py, line" in message
    assert names(url) == ["scale-1.0/000000.npz", "scale-2.5/000000.npz"]


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_in_a_shared_directory(toy_recipe, tmp_path, run):
    marks = tmp_path / "marks"
    recipe = toy_recipe(samples=15, seconds=0.05, marks=str(marks))
    output, url = tmp_path / "out.nc", f"file://{tmp_path}/shared"
    process = subprocess.Popen([sys.executable, "-c", RUNNER, str(recipe), str(output), url], start_new_session=True)
    try:
        while len(names(url)) < 3:
            assert process.poll() is None
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    finished, made = len(names(url)), attempts(marks)
    assert 3 <= finished < 30
    (tmp_path / "shared" / "scale-1.0" / ".0123456789abcdef.part").write_bytes(b"half a sample")
    run(recipe, output, shards=url)
    assert attempts(marks) - made == 30 - finished
    assert output.read_bytes() == run(recipe, tmp_path / "whole.nc").read_bytes()
    assert not (tmp_path / "shared").exists()


def test_a_lock_in_an_object_store_holds_until_it_is_broken(toy_recipe, tmp_path, run, memory_url):
    place = place_at(memory_url)
    with place.exclusive():
        error = refusal(run, toy_recipe(samples=1), tmp_path / "out.nc", shards=memory_url)
        assert f"locked by process {os.getpid()} on " in error.got
        assert "--break-lock" in error.likely_cause
    assert not place.exists("lock")
    place.write("lock", b"what a killed run leaves, or worse")
    assert "locked by process ? on ?" in refusal(run, toy_recipe(samples=1), tmp_path / "out.nc", shards=memory_url).got
    run(toy_recipe(samples=1), tmp_path / "out.nc", shards=memory_url, break_lock=True)
    assert place_at(memory_url).entries() == []
    assert not place.exists("lock")


def test_a_driver_that_replaces_what_it_should_create_does_not_take_the_lock(memory_url, monkeypatch):
    replace = MemoryFileSystem.pipe_file
    monkeypatch.setattr(MemoryFileSystem, "pipe_file", lambda self, path, value, **_: replace(self, path, value))
    first, second = place_at(memory_url), place_at(memory_url)
    with first.exclusive():
        assert f"locked by process {os.getpid()}" in refusal(second.exclusive().__enter__).got
        assert first.exists("lock")


def test_a_run_whose_lock_was_broken_leaves_that_of_its_successor(memory_url):
    first, second = place_at(memory_url), place_at(memory_url, break_lock=True)
    with first.exclusive():
        successor = second.exclusive()
        successor.__enter__()
    assert second.exists("lock")
    successor.__exit__(None, None, None)
    assert not second.exists("lock")


def test_the_second_of_two_that_write_the_lock_at_once_yields(memory_url, monkeypatch):
    """A driver that looks first and writes then lets both write; the last to be read back wins."""
    write = MemoryFileSystem.pipe_file

    def overtaken(self, path, value, mode="overwrite", **kwargs):
        write(self, path, value, mode="overwrite")
        write(self, path, b'{"process": 1, "host": "other"}', mode="overwrite")

    with monkeypatch.context() as patch:
        patch.setattr(MemoryFileSystem, "pipe_file", overtaken)
        lock = place_at(memory_url).exclusive()
        assert "process 1 on other" in refusal(lock.__enter__).got
    assert place_at(memory_url).exists("lock")


def test_a_shared_directory_is_locked_by_the_system(toy_recipe, tmp_path, run):
    url = f"file://{tmp_path}/shards"
    place_at(url).prepare()
    with place_at(url).exclusive():
        error = refusal(run, toy_recipe(samples=1), tmp_path / "out.nc", shards=url, break_lock=True)
    assert f"locked by process {os.getpid()}" in error.got


def test_several_workers_write_one_sample_and_it_is_whole(url):
    place = place_at(url)
    place.prepare()
    place.write("manifest.json", b"{}")
    slot = ShardSlot(place, "g", 1, "sha256:a")
    shards_made = [Shard(ARRAYS, seconds, "1") for seconds in range(12)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        checksums = list(pool.map(slot.write, shards_made))
    assert len(set(checksums)) == 12  # they took different times
    for checksum in checksums:
        slot.confirm(checksum)
    np.testing.assert_array_equal(slot.read().arrays["x"], ARRAYS["x"])


def test_a_receipt_counts_only_with_its_shard(url, monkeypatch):
    monkeypatch.setattr(shards, "VISIBILITY_PATIENCE", 0.0)
    place = place_at(url)
    place.prepare()
    place.write("manifest.json", b"{}")
    slot = ShardSlot(place, "", 1, "sha256:a")
    checksum = slot.write(Shard(ARRAYS, 1.0, "1"))
    assert slot.name == "000001.npz"
    assert "not visible here" in refusal(dataclasses.replace(slot, index=2).confirm, checksum).what
    place.write("000001.npz", place.read("000001.npz")[:-1])
    refusal(slot.confirm, checksum, error=DamagedShardError)
    ShardSlot(place, "", 1, "sha256:b").write(Shard(ARRAYS, 1.0, "1"))
    refusal(slot.confirm, checksum, error=DamagedShardError)


def test_a_shard_that_shows_late_is_waited_for(tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    slot = ShardSlot(DirectoryPlace(tmp_path), "", 1, "sha256:a")
    checksum = slot.write(Shard(ARRAYS, 1.0, "1"))
    hidden = (tmp_path / slot.name).rename(tmp_path / "hidden")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        confirmed = pool.submit(slot.confirm, checksum)
        assert not confirmed.done()
        hidden.rename(tmp_path / slot.name)
        confirmed.result(timeout=20)


def test_workers_that_do_not_see_the_place_end_the_run(toy_recipe, toy_workers, tmp_path, memory_url):
    error = refusal(
        generate_ensemble, toy_recipe(samples=1), tmp_path / "out.nc", scheduler=toy_workers, shards=memory_url
    )
    assert error.what == "the place for finished samples does not exist"
    assert "memory://" in error.likely_cause
    assert place_at(memory_url).entries() == []


class VendorError(Exception):
    """What the library of a vendor raises, of no class that anybody else knows."""


@pytest.mark.parametrize(
    ("failure", "fragment"),
    [
        (PermissionError("Access Denied"), "no permission"),
        (FileNotFoundError("The specified bucket does not exist"), "is not created"),
        (VendorError("unable to locate credentials"), "VendorError: unable to locate credentials"),
    ],
)
@pytest.mark.parametrize("failing", ["ls", "pipe_file"])
def test_what_drivers_raise_is_one_clear_error_and_nothing_is_lost(
    toy_recipe, tmp_path, run, lost, failure, fragment, failing
):
    recipe = toy_recipe(samples=2)
    path = run(recipe, tmp_path / "out.nc", shards="lost://bucket/run", keep_shards=True)
    path.unlink()
    place = place_at("lost://bucket/run")
    place.remove(["scale-1.0/000001.npz", *(["manifest.json"] if failing == "ls" else [])], [])
    before = {name: place.read(name) for name in place.shards()}
    lost.failure, lost.failing = failure, failing
    if not (failing == "ls" and isinstance(failure, FileNotFoundError)):  # to a listing, that is an answer
        assert fragment in str(refusal(run, recipe, path, shards="lost://bucket/run"))
        assert {name: place.read(name) for name in before} == before
        assert not place.exists("lock")
    lost.failure = None
    assert not path.exists()


def test_a_zarr_store_is_made_resumed_and_extended_like_a_file(toy_recipe, tmp_path, run):
    marks = tmp_path / "marks"
    recipe = toy_recipe(samples=2, marks=str(marks))
    store = run(recipe, tmp_path / "out.zarr", keep_shards=True)
    file = run(recipe, tmp_path / "out.nc")
    assert read(store).attrs["content_digest"] == read(file).attrs["content_digest"]
    assert attempts(marks) == 8
    run(recipe, store)
    assert attempts(marks) == 8
    assert "contains other data" in refusal(run, recipe, store, seed=8).what
    run(recipe, store, samples=3)
    assert attempts(marks) == 10
    assert read(store)["scale-1.0"].sizes["sample"] == 3
    assert sorted(path.name for path in tmp_path.glob("out.zarr*")) == ["out.zarr", "out.zarr.run.json"]


def test_a_file_is_complete_by_its_recipe_and_not_by_its_sizes(toy_recipe, tmp_path, run, monkeypatch):
    """A generator may return several members of the dimension ``sample`` for one sample of the recipe, or none."""
    toy = type(sample_generator("toy"))
    assemble = toy.assemble
    for name, members in (("twice", 2), ("half", 0.5)):
        monkeypatch.setattr(
            toy,
            "assemble",
            lambda self, parameters, samples, members=members: assemble(
                self, parameters, (list(samples) * 2)[: int(members * len(samples))]
            ),
        )
        marks = tmp_path / f"marks-{name}"
        recipe = toy_recipe(samples=2, marks=str(marks))
        path = run(recipe, tmp_path / f"{name}.nc", keep_shards=True)
        assert read(path)["scale-1.0"].sizes["sample"] == 2 * members
        run(recipe, path)
        assert attempts(marks) == 4
        run(recipe, path, samples=3)
        assert attempts(marks) == 6
