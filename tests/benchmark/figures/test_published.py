"""The papers' figures, drawn again: each that they number, in files that stand alone, with what they say."""

import csv
import re
import tomllib
from pathlib import Path

import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.benchmark.figures.published import networks
from bosonpeak.benchmark.figures.published.registry import PUBLISHED
from bosonpeak.benchmark.judging.reference_data import ReferenceData
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
    assert all(told.same for told in redrawn.comparisons)
    lengths = []
    for panel in (four, by_distance):
        line = next(series for series in panel.series if series.kind == "line")
        ends = [(x, y) for x, y in zip(line.x, line.y, strict=True) if x is not None]
        pairs = zip(ends[::2], ends[1::2], strict=True)
        lengths.append([((a - c) ** 2 + (b - d) ** 2) ** 0.5 for (a, b), (c, d) in pairs])
    assert max(lengths[1]) < 1.2 < max(lengths[0]) < 1.4


@pytest.mark.slow
def test_the_command_writes_pictures_numbers_and_what_is_the_same(tmp_path, capsys):
    assert main(["--quiet", "figures", "-o", str(tmp_path / "figures"), "--pdf"]) == 0
    told = (tmp_path / "figures" / "comparison.txt").read_text(encoding="utf-8")
    assert told == capsys.readouterr().out
    files = {path.name for path in (tmp_path / "figures").iterdir()}
    assert files == {f"{name}.{form}" for name in PUBLISHED for form in ("svg", "pdf", "csv")} | {"comparison.txt"}
    for name in PUBLISHED:
        assert re.search(rf"^{name}: .*\n(  (same|differs): .*\n)+", f"{told}\n", flags=re.MULTILINE)
        rows = list(csv.DictReader((tmp_path / "figures" / f"{name}.csv").open(encoding="utf-8")))
        assert len({row["panel"] for row in rows}) >= 2
    assert "poles ω² with a spring added: paper two old ones and two new ones; here 3, 4, 6, 7" in told
    assert "differs: peak of z, δ = 0.1: paper 4; here 3" in told
    assert "same: onset of the boson peak" in told


@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_a_file_is_the_same_every_time_and_asks_for_nothing(scorecard, tmp_path, form):
    figure = scorecard.figures["reduced-dos"]
    for name in ("a", "b"):
        write_figure(figure, tmp_path / name, form)
    content = (tmp_path / "a").read_bytes()
    assert content == (tmp_path / "b").read_bytes()
    assert len(content) > 5000
    assert b'href="http' not in content
