"""Attacks on reference data cut in two by chains: one half is the reference, the other what an honest stranger has."""

import dataclasses
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.cards.card import Card, EnsembleCard
from bosonpeak.benchmark.judging.measurements import ReferenceData
from bosonpeak.benchmark.scorecards.score_result import ScoreItem
from bosonpeak.benchmark.scoring import claims_axis
from bosonpeak.benchmark.scoring.examined import Examined, ExaminedEnsemble
from bosonpeak.benchmark.scoring.objections import (
    NAME,
    Objection,
    asked_comparisons,
    comparisons_with_reference,
    objections,
)
from bosonpeak.benchmark.submission.reading import Submitted
from bosonpeak.benchmark.submission.recomputing import Recomputed
from bosonpeak.benchmark.submission.reference_ensembles import regimes

GLASS, SLOWER, OTHER_TAPER = "glass/taper-2/T-0.20", "glass/taper-2/T-0.15", "glass/taper-inf/T-0.20"
NETWORK, OTHER_NETWORK = "network/paper/situation-2/delta-0.2", "network/paper/situation-2/delta-0.3"


def regime_named(name):
    return next(regime for regime in regimes() if regime.name == name)


def part(dataset, keep):
    """Some samples, with the complete spectra among them."""
    index = np.flatnonzero(keep)
    chosen = dataset.drop_dims([d for d in ("configuration", "independent_chain", "quench") if d in dataset.dims])
    chosen = chosen.isel(sample=index)
    if "full_sample_index" in dataset:
        owner = dataset["full_sample_index"].values
        kept = np.isin(owner, index)
        chosen = chosen.isel(full_sample=np.flatnonzero(kept))
        chosen["full_sample_index"] = ("full_sample", np.searchsorted(index, owner[kept]))
    return chosen


def changed(dataset, change):
    """The same samples with other frequencies."""
    names = [name for name in dataset.data_vars if str(name).endswith("eigenfrequency")]
    unlabelled = dataset.drop_vars([name for name in dataset.dims if str(name).endswith("mode")])
    return unlabelled.assign({name: (dataset[name].dims, change(dataset[name].values)) for name in names})


class Halves:
    """An ensemble cut in two: `mine` is submitted, `theirs` is the reference."""

    def __init__(self, name):
        self.regime = regime_named(name)
        self._data = ReferenceData()
        whole = self._data.cell(self.regime.dataset, self.regime.group)
        chain = whole["chain"].values if "chain" in whole else np.arange(whole.sizes["sample"])
        first = np.isin(chain, np.random.default_rng(3).permutation(np.unique(chain))[: len(np.unique(chain)) // 2])
        self.mine, self.theirs = part(whole, first), part(whole, ~first)

    def open(self, dataset, group):
        own = (dataset, group) == (self.regime.dataset, self.regime.group)
        return self.theirs if own else self._data.cell(dataset, group)

    def submitted(self, dataset, **card):
        values = dict(self.regime.parameters) | {"nodes": self.regime.degrees_of_freedom}
        stated = EnsembleCard(self.regime.system, self.regime.dimension, values, path="mine", **card)
        return Submitted(stated, self.regime, dataset)

    def objections(self, dataset, **card):
        return objections(self.submitted(dataset, **card), self.open)

    def kinds(self, dataset, severity="void"):
        return {one.kind for one in self.objections(dataset) if one.severity == severity}


def agreement_items(halves, submitted):
    comparisons = comparisons_with_reference(submitted, halves.open)
    one = ExaminedEnsemble(submitted, Recomputed(reason="not recomputed"), comparisons)
    examined = Examined(Path(), Card(()), (one,))
    return [item for item in claims_axis.items(examined, examined.asked([halves.regime])) if item.name.startswith(NAME)]


@pytest.fixture(scope="module")
def glass():
    return Halves(GLASS)


@pytest.fixture(scope="module")
def network():
    return Halves(NETWORK)


def test_nothing_is_said_against_the_honest(glass, network):
    assert glass.objections(glass.mine) == ()
    assert network.objections(network.mine) == ()


def test_the_honest_glass_agrees_in_part_and_differs_in_nothing(glass):
    items = agreement_items(glass, glass.submitted(glass.mine))
    assert {item.axis for item in items} == {"claims"}
    assert {item.where for item in items} == {GLASS}
    outcomes = Counter(item.outcome for item in items)
    assert outcomes["met"] >= 5
    assert outcomes["not met"] == 0
    assert all(isinstance(item, ScoreItem) and item.evidence for item in items)


def test_what_is_not_submitted_is_missing_and_still_asked_for(glass):
    spectra_only = glass.mine[["eigenfrequency", "chain"]]
    asked = asked_comparisons(glass.regime, glass.open)
    items = agreement_items(glass, glass.submitted(spectra_only))
    assert len(items) == len(asked) > 10
    outcomes = Counter(item.outcome for item in items)
    assert outcomes["missing"] == len(items) - len(
        comparisons_with_reference(glass.submitted(spectra_only), glass.open)
    )
    assert outcomes["missing"] > 5


def test_networks_of_another_size_are_not_compared(network):
    submitted = network.submitted(network.mine)
    small = Submitted(
        EnsembleCard("spring-network", 2, {**submitted.card.parameters, "nodes": 900}), network.regime, network.mine
    )
    items = agreement_items(network, small)
    assert {item.outcome for item in items} == {"missing"}
    assert "3600 nodes" in items[0].evidence
    assert objections(small, network.open) == ()


@pytest.mark.parametrize("change", [lambda rows: rows, lambda rows: np.round(rows, 6), lambda rows: rows[:, :30]])
def test_copies_of_the_reference_are_void(glass, change):
    bare = glass.theirs[["eigenfrequency", "chain"]]
    assert "copied" in glass.kinds(changed(bare, change))


def test_copies_of_some_samples_in_another_order_are_void(glass):
    count = glass.mine.sizes["sample"]
    mixed = glass.mine["eigenfrequency"].values.copy()
    mixed[:3] = glass.theirs["eigenfrequency"].values[[30, 20, 10]]
    bare = glass.mine[["eigenfrequency", "chain"]].assign(eigenfrequency=(("sample", "mode"), mixed))
    (found,) = [one for one in glass.objections(bare) if one.severity == "void"]
    assert found.kind == "copied"
    assert f"3 of {count} samples" in found.evidence


def test_copied_networks_are_void(network):
    assert "copied" in network.kinds(network.theirs)
    assert "copied" in network.kinds(changed(network.theirs, lambda rows: 1.3 * rows))


def configurations_of(dataset, keep=slice(None)):
    box = np.broadcast_to(dataset["box"].values, (dataset.sizes["configuration"], dataset.sizes["axis"]))
    return xr.Dataset(
        {
            "position": (("sample", "particle", "axis"), dataset["position"].values[keep]),
            "box": (("sample", "axis"), box[keep]),
        }
    )


def test_copied_and_repeated_configurations_are_void():
    discs = Halves("glass/modes-2d/m-2/T-1.00")
    stored = ReferenceData().cell("glass/modes-2d", "m-2/T-1.00")
    taken = configurations_of(stored, [0, 1, 2, 1])
    moved = taken.assign(position=(taken["position"] + 0.3)[:, ::-1] % taken["box"])
    bare = xr.Dataset(coords={"sample": np.arange(4)})
    submitted = dataclasses.replace(discs.submitted(bare), configurations=moved)
    found = {one.kind: one for one in objections(submitted, ReferenceData().cell)}
    assert set(found) == {"duplicated", "copied"}
    assert "1 of 4" in found["duplicated"].evidence
    assert "4 of 4" in found["copied"].evidence
    assert "glass/modes-2d" in found["copied"].evidence


def test_repeated_samples_are_void(glass):
    index = np.append(np.arange(glass.mine.sizes["sample"]), [0, 5])
    twice = glass.mine[["eigenfrequency", "chain"]].isel(sample=index)
    (found,) = [one for one in glass.objections(twice) if one.severity == "void"]
    assert found.kind == "duplicated"
    assert "2 of" in found.evidence


@pytest.mark.parametrize("factor", [2.0 * np.pi, 0.5 / np.pi, 1.3])
def test_other_units_are_named(glass, factor):
    found = [one for one in glass.objections(changed(glass.mine, lambda rows: factor * rows)) if one.severity == "void"]
    assert [one.kind for one in found] == ["rescaled"]
    if factor != 1.3:
        assert "pi" in found[0].evidence


@pytest.mark.parametrize("truth", [SLOWER, OTHER_TAPER])
def test_a_glass_under_another_label_is_named(glass, truth):
    regime = regime_named(truth)
    found = [one for one in glass.objections(glass.open(regime.dataset, regime.group)) if one.severity == "void"]
    assert [one.kind for one in found] == ["relabelled"]
    assert truth in found[0].evidence


def test_another_taper_shows_in_the_stresses_of_discs():
    discs, truth = Halves("glass/modes-2d/m-2/T-0.20"), regime_named("glass/modes-2d/m-inf/T-0.20")
    assert "relabelled" in discs.kinds(discs.open(truth.dataset, truth.group))


def test_a_network_under_another_label_is_named(network):
    regime = regime_named(OTHER_NETWORK)
    found = network.kinds(network.open(regime.dataset, regime.group))
    assert "relabelled" in found


def test_discarded_samples_are_remarked(glass):
    (found,) = glass.objections(glass.mine, samples_made=glass.mine.sizes["sample"] + 60)
    assert (found.kind, found.severity) == ("selected", "note")
    assert "60 of" in found.evidence


def test_samples_close_to_the_mean_are_remarked(glass):
    lowest = glass.mine["eigenfrequency"].values[:, 0]
    kept = part(glass.mine, np.abs(lowest - lowest.mean()) < 0.35 * lowest.std())
    assert "selected" in glass.kinds(kept, "note")


def test_the_crystal_is_nobodys():
    crystal = ReferenceData().cell("network/paper", "situation-1/delta-0.0")
    card = EnsembleCard("spring-network", 2, {"nodes": 3600, "situation": 1, "displacement": 0.0})
    assert objections(Submitted(card, None, crystal), ReferenceData().cell) == ()


def test_an_objection_reads_as_a_sentence():
    assert str(Objection("copied", "void", "run", "3 of 4")) == "run: copied: 3 of 4"


def test_configurations_that_repeat_one_another_void_the_ensemble(glass):
    """Of glasses that nobody has stored: nothing else speaks against them."""
    positions = 6.0 * np.random.default_rng(5).random((3, 200, 2))
    twice = np.concatenate([positions, (positions[1:2, ::-1] + 0.7) % 6.0])
    configurations = xr.Dataset(
        {"position": (("sample", "particle", "axis"), twice), "box": (("sample", "axis"), np.full((4, 2), 6.0))}
    )
    bare = xr.Dataset(coords={"sample": np.arange(4)})
    submitted = Submitted(EnsembleCard("soft-spheres", 2, {"particles": 200}, path="mine"), None, bare, configurations)
    (found,) = objections(submitted, glass.open)
    assert (found.kind, found.severity) == ("duplicated", "void")
    assert (
        objections(dataclasses.replace(submitted, configurations=configurations.isel(sample=[0, 1, 2])), glass.open)
        == ()
    )
