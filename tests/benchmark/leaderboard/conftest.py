"""A small board: one code that answers one case, and what tricksters make of it."""

import hashlib
import shutil

import pytest

from bosonpeak.benchmark.leaderboard.recomputing import Board

RECIPE = """\
requirements = []
imports = "bosonpeak"
script = "run.py"
seconds = 100
"""

SCRIPT = '''\
"""Answer the case of a pair of particles."""

import shutil
import sys
from pathlib import Path

from bosonpeak.benchmark.conformance.simulation_code import simulation_code
from bosonpeak.benchmark.leaderboard.answering import answer_cases

if __name__ == "__main__":
    for case in (Path(sys.argv[1]) / "conformance").iterdir():
        if case.is_dir() and case.name != "fresh-pair":
            shutil.rmtree(case)
    answer_cases(simulation_code("bosonpeak"), sys.argv[1], source="https://example.org")
'''

CARD = '[code]\nname = "theirs"\nversion = "1"\n[provenance]\nconformance = "cases"\n'


def put_recipe(folder, script=SCRIPT):
    folder.mkdir(parents=True)
    (folder / "recipe.toml").write_text(RECIPE)
    (folder / "run.py").write_text(script)


def put_entry(folder, text):
    folder.mkdir(parents=True)
    (folder / "entry.toml").write_text(text)
    return folder


def put_data(folder, run):
    """An entry whose data are a run, packed."""
    folder.mkdir(parents=True)
    packed = shutil.make_archive(str(folder / "run"), "zip", root_dir=run)
    digest = hashlib.sha256((folder / "run.zip").read_bytes()).hexdigest()
    (folder / "entry.toml").write_text(f'[data]\npath = "run.zip"\ndigest = "sha256:{digest}"\n')
    return packed


@pytest.fixture(scope="module")
def small_board(tmp_path_factory):
    """A board whose good recipe answers one case, run by this Python."""
    root = tmp_path_factory.mktemp("checkout")
    put_recipe(root / "examples" / "good")
    put_recipe(root / "examples" / "bad", "raise SystemExit('it does not run')\n")
    return Board(root / "examples", root)
