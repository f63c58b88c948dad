"""The command ``generate``: what it passes on, how it ends, and that an interrupted run goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from fsspec.registry import known_implementations
from typer.testing import CliRunner

from bosonpeak.benchmark.commands.generate import generate
from bosonpeak.benchmark.commands.main import main
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.storage.store import read
from bosonpeak.generators.run import ensemble
from bosonpeak.generators.run.ensemble import InterruptedRunError, SamplesFailedError

TOY_PLUGIN = Path(__file__).parents[2] / "generators" / "toy_plugin"

RECIPE = """\
[recipe]
name = "toy/command"
kind = "mode-ensemble"
title = "Spectra of small random matrices"
summary = "For tests."
created = 2026-01-31
licence = "CC0-1.0"
source = "none"
generator = "toy"
seed = 7
samples = 15

[parameters]
seconds = 0.1
"""

COMMAND = "import typer; from bosonpeak.benchmark.commands.generate import generate; typer.run(generate)"


@pytest.fixture
def invoke():
    """Run the command in this process."""
    app = typer.Typer()
    app.command()(generate)
    return lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)))


@pytest.fixture
def calls(monkeypatch):
    """Record what the command asks for instead of doing it."""
    recorded = []

    def record(recipe, output, **options):
        recorded.append((recipe, output, options))
        return output

    monkeypatch.setattr(ensemble, "generate_ensemble", record)
    return recorded


def ends_with(error, monkeypatch, invoke):
    def fail(*_arguments, **_options):
        raise error

    monkeypatch.setattr(ensemble, "generate_ensemble", fail)
    return invoke("network/paper", "-o", "out.nc")


def test_options_are_passed_on(calls, invoke):
    result = invoke(
        "recipe.toml", "-o", "out.nc", "--samples", 5, "--workers", 3, "--seed", 4, "--shards", "there",
        "--keep-shards", "--break-lock", "--overwrite",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert result.stdout == "out.nc\n"
    ((recipe, output, options),) = calls
    options.pop("progress")
    assert (recipe, output) == ("recipe.toml", Path("out.nc"))
    assert options == {
        "samples": 5,
        "workers": 3,
        "scheduler": None,
        "seed": 4,
        "shards": "there",
        "keep_shards": True,
        "break_lock": True,
        "overwrite": True,
    }


@pytest.mark.parametrize(
    ("output", "file_format", "written"),
    [
        ("out", "zarr", "out.zarr"),
        ("out", "netcdf", "out.nc"),
        ("out.zarr", "zarr", "out.zarr"),
        ("out.nc", "netcdf", "out.nc"),
    ],
)
def test_a_format_is_asked_for(calls, invoke, output, file_format, written):
    assert invoke("network/paper", "-o", output, "--format", file_format).exit_code == 0
    assert calls[0][1] == Path(written)


def test_one_worker_by_default(calls, invoke):
    invoke("network/paper", "-o", "out.nc")
    assert calls[0][2]["workers"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["recipe.toml"],
        ["-o", "out.nc"],
        ["recipe.toml", "-o", "out.nc", "--workers", "0"],
        ["recipe.toml", "-o", "out.nc", "--format", "zarr"],
        ["recipe.toml", "-o", "out.zarr", "--format", "netcdf"],
        ["recipe.toml", "-o", "out", "--format", "hdf"],
        ["recipe.toml", "-o", "out.nc", "--samples", "0"],
        ["recipe.toml", "-o", "out.nc", "--samples", "many"],
        ["recipe.toml", "-o", "out.nc", "--seed", "-1"],
        ["recipe.toml", "-o", "out.nc", "--workers", "2", "--scheduler", "tcp://127.0.0.1:1"],
    ],
)
def test_bad_usage_ends_with_2(calls, invoke, arguments):
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert calls == []


def test_failed_samples_end_with_1(monkeypatch, invoke):
    result = ends_with(SamplesFailedError("1 of 2 samples failed"), monkeypatch, invoke)
    assert result.exit_code == 1
    assert "1 of 2 samples failed" in result.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_as_shells_expect(monkeypatch, invoke, number, code):
    result = ends_with(InterruptedRunError("stopped", signal_number=number, done="kept"), monkeypatch, invoke)
    assert result.exit_code == code
    assert "stopped" in result.stderr


def test_other_errors_are_left_to_the_command_line(monkeypatch, invoke):
    error = RecipeError("no such recipe")
    assert ends_with(error, monkeypatch, invoke).exception is error


@pytest.mark.parametrize(
    ("url", "fragment"),
    [
        ("nosuch://bucket/run", "nosuch"),
        ("undriven://bucket/run", "Install undriven-driver"),
        ("simplecache::memory://run", "address of one place"),
        ("memory://run-*", "address of one place"),
        ("http://127.0.0.1:9/run", "127.0.0.1"),
    ],
)
def test_impossible_places_for_shards_end_with_2(tmp_path, monkeypatch, capsys, url, fragment):
    monkeypatch.syspath_prepend(TOY_PLUGIN)
    known = {"class": "no_such_module.FileSystem", "err": "Install undriven-driver"}
    monkeypatch.setitem(known_implementations, "undriven", known)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE)
    assert main(["generate", str(recipe), "-o", str(tmp_path / "out.nc"), "--shards", url]) == 2
    message = capsys.readouterr().err
    assert fragment in message
    assert "likely cause" in message or "expected" in message
    assert "defect" not in message
    assert list(tmp_path.iterdir()) == [recipe]


def test_interrupted_command_goes_on_when_it_is_run_again(tmp_path, monkeypatch, invoke):
    monkeypatch.syspath_prepend(TOY_PLUGIN)
    monkeypatch.setenv("PYTHONPATH", str(TOY_PLUGIN), prepend=os.pathsep)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE)
    output = tmp_path / "out.nc"

    command = [sys.executable, "-W", "error", "-c", COMMAND, str(recipe), "-o", str(output)]
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True) as process:
        while not list(tmp_path.rglob("000001.npz")):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes of the group
        _, messages = process.communicate()
    assert process.returncode == 130, messages
    assert "stopped by SIGINT" in messages
    assert "run the same command again" in messages
    assert "Traceback" not in messages
    finished = len(list(tmp_path.rglob("*.npz")))
    assert finished >= 2

    again = invoke(recipe, "-o", output)
    assert again.exit_code == 0, again.output
    assert f"{finished}/15 samples are already finished" in again.stderr
    assert "15/15 samples" in again.stderr
    assert again.stdout == f"{output}\n"
    assert read(output).sizes["sample"] == 15


def test_parameters_are_set_on_the_command_line(tmp_path, capsys):
    output = tmp_path / "own.nc"
    options = ["--group", "situation-1/delta-0.1", "--set", "size=6", "--set", "displacement=0.15", "--samples", "2"]
    assert main(["generate", "network/paper", *options, "-o", str(output)]) == 0
    assert read(output).sizes["sample"] == 2
    for option, message in (("sise=6", "did you mean 'size'"), ("size", "KEY=VALUE"), ("size=6", "choose one")):
        assert main(["generate", "network/paper", "--set", option, "-o", str(tmp_path / "no.nc")]) == 2
        assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "no.nc").exists()
