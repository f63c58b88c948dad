"""Drawings that are kept are those that would be made."""

import pytest

from bosonpeak.benchmark.report import drawing_cache
from bosonpeak.benchmark.report.drawing_cache import drawn_once
from bosonpeak.benchmark.report.svg import draw_figure
from bosonpeak.benchmark.scorecards.results_cache import FOLDER_VARIABLE
from bosonpeak.plot.figure import Figure, Panel, Series


def figure(last=3.0):
    series = Series.of("of three", "points", [1.0, 2.0, 3.0], [1.0, 2.0, last])
    return Figure("title", "caption", (Panel("panel", "x", "y", (series,)),))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "results"))
    return tmp_path / "results"


@pytest.fixture
def drawn(monkeypatch):
    asked = []

    def counted(figure, identifier):
        asked.append(identifier)
        return draw_figure(figure, identifier)

    monkeypatch.setattr(drawing_cache, "draw_figure", counted)
    return asked


def test_a_figure_is_drawn_once_and_is_the_same_the_second_time(folder, drawn):
    first = drawn_once(figure(), "figure-1")
    assert drawn_once(figure(), "figure-1") == first == draw_figure(figure(), "figure-1")
    assert drawn == ["figure-1"]


def test_other_numbers_are_drawn_anew_and_replace_what_was_kept(folder, drawn):
    drawn_once(figure(), "figure-1")
    assert drawn_once(figure(last=4.0), "figure-1") == draw_figure(figure(last=4.0), "figure-1")
    assert len(drawn) == 2
    assert [path.name for path in folder.iterdir()] == ["figure-1.json"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"digest": 3', '{"digest": "x", "panels": 1}'])
def test_what_cannot_be_read_counts_as_nothing(folder, drawn, text):
    drawn_once(figure(), "figure-1")
    (folder / "figure-1.json").write_text(text)
    assert drawn_once(figure(), "figure-1") == draw_figure(figure(), "figure-1")
    assert len(drawn) == 2


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "file" / "results"))
    assert drawn_once(figure(), "figure-1") == draw_figure(figure(), "figure-1")
