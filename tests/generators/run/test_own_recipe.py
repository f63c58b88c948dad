"""Own recipes: one ensemble of a recipe with other parameters, recipes from mappings, and runs of them."""

import subprocess
import sys
import tomllib

import numpy as np
import pytest
from distributed import Client

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.storage.store import read
from bosonpeak.generators.run.ensemble import generate_ensemble
from bosonpeak.generators.run.own_recipe import document_text, recipe
from bosonpeak.generators.run.recipe import available_recipes, load_recipe
from bosonpeak.generators.run.worker import ClusterError


@pytest.mark.parametrize("name", available_recipes())
def test_a_recipe_is_the_same_from_its_tables_as_from_its_file(name):
    shipped = load_recipe(name)
    again = recipe(tomllib.loads(shipped.text))
    assert (again.digest, again.samples, again.title) == (shipped.digest, shipped.samples, shipped.title)


def test_values_of_numpy_and_nested_values_are_written_as_toml():
    document = {
        "recipe": {"name": 'a "b"', "on": np.bool_(True), "one key": np.float64(0.5)},
        "ensemble": [{"x": (1, 2)}],
    }
    assert tomllib.loads(document_text(document)) == {
        "recipe": {"name": 'a "b"', "on": True, "one key": 0.5},
        "ensemble": [{"x": [1, 2]}],
    }
    with pytest.raises(RecipeError, match="no form in TOML"):
        document_text({"recipe": {"name": object()}})


def test_the_chosen_ensemble_keeps_what_is_not_replaced():
    shipped = recipe("glass/taper-2")
    own = shipped.replace(
        group="T-0.20", parent_temperature=0.3, equilibration_sweeps=6000, particles=2000, chains=5, glasses=50
    )
    (ensemble,) = own.ensembles
    assert (own.name, own.samples, own.seed, ensemble.group) == ("own/glass-taper-2", 5, shipped.seed, "")
    (before,) = (dict(each.parameters) for each in shipped.ensembles if each.group == "T-0.20")
    changed = {"temperature": 0.3, "equilibration_sweeps": 6000, "particles": 2000, "glasses": 50}
    assert dict(ensemble.parameters) == before | changed
    assert own.replaced(samples=7).samples == 7
    assert shipped.replace(group="T-0.20", seed=3, name="own/other").seed == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"particles": 500}, "has 3 ensembles; choose one"),
        ({"group": "T-0.2"}, "did you mean 'T-0.20'"),
        ({"group": "T-0.20", "particls": 500}, "did you mean 'particles'"),
        ({"group": "T-0.20", "parent_temprature": 0.3}, "did you mean 'parent_temperature'"),
        ({"group": "T-0.20", "parent_temperature": 0.3}, "2869 at T* = 0.20 with the taper m = 2"),
        ({"group": "T-0.20", "particles": -1}, "impossible"),
        ({"group": "T-0.20", "chains": 3, "samples": 3}, "the same number"),
        ({"group": "T-0.20", "name": "Not a name"}, "lower-case words"),
    ],
)
def test_what_cannot_be_replaced_is_refused(changes, message):
    with pytest.raises(RecipeError) as caught:
        recipe("glass/taper-2").replace(**changes)
    assert message in str(caught.value)


def test_an_own_ensemble_runs_and_is_the_one_of_the_parameters(tmp_path):
    own = recipe("network/paper").replace(group="situation-1/delta-0.1", size=6, displacement=0.15, samples=3)
    made = read(own.run(tmp_path / "own.nc"), verify=True)
    assert made.sizes["sample"] == 3
    assert "own/network-paper" in made.attrs["recipe"]
    other = own.replace(displacement=0.1)
    assert not np.array_equal(read(other.run(tmp_path / "other.nc"))["eigenfrequency"], made["eigenfrequency"])


SCRIPT = """
import sys
print("imported")
import bosonpeak
bosonpeak.recipe("network/nine-node").run(sys.argv[1])
"""


def test_an_unguarded_script_with_one_worker_is_imported_once(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    finished = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "toy.nc")], capture_output=True, text=True, timeout=120, check=True
    )
    assert finished.stdout.count("imported") == 1
    assert (tmp_path / "toy.nc").exists()


def test_a_live_client_makes_the_same_file_and_stays_open(toy_recipe, toy_workers, tmp_path):
    here = generate_ensemble(toy_recipe(), tmp_path / "here.nc")
    with Client(toy_workers, set_as_default=False) as client:
        there = generate_ensemble(toy_recipe(), tmp_path / "there.nc", client=client)
        assert client.submit(int, "3").result() == 3
        with pytest.raises(ClusterError, match="scheduler and a client"):
            generate_ensemble(toy_recipe(), tmp_path / "no.nc", client=client, scheduler=toy_workers)
    assert here.read_bytes() == there.read_bytes()
    assert not (tmp_path / "no.nc").exists()
