"""A real scheduler and real workers, each a process of its own, over TCP on the loopback interface."""

import contextlib
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from distributed import Client

from bosonpeak.generators.run import cluster
from bosonpeak.generators.run.ensemble import generate_ensemble
from bosonpeak.generators.run.worker import ClusterError


@contextlib.contextmanager
def dask_process(*arguments, **environment):
    """A process of the command ``dask``, ended in the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def waited_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory, _toy_installed):
    """A scheduler in a process of its own, and its address."""
    contact = tmp_path_factory.mktemp("scheduler") / "contact.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
    with dask_process("scheduler", *options, "--scheduler-file", str(contact)) as process:
        waited_for(lambda: contact.exists() and contact.read_text().endswith("}"))
        yield process, json.loads(contact.read_text())["address"]


def worker(address, tmp_path, **environment):
    options = ["--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    return dask_process("worker", address, *options, "--local-directory", str(tmp_path), **environment)


class Notices:
    """A progress that keeps the notices and counts the samples."""

    def __init__(self):
        self.texts = []
        self.finished = 0

    def start(self, total, done):
        pass

    def sample_finished(self):
        self.finished += 1

    def sample_failed(self):
        raise AssertionError("no sample should fail")

    def notice(self, text):
        self.texts.append(text)

    def stop(self):
        pass


@pytest.fixture(autouse=True)
def _no_client_left_to_the_garbage_collector():
    """One that is collected while another starts waits for ever for the lock that the other holds."""
    yield
    assert [one for one in gc.get_objects() if type(one) is Client and one.status != "closed"] == []


def test_what_is_wrong_with_the_workers_is_named(scheduler, toy_recipe, tmp_path, monkeypatch):
    _, address = scheduler
    recipe = toy_recipe()
    output = tmp_path / "out.nc"
    monkeypatch.setattr(cluster, "CONNECTION_TIMEOUT", 0.5)
    with pytest.raises(ClusterError, match="has no workers"):
        generate_ensemble(recipe, output, scheduler=address)
    monkeypatch.setattr(cluster, "CONNECTION_TIMEOUT", 30.0)
    with (
        worker(address, tmp_path, PYTHONPATH=""),
        pytest.raises(ClusterError, match="not installed on a worker"),
    ):
        generate_ensemble(recipe, output, scheduler=address)
    assert not output.exists()
    assert not (tmp_path / "out.nc.shards").exists()


def test_a_worker_with_another_package_of_that_name_is_named_and_lives(scheduler, toy_recipe, tmp_path):
    """It cannot import what makes samples: the run must not wait until workers have died of it."""
    _, address = scheduler
    package = tmp_path / "elsewhere" / "bosonpeak"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    with worker(address, tmp_path, PYTHONPATH=str(package.parent)) as other:
        with pytest.raises(ClusterError, match="cannot run tasks of this program") as caught:
            generate_ensemble(toy_recipe(), tmp_path / "out.nc", scheduler=address)
        assert other.poll() is None
    assert "No module named 'bosonpeak.generators'" in caught.value.got


def test_killed_worker_does_not_change_the_bits(scheduler, toy_recipe, tmp_path):
    _, address = scheduler
    recipe = toy_recipe(samples=15, seconds=0.1)
    notices = Notices()
    with worker(address, tmp_path) as victim, worker(address, tmp_path) as survivor:

        def kill_on_the_way():
            waited_for(lambda: notices.finished >= 4)
            victim.kill()

        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        killer = threading.Thread(target=kill_on_the_way)
        killer.start()
        path = generate_ensemble(recipe, tmp_path / "out.nc", scheduler=address, progress=notices)
        killer.join()
        assert victim.wait() < 0
        assert survivor.poll() is None
        assert notices.finished == 30
        assert any("was lost" in notice for notice in notices.texts)
        whole = generate_ensemble(recipe, tmp_path / "whole.nc", scheduler=address)
    assert path.read_bytes() == whole.read_bytes()


def test_frozen_scheduler_is_named(scheduler, toy_recipe, tmp_path, monkeypatch):
    process, address = scheduler
    monkeypatch.setattr(cluster, "CONNECTION_TIMEOUT", 0.5)
    process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(ClusterError, match="no answer within"):
            generate_ensemble(toy_recipe(), tmp_path / "out.nc", scheduler=address)
    finally:
        process.send_signal(signal.SIGCONT)
    assert not (tmp_path / "out.nc.shards").exists()


def test_missing_scheduler_is_named(toy_recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECTION_TIMEOUT", 0.3)
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{reserved.getsockname()[1]}"
        with pytest.raises(ClusterError, match="no scheduler answers"):
            generate_ensemble(toy_recipe(), tmp_path / "out.nc", scheduler=address)
    assert not (tmp_path / "out.nc.shards").exists()


@pytest.mark.parametrize("address", ["nonsense", "ftp://127.0.0.1:1", "tcp://127.0.0.1:99999999"])
def test_malformed_address_is_named(toy_recipe, tmp_path, monkeypatch, address):
    monkeypatch.setattr(cluster, "CONNECTION_TIMEOUT", 0.3)
    with pytest.raises(ClusterError, match="no scheduler answers"):
        generate_ensemble(toy_recipe(), tmp_path / "out.nc", scheduler=address)
