"""The runner: the same file whatever happens on the way, and nothing computed twice."""

import errno
import fcntl
import itertools
import json
import logging
import os
import platform
import random
import re
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

import dask
import numpy as np
import pytest
import xarray as xr
from distributed import Client, KilledWorker, LocalCluster
from distributed.protocol import pickle

import bosonpeak
from bosonpeak.datasets.errors import RecipeError, ResumeError, StoreError
from bosonpeak.datasets.storage.store import read
from bosonpeak.generators.run import task_queue
from bosonpeak.generators.run.cluster import connected_client
from bosonpeak.generators.run.ensemble import SamplesFailedError, generate_ensemble
from bosonpeak.generators.run.recipe import available_recipes, load_recipe, sample_seed
from bosonpeak.generators.run.sample_generator import FootprintEstimator, sample_generator
from bosonpeak.generators.run.shard_directory import DirectoryPlace
from bosonpeak.generators.run.stop_signals import stop_requests
from bosonpeak.generators.run.task_queue import Task, _TaskQueue, compute_tasks
from bosonpeak.generators.run.worker import ClusterError, machine_description, make_sample, software_versions

RUNNER = """
import sys
from bosonpeak.generators.run.ensemble import generate_ensemble
if __name__ == "__main__":
    generate_ensemble(sys.argv[1], sys.argv[2], workers=1)
"""


class Recorder:
    """A progress that remembers."""

    def __init__(self):
        self.begun = None
        self.finished = 0
        self.failed = 0
        self.notices = []
        self.stopped = 0

    def start(self, total, done):
        self.begun = (total, done)

    def sample_finished(self):
        self.finished += 1

    def sample_failed(self):
        self.failed += 1

    def notice(self, text):
        self.notices.append(text)

    def stop(self):
        self.stopped += 1


@pytest.fixture
def run(toy_workers):
    """Run a recipe on the shared workers; return the file and what the progress was told."""

    def running(recipe, output, **options):
        recorder = Recorder()
        path = generate_ensemble(recipe, output, scheduler=toy_workers, progress=recorder, **options)
        return path, recorder

    return running


def shard_paths(directory):
    return sorted(directory.rglob("*.npz"))


def attempts(marks):
    return len(Path(marks).read_text().split())


def test_bits_do_not_depend_on_the_number_of_workers(toy_recipe, tmp_path, run):
    recipe = toy_recipe()
    one = generate_ensemble(recipe, tmp_path / "one.nc", workers=1)
    two = generate_ensemble(recipe, tmp_path / "two.nc", workers=2)
    foreign, _ = run(recipe, tmp_path / "foreign.nc")
    assert one.read_bytes() == two.read_bytes() == foreign.read_bytes()


def test_file_holds_the_samples_of_the_recipe_and_where_they_come_from(toy_recipe, tmp_path, run):
    path, recorder = run(toy_recipe(), tmp_path / "out.nc")
    recipe = load_recipe(toy_recipe())
    tree = read(path, verify=True)
    generator = sample_generator("toy")
    for ensemble in recipe.ensembles:
        expected = [
            generator.sample(generator.check(ensemble.parameters), sample_seed(recipe, index))["eigenfrequency"]
            for index in range(recipe.samples)
        ]
        leaf = tree[ensemble.group]
        np.testing.assert_array_equal(leaf["eigenfrequency"].values, np.stack(expected))
        assert leaf.attrs["kind"] == "mode-ensemble"
    assert isinstance(tree, xr.DataTree)
    assert tree.attrs["recipe"] == recipe.text
    assert tree.attrs["recipe_digest"] == recipe.digest
    assert tree.attrs["seed"] == 7
    assert tree.attrs["created"] == "2026-01-31"
    assert (recorder.begun, recorder.finished, recorder.stopped) == ((8, 0), 8, 1)


def test_groups_share_their_randomness_sample_by_sample(toy_recipe, tmp_path, run):
    tree = read(run(toy_recipe(), tmp_path / "out.nc")[0])
    np.testing.assert_allclose(
        tree["scale-2.5"]["eigenfrequency"].values,
        np.sqrt(2.5) * tree["scale-1.0"]["eigenfrequency"].values,
        rtol=1e-9,
        atol=1e-12,
    )


def test_single_ensemble_is_a_plain_dataset(toy_recipe, tmp_path, run):
    recipe = toy_recipe()
    text = recipe.read_text().replace('group = "scale-{scale}"\n', "").split("[grid]")[0]
    recipe.write_text(text)
    dataset = read(run(recipe, tmp_path / "out.nc")[0], verify=True)
    assert isinstance(dataset, xr.Dataset)
    assert dataset.attrs["recipe_digest"] == load_recipe(recipe).digest
    assert not (tmp_path / "out.nc.shards").exists()


def test_samples_missing_in_any_pattern_are_made_again_and_no_others(toy_recipe, tmp_path, run):
    marks = tmp_path / "marks"
    recipe = toy_recipe(samples=5, marks=str(marks))
    path, _ = run(recipe, tmp_path / "out.nc", keep_shards=True)
    expected = path.read_bytes()
    paths = shard_paths(tmp_path / "out.nc.shards")
    assert len(paths) == attempts(marks) == 10
    choice = random.Random(3)
    for count in (1, 4, 9):
        path.unlink()
        made_before = attempts(marks)
        for shard in choice.sample(paths, count):
            shard.unlink()
        _, recorder = run(recipe, path, keep_shards=True)
        assert path.read_bytes() == expected
        assert attempts(marks) - made_before == count
        assert (recorder.begun, recorder.finished) == ((10, 10 - count), count)


def test_more_samples_of_the_same_recipe_go_on_where_it_stopped(toy_recipe, tmp_path, run):
    marks = tmp_path / "marks"
    recipe = toy_recipe(samples=2, marks=str(marks))
    run(recipe, tmp_path / "out.nc", keep_shards=True)
    extended, _ = run(recipe, tmp_path / "out.nc", samples=3)
    assert attempts(marks) == 6
    whole, _ = run(toy_recipe(samples=3, marks=str(marks)), tmp_path / "whole.nc")
    assert extended.read_bytes() == whole.read_bytes()
    with xr.open_datatree(extended) as tree:
        for leaf in tree.leaves:
            assert leaf["sample"].values.tolist() == [0, 1, 2]
            assert set(leaf.dims) == {"sample", "mode"} == set(leaf.to_dataset().xindexes)
            assert leaf.attrs["zero_modes"] in ("included", "removed")


def test_complete_file_is_left_alone(toy_recipe, tmp_path, run):
    marks = tmp_path / "marks"
    recipe = toy_recipe(samples=2, marks=str(marks))
    path, _ = run(recipe, tmp_path / "out.nc")
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    _, recorder = run(recipe, path, samples=1)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert attempts(marks) == 4
    assert recorder.notices == ["out.nc is complete already"]


def test_complete_file_with_an_older_text_is_pointed_out(toy_recipe, tmp_path, run):
    recipe = toy_recipe(samples=1)
    path, _ = run(recipe, tmp_path / "out.nc")
    recipe.write_text(recipe.read_text().replace("For tests.", "For tests only."))
    _, recorder = run(recipe, path)
    assert "--overwrite" in recorder.notices[1]
    assert read(path).attrs["summary"] == "For tests."


def test_file_from_another_recipe_is_replaced_on_demand_only(toy_recipe, tmp_path, run):
    recipe = toy_recipe(samples=1)
    path, _ = run(recipe, tmp_path / "out.nc")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="contains other data"):
        run(recipe, path, seed=8)
    assert path.read_bytes() == before
    run(recipe, path, seed=8, overwrite=True)
    assert read(path).attrs["seed"] == 8


@pytest.mark.parametrize("content", [b"", b"my thesis"])
def test_foreign_file_is_not_replaced(toy_recipe, tmp_path, run, content):
    path = tmp_path / "out.nc"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="--overwrite"):
        run(toy_recipe(samples=1), path)
    assert path.read_bytes() == content


def test_changed_recipe_is_refused_and_finished_samples_are_kept(toy_recipe, tmp_path, run):
    recipe = toy_recipe(samples=2)
    path, _ = run(recipe, tmp_path / "out.nc", keep_shards=True)
    path.unlink()
    before = {shard: shard.read_bytes() for shard in shard_paths(tmp_path)}
    with pytest.raises(ResumeError, match="seed: 7 became 8"):
        run(recipe, path, seed=8)
    with pytest.raises(ResumeError, match=r"ensembles scale-1.0 size: None became 3"):
        run(toy_recipe(samples=2, size=3), path)
    assert {shard: shard.read_bytes() for shard in shard_paths(tmp_path)} == before
    assert not path.exists()


def test_unreadable_manifest_is_refused_and_finished_samples_are_kept(toy_recipe, tmp_path, run):
    path, _ = run(toy_recipe(samples=2), tmp_path / "out.nc", keep_shards=True)
    path.unlink()
    (tmp_path / "out.nc.shards" / "manifest.json").write_text("{")
    with pytest.raises(ResumeError, match="manifest"):
        run(toy_recipe(samples=2), path)
    assert len(shard_paths(tmp_path)) == 4


def test_recipe_may_change_while_there_is_no_finished_sample(toy_recipe, tmp_path, run):
    with pytest.raises(SamplesFailedError):
        run(toy_recipe(samples=1, fail_at=0), tmp_path / "out.nc")
    run(toy_recipe(samples=1), tmp_path / "out.nc")
    assert not (tmp_path / "out.nc.shards").exists()


@pytest.mark.parametrize("damage", ["truncated", "altered", "emptied", "exchanged"])
def test_damaged_samples_are_noticed_and_made_again(toy_recipe, tmp_path, run, damage):
    marks = tmp_path / "marks"
    recipe = toy_recipe(samples=2, marks=str(marks))
    path, _ = run(recipe, tmp_path / "out.nc", keep_shards=True)
    expected = path.read_bytes()
    path.unlink()
    victim = tmp_path / "out.nc.shards" / "scale-1.0" / "000001.npz"
    content = bytearray(victim.read_bytes())
    if damage == "altered":
        content[len(content) // 3] ^= 1
    other = victim.with_name("000000.npz").read_bytes()
    damaged = {"truncated": content[:-9], "altered": content, "emptied": b"", "exchanged": other}
    victim.write_bytes(damaged[damage])
    _, recorder = run(recipe, path)
    assert path.read_bytes() == expected
    assert attempts(marks) == 5
    assert [str(victim) in notice for notice in recorder.notices] == [True]


def test_failed_samples_are_named_and_the_others_kept(toy_recipe, tmp_path, run):
    marks = tmp_path / "marks"
    recipe = toy_recipe(samples=3, fail_at=1, crash_at=2, marks=str(marks))
    with pytest.raises(SamplesFailedError) as caught:
        run(recipe, tmp_path / "out.nc")
    message = str(caught.value)
    assert "4 of 6 samples failed" in message
    assert "scale-1.0/1: toy does not converge" in message
    assert "scale-2.5/2: ZeroDivisionError: toy is broken (toy_sample_generator.py, line" in message
    assert not (tmp_path / "out.nc").exists()
    assert len(shard_paths(tmp_path)) == 2
    facts = json.loads((tmp_path / "out.nc.run.json").read_text())
    assert sorted(facts["failures"]) == ["scale-1.0/1", "scale-1.0/2", "scale-2.5/1", "scale-2.5/2"]
    with pytest.raises(SamplesFailedError):
        run(recipe, tmp_path / "out.nc")
    assert attempts(marks) == 6 + 4


def test_sample_that_always_kills_its_worker_fails_and_innocents_do_not(toy_recipe, tmp_path):
    recipe = load_recipe(toy_recipe())
    generator = sample_generator("toy")
    tasks = [Task("g", index, generator.check({"kill_at": 1}), sample_seed(recipe, index)) for index in range(3)]
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        connected_client(workers=1, scheduler=None) as client,
    ):
        outcomes = list(compute_tasks(client, generator, tasks, stopping=lambda: False, notice=lambda _: None))
    failures = {outcome.task.index: outcome.failure for outcome in outcomes if outcome.failure}
    assert sorted(outcome.task.index for outcome in outcomes) == [0, 1, 2]
    assert list(failures) == [1]
    assert "worker process died" in failures[1]


@pytest.mark.slow
def test_a_worker_that_is_killed_for_its_memory_costs_its_sample_only(toy_recipe, tmp_path, toy_workers):
    relief = tmp_path / "more-memory"
    recipe, output = toy_recipe(samples=2, hoard_at=1, relief=str(relief)), tmp_path / "out.nc"
    limits = {"distributed.scheduler.allowed-failures": 0, "distributed.worker.memory.pause": False}
    with (
        dask.config.set(limits),
        LocalCluster(
            n_workers=1, threads_per_worker=1, memory_limit="700MB", host="127.0.0.1", silence_logs=logging.CRITICAL,
            dashboard_address="127.0.0.1:0", scheduler_kwargs={"dashboard": False},
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
        pytest.raises(SamplesFailedError, match="perhaps because memory ran out") as failure,
    ):  # fmt: skip
        generate_ensemble(recipe, output, client=client)
    assert "2 of 4 samples failed" in str(failure.value)
    relief.touch()
    generate_ensemble(recipe, output, scheduler=toy_workers)
    whole = generate_ensemble(recipe, tmp_path / "whole.nc", scheduler=toy_workers)
    assert output.read_bytes() == whole.read_bytes()
    assert not (tmp_path / "out.nc.shards").exists()


def test_workers_of_this_machine_do_not_profile_themselves():
    with connected_client(workers=1, scheduler=None) as client:
        found = client.run(dask.config.get, "distributed.worker.profile.enabled")
    assert list(found.values()) == [False]


class Stopwatch:
    """A generator whose samples say when they were made."""

    def sample(self, parameters, seed):
        begin = time.monotonic()
        time.sleep(0.02)
        return {"begin": np.float64(begin), "end": np.float64(time.monotonic())}


def test_worker_with_several_threads_makes_one_sample_at_a_time():
    notices = []
    tasks = [Task("g", index, {}, np.random.SeedSequence(index)) for index in range(4)]
    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=4,
            processes=False,
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
        ) as workers,
        Client(workers, set_as_default=False) as client,
    ):
        outcomes = list(compute_tasks(client, Stopwatch(), tasks, stopping=lambda: False, notice=notices.append))
    spans = sorted((float(outcome.arrays["begin"]), float(outcome.arrays["end"])) for outcome in outcomes)
    assert len(spans) == 4
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert "has 4 threads" in notices[0]


def test_run_killed_on_the_way_is_resumed_to_the_same_bits(toy_recipe, tmp_path, run):
    recipe = toy_recipe(samples=15, seconds=0.05)
    output = tmp_path / "out.nc"
    process = subprocess.Popen([sys.executable, "-c", RUNNER, str(recipe), str(output)], start_new_session=True)
    try:
        while len(shard_paths(tmp_path)) < 3:
            assert process.poll() is None
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.wait()
    finished = len(shard_paths(tmp_path))
    assert 3 <= finished < 30
    assert not output.exists()
    leftover = tmp_path / "out.nc.shards" / "scale-1.0" / ".0123456789abcdef.part"
    leftover.write_bytes(b"half a sample")
    _, recorder = run(recipe, output)
    assert recorder.begun == (30, finished)
    whole, _ = run(recipe, tmp_path / "whole.nc")
    assert output.read_bytes() == whole.read_bytes()
    assert not (tmp_path / "out.nc.shards").exists()


def test_second_run_on_the_same_file_is_refused(toy_recipe, tmp_path, run):
    recipe = toy_recipe(samples=1)
    directory = tmp_path / "out.nc.shards"
    directory.mkdir()
    held = pytest.raises(StoreError, match=f"locked by process {os.getpid()}")
    with DirectoryPlace(directory).exclusive(), held:
        run(recipe, tmp_path / "out.nc")
    assert (directory / "lock").exists()
    run(recipe, tmp_path / "out.nc")
    assert not directory.exists()


def test_lock_file_that_its_last_holder_took_away_is_made_again(tmp_path, monkeypatch):
    place, flock = DirectoryPlace(tmp_path), fcntl.flock

    def lock_what_is_gone(descriptor, operation):
        flock(descriptor, operation)
        (tmp_path / "lock").unlink()
        monkeypatch.setattr(fcntl, "flock", flock)

    monkeypatch.setattr(fcntl, "flock", lock_what_is_gone)
    with place.exclusive(), pytest.raises(StoreError, match="locked by process"), place.exclusive():
        pass
    assert (tmp_path / "lock").exists()


def test_a_file_system_without_locks_is_named(tmp_path, monkeypatch):
    def unknown(descriptor, operation):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", unknown)
    with pytest.raises(StoreError, match="network file system without locks"), DirectoryPlace(tmp_path).exclusive():
        pass


def test_lock_that_a_killed_process_left_is_stale(toy_recipe, tmp_path, run):
    directory = tmp_path / "out.nc.shards"
    directory.mkdir()
    holder = "import sys, time; from bosonpeak.generators.run.shard_object_store import place_at\n"
    holder += "with place_at(sys.argv[1]).exclusive():\n    print('held', flush=True)\n    time.sleep(60)\n"
    command = [sys.executable, "-c", holder, str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match=f"locked by process {process.pid}"):
            run(toy_recipe(samples=1), tmp_path / "out.nc")
        process.kill()
    run(toy_recipe(samples=1), tmp_path / "out.nc")


def test_shard_directory_keeps_what_is_not_ours(toy_recipe, tmp_path, run):
    directory = tmp_path / "mine"
    directory.mkdir()
    (directory / "thesis.tex").write_text("precious")
    with pytest.raises(StoreError, match=r"thesis\.tex"):
        run(toy_recipe(samples=1), tmp_path / "out.nc", shards=directory)
    (directory / "thesis.tex").unlink()
    run(toy_recipe(samples=1), tmp_path / "out.nc", shards=directory, keep_shards=True)
    (directory / "scale-1.0" / "notes.txt").write_text("precious")
    (tmp_path / "out.nc").unlink()
    run(toy_recipe(samples=1), tmp_path / "out.nc", shards=directory)
    assert [path.name for path in directory.rglob("*") if path.is_file() and path.name != "lock"] == ["notes.txt"]


def test_read_only_directory_is_refused_before_anything_is_computed(toy_recipe, tmp_path, run):
    marks = tmp_path / "marks"
    recipe = toy_recipe(samples=1, marks=str(marks))
    directory = tmp_path / "sealed"
    directory.mkdir()
    directory.chmod(0o555)
    with pytest.raises(StoreError, match="read-only"):
        run(recipe, directory / "out.nc")
    assert not marks.exists()
    assert list(directory.iterdir()) == []


def test_full_disk_keeps_what_was_finished(toy_recipe, tmp_path, run, monkeypatch):
    recipe = toy_recipe(samples=2)
    output = tmp_path / "out.nc"
    room = 3
    synchronise = os.fsync

    def fsync(descriptor):
        nonlocal room
        if Path(os.readlink(f"/proc/self/fd/{descriptor}")).suffix == ".part":
            room -= 1
        if room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        synchronise(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(StoreError, match="disk is full"):
            run(recipe, output)
    assert len(shard_paths(tmp_path)) == 2
    assert not list(tmp_path.rglob("*.part"))
    _, recorder = run(recipe, output)
    assert recorder.begun == (4, 2)


def test_facts_of_the_run_lie_beside_the_file_and_name_no_host(toy_recipe, tmp_path, run):
    path, _ = run(toy_recipe(samples=2), tmp_path / "out.nc")
    text = path.with_name("out.nc.run.json").read_text()
    facts = json.loads(text)
    assert facts["status"] == "complete"
    assert facts["samples_made_in_this_run"] == facts["sample_seconds"]["count"] == 4
    assert facts["started"] <= facts["finished"]
    assert facts["versions"] == software_versions()
    assert facts["samples_made_by_versions"] == [bosonpeak.__version__]
    assert facts["samples_made_on"] == [machine_description()]
    assert read(path).attrs["made_on"] == machine_description()
    for name in (r"blas \d", r"LLVM \w", r"\w; [\w ]+;"):  # library builds, compiler target, vector extensions
        assert re.search(name, machine_description()), machine_description()
    assert platform.node() not in text


def test_what_cannot_fit_is_refused_before_anything_is_computed(toy_recipe, tmp_path):
    class Enormous(type(sample_generator("toy"))):
        def footprint(self, parameters):
            return 10**18, 0

    generator = Enormous()
    assert isinstance(generator, FootprintEstimator)
    with pytest.raises(RecipeError, match="memory of the workers"):
        generate_ensemble(toy_recipe(), tmp_path / "out.nc", generator=generator)
    assert not (tmp_path / "out.nc.shards").exists()


def test_parameters_that_the_generator_refuses_are_all_named(toy_recipe, tmp_path):
    recipe = toy_recipe()
    text = recipe.read_text().replace("mode-ensemble", "spectrum")
    text += (
        '[[ensemble]]\ngroup = "a"\nparameters = { sise = 3 }\n[[ensemble]]\ngroup = "b"\nparameters = { size = 0 }\n'
    )
    recipe.write_text(text)
    with pytest.raises(RecipeError) as caught:
        generate_ensemble(recipe, tmp_path / "out.nc")
    for fragment in ("makes 'mode-ensemble', not 'spectrum'", "a: unknown parameters", "b: impossible size"):
        assert fragment in str(caught.value)
    assert list(tmp_path.iterdir()) == [recipe]


@pytest.mark.parametrize("workers", [0, -1, 10**6])
def test_impossible_numbers_of_workers_are_refused(toy_recipe, tmp_path, workers):
    with pytest.raises(RecipeError, match="number of workers"):
        generate_ensemble(toy_recipe(), tmp_path / "out.nc", workers=workers)


def test_generator_that_is_not_installed_is_refused(toy_recipe, tmp_path):
    recipe = toy_recipe()
    recipe.write_text(recipe.read_text().replace('generator = "toy"', 'generator = "os:system"'))
    with pytest.raises(RecipeError, match="unknown generator"):
        generate_ensemble(recipe, tmp_path / "out.nc")


@pytest.mark.parametrize("name", available_recipes())
def test_generators_accept_the_embedded_recipes(name):
    recipe = load_recipe(name)
    generator = sample_generator(recipe.generator)
    assert generator.kind == recipe.kind
    for ensemble in recipe.ensembles:
        assert set(generator.check(ensemble.parameters)) >= set(ensemble.parameters)


def test_worker_with_other_versions_refuses_to_make_samples(toy_recipe):
    with pytest.raises(ClusterError, match=r"numpy 1\.0"):
        make_sample(
            pickle.dumps(sample_generator("toy")),
            {},
            np.random.SeedSequence(1),
            {**software_versions(), "numpy": "1.0"},
        )


@pytest.mark.parametrize("sample", [{}, [1.0], {"file": np.zeros(1)}, {"a b": np.zeros(1)}, {"x": np.array([None])}])
def test_samples_that_cannot_be_stored_are_failures(sample):
    class Careless:
        def sample(self, parameters, seed):
            return sample

    arrays, _, failure, _ = make_sample(pickle.dumps(Careless()), {}, np.random.SeedSequence(1), software_versions())
    assert arrays == {}
    assert failure.startswith("generator returned something that cannot be stored")


def test_worker_without_the_generator_is_named():
    unknown = b"cno_such_module\nGenerator\n."
    with pytest.raises(ClusterError, match="no_such_module"):
        make_sample(unknown, {}, np.random.SeedSequence(1), software_versions())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_signal_is_a_request_and_the_second_acts_as_before(number):
    class SecondSignalError(Exception):
        pass

    def handler(_number, _frame):
        raise SecondSignalError

    before = signal.signal(number, handler)
    try:
        with stop_requests() as stop:
            assert not stop()
            os.kill(os.getpid(), number)
            assert stop()
            assert stop.signal_number == number
            with pytest.raises(SecondSignalError):
                os.kill(os.getpid(), number)
        assert signal.getsignal(number) is handler
    finally:
        signal.signal(number, before)


def test_a_delivered_sample_counts_though_its_worker_died_afterwards():
    class Lost:
        status = "lost"

    future, task = Lost(), Task("g", 0, {}, np.random.SeedSequence(1))
    queue = object.__new__(_TaskQueue)
    queue._running, queue._made, queue._seconds, queue._bytes = {future: [task]}, 0, 0.0, 0
    arrays = {"eigenfrequency": np.ones(2)}
    (outcome,) = queue._outcomes(future, [(arrays, 0.5, "", "here")])
    assert (outcome.task, outcome.arrays, outcome.machine) == (task, arrays, "here")
    queue._running = {future: [task]}
    with pytest.raises(ClusterError, match="scheduler was lost"):
        queue._outcomes(future, None)


@pytest.mark.parametrize("largest", [1, 2, 1000])
def test_bits_of_samples_do_not_depend_on_their_batch(toy_recipe, tmp_path, run, monkeypatch, largest):
    """Batches of one sample, of two, and as many samples as half a second holds."""
    monkeypatch.setattr(task_queue, "_LARGEST_BATCH", largest)
    monkeypatch.setattr(task_queue, "_FEWEST_BATCHES", 1)
    submitted, submit = [], _TaskQueue._submit

    def counted(queue, batch):
        submitted.append(len(batch))
        submit(queue, batch)

    monkeypatch.setattr(_TaskQueue, "_submit", counted)
    recipe = toy_recipe(samples=40)
    path, _ = run(recipe, tmp_path / "out.nc")
    assert sum(submitted) == 80
    assert max(submitted) == 1 if largest == 1 else 1 < max(submitted) <= largest
    assert path.read_bytes() == generate_ensemble(recipe, tmp_path / "here.nc").read_bytes()


def test_batches_hold_half_a_second_of_samples_and_no_more_bytes_than_a_message_should():
    queue = object.__new__(_TaskQueue)
    queue._waiting = [None] * 10_000
    queue._made, queue._seconds, queue._bytes = 0, 0.0, 0
    assert queue._batch_size(2) == 1
    queue._made, queue._seconds, queue._bytes = 10, 0.1, 10_000
    assert queue._batch_size(2) == 50
    queue._bytes = 10 * 2**22
    assert queue._batch_size(2) == 8
    queue._waiting = [None] * 20
    assert queue._batch_size(2) == 3
    queue._seconds = 100.0
    assert queue._batch_size(2) == 1


def test_samples_of_a_batch_that_killed_its_worker_are_tried_one_by_one():
    class Killed:
        status = "error"

    queue = object.__new__(_TaskQueue)
    tasks = [Task("g", index, {}, np.random.SeedSequence(index)) for index in range(3)]
    future, submitted = Killed(), []
    queue._running, queue._waiting, queue._suspects, queue._tried_alone = {future: tasks}, deque(), deque(), set()
    assert queue._outcomes(future, (None, KilledWorker("sample", None, 3), None)) == []
    queue._submit = submitted.append
    for _ in tasks:
        queue.fill(1)
    assert submitted == [[task] for task in tasks]
    queue._running = {future: tasks[:1]}
    (outcome,) = queue._outcomes(future, (None, KilledWorker("sample", None, 3), None))
    assert "worker process died" in outcome.failure
