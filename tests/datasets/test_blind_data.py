"""Whoever opens a block of the ensembles that are to be opened once is told so; nothing is read here."""

import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from bosonpeak.datasets import opening, registry
from bosonpeak.datasets.errors import BlindDataWarning
from bosonpeak.datasets.publication.data_card import data_card
from bosonpeak.datasets.registry import FRESH_ENSEMBLES, is_blind, list_datasets, released_datasets

RELEASE = Path(__file__).resolve().parents[2] / "data-release"
BLOCKS = [entry for entry in released_datasets() if entry.recipe.startswith(FRESH_ENSEMBLES)]


@pytest.fixture
def unopened(monkeypatch):
    """The package as it was before the ensembles were opened."""
    others = tuple(entry for entry in list_datasets() if not entry.name.startswith("limit/"))
    monkeypatch.setattr(registry, "list_datasets", lambda registry=None: others)
    return others


@pytest.fixture
def opened(monkeypatch):
    """Names and paths that were opened, none of which is read."""
    paths = []
    monkeypatch.setattr(opening, "local_path", lambda name, registry=None: name)
    monkeypatch.setattr(opening, "is_name", lambda name, registry=None: False)
    monkeypatch.setattr(opening, "open_ensembles", lambda path, *_, **options: paths.append(path))
    monkeypatch.setattr(opening, "explained", lambda dataset: dataset)
    return paths


@pytest.mark.skipif(not BLOCKS, reason="no release beside this package")
def test_a_blind_block_warns_by_name_and_by_path(unopened, opened):
    for way in (BLOCKS[0].name, f"somewhere/data-release/{BLOCKS[0].file}"):
        with pytest.warns(BlindDataWarning, match=f"{BLOCKS[0].name} is blind data"):
            opening.open_dataset(way)
    assert len(opened) == 2


@pytest.mark.skipif(not BLOCKS, reason="no release beside this package")
def test_its_card_says_so(unopened, monkeypatch, tmp_path):
    monkeypatch.setenv("BOSONPEAK_CACHE", str(tmp_path))
    monkeypatch.setenv("BOSONPEAK_MIRRORS", str(RELEASE))
    assert "Blind data" in data_card(BLOCKS[0].name)


def test_other_data_are_not_blind(opened):
    others = [entry for entry in (*list_datasets(), *released_datasets()) if entry not in BLOCKS]
    assert others
    assert not any(is_blind(entry) for entry in others)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opening.open_dataset(others[0].name)
    assert "Blind data" not in data_card(others[0].name)


@pytest.mark.skipif(not BLOCKS, reason="no release beside this package")
def test_an_ensemble_is_blind_until_it_is_opened_itself(unopened, monkeypatch):
    assert all(is_blind(entry) for entry in BLOCKS)
    embedded = replace(BLOCKS[0], name="limit/sizes", recipe="generators/recipes/limit/sizes.toml", embedded=True)
    monkeypatch.setattr(registry, "list_datasets", lambda registry=None: (*unopened, embedded))
    still = {entry.recipe.rpartition("/")[2] for entry in BLOCKS if is_blind(entry)}
    assert {"taper-2.toml", "taper-inf.toml"} <= still
    assert not still & {"sizes.toml", "sizes-500.toml"}


@pytest.mark.skipif(not BLOCKS, reason="no release beside this package")
def test_what_claims_measure_is_blind_no_longer():
    judged = ("taper-2", "taper-inf", "sizes", "sizes-500", "sizes-inf", "sizes-inf-500")
    assert not any(is_blind(entry) for entry in BLOCKS if Path(entry.recipe).stem in judged)
