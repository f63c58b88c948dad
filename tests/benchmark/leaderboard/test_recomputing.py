"""Tricks that an entry may try: each earns nothing, and is named."""

import dataclasses
import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.benchmark.conformance.cases import load_cases
from bosonpeak.benchmark.conformance.exporting import export
from bosonpeak.benchmark.leaderboard.entries import read_entry
from bosonpeak.benchmark.leaderboard.pages import track_tables
from bosonpeak.benchmark.leaderboard.recipes import read_recipe, run_recipe
from bosonpeak.benchmark.leaderboard.recomputing import recompute, recompute_all, require_reproduced
from bosonpeak.benchmark.scorecards.score_result import Correctness, Score
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets.errors import ForeignInputError, RecomputationError

from .conftest import CARD, put_data, put_entry, put_recipe


@pytest.fixture(scope="module")
def computed(small_board, tmp_path_factory):
    entry = read_entry(put_entry(tmp_path_factory.mktemp("entries") / "good", 'recipe = "good"\n'))
    (found,) = recompute(entry, small_board)
    return found


def answered(folder, cases, value=lambda reference: reference.value):
    """A run whose answers are what `value` makes of the references."""
    folder.mkdir()
    export(folder / "cases", cases)
    for case in cases:
        for quantity, reference in case.references.items():
            if quantity not in ("hessian", "contacts"):
                np.savetxt(
                    folder / "cases" / case.name / f"{quantity}.txt", np.atleast_1d(value(reference)), fmt="%.17g"
                )
    (folder / "card.toml").write_text(CARD)
    return folder


def submitted(folder, run, board):
    put_data(folder, run)
    (found,) = recompute(read_entry(folder), board)
    return found


def test_what_a_recipe_computed_is_ranked(computed):
    assert computed.standing == "recomputed"
    assert "seed 1" in computed.why
    result = computed.card.score.track("conformance")
    assert result.correctness.share == 1.0
    assert (result.correctness.decided, result.asked) == (6, 117)
    assert str(track_tables([computed])[0].rows[0].rank) == "1"


def test_a_recipe_that_fails_is_not_recomputed_and_the_reason_is_told(small_board, tmp_path):
    (found,) = recompute(read_entry(put_entry(tmp_path / "bad", 'recipe = "bad"\n')), small_board)
    assert (found.standing, found.card) == ("not recomputed", None)
    assert "it does not run" in found.why
    assert all(table.rows == () for table in track_tables([found]))


def test_recipes_run_side_by_side_and_come_in_the_order_of_the_entries(small_board, tmp_path):
    """Each waits until the other has begun, so that one after the other they would never end."""
    meet = """
import time
from pathlib import Path

Path({mine!r}).touch()
while not Path({theirs!r}).exists():
    time.sleep(0.01)
"""
    board = dataclasses.replace(small_board, recipes=tmp_path / "examples")
    names = ("first", "second")
    for mine, theirs in (names, names[::-1]):
        put_recipe(board.recipes / mine, meet.format(mine=str(tmp_path / mine), theirs=str(tmp_path / theirs)))
    entries = [read_entry(put_entry(tmp_path / "entries" / name, f'recipe = "{name}"\n')) for name in names]
    found = [result for results in recompute_all(entries, board, workers=2) for result in results]
    assert [one.name for one in found] == ["first", "second"]
    # Both ended, and wrote nothing to be scored.
    assert all("card" in one.why for one in found)


@pytest.mark.parametrize("waiting", [0.0, 30.0])
def test_a_busy_machine_gives_a_recipe_more_time(tmp_path, monkeypatch, waiting):
    put_recipe(tmp_path / "slow", "import time\ntime.sleep(2.0)\n")
    recipe = dataclasses.replace(read_recipe(tmp_path / "slow"), seconds=0.5)
    monkeypatch.setattr(os, "getloadavg", lambda: (waiting, 0.0, 0.0), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    (tmp_path / "run" / "cases").mkdir(parents=True)
    if waiting:
        run_recipe(recipe, Path(sys.executable), tmp_path / "run" / "cases", 1)
        return
    with pytest.raises(RecomputationError, match=r"an end after 0\.5 s"):
        run_recipe(recipe, Path(sys.executable), tmp_path / "run" / "cases", 1)


def test_a_code_that_is_not_installed_is_named(small_board, tmp_path):
    shutil.copytree(small_board.recipes, tmp_path / "examples")
    recipe = tmp_path / "examples" / "good" / "recipe.toml"
    recipe.write_text(recipe.read_text().replace('imports = "bosonpeak"', 'imports = "no_such_code"'))
    board = dataclasses.replace(small_board, recipes=tmp_path / "examples")
    (found,) = recompute(read_entry(put_entry(tmp_path / "good", 'recipe = "good"\n')), board)
    assert found.standing == "not recomputed"
    assert "no_such_code is not installed" in found.why


def test_a_scorecard_edited_to_everything_right_is_refused(computed):
    def met(item):
        return dataclasses.replace(item, outcome="met", earned=1.0)

    honest = computed.card
    axes = [dataclasses.replace(axis, items=tuple(map(met, axis.items)), earned=0.0) for axis in honest.score.axes]
    edited = dataclasses.replace(honest, score=Score.of(axes))
    assert edited.score.correctness.share == 1.0
    require_reproduced(honest, honest, "entry")
    with pytest.raises(ForeignInputError, match="right that are not when they are computed again"):
        require_reproduced(edited, honest, "entry")


def test_the_command_refuses_an_edited_scorecard(small_board, computed, tmp_path, capsys):
    folder = put_entry(tmp_path / "good", 'recipe = "good"\n')
    words = ["leaderboard", "check", str(folder), "--repository", str(small_board.source)]
    document = computed.card.to_dict()
    (folder / "scorecard.json").write_text(json.dumps(document))
    assert main(words) == 0
    assert "good: recomputed; right: " in capsys.readouterr().out
    score = document["score"]
    for item in score["axes"][0]["items"]:
        item |= {"outcome": "met", "earned": 1.0}
    everything = Correctness(score["tracks"][0]["asked"], score["tracks"][0]["asked"]).to_dict()
    score |= {"correctness": everything, "tracks_covered": 1}
    score["tracks"][0] |= {"correctness": everything, "coverage": 1.0}
    (folder / "scorecard.json").write_text(json.dumps(document))
    assert Scorecard.read(folder / "scorecard.json").score.track("conformance").is_covered
    assert main(words) == 2
    assert "right that are not" in capsys.readouterr().err


def test_hand_written_results_earn_nothing_and_are_named(small_board, tmp_path):
    run = tmp_path / "run"
    (run / "cases").mkdir(parents=True)
    (run / "card.toml").write_text(CARD)
    results = [
        {"case": case.name, "quantity": quantity, "status": "matches", "digits": 15.0}
        for case in load_cases()
        for quantity in case.references
    ]
    (run / "cases" / "conformance.json").write_text(json.dumps({"schema_version": "1", "results": results}))
    found = submitted(tmp_path / "theirs", run, small_board)
    assert found.card.score.correctness == Correctness(0, 0)
    assert any("self-reported" in objection for objection in found.card.score.objections)
    assert all(table.rows == () for table in track_tables([found]))


def test_right_answers_that_were_sent_in_are_self_reported_and_have_no_rank(small_board, computed, tmp_path):
    cases = [case for case in load_cases() if case.name.startswith(("soft-2d", "harmonic-2d"))]
    run = answered(tmp_path / "run", cases, lambda reference: reference.value * (1.0 + 3e-16))
    found = submitted(tmp_path / "theirs", run, small_board)
    assert found.standing == "self-reported"
    assert found.card.score.correctness.share == 1.0
    assert any("practice" in objection for objection in found.card.score.objections)
    first, second = track_tables([found, computed])[0].rows
    assert (first.standing, str(first.rank)) == ("recomputed", "1")
    assert (second.standing, second.rank) == ("self-reported", None)


def test_data_that_are_not_those_of_the_digest_are_refused(small_board, tmp_path, capsys):
    cases = [case for case in load_cases() if case.name.startswith("pair-near")]
    put_data(tmp_path / "theirs", answered(tmp_path / "run", cases))
    with (tmp_path / "theirs" / "run.zip").open("ab") as file:
        file.write(b"\0")
    (found,) = recompute(read_entry(tmp_path / "theirs"), small_board)
    assert (found.standing, found.card) == ("not recomputed", None)
    assert "do not match their digest" in found.why
    assert main(["leaderboard", "check", "--digests-only", str(tmp_path / "theirs")]) == 2
    assert "do not match their digest" in capsys.readouterr().err
