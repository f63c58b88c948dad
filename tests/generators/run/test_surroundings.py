"""A run in hostile surroundings ends in a message or in the right data; the next run gives the same bits."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

from bosonpeak.datasets.storage.store import read

RECIPE = """
[recipe]
name = "mine"
kind = "network-ensemble"
title = "Small networks"
summary = "For a test."
created = "2026-11-25"
licence = "CC0-1.0"
source = "a test"
generator = "spring-network"
group = "displacement-{displacement}"
seed = 7
samples = 2

[parameters]
size = 12
situation = 2

[grid]
displacement = [0.1, 0.3]
"""
NOBODY = 65534
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and mounts of Linux")


def run(folder, *, before=None, environment=None, prefix=(), options=(), inside="", clock=0.0):
    """Run `bosonpeak generate` in a child, after `inside`; `clock` moves the wall clock of the child by seconds."""
    code = textwrap.dedent(
        f"""
        import time
        {inside}
        real, real_ns = time.time, time.time_ns
        time.time, time.time_ns = lambda: real() + {clock}, lambda: real_ns() + int({clock} * 1e9)
        import sys
        from bosonpeak.__main__ import main
        sys.exit(main())
        """
    )
    command = [*prefix, sys.executable, "-c", code, "--quiet", "generate", "recipe.toml", "-o", "out.nc", *options]
    return subprocess.run(
        command, cwd=folder, preexec_fn=before, env={**os.environ, **(environment or {})}, capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    folder = tmp_path_factory.mktemp("truth")
    (folder / "recipe.toml").write_text(RECIPE)
    found = run(folder)
    assert found.returncode == 0, found.stderr
    return (folder / "out.nc").read_bytes()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return tmp_path


@pytest.fixture
def ended(record_property):
    """Check that a run ended without harm, or in one clear error; the table of faults shows the end of each run."""

    def check(fault, found, *, unharmed=None):
        record_property("fault", fault)
        record_property("ended", "one clear error" if found.returncode else "no harm")
        assert unharmed in (None, found.returncode == 0), found.stderr
        if found.returncode:
            assert found.returncode > 0
            assert "Traceback" not in found.stderr
            assert "rror" in found.stderr

    return check


def recovers(folder, truth):
    """Run again without a limit: the same bits, and no other file than the run's record."""
    found = run(folder)
    assert found.returncode == 0, found.stderr
    assert (folder / "out.nc").read_bytes() == truth
    assert {path.name for path in folder.iterdir()} <= {"recipe.toml", "out.nc", "out.nc.run.json"}


def test_a_file_size_limit_is_one_error(folder, truth, ended):
    found = run(folder, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
    ended("file-size limit of 4 kB", found, unharmed=False)
    assert not (folder / "out.nc").exists()
    recovers(folder, truth)


@pytest.mark.slow
def test_sixty_four_file_descriptors_are_enough_or_named(folder, truth, ended):
    found = run(folder, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
    ended("64 file descriptors", found)
    recovers(folder, truth)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_process_limit_is_no_obstacle_to_one_worker_and_named_with_two(truth, ended, workers):
    """The system exempts the superuser: such a run goes on as another user, who may still read the interpreter."""
    prefix = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("no command that starts a run as another user")
        capabilities = "-all,+dac_override"
        prefix = ["setpriv", f"--reuid={NOBODY}", f"--inh-caps={capabilities}", f"--ambient-caps={capabilities}"]
    with tempfile.TemporaryDirectory() as place:  # other users may not enter pytest's folders
        folder = Path(place)
        (folder / "recipe.toml").write_text(RECIPE)
        if prefix:
            os.chown(folder, NOBODY, -1)
        found = run(
            folder, prefix=prefix, options=["--workers", str(workers)], environment={"OPENBLAS_NUM_THREADS": "1"},
            inside="import resource; resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))",
        )  # fmt: skip
        ended(f"limit of one process, {workers} worker{'s' * (workers > 1)}", found, unharmed=workers == 1)
        if workers == 1:  # git did not start, so that the file does not name the commit of a checkout
            (folder / "truth.nc").write_bytes(truth)
            assert read(folder / "out.nc").equals(read(folder / "truth.nc"))
            for name in ("truth.nc", "out.nc", "out.nc.run.json"):
                (folder / name).unlink()
        recovers(folder, truth)


@pytest.mark.slow
def test_an_unusable_home_is_no_obstacle(folder, truth, ended):
    home = folder / "home"
    home.write_text("a file where a folder should be")
    found = run(folder, environment={"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")})
    ended("home that is a file", found, unharmed=True)
    home.unlink()
    assert (folder / "out.nc").read_bytes() == truth
    recovers(folder, truth)


@pytest.mark.slow
@pytest.mark.parametrize("clock", [-3e8, 3e8])
def test_a_moved_clock_changes_nothing(folder, truth, ended, clock):
    found = run(folder, clock=clock)
    ended(f"clock {clock / 3.156e7:+.1f} years off", found, unharmed=True)
    assert (folder / "out.nc").read_bytes() == truth
    recovers(folder, truth)


def mounts():
    """Command that runs another command in mounts of its own; skips where the system allows none."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("mounts of its own are not permitted here")
    return ["unshare", "-m", "sh", "-c"]


@pytest.mark.parametrize("size", ["64k", pytest.param("4m", marks=pytest.mark.slow)])
def test_a_full_disk_is_one_error(folder, truth, ended, size):
    """Of the larger disk other files leave 64 kB."""
    place = folder / "small"
    place.mkdir()
    fill = "head -c 4128768 /dev/zero > filled && " if size == "4m" else ""
    script = f'mount -t tmpfs -o size={size} tmpfs {place} && cp recipe.toml {place} && cd {place} && {fill}"$@"'
    found = run(folder, prefix=[*mounts(), f"{script}; c=$?; exit $c", "sh"])
    ended(f"full disk of {size}B", found, unharmed=False)
    place.rmdir()
    recovers(folder, truth)


@pytest.mark.slow
def test_a_missing_shared_memory_is_no_obstacle(folder, truth, ended):
    script = 'mount -t tmpfs -o size=4k,mode=555,ro tmpfs /dev/shm && "$@"'
    found = run(folder, prefix=[*mounts(), script, "sh"])
    ended("no room in /dev/shm", found, unharmed=True)
    assert (folder / "out.nc").read_bytes() == truth
    recovers(folder, truth)


def test_two_runs_on_one_target_give_the_data_once(folder, truth, ended):
    code = "import sys; from bosonpeak.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "--quiet", "generate", "recipe.toml", "-o", "out.nc"]
    both = [
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    found = [
        subprocess.CompletedProcess(command, process.returncode, *reported)
        for process, reported in [(process, process.communicate(timeout=120)) for process in both]
    ]
    first, second = sorted(found, key=lambda each: each.returncode)
    assert first.returncode == 0, first.stderr
    ended("two runs on one target", second)
    assert (folder / "out.nc").read_bytes() == truth
    recovers(folder, truth)


def test_four_processes_fetch_into_one_cache(tmp_path, data_release, record_property):
    record_property("fault", "four processes fetch into one cache")
    code = "from bosonpeak.datasets import fetch; print(fetch('calibration/limit-of-the-exponent'))"
    environment = {**os.environ, "BOSONPEAK_CACHE": str(tmp_path / "cache"), "BOSONPEAK_MIRRORS": str(data_release)}
    processes = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    places = {process.communicate(timeout=120)[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0] * 4
    record_property("ended", "no harm")
    (place,) = places
    assert Path(place).stat().st_size == (data_release / "calibration/limit-of-the-exponent.nc").stat().st_size
