"""A foreign package with a toy generator, a recipe for it, and workers to make its samples."""

import os
import sys
from pathlib import Path

import pytest
from distributed import LocalCluster

TOY_PLUGIN = Path(__file__).parent / "toy_plugin"

RECIPE = """\
[recipe]
name = "toy/{name}"
kind = "mode-ensemble"
title = "Spectra of small random matrices"
summary = "For tests."
created = 2026-01-31
licence = "CC0-1.0"
source = "none"
generator = "toy"
group = "scale-{{scale}}"
seed = 7
samples = {samples}

[parameters]
{parameters}

[grid]
scale = [1.0, 2.5]
"""


@pytest.fixture(scope="session")
def _toy_installed():
    """Make the toy package importable and its entry point visible, here and in child processes."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(TOY_PLUGIN), *([before] if before else [])])
    sys.path.insert(0, str(TOY_PLUGIN))
    yield
    sys.path.remove(str(TOY_PLUGIN))
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


@pytest.fixture
def toy_recipe(_toy_installed, tmp_path):
    """Write a recipe of two ensembles, and return its path."""

    def written(name="one", samples=4, **parameters):
        text = "".join(f"{key} = {value!r}\n" for key, value in parameters.items())
        path = tmp_path / f"{name}.toml"
        path.write_text(RECIPE.format(name=name, samples=samples, parameters=text))
        return path

    return written


@pytest.fixture(scope="session")
def toy_workers(_toy_installed):
    """Address of a scheduler with two worker processes."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
    ) as cluster:
        yield cluster.scheduler_address
