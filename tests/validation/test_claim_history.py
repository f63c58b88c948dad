"""The changelog of the claims says what the history says."""

import runpy
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "claim_history.py"
FIRST = """statement = "s = 4"
[[test]]
name = "exponent"
measure = "exponent"
dataset = "a"
expect = { low = 3, why = "because" }
[recorded]
verdict = "supported"
"""


WRITTEN = (
    FIRST,
    FIRST.replace("because", "for another reason"),
    FIRST.replace('"supported"', '"refuted"'),
    FIRST.replace('"supported"', '"refuted"').replace("low = 3", "low = 3.5"),
)


@pytest.fixture
def history(tmp_path, texts):
    """Repository of a single claim, with a commit for each of its texts."""
    folder = tmp_path / "src" / "bosonpeak" / "benchmark" / "claims"
    folder.mkdir(parents=True)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    for text in texts:
        (folder / "X-1.toml").write_text(text)
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "--quiet", "--message", "a change"], check=True)
    return tmp_path


@pytest.mark.parametrize("texts", [WRITTEN])
def test_every_change_that_a_verdict_depends_on_is_a_line(history):
    lines = [line.split(": ", 1)[1] for line in runpy.run_path(str(SCRIPT))["changes"]("X-1", history)]
    assert lines == [
        "expectation of “exponent” changed",
        "recorded, verdict: supported → refuted. Reason: a change",
        "written",
    ]


PARTS = """statement = "s = 4"
[[part]]
name = "one"
[[part]]
name = "other"
[recorded]
"one" = "supported"
"other" = "refuted"
"""
OTHER_FIRST = PARTS.replace('"one"\n[[part]]\nname = "other"', '"other"\n[[part]]\nname = "one"')
ALONE = OTHER_FIRST.replace('[[part]]\nname = "one"\n', "").replace('"one" = "supported"\n', "")


@pytest.mark.parametrize("texts", [(PARTS, OTHER_FIRST, ALONE)])
def test_another_main_part_and_a_dropped_verdict_have_their_reason(history):
    lines = [line.split(": ", 1)[1] for line in runpy.run_path(str(SCRIPT))["changes"]("X-1", history)]
    assert lines == [
        "recorded, one: supported \u2192 none. Reason: a change",
        "main part: one \u2192 other. Reason: a change",
        "written",
    ]


@pytest.mark.parametrize("texts", [WRITTEN])
def test_the_table_has_a_row_per_commit_with_its_changed_verdicts(history):
    rows = runpy.run_path(str(SCRIPT))["table"](["X-1"], history)
    assert [row.split(" | ")[2:] for row in rows] == [
        ["", "", "X-1 |"],
        ["", "X-1 (supported \u2192 refuted)", " |"],
        ["X-1", "", " |"],
    ]


@pytest.mark.parametrize("texts", [(PARTS, OTHER_FIRST, ALONE)])
def test_the_table_names_a_new_main_part(history):
    rows = runpy.run_path(str(SCRIPT))["table"](["X-1"], history)
    assert [row.split(" | ")[3] for row in rows] == ["", "X-1 (main part: other)", ""]
