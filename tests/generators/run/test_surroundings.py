"""A run in hostile surroundings ends in a message or in the right data; the next run gives the same bits."""

import os
import resource
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

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
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and mounts of Linux")


def run(folder, output="out.nc", *, before=None, environment=None, prefix=(), clock=0.0):
    """Run `bosonpeak generate` in a child; `clock` moves the wall clock of the child by seconds."""
    code = textwrap.dedent(
        f"""
        import time
        real, real_ns = time.time, time.time_ns
        time.time, time.time_ns = lambda: real() + {clock}, lambda: real_ns() + int({clock} * 1e9)
        import sys
        from bosonpeak.__main__ import main
        sys.exit(main())
        """
    )
    command = [*prefix, sys.executable, "-c", code, "--quiet", "generate", "recipe.toml", "-o", output]
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


def one_clear_error(found):
    assert found.returncode not in (0, -11)
    assert "Traceback" not in found.stderr
    assert "rror" in found.stderr


def recovers(folder, truth):
    """Run again without a limit: the same bits, and no other file than the run's record."""
    found = run(folder)
    assert found.returncode == 0, found.stderr
    assert (folder / "out.nc").read_bytes() == truth
    assert {path.name for path in folder.iterdir()} <= {"recipe.toml", "out.nc", "out.nc.run.json"}


def test_a_file_size_limit_is_one_error(folder, truth):
    found = run(folder, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
    one_clear_error(found)
    assert not (folder / "out.nc").exists()
    recovers(folder, truth)


@pytest.mark.slow
def test_sixty_four_file_descriptors_are_enough_or_named(folder, truth):
    found = run(folder, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
    if found.returncode:
        one_clear_error(found)
    recovers(folder, truth)


@pytest.mark.slow
def test_a_process_limit_is_no_obstacle_to_one_worker(folder, truth):
    if os.geteuid() == 0:
        pytest.skip("the limit of processes does not hold for the superuser")
    found = run(folder, before=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (1, 1)))
    if found.returncode:
        one_clear_error(found)
    recovers(folder, truth)


@pytest.mark.slow
def test_an_unusable_home_is_no_obstacle(folder, truth):
    home = folder / "home"
    home.write_text("a file where a folder should be")
    found = run(folder, environment={"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")})
    assert found.returncode == 0, found.stderr
    home.unlink()
    assert (folder / "out.nc").read_bytes() == truth
    recovers(folder, truth)


@pytest.mark.slow
@pytest.mark.parametrize("clock", [-3e8, 3e8])
def test_a_moved_clock_changes_nothing(folder, truth, clock):
    found = run(folder, clock=clock)
    assert found.returncode == 0, found.stderr
    assert (folder / "out.nc").read_bytes() == truth
    recovers(folder, truth)


def mounts():
    """Command that runs another command in mounts of its own; skips where the system allows none."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("mounts of its own are not permitted here")
    return ["unshare", "-m", "sh", "-c"]


def test_a_full_disk_is_one_error(folder, truth):
    place = folder / "small"
    place.mkdir()
    script = f'mount -t tmpfs -o size=64k tmpfs {place} && cp recipe.toml {place} && cd {place} && "$@"; c=$?; exit $c'
    found = run(folder, prefix=[*mounts(), script, "sh"])
    one_clear_error(found)
    place.rmdir()
    recovers(folder, truth)


@pytest.mark.slow
def test_a_missing_shared_memory_is_no_obstacle(folder, truth):
    script = 'mount -t tmpfs -o size=4k,mode=555,ro tmpfs /dev/shm && "$@"'
    found = run(folder, prefix=[*mounts(), script, "sh"])
    assert found.returncode == 0, found.stderr
    assert (folder / "out.nc").read_bytes() == truth
    recovers(folder, truth)


def test_two_runs_on_one_target_give_the_data_once(folder, truth):
    code = "import sys; from bosonpeak.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "--quiet", "generate", "recipe.toml", "-o", "out.nc"]
    both = [
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    errors = [process.communicate(timeout=120)[1] for process in both]
    assert 0 in [process.returncode for process in both], errors
    assert not any("Traceback" in text for text in errors)
    assert (folder / "out.nc").read_bytes() == truth
    recovers(folder, truth)


def test_four_processes_fetch_into_one_cache(tmp_path, data_release):
    code = "from bosonpeak.datasets import fetch; print(fetch('calibration/limit-of-the-exponent'))"
    environment = {**os.environ, "BOSONPEAK_CACHE": str(tmp_path / "cache"), "BOSONPEAK_MIRRORS": str(data_release)}
    processes = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    places = {process.communicate(timeout=120)[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0] * 4
    (place,) = places
    assert Path(place).stat().st_size == (data_release / "calibration/limit-of-the-exponent.nc").stat().st_size
