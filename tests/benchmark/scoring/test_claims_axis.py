"""What a card has on record reaches the claims that its data are judged by."""

import pytest

from bosonpeak.benchmark.cards.card import EnsembleCard
from bosonpeak.benchmark.judging.reference_data import ReferenceData
from bosonpeak.benchmark.scoring.claims_axis import judged_claims, on_record
from bosonpeak.benchmark.submission.reading import Submitted
from bosonpeak.benchmark.submission.reference_regimes import regimes


@pytest.fixture(scope="module")
def networks():
    (regime,) = [one for one in regimes() if one.name == "network/paper/situation-1/delta-0.1"]
    card = EnsembleCard("spring-network", 2, {**dict(regime.parameters), "nodes": regime.degrees_of_freedom}, path="x")
    return [Submitted(card, regime, ReferenceData().cell(regime.dataset, regime.group), None)]


@pytest.mark.parametrize(("recorded", "changed"), [("supported", False), ("refuted", True), (None, False)])
def test_a_verdict_on_record_is_held_against_that_of_the_data(networks, recorded, changed):
    record = {} if recorded is None else on_record({"NET-1": recorded})
    claims, _ = judged_claims(networks, record)
    (claim,) = [claim for claim in claims if claim.id == "NET-1"]
    assert [part.verdict for part in claim.parts] == ["supported"]
    assert [part.recorded for part in claim.parts] == [recorded]
    assert claim.changed is changed


def test_a_claim_on_record_that_the_data_say_nothing_of_is_named(networks):
    claims, left_out = judged_claims(networks, on_record({"NET-2": "supported"}))
    assert "NET-2" not in {claim.id for claim in claims}
    assert {entry.id: entry.recorded for entry in left_out}["NET-2"] == "supported"
