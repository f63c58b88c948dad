"""Data cards say what the files say."""

import pytest

from bosonpeak.datasets import list_datasets, open_dataset
from bosonpeak.datasets.publication.data_card import data_card


@pytest.mark.parametrize("entry", list_datasets(), ids=lambda entry: entry.name)
def test_every_dataset_has_a_card(entry):
    card = data_card(entry.name)
    assert card.startswith(f"# {entry.name}\n")
    for said in (entry.sha256, entry.licence, "## Contents", "## How it was made", "## Limits", "@misc{"):
        assert said in card
    assert card == data_card(entry.name)


def test_the_card_of_glasses_tells_how_well_they_were_made():
    card = data_card("glass/taper-inf")
    glass = open_dataset("glass/taper-inf", group="T-0.20")
    assert "`/T-0.20`: outcome of the quenches: accepted 311, unstable_against_shear 1" in card
    evidence = card.partition("## Evidence")[2].partition("\n## ")[0]
    head, *rows = [line.strip("| ").split(" | ") for line in evidence.splitlines() if line.startswith("|")]
    cold = next(dict(zip(head, row, strict=True)) for row in rows if row[0] == "`/T-0.20`")
    assert cold["samples"] == "311"
    assert f"independent chains {len(set(glass['chain'].values))}" in evidence
    assert f"{float(glass['residual_force'].max()):.3g}" in card
    energy = glass["liquid_energy"].values
    change = energy[:, energy.shape[1] // 2 :].mean(axis=1) - energy[:, : energy.shape[1] // 2].mean(axis=1)
    assert cold["energy of the liquid, later half of the record less the earlier"].startswith(f"{change.mean():.2g} ±")
    assert "bosonpeak generate glass/taper-inf -o FILE --seed 20261121" in card


def test_tables_survive_signs_of_markdown():
    card = data_card("glass/sizes")
    assert r"\|sigma_ab\|" in card
    tables = [table for table in card.split("\n\n") if table.startswith("| ")]
    bars = [{line.replace(r"\|", "").count("|") for line in table.splitlines()} for table in tables]
    assert len(tables) > 1
    assert all(len(each) == 1 for each in bars)
