"""Answers to other cases than the board's, and data near the reference data: neither recipes nor data have a rank."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from bosonpeak.benchmark.conformance.answer_files import write_answers
from bosonpeak.benchmark.conformance.cases import load_case
from bosonpeak.benchmark.conformance.exporting import export
from bosonpeak.benchmark.conformance.simulation_code import simulation_code
from bosonpeak.benchmark.leaderboard import recomputing
from bosonpeak.benchmark.leaderboard.entries import read_entry
from bosonpeak.benchmark.leaderboard.pages import WITHOUT_ANSWERS, track_tables
from bosonpeak.benchmark.leaderboard.recomputing import Board, Recomputed, recompute, require_digest
from bosonpeak.benchmark.scorecards.score_result import Score
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets import open_dataset

from .conftest import CARD, put_data, put_entry, put_recipe

ELSEWHERE = '''\
"""Answer other cases than those that the board put."""

import shutil
import sys
from pathlib import Path

from bosonpeak.benchmark.conformance.answer_files import write_answers
from bosonpeak.benchmark.conformance.cases import load_case
from bosonpeak.benchmark.conformance.exporting import export
from bosonpeak.benchmark.conformance.simulation_code import simulation_code

if __name__ == "__main__":
    run = Path(sys.argv[1])
    export(run / "mine", {cases})
    for case in (run / "mine").iterdir():
        if case.is_dir() and case.name not in ("fresh-pair", "pair-near-cutoff-2"):
            shutil.rmtree(case)
    write_answers(simulation_code("bosonpeak"), run / "mine")
    (run / "card.toml").write_text('[code]\\nname = "mine"\\nversion = "1"\\n[provenance]\\nconformance = "mine"\\n')
'''


@pytest.mark.parametrize("cases", ["seed=77", '[load_case("pair-near-cutoff-2")]'], ids=["own seed", "practice"])
def test_a_recipe_is_not_ranked_for_other_cases_than_those_of_the_board(tmp_path, cases):
    put_recipe(tmp_path / "examples" / "mine", ELSEWHERE.replace("{cases}", cases))
    board = Board(tmp_path / "examples", tmp_path)
    (found,) = recompute(read_entry(put_entry(tmp_path / "mine", 'recipe = "mine"\n')), board)
    assert found.standing == "not recomputed"
    assert "other cases" in found.why
    assert all(table.rows == () for table in track_tables([found]))


def sent_in(folder, run):
    put_data(folder, run)
    (found,) = recompute(read_entry(folder), Board(folder, folder))
    return found


def has_no_rank(found):
    rows = [row for table in track_tables([found]) for row in table.rows]
    return found.standing == "self-reported" and all(row.rank is None for row in rows)


def test_answers_for_ones_own_seed_that_are_sent_in_have_no_rank(tmp_path):
    (run := tmp_path / "run").mkdir()
    export(run / "cases", seed=77)
    for case in (run / "cases").iterdir():
        if case.is_dir() and case.name != "fresh-pair":
            shutil.rmtree(case)
    write_answers(simulation_code("bosonpeak"), run / "cases")
    (run / "card.toml").write_text(CARD)
    found = sent_in(tmp_path / "theirs", run)
    assert found.card.score.track("conformance").correctness.share == 1.0
    assert has_no_rank(found)


def test_data_that_are_exchanged_after_the_check_of_their_digest_are_not_scored(tmp_path, monkeypatch):
    (run := tmp_path / "run").mkdir()
    export(run / "cases", [load_case("pair-near-cutoff-2")])
    (run / "card.toml").write_text(CARD)
    put_data(tmp_path / "theirs", run)
    entry, checked = read_entry(tmp_path / "theirs"), []

    def exchanging(where):
        checked.append(require_digest(where))
        checked[0].write_bytes(b"other data")
        return checked[0]

    monkeypatch.setattr(recomputing, "require_digest", exchanging)
    (found,) = recompute(entry, Board(tmp_path, tmp_path))
    assert checked
    assert found.standing == "not recomputed"
    assert "do not match their digest" in found.why
    assert track_tables([found])[0].rows == ()


GLASSES = """\
[code]
name = "a stranger"
version = "1"
[[ensemble]]
path = "discs"
system = "soft-spheres"
dimension = 2
particles = 400
parent_temperature = 1.0
taper = 2
samples_made = 12
independent_chains = 12
"""


@pytest.mark.parametrize("trick", ["noise of 2 %", "mixture"])
def test_data_near_the_reference_data_have_no_rank(tmp_path, trick):
    rows = open_dataset("glass/modes-2d", group="m-2/T-1.00")["eigenfrequency"].values[:12]
    if trick == "mixture":
        others = open_dataset("glass/modes-2d", group="m-2/T-0.15")["eigenfrequency"].values[:12]
        rows = np.sort(np.where(np.arange(rows.shape[1]) % 2, rows, others), axis=1)
    else:
        rows = np.sort(rows * (1.0 + 0.02 * np.random.default_rng(8).standard_normal(rows.shape)), axis=1)
    (tmp_path / "run" / "discs").mkdir(parents=True)
    np.save(tmp_path / "run" / "discs" / "frequencies.npy", rows)
    (tmp_path / "run" / "card.toml").write_text(GLASSES)
    found = sent_in(tmp_path / "theirs", tmp_path / "run")
    assert has_no_rank(found)


LAMMPS = Path(__file__).parents[3] / "leaderboard" / "entries" / "lammps" / "scorecard.json"


@pytest.mark.skipif(not LAMMPS.exists(), reason="a source distribution without the board")
def test_data_of_a_recipe_without_right_answers_have_no_rank():
    card = Scorecard.read(LAMMPS)

    def unanswered(axis):
        items = tuple(dataclasses.replace(item, outcome="missing", earned=0.0) for item in axis.items)
        return dataclasses.replace(axis, items=items, earned=0.0) if axis.axis == "conformance" else axis

    without = dataclasses.replace(card, score=Score.of([unanswered(axis) for axis in card.score.axes]))
    for each, standing in ((card, "recomputed"), (without, WITHOUT_ANSWERS)):
        tables = track_tables([Recomputed("lammps", "recomputed", "recipe lammps", each)])
        rows = {table.track: table.rows[0] for table in tables if table.rows}
        assert {"spring networks", "Kob-Andersen", "soft spheres"} <= rows.keys()
        assert {row.standing for row in rows.values()} == {standing}
        assert {row.rank is None for row in rows.values()} == {each is without}
