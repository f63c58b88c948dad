"""Blocks of the fresh ensembles: committed bytes, current recipes, and chains made again from them.

A liquid is the same bit for bit. A quench multiplies round-off and can end in another minimum on another processor:
glasses are compared as draws from one ensemble.
"""

import hashlib
import re
import runpy
from collections import Counter
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from bosonpeak.datasets import fetch, open_dataset
from bosonpeak.datasets.manifest import read_manifest
from bosonpeak.datasets.registry import released_datasets
from bosonpeak.datasets.storage.outline import INDEX, outline, outline_text, read_index
from bosonpeak.generators.run.recipe import load_recipe, sample_seed
from bosonpeak.generators.run.sample_generator import sample_generator

RELEASE = Path(__file__).parents[2] / "data-release"
FILES = sorted(path.relative_to(RELEASE).as_posix() for path in RELEASE.rglob("*.nc"))
BLOCKS = [file for file in FILES if "/block-" in file]


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


def test_the_index_describes_the_blocks_that_are_there():
    index = read_index(RELEASE / INDEX)
    sums = {entry.file: entry.sha256 for entry in read_manifest(RELEASE / "manifest.json")}
    assert set(index) == {sums[block] for block in BLOCKS}
    for block in BLOCKS:
        assert outline_text(outline(RELEASE / block)) == outline_text(index[sums[block]])


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


SAME_MINIMUM = 1e-9
MOST_DEVIATIONS = 5.0
CHAINS = [
    pytest.param("limit/sizes-500", 0, "T-1.00/N-500", 0, 2, id="500 particles"),
    # One of these two glasses has been seen to end in another minimum than the stored glass.
    pytest.param("limit/taper-2", 3, "T-1.00", 0, 2, id="1000 particles", marks=pytest.mark.slow),
]


def made_again(name, block, group, chain, glasses):
    """Return a stored block and the first glasses of one of its chains, made now."""
    recipe = load_recipe(name)
    recipe = recipe.replaced(seed=recipe.seed + block)
    generator = sample_generator(recipe.generator)
    ensemble = next(entry for entry in recipe.ensembles if entry.group == group)
    parameters = generator.check({**ensemble.parameters, "glasses": glasses})
    made = generator.assemble(parameters, [generator.sample(parameters, sample_seed(recipe, chain))])
    return open_dataset(RELEASE / name / f"block-{block:02d}.nc", group=group), made


@pytest.mark.parametrize(("name", "block", "group", "chain", "glasses"), CHAINS)
def test_a_liquid_is_made_again_exactly_and_its_glasses_are_of_the_ensemble(name, block, group, chain, glasses):
    stored, made = made_again(name, block, group, chain, glasses)
    liquid = made["liquid_energy"].values[0].astype(np.float32)
    np.testing.assert_array_equal(liquid, stored["liquid_energy"].values[chain, : len(liquid)])
    kept = stored.isel(sample=np.flatnonzero(stored["chain"].values == chain))
    assert made["residual_force"].values.max() <= stored["residual_force"].values.max() * 10.0
    deviations = []
    for variable in ("inherent_structure_energy", "first_phonon", "bulk_modulus"):
        every = stored[variable].values
        deviations.append((made[variable].values - every.mean()) / every.std())
    assert np.abs(deviations).max() < MOST_DEVIATIONS
    assert np.abs(np.mean(deviations, axis=1)).max() < MOST_DEVIATIONS / np.sqrt(made.sizes["sample"])
    for place, sweep in enumerate(made["sweep"].values):
        (twin,) = np.flatnonzero(kept["sweep"].values == sweep)
        energies = made["inherent_structure_energy"].values[place], kept["inherent_structure_energy"].values[twin]
        if abs(energies[0] - energies[1]) < SAME_MINIMUM:
            modes = [data["eigenfrequency"].values[row] for data, row in ((made, place), (kept, twin))]
            np.testing.assert_allclose(modes[0], modes[1], rtol=1e-6)
