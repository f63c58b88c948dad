"""Blocks of the fresh ensembles: the bytes that were committed, from the recipes as they stand. Reads no frequency."""

import hashlib
import re
import runpy
from collections import Counter
from pathlib import Path

import netCDF4
import pytest

from bosonpeak.generators.run.recipe import load_recipe

RELEASE = Path(__file__).parents[2] / "data-release"
BLOCKS = sorted(path.relative_to(RELEASE).as_posix() for path in RELEASE.glob("*/*/block-*.nc"))


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


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_has_the_digest_that_is_listed(block):
    listed = dict(reversed(line.split("  ")) for line in (RELEASE / "SHA256SUMS").read_text().splitlines())
    assert hashlib.sha256((RELEASE / block).read_bytes()).hexdigest() == listed[block]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_was_made_by_its_recipe_as_it_stands_and_by_a_commit(block, planned):
    name, number = planned[block]
    recipe = load_recipe(name)
    with netCDF4.Dataset(RELEASE / block) as file:
        made_by = {attribute: file.getncattr(attribute) for attribute in ("recipe", "seed", "git_commit")}
    assert int(made_by["seed"]) == recipe.seed + number
    assert made_by["recipe"] == recipe.replaced(seed=recipe.seed + number).text
    assert re.fullmatch("[0-9a-f]{40}", made_by["git_commit"])
