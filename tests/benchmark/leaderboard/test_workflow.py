"""The workflow for a pull request that adds an entry: its own steps, run against good and forged branches."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from bosonpeak.benchmark.conformance.cases import load_cases
from bosonpeak.benchmark.conformance.exporting import export
from bosonpeak.benchmark.leaderboard.receiving import receive
from bosonpeak.datasets.errors import ForeignInputError

from .conftest import CARD, put_data, put_recipe

ROOT = Path(__file__).resolve().parents[3]
WORKFLOW = ROOT / ".github" / "workflows" / "leaderboard-entry.yml"
NAMES = ("Receive", "Check")

pytestmark = pytest.mark.skipif(not WORKFLOW.is_file(), reason="the tests lie apart from the checkout")


def git(folder, *words):
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    done = subprocess.run(["git", "-C", str(folder), *identity, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def document():
    return yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))


def step(name):
    (found,) = [one for one in document()["jobs"]["entry"]["steps"] if one.get("name") == name]
    return found["run"]


@pytest.fixture
def base(tmp_path):
    """A repository with one recipe and one entry."""
    root = tmp_path / "base"
    put_recipe(root / "examples" / "good")
    (root / "leaderboard" / "entries" / "good").mkdir(parents=True)
    (root / "leaderboard" / "entries" / "good" / "entry.toml").write_text('recipe = "good"\n')
    git(tmp_path, "init", "--quiet", str(root))
    git(root, "add", "-A")
    git(root, "commit", "--quiet", "-m", "base")
    return root


def committed(base, change):
    """Commit what `change` does on a branch, and go back to the base."""
    first = git(base, "rev-parse", "HEAD")
    change(base)
    git(base, "add", "-A")
    git(base, "commit", "--quiet", "-m", "theirs")
    proposed = git(base, "rev-parse", "HEAD")
    git(base, "checkout", "--quiet", first)
    return first, proposed


def steps_run(base, change):
    """Run the steps of the workflow on a branch with that change."""
    first, proposed = committed(base, change)
    tools = base.parent / "tools"
    tools.mkdir()
    command = tools / "bosonpeak"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m bosonpeak "$@"\n')
    command.chmod(0o755)
    variables = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    variables |= {"BASE": first, "HEAD": proposed, "NUMBER": "1", "RUNNER_TEMP": str(base.parent / "runner")}
    (base.parent / "runner").mkdir()
    said = ""
    for name in NAMES:
        words = ["bash", "-euo", "pipefail", "-c", step(name)]
        done = subprocess.run(words, cwd=base, env=variables, capture_output=True, text=True, check=False)
        said += done.stdout + done.stderr
        if done.returncode:
            return name, said
    return None, said


def answers(folder, value):
    cases = [case for case in load_cases() if case.name.startswith(("pair-near", "harmonic-2d"))]
    folder.mkdir()
    export(folder / "cases", cases)
    for case in cases:
        for quantity in ("energy", "forces", "stress", "stiffness"):
            if quantity in case.references:
                numbers = np.atleast_1d(value(case.references[quantity].value))
                np.savetxt(folder / "cases" / case.name / f"{quantity}.txt", numbers, fmt="%.17g")
    (folder / "card.toml").write_text(CARD)
    return folder


def add_data(base, value=lambda exact: exact * (1.0 + 3e-16)):
    put_data(base / "leaderboard" / "entries" / "theirs", answers(base.parent / "run", value))


def test_an_entry_with_data_is_scored_and_self_reported(base):
    failed, said = steps_run(base, add_data)
    assert failed is None, said
    assert "theirs: self-reported; right: " in said


@pytest.mark.slow
def test_an_entry_that_names_a_committed_recipe_waits_for_the_board(base):
    def change(root):
        (root / "leaderboard" / "entries" / "theirs").mkdir()
        (root / "leaderboard" / "entries" / "theirs" / "entry.toml").write_text('recipe = "good"\n')

    failed, said = steps_run(base, change)
    assert failed is None, said
    assert "its recipe runs when the board is built" in said


def write(path, text):
    def change(root):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)

    return change


def link(root):
    folder = root / "leaderboard" / "entries" / "theirs"
    folder.mkdir()
    (folder / "entry.toml").symlink_to("/etc/passwd")


def two(root):
    write("leaderboard/entries/one/entry.toml", 'recipe = "good"\n')(root)
    write("leaderboard/entries/two/entry.toml", 'recipe = "good"\n')(root)


def executable(root):
    write("leaderboard/entries/theirs/entry.toml", 'recipe = "good"\n')(root)
    (root / "leaderboard" / "entries" / "theirs" / "entry.toml").chmod(0o755)


def large(root):
    write("leaderboard/entries/theirs/entry.toml", 'recipe = "good"\n')(root)
    (root / "leaderboard" / "entries" / "theirs" / "run.zip").write_bytes(bytes(20_000_001))


def other_bytes(root):
    add_data(root)
    with (root / "leaderboard" / "entries" / "theirs" / "run.zip").open("ab") as file:
        file.write(b"0")


def edited(root):
    add_data(root, lambda exact: 1.5 * exact)
    stated = ROOT / "leaderboard" / "entries" / "bosonpeak" / "scorecard.json"
    (root / "leaderboard" / "entries" / "theirs" / "scorecard.json").write_bytes(stated.read_bytes())


def stated_alone(root):
    write("leaderboard/entries/theirs/entry.toml", 'recipe = "good"\n')(root)
    stated = ROOT / "leaderboard" / "entries" / "bosonpeak" / "scorecard.json"
    (root / "leaderboard" / "entries" / "theirs" / "scorecard.json").write_bytes(stated.read_bytes())


FORGED = [
    (write("src/bosonpeak/__init__.py", "import os"), "Receive", "not a file of an entry"),
    (write(".github/workflows/leaderboard-entry.yml", "on: push"), "Receive", "not a file of an entry"),
    (write("examples/theirs/run.py", "import os"), "Receive", "not a file of an entry"),
    (write("leaderboard/entries/theirs/run.py", "import os"), "Receive", "not a file of an entry"),
    (write("leaderboard/entries/theirs/.gitattributes", "* filter=x"), "Receive", "not a file of an entry"),
    (lambda root: (root / "examples" / "good" / "run.py").unlink(), "Receive", "not a file of an entry"),
    (
        lambda root: (root / "leaderboard" / "entries" / "good" / "entry.toml").unlink(),
        "Receive",
        "is deleted",
    ),
    (link, "Receive", "not a plain file (mode 120000)"),
    (executable, "Receive", "not a plain file (mode 100755)"),
    (two, "Receive", "entries one, two"),
    (large, "Receive", "has 20,000,001 bytes"),
    (write("leaderboard/entries/theirs/entry.toml", 'recipe = "theirs"\n'), "Check", "recipe cannot be read"),
    (
        write("leaderboard/entries/theirs/entry.toml", 'recipe = "../.."\n'),
        "Check",
        "cannot stand on a leaderboard",
    ),
    (other_bytes, "Check", "not those of its digest"),
    (edited, "Check", "right that are not when they are computed again"),
    (stated_alone, "Check", "an entry without data has a scorecard"),
]


@pytest.mark.parametrize(
    ("change", "reported"), [(change, reported) for change, where, reported in FORGED if where == "Receive"]
)
def test_a_branch_that_brings_anything_else_is_not_received(base, change, reported, tmp_path):
    first, proposed = committed(base, change)
    with pytest.raises(ForeignInputError, match=re.escape(reported)):
        receive(base, first, proposed, tmp_path / "received")
    assert not (tmp_path / "received").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("change", "where", "reported"), FORGED)
def test_forged_entries_are_refused_with_the_reason(base, change, where, reported):
    failed, said = steps_run(base, change)
    assert failed == where, said
    assert reported in " ".join(said.split())


def test_the_workflow_runs_nothing_of_theirs_and_holds_nothing_of_value():
    found = document()
    triggers = found[True]  # YAML 1.1 reads the key "on" so
    assert list(triggers) == ["pull_request_target"]
    assert found["permissions"] == {"contents": "read"}
    text = WORKFLOW.read_text(encoding="utf-8")
    for word in ("secrets.", "actions/cache", "github.token", "upload-artifact", "head.ref", "head.repo"):
        assert word not in text
    (job,) = found["jobs"].values()
    assert "permissions" not in job
    (checkout,) = [one for one in job["steps"] if "checkout" in one.get("uses", "")]
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert checkout["with"]["persist-credentials"] is False
    for one in job["steps"]:
        assert "${{" not in one.get("run", "")
        assert not {"git checkout", "git merge", "git switch"} & {one.get("run", "")[:12]}
