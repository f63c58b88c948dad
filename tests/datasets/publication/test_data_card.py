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
    assert f"311 samples from {len(set(glass['chain'].values))} independent chains" in card
    assert f"{float(glass['residual_force'].max()):.3g}" in card
    energy = glass["liquid_energy"].values
    change = energy[:, energy.shape[1] // 2 :].mean(axis=1) - energy[:, : energy.shape[1] // 2].mean(axis=1)
    assert f"less the earlier {change.mean():.2g} ±" in card
    assert "bosonpeak generate glass/taper-inf -o FILE --seed 20261121" in card


def test_tables_survive_signs_of_markdown():
    card = data_card("glass/sizes")
    assert r"\|sigma_ab\|" in card
    rows = [line.replace(r"\|", "").count("|") for line in card.splitlines() if line.startswith("| `")]
    assert set(rows) == {5, 9}
