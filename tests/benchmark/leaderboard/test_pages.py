import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from bosonpeak.benchmark.leaderboard.pages import write_board
from bosonpeak.benchmark.leaderboard.recomputing import Recomputed
from bosonpeak.benchmark.scorecards.scorecard import Code


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


@pytest.fixture
def found(scored_scorecard):
    theirs = dataclasses.replace(scored_scorecard, code=Code("<b>theirs</b>", "2"))
    return [
        Recomputed("mine", "recomputed", "recipe mine", scored_scorecard, 3.0),
        Recomputed("theirs", "self-reported", "<i>data</i>", theirs, 2.0),
        Recomputed("absent", "not recomputed", "no <u>compiler</u>", None, 1.0),
    ]


def test_every_cell_leads_to_its_evidence(found, tmp_path):
    written = write_board(found, tmp_path)
    assert written[0] == tmp_path / "index.html"
    assert {path.name for path in written} == {path.name for path in tmp_path.iterdir()}
    table = Links((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert len([target for target in table.targets if "#" in target]) == 4
    for target in table.targets:
        name, _, anchor = target.partition("#")
        page = (tmp_path / name).read_text(encoding="utf-8")
        assert not anchor or anchor in Links(page).ids, target


def test_only_what_was_recomputed_has_a_rank(found, tmp_path):
    write_board(found, tmp_path)
    board = json.loads((tmp_path / "board.json").read_text(encoding="utf-8"))
    rows = board["tracks"][0]["rows"]
    assert [(row["standing"], row["rank"]) for row in rows] == [("recomputed", [1, 1]), ("self-reported", None)]
    assert [table["rows"] for table in board["tracks"][1:]] == [[], [], []]
    assert [entry["standing"] for entry in board["entries"]] == ["recomputed", "self-reported", "not recomputed"]
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Not recomputed" in page
    assert page.count("<table>") == 1
    assert "No code has an answer in spring networks, Kob-Andersen, soft spheres." in page
    assert page.index("<strong>Ranks</strong>") < page.index("<table>") < page.index("Open tracks")


def test_foreign_names_arrive_as_text(found, tmp_path):
    write_board(found, tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert {"<b>", "<i>", "<u>"}.isdisjoint(re.findall(r"<[biu]>", page))
    assert "&lt;b&gt;theirs&lt;/b&gt;" in page
    assert "no &lt;u&gt;compiler" in page


def test_only_the_script_of_the_page_may_run(found, tmp_path):
    write_board(found, tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert Links(page).tags.count("script") == 1


def test_building_twice_gives_the_same_tables(found, tmp_path):
    write_board(found, tmp_path / "one")
    write_board(found, tmp_path / "two")
    assert (tmp_path / "one" / "index.html").read_bytes() == (tmp_path / "two" / "index.html").read_bytes()
