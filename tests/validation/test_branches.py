"""Glasses before and after relaxation to zero shear stress: the claim follows the preregistered analysis."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from bosonpeak.benchmark.judging.claim_file import find_claim
from bosonpeak.datasets import open_dataset

RELEASE = Path(__file__).parents[2] / "data-release"
GROUPS = ("all", "elastic", "instability", "stable", "unstable", "zero-shear", "zero-shear-elastic")


@pytest.fixture(scope="module")
def glasses():
    """The groups of limit/branches."""
    return {name: open_dataset("limit/branches", group=f"T-1.00/N-250/{name}") for name in GROUPS}


@pytest.mark.skipif(not RELEASE.exists(), reason="a source distribution without the data release")
def test_the_claim_judges_what_the_analysis_says():
    look = tomllib.loads((RELEASE / "analysis-branches.toml").read_text(encoding="utf-8"))["look"]
    parts = {part.name: part for part in find_claim("BR-1").parts}
    assert set(parts) == {test["part"] for test in look["tests"]}
    assert next(iter(parts)) == look["main_part"]
    for test in look["tests"]:
        (judged,) = parts[test["part"]].tests
        assert judged.measure == test["validator"].replace("_", "-")
        assert judged.cells == (f"T-1.00/N-250/{test['ensembles'][0]}",)
        assert judged.expect.low == pytest.approx(test["low"])
        assert judged.expect.high == pytest.approx(test["high"])
        assert list(judged.parameters.get("window", ())) == test.get("window", [])
    assert {name for name, part in parts.items() if not part.discriminates} == set(look["discriminates"])


def test_kinds_of_branches_are_a_partition(glasses):
    every = glasses["all"]
    for one, other in (("elastic", "instability"), ("stable", "unstable")):
        assert not set(glasses[one]["sample"].values) & set(glasses[other]["sample"].values)
        assert glasses[one].sizes["sample"] + glasses[other].sizes["sample"] == every.sizes["sample"]
    elastic = every.isel(sample=np.flatnonzero(every["branch_is_elastic"]))
    assert np.array_equal(elastic["eigenfrequency"], glasses["elastic"]["eigenfrequency"])
    stable = every.isel(sample=np.flatnonzero(every["lowest_stiffness"] > 0))
    assert np.array_equal(stable["eigenfrequency"], glasses["stable"]["eigenfrequency"])


def test_the_relaxation_lowers_energy_and_stress(glasses):
    before, after = glasses["all"], glasses["zero-shear"]
    assert (after["inherent_structure_energy"] < before["inherent_structure_energy"]).all()
    assert (after["shear_stress"] < 1e-8).all()
    assert (before["shear_stress"] > 1e-3).all()
    assert (after["lowest_stiffness"] > 0).all()


def test_an_elastic_branch_is_more_often_stable_against_strain(glasses):
    every = glasses["all"]
    is_stable, is_elastic = every["lowest_stiffness"].values > 0, every["branch_is_elastic"].values == 1
    assert is_stable[is_elastic].mean() > is_stable[~is_elastic].mean()
