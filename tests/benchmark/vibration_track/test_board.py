"""Pages of the track: every number of an entry arrives, foreign text stays text, and faulty entries are named."""

import base64
import hashlib
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from bosonpeak.benchmark.scorecards.score_result import Correctness
from bosonpeak.benchmark.vibration_track.board import densities, distances, write_vibration_board
from bosonpeak.benchmark.vibration_track.entries import Potential, ranked, read_potentials
from bosonpeak.benchmark.vibration_track.examination import Relation
from bosonpeak.benchmark.vibration_track.structures import load_structure, structure_names
from bosonpeak.benchmark.vibration_track.track import PROTOCOL, StructureResult
from bosonpeak.datasets.errors import ForeignInputError, StoreError

CODE = """
name = "{name}"
version = "1.2"
calculator = "my.package:Calculator"
requirements = ["my-package==1.2"]
description = "A potential."
training_data = "none"
parameters = "3"
licence = "MIT"
date = "2026-11-25"
machine = "one core"
"""
COMMITTED = Path(__file__).parents[3] / "leaderboard" / "vibrations"


def result(structure="silicon-64-0", factor=0.9, **changed):
    values = {
        "structure": structure,
        "calculator": "my.package:Calculator",
        "version": "my-package 1.2",
        "protocol": PROTOCOL,
        "relations": (
            Relation("matrix is symmetric", 0.002, 0.01),
            Relation("stress is the derivative of the energy", math.nan, 0.01, failure="ValueError: <b>no stress</b>"),
        ),
        "measured": {"seconds per force call": 0.25, "shear modulus (GPa)": math.nan},
        "frequencies": tuple(factor * load_structure(structure).frequencies),
    }
    return StructureResult(**(values | changed))


def write(folder, results, name="Mine"):
    folder.mkdir(parents=True)
    (folder / "code.toml").write_text(CODE.format(name=name), encoding="utf-8")
    for each in results:
        (folder / f"{each.structure}.json").write_text(each.to_json(), encoding="utf-8")
    return folder


@pytest.fixture
def board(tmp_path):
    write(tmp_path / "entries" / "mine", [result(), result("silica-72-0", problem="ValueError: no oxygen")])
    write(tmp_path / "entries" / "other", [result(factor=1.0)], name="<script>alert(1)</script>")
    return tmp_path


def test_numbers_of_entries_are_on_the_pages(board):
    written = write_vibration_board(board / "entries", board / "pages")
    assert [path.name for path in written] == ["index.html", "mine.html", "other.html", "vibrations.json"]
    index, mine = (path.read_text(encoding="utf-8") for path in written[:2])
    assert "1 of 2" in index
    assert "1 of 13" in index
    assert index.count("<svg") > 1
    assert "0.25" in mine
    assert "silicon-64-0: stress is the derivative of the energy" in mine
    assert "ValueError: no oxygen: silica-72-0" in mine
    assert "11 structures, not run" in mine
    numbers = json.loads(written[3].read_text(encoding="utf-8"))
    assert numbers["mine"]["structures"][0]["measured"]["shear modulus (GPa)"] is None


def test_foreign_text_stays_text(board):
    for path in write_vibration_board(board / "entries", board / "pages"):
        if path.suffix == ".html":
            text = path.read_text(encoding="utf-8")
            (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
            assert f"script-src 'sha256-{digest}'" in text
            assert text.count("<script") == 1
            assert "<b>no stress" not in text
            assert "default-src 'none'" in text


def test_slope_and_missing_structures(board):
    mine, other = read_potentials(board / "entries")
    assert mine.range_of("frequencies over the reference, slope") == "0.9"
    assert mine.range_of("a quantity that nobody measured") == "none"
    assert other.range_of("frequencies over the reference, slope") == "1"
    assert mine.range_of("shear modulus (GPa)") == "none"
    assert len(mine.missing) == len(structure_names()) - 1
    assert mine.holding == Correctness(1, 2)
    assert mine.cost == "0 s for 0 structures; 0.25 s per force call"
    not_run, unknown, untested = sorted(
        mine.missing_in_words, key=lambda reported: ("not run" not in reported, len(reported))
    )
    assert not_run.startswith("11 structures, not run: silicon-64-1")
    assert unknown == "1 structure, ValueError: no oxygen: silica-72-0"
    assert untested.startswith("relations of the present protocol, not tested on 1 structure: residual force; forces")


def test_ranks_are_separated_by_intervals_alone(board):
    def potential(key, held, of):
        relations = tuple(Relation(str(number), float(number >= held), 0.5) for number in range(of))
        return Potential(key, read_potentials(board / "entries")[0].code, (result(relations=relations),))

    strong, middle, weak = potential("strong", 60, 60), potential("middle", 50, 60), potential("weak", 12, 20)
    assert [(rank, each.key) for rank, each in ranked([weak, middle, strong])] == [
        ("1", "strong"),
        ("2 to 3", "middle"),
        ("2 to 3", "weak"),
    ]
    assert [rank for rank, _ in ranked([potential("a", 3, 3), potential("b", 2, 3)])] == ["1 to 2", "1 to 2"]


def test_distances_between_potentials(board):
    (table,) = distances(read_potentials(board / "entries"))
    assert (table.structure, table.names) == ("silicon-64-0", ("Mine", "<script>alert(1)</script>"))
    reference = load_structure("silicon-64-0").frequencies
    low = [values[values < 3.0] for values in (0.9 * reference, reference)]
    assert table.rows[0][1] == table.rows[1][0] == pytest.approx(wasserstein_distance(*low))
    assert table.rows[0][0] == 0.0


def test_structures_of_one_entry_may_have_other_relations_and_quantities(board):
    later = result("silicon-64-1", relations=(Relation("a newer relation", 0.123, 0.01),), measured={"newer": 4.56})
    (board / "entries" / "mine" / "silicon-64-1.json").write_text(later.to_json())
    write_vibration_board(board / "entries", board / "pages")
    page = (board / "pages" / "mine.html").read_text(encoding="utf-8")
    for text in ("a newer relation", "<strong>0.12</strong>", "matrix is symmetric", "newer", "4.56"):
        assert text in page


def test_the_page_of_a_potential_has_its_history(board):
    file = board / "entries" / "mine" / "code.toml"
    file.write_text(file.read_text() + 'history = ["2026-11-01: first run, <b>seven</b> relations"]\n')
    write_vibration_board(board / "entries", board / "pages")
    page = (board / "pages" / "mine.html").read_text(encoding="utf-8")
    assert "2026-11-25: this run" in page
    assert "2026-11-01: first run, &lt;b&gt;seven" in page


def test_drawn_densities_are_normalised(board):
    figure = densities(read_potentials(board / "entries"))
    assert [panel.title for panel in figure.panels] == ["silicon-64-0"]
    assert [series.label for series in figure.panels[0].series] == ["Mine", "<script>alert(1)</script>", "reference"]
    for series in figure.panels[0].series:
        assert np.trapezoid(series.y, series.x) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda folder: (folder / "code.toml").write_text("name = 1"), "description of a potential"),
        (lambda folder: (folder / "code.toml").write_text("name ="), "description of a potential"),
        (lambda folder: (folder / "silicon-64-0.json").write_text("{}"), "not a result"),
        (lambda folder: (folder / "silicon-64-1.json").write_text(result().to_json()), "another structure"),
        (
            lambda folder: (folder / "silicon-64-0.json").write_text(result(calculator="other:Code").to_json()),
            "another structure or calculator",
        ),
        (lambda folder: (folder / "code.toml").write_bytes(b"#" * 3_000_000), "too large"),
    ],
)
def test_faulty_entries_are_refused(board, change, fault):
    change(board / "entries" / "mine")
    with pytest.raises(ForeignInputError, match=fault):
        read_potentials(board / "entries")


def test_a_directory_without_entries_is_refused(tmp_path):
    with pytest.raises(StoreError, match="no potential"):
        read_potentials(tmp_path)


def test_committed_entries_are_complete():
    if not COMMITTED.exists():
        pytest.skip("a source distribution without the board")
    for potential in read_potentials(COMMITTED):
        assert potential.examined
        assert {each.protocol for each in potential.results} == {PROTOCOL}
    (fields,) = (each for each in read_potentials(COMMITTED) if each.key == "force-fields")
    assert fields.holding == Correctness(156, 156)
    assert not fields.missing
