"""Entries of potentials for one pull request, and the files for ml-peg."""

import ast
import importlib
import tomllib

import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.benchmark.vibration_track.entries import read_potentials
from bosonpeak.benchmark.vibration_track.examination import Relation
from bosonpeak.benchmark.vibration_track.ml_peg import write_ml_peg
from bosonpeak.benchmark.vibration_track.structures import SHORT, load_structure
from bosonpeak.benchmark.vibration_track.submitting import card_form, submit_potential
from bosonpeak.benchmark.vibration_track.track import PROTOCOL, StructureResult
from bosonpeak.datasets.errors import ForeignInputError

FILLED = {"description": "A potential.", "training_data": "none", "parameters": "3", "licence": "MIT"}


@pytest.fixture
def run(tmp_path):
    """Results of a calculator, and a checkout."""
    (tmp_path / "results").mkdir()
    for name in SHORT[:2]:
        found = StructureResult(name, "mine:potential", "mine 1.2", PROTOCOL, (Relation("a", 0.0, 1.0),), {}, (1.0,))
        (tmp_path / "results" / f"{name}.json").write_text(found.to_json())
    (tmp_path / "mine.py").write_text("def potential(): ...\n")
    for folder in ("leaderboard/vibrations", "examples/vibrations"):
        (tmp_path / "checkout" / folder).mkdir(parents=True)
    return tmp_path


def filled(form):
    for key, value in FILLED.items():
        form = form.replace(f'{key} = ""', f'{key} = "{value}"')
    return form


def test_the_form_has_what_the_results_know(run, capsys):
    assert main(["leaderboard", "submit", "mine", "--results", str(run / "results")]) == 0
    form = capsys.readouterr().out
    assert form == card_form(run / "results")
    table = tomllib.loads(form)
    assert (table["name"], table["version"], table["requirements"]) == ("mine", "1.2", ["mine==1.2"])
    (run / "code.toml").write_text(form)
    with pytest.raises(ForeignInputError, match="description of a potential"):
        submit_potential(run / "checkout", "mine", run / "results", run / "code.toml")
    assert not list((run / "checkout" / "leaderboard" / "vibrations").iterdir())


def test_a_filled_form_makes_an_entry(run):
    (run / "code.toml").write_text(filled(card_form(run / "results")))
    words = ["leaderboard", "submit", "mine", "--results", str(run / "results"), "--card", str(run / "code.toml")]
    assert main([*words, "--script", str(run / "mine.py"), "--repository", str(run / "checkout")]) == 0
    (potential,) = read_potentials(run / "checkout" / "leaderboard" / "vibrations")
    assert [each.structure for each in potential.results] == ["silicon-64-0", "silica-72-0"]
    assert potential.code.licence == "MIT"
    assert (run / "checkout" / "examples" / "vibrations" / "mine.py").read_text() == "def potential(): ...\n"
    (run / "mine.py").write_text("another\n")
    with pytest.raises(ForeignInputError, match="another module has this name"):
        submit_potential(run / "checkout", "other", run / "results", run / "code.toml", run / "mine.py")


def test_results_of_another_calculator_are_refused(run):
    (run / "code.toml").write_text(filled(card_form(run / "results")).replace("mine:potential", "other:potential"))
    with pytest.raises(ForeignInputError, match="of another calculator"):
        submit_potential(run / "checkout", "mine", run / "results", run / "code.toml")
    with pytest.raises(ForeignInputError, match="no results"):
        card_form(run / "checkout")


def test_files_for_ml_peg_are_programs_that_use_existing_names(tmp_path):
    written = write_ml_peg(tmp_path)
    assert [path.name for path in written] == [
        "calc_glass_vibrations.py",
        "citations.yml",
        "analyse_glass_vibrations.py",
        "metrics.yml",
        "app_glass_vibrations.py",
    ]
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert "{{" not in text
        if path.suffix != ".py":
            continue
        tree = ast.parse(text)
        compile(tree, str(path), "exec")
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("bosonpeak"):
                module = importlib.import_module(node.module)
                assert all(hasattr(module, each.name) for each in node.names)


def test_ml_peg_reads_the_numbers_of_the_track(run):
    source = write_ml_peg(run)[2].read_text(encoding="utf-8")
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        and getattr(node.targets[0], "id", "") in ("STRUCTURES", "SOFTENING", "DISTANCE")
    }
    assert values["STRUCTURES"] == SHORT
    reference = tuple(load_structure(SHORT[0]).frequencies)
    compare = importlib.import_module("bosonpeak.benchmark.vibration_track.track").compared
    found = compare(StructureResult(SHORT[0], "mine", "", PROTOCOL, (), {}, reference))
    assert [found[values[key]] for key in ("SOFTENING", "DISTANCE")] == pytest.approx([1.0, 0.0])
