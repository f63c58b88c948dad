"""Blocks of the fresh ensembles: the bytes that were committed, from the recipes as they stand. Reads no frequency."""

import hashlib
import re
import runpy
from collections import Counter
from pathlib import Path

import netCDF4
import pytest

from bosonpeak.datasets import fetch, released_datasets
from bosonpeak.datasets.manifest import read_manifest
from bosonpeak.generators.run.recipe import load_recipe

RELEASE = Path(__file__).parents[2] / "data-release"
FILES = sorted(path.relative_to(RELEASE).as_posix() for path in RELEASE.rglob("*.nc"))
BLOCKS = [file for file in FILES if file.startswith("limit/")]


@pytest.fixture(scope="module")
def planned():
    script = RELEASE / "make_blocks.py"
    if not script.exists():
        pytest.skip("a source distribution without the data release")
    return {path.as_posix(): (name, number) for name, number, path in runpy.run_path(str(script))["planned_blocks"]()}


def test_no_two_blocks_share_a_seed_and_every_ensemble_has_chains_enough(planned):
    assert len(set(planned.values())) == len(planned)
    blocks = Counter(name for name, _ in planned.values())
    for name, count in blocks.items():
        recipe = load_recipe(name)
        for ensemble in recipe.ensembles:
            glasses = count * recipe.samples * ensemble.parameters["glasses"]
            assert count * recipe.samples >= (60 if glasses > 1000 else 25), (name, ensemble.group)


def test_the_manifest_lists_the_files_that_are_there():
    listed = read_manifest(RELEASE / "manifest.json")
    assert sorted(entry.file for entry in listed) == FILES
    sums = [f"{entry.sha256}  {entry.file}" for entry in sorted(listed, key=lambda entry: entry.file)]
    assert (RELEASE / "SHA256SUMS").read_text().splitlines() == sums
    assert {entry.name for entry in listed} == {entry.name for entry in released_datasets()}


@pytest.mark.parametrize("file", FILES)
def test_a_file_has_the_digest_that_is_listed(file):
    (entry,) = (entry for entry in read_manifest(RELEASE / "manifest.json") if entry.file == file)
    content = (RELEASE / file).read_bytes()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (entry.sha256, entry.size)


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_fetched_from_a_checkout_that_is_named_as_a_mirror(file, monkeypatch):
    monkeypatch.setenv("BOSONPEAK_OFFLINE", "1")
    monkeypatch.setenv("BOSONPEAK_MIRRORS", str(RELEASE))
    assert fetch(file.removesuffix(".nc")) == RELEASE / file


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_was_made_by_its_recipe_as_it_stands_and_by_a_commit(block, planned):
    name, number = planned[block]
    recipe = load_recipe(name)
    with netCDF4.Dataset(RELEASE / block) as file:
        made_by = {attribute: file.getncattr(attribute) for attribute in ("recipe", "seed", "git_commit")}
    assert int(made_by["seed"]) == recipe.seed + number
    assert made_by["recipe"] == recipe.replaced(seed=recipe.seed + number).text
    assert re.fullmatch("[0-9a-f]{40}", made_by["git_commit"])
