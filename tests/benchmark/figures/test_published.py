"""Figures of the papers drawn again: every numbered figure, in self-contained files, with the comparisons."""

import csv
import math
import re
import tomllib
from pathlib import Path

import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.benchmark.figures.published import glasses, networks
from bosonpeak.benchmark.figures.published.drawn import Comparison, exactly
from bosonpeak.benchmark.figures.published.registry import PUBLISHED
from bosonpeak.benchmark.judging.measurements import ReferenceData
from bosonpeak.benchmark.report.figure_files import write_figure

PAPERS = Path(__file__).parents[3] / "docs" / "papers.toml"
PREFIXES = {"NET": "networks", "GHET": "excitations", "REPLY": "reply"}


def test_every_figure_that_a_paper_numbers_is_drawn():
    numbered = tomllib.loads(PAPERS.read_text(encoding="utf-8"))["numbered"]
    expected = [
        f"{PREFIXES[paper]}-{number}"
        for paper, counted in numbered.items()
        if "figures" in counted
        for number in range(counted["figures"][0], counted["figures"][1] + 1)
    ]
    assert sorted(PUBLISHED) == sorted(expected)


def test_networks_are_drawn_with_their_springs():
    redrawn = networks.structures(ReferenceData().cell)
    four, by_distance = redrawn.figure.panels
    assert {reported.word for reported in redrawn.comparisons} == {"same"}
    lengths = []
    for panel in (four, by_distance):
        line = next(series for series in panel.series if series.kind == "line")
        ends = [(x, y) for x, y in zip(line.x, line.y, strict=True) if x is not None]
        pairs = zip(ends[::2], ends[1::2], strict=True)
        lengths.append([((a - c) ** 2 + (b - d) ** 2) ** 0.5 for (a, b), (c, d) in pairs])
    assert max(lengths[1]) < 1.2 < max(lengths[0]) < 1.4


@pytest.mark.parametrize(
    ("interval", "word"),
    [
        ((2.0, 1.6, 2.4), "same"),
        ((2.45, 2.41, 2.49), "same"),
        ((2.5, 2.4, 2.6), "cannot tell"),
        ((2.2, 1.4, 3.0), "cannot tell"),
        ((2.6, 2.51, 2.8), "differs"),
        ((1.0, 0.5, 1.49), "differs"),
        ((2.0, math.nan, math.nan), "cannot tell"),
    ],
)
def test_the_word_follows_from_the_interval_and_the_tolerance(interval, word):
    assert Comparison("s", 2.0, 0.5, interval).word == word


def test_an_interval_beside_the_printed_value_is_named():
    reported = str(Comparison("s", 2.0, 0.5, (2.45, 2.41, 2.49)))
    assert reported == "same: s: paper 2 ± 0.5; here 2.45 [2.41, 2.49] (the interval excludes 2 itself)"
    assert "itself" not in str(Comparison("s", 2.0, 0.5, (2.0, 1.9, 2.1)))


def test_a_limit_and_an_exact_number_are_compared():
    assert Comparison("ratio", 0.62, 0.0, (0.5, 0.4, 0.6), between=(0.0, 0.65)).word == "same"
    assert Comparison("ratio", 0.62, 0.0, (0.7, 0.66, 0.8), between=(0.0, 0.65)).word == "differs"
    assert Comparison("nodes", 4.0, 0.0, exactly(4.0)).word == "same"
    assert Comparison("nodes", 4.0, 0.0, exactly(5.0)).word == "differs"


@pytest.mark.parametrize("draw", [glasses.integrated_densities, glasses.reply_integrated_densities])
def test_exponents_come_from_the_fresh_glasses(draw):
    opened = []

    def open_ensemble(dataset, group):
        opened.append(dataset)
        return ReferenceData().cell(dataset, group)

    redrawn = draw(open_ensemble)
    assert {dataset.split("/")[0] for dataset in opened} == {"limit"}
    hot = [reported for reported in redrawn.comparisons if "T* = 1.00" in reported.quantity]
    assert all(reported.word != "same" and reported.here[1] > reported.printed for reported in hot)


@pytest.mark.slow
def test_the_command_writes_pictures_numbers_and_what_is_the_same(tmp_path, capsys):
    assert main(["--quiet", "figures", "-o", str(tmp_path / "figures"), "--pdf"]) == 0
    reported = (tmp_path / "figures" / "comparison.txt").read_text(encoding="utf-8")
    assert reported == capsys.readouterr().out
    files = {path.name for path in (tmp_path / "figures").iterdir()}
    assert files == {f"{name}.{form}" for name in PUBLISHED for form in ("svg", "pdf", "csv")} | {"comparison.txt"}
    for name in PUBLISHED:
        assert re.search(rf"^{name}: .*\n(  (same|differs|cannot tell): .*\n)+", f"{reported}\n", flags=re.MULTILINE)
        rows = list(csv.DictReader((tmp_path / "figures" / f"{name}.csv").read_text(encoding="utf-8").splitlines()))
        assert len({row["panel"] for row in rows}) >= 2
    assert "same: new poles with a spring added: paper 2; here 2 (ω² = 4, 7)" in reported
    assert "differs: peak of z, δ = 0.1: paper 4 ± 0.5; here 3" in reported
    assert "same: onset of the boson peak" in reported


@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_a_file_is_the_same_every_time_and_asks_for_nothing(scorecard, tmp_path, form):
    figure = scorecard.figures["reduced-dos"]
    for name in ("a", "b"):
        write_figure(figure, tmp_path / name, form)
    content = (tmp_path / "a").read_bytes()
    assert content == (tmp_path / "b").read_bytes()
    assert len(content) > 5000
    assert b'href="http' not in content
