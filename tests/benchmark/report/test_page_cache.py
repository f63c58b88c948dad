"""A page that is kept is the page that would be made."""

from dataclasses import replace

import pytest

from bosonpeak.benchmark.report import page_cache
from bosonpeak.benchmark.report.html import Making, render_html
from bosonpeak.benchmark.report.page_cache import rendered_once
from bosonpeak.benchmark.scorecards.results_cache import FOLDER_VARIABLE

FIRST = Making("2026-01-02 03:04 UTC", "bosonpeak verify", "a" * 40)
LATER = replace(FIRST, date="2027-05-06 07:08 UTC")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "results"))
    return tmp_path / "results"


@pytest.fixture
def made(monkeypatch):
    asked = []

    def counted(scorecard, making):
        asked.append(making)
        return render_html(scorecard, making)

    monkeypatch.setattr(page_cache, "render_html", counted)
    return asked


def test_a_page_is_made_once_and_has_its_own_date_and_command_each_time(scorecard, made):
    for making in FIRST, LATER, replace(FIRST, command="bosonpeak verify --html '<b>&\"quoted\".html'"):
        assert rendered_once(scorecard, making) == render_html(scorecard, making)
    assert len(made) == 1


def test_another_scorecard_or_commit_makes_another_page(scorecard, made):
    for card, making in (
        (scorecard, FIRST),
        (replace(scorecard, suite="full"), FIRST),
        (scorecard, FIRST),
        (scorecard, replace(FIRST, commit="")),
    ):
        assert rendered_once(card, making) == render_html(card, making)
    assert len(made) == 4


def test_what_is_damaged_or_cannot_be_kept_is_made(scorecard, made, folder, monkeypatch, tmp_path):
    rendered_once(scorecard, FIRST)
    (folder / "report.html").write_bytes(b"\xff")
    assert rendered_once(scorecard, FIRST) == render_html(scorecard, FIRST)
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "a file"))
    assert rendered_once(scorecard, FIRST) == render_html(scorecard, FIRST)
    assert len(made) == 3
