import dataclasses
import json
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.benchmark.leaderboard.entries import read_entry
from bosonpeak.benchmark.leaderboard.pages import build_leaderboard
from bosonpeak.benchmark.leaderboard.ranking import rank
from bosonpeak.benchmark.scorecards.scorecard import Code
from bosonpeak.datasets.errors import ForeignInputError, SchemaError, StoreError


class Links(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.targets, self.ids, self.tags = [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append(tag)
        self.targets += [given["href"]] if tag == "a" else []
        self.ids |= {given["id"]} if "id" in given else set()


def put(folder, name, card):
    (folder / f"{name}.json").write_text(card.to_json(), encoding="utf-8")


@pytest.fixture
def board(tmp_path, scored_scorecard):
    folder = tmp_path / "scorecards"
    folder.mkdir()
    put(folder, "mine", scored_scorecard)
    put(folder, "theirs", dataclasses.replace(scored_scorecard, code=Code("<b>theirs</b>", "2")))
    return folder


def scores(*shares):
    def one(of):
        axes = tuple(SimpleNamespace(share=share) for share in of)
        return SimpleNamespace(axes=axes, number=100.0 * float(np.mean(of)))

    return [one(of) for of in shares]


def test_every_cell_leads_to_its_evidence(board, tmp_path):
    out = tmp_path / "pages"
    written = build_leaderboard(board, out)
    assert written[0] == out / "index.html"
    assert {path.name for path in written} == {path.name for path in out.iterdir()}
    table = Links((out / "index.html").read_text(encoding="utf-8"))
    deep = [target for target in table.targets if "#" in target]
    assert len(deep) == 2 * 6
    for target in table.targets:
        name, _, anchor = target.partition("#")
        page = (out / name).read_text(encoding="utf-8")
        assert not anchor or anchor in Links(page).ids, target


def test_foreign_names_arrive_as_text(board, tmp_path):
    build_leaderboard(board, tmp_path / "pages")
    page = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    assert "<b>" not in page
    assert "&lt;b&gt;theirs&lt;/b&gt;" in page


def test_only_the_script_of_the_page_may_run(board, tmp_path):
    build_leaderboard(board, tmp_path / "pages")
    page = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    import base64
    import hashlib

    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert Links(page).tags.count("script") == 1


def test_building_twice_gives_the_same_table(board, tmp_path):
    build_leaderboard(board, tmp_path / "one")
    build_leaderboard(board, tmp_path / "two")
    assert (tmp_path / "one" / "index.html").read_bytes() == (tmp_path / "two" / "index.html").read_bytes()


def test_rank_of_who_is_better_on_every_axis_does_not_hang_on_weights():
    first, second = rank(scores((0.9, 0.8, 0.7), (0.5, 0.4, 0.3)))
    assert (first.place, first.best, first.worst, first.share) == (1, 1, 1, 1.0)
    assert (second.place, second.best, second.worst, second.share) == (2, 2, 2, 1.0)


def test_share_of_weights_is_that_of_the_closed_form():
    # With shares (1, 0) and (0, 1) the first leads where its weight exceeds a half: half of all weights.
    # With (1, 0) and (0, 1/3) it leads where w > (1 - w)/3, that is w > 1/4: three quarters.
    assert rank(scores((1.0, 0.0), (0.0, 1.0)))[0].share == pytest.approx(0.5, abs=0.03)
    first, second = rank(scores((1.0, 0.0), (0.0, 1 / 3)))
    assert first.share == pytest.approx(0.75, abs=0.03)
    assert (first.best, first.worst, second.best, second.worst) == (1, 2, 1, 2)


def test_equal_numbers_share_a_place():
    assert [entry.place for entry in rank(scores((0.5, 0.5), (0.5, 0.5), (0.1, 0.1)))] == [1, 1, 3]


def test_number_edited_by_hand_is_refused(board):
    document = json.loads((board / "mine.json").read_text(encoding="utf-8"))
    document["score"]["number"] = 99.0
    (board / "mine.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(SchemaError, match="contradicts its axes"):
        read_entry(board / "mine.json")


def test_axis_edited_by_hand_is_refused(board):
    document = json.loads((board / "mine.json").read_text(encoding="utf-8"))
    axis = document["score"]["axes"][0]
    document["score"]["number"] += 100.0 * axis["weight"] * (axis["asked"] - axis["earned"]) / axis["asked"]
    axis["earned"] = axis["asked"]
    (board / "mine.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ForeignInputError, match="its items earn"):
        read_entry(board / "mine.json")


def test_what_is_no_entry_is_refused_and_nothing_is_written(board, tmp_path, scorecard, scored_scorecard):
    target = tmp_path / "pages"
    for name, text, error in [
        ("unscored", scorecard.to_json(), ForeignInputError),
        ("Bad Name", scored_scorecard.to_json(), ForeignInputError),
        ("copy-of-mine", scored_scorecard.to_json(), ForeignInputError),
        ("broken", "{", SchemaError),
    ]:
        (board / f"{name}.json").write_text(text, encoding="utf-8")
        with pytest.raises(error):
            build_leaderboard(board, target)
        (board / f"{name}.json").unlink()
    (board / "link.json").symlink_to(board / "mine.json")
    with pytest.raises(ForeignInputError, match="no link"):
        build_leaderboard(board, target)
    with pytest.raises(StoreError, match="no scorecard for a leaderboard"):
        build_leaderboard(tmp_path / "nowhere", target)
    assert not target.exists()


def test_commands(board, tmp_path, capsys):
    assert main(["leaderboard", "check", str(board / "mine.json")]) == 0
    assert main(["leaderboard", "build", str(board), "-o", str(tmp_path / "pages")]) == 0
    assert "index.html: start here; 7 files" in capsys.readouterr().out
    assert main(["leaderboard", "build", str(tmp_path / "nowhere"), "-o", str(tmp_path / "more")]) == 2
