"""What a card has on record reaches the claims that its data are judged by."""

import functools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bosonpeak.benchmark.cards.card import EnsembleCard
from bosonpeak.benchmark.cards.card_file import parse_card
from bosonpeak.benchmark.judging.claim_file import load_claims
from bosonpeak.benchmark.judging.measurements import ReferenceData
from bosonpeak.benchmark.scorecards.scorecard import Code, Scorecard
from bosonpeak.benchmark.scoring.claims_axis import judged_claims, on_record
from bosonpeak.benchmark.submission.reading import Submitted
from bosonpeak.benchmark.submission.reference_ensembles import regime_of, regimes
from bosonpeak.datasets.errors import BosonpeakError, CardError


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


def test_a_record_is_laid_out_by_claim_and_part():
    (one,) = next(claim.parts for claim in load_claims() if claim.id == "NET-1")
    by_part = {"networks": "refuted", "glasses": "undecided"}
    assert on_record({"NET-1": "supported", "BAND-1": by_part}) == {"NET-1": {one.name: "supported"}, "BAND-1": by_part}
    assert on_record({}) == {}


@pytest.mark.parametrize(
    ("recorded", "reported"),
    [
        ({"NET-01": "supported"}, "'NET-01' names no claim, did you mean 'NET-1'?"),
        ({"%": "supported"}, "'%' names no claim"),
        ({"BAND-1": {"network": "refuted"}}, "BAND-1: 'network' names no part, did you mean 'networks'?"),
        ({"NET-1": {"": "supported"}}, "NET-1: '' names no part"),
        (
            {"BAND-1": "refuted"},
            "BAND-1 has several parts: give each a verdict ('glasses', 'networks', 'heterogeneous elasticity')",
        ),
        ({"%": "refuted", "NET-1": {"": "refuted"}}, "'%' names no claim; NET-1: '' names no part"),
    ],
)
def test_a_record_that_nothing_can_be_held_against_is_refused(recorded, reported):
    with pytest.raises(CardError) as caught:
        on_record({"NET-2": "supported"} | recorded)
    assert caught.value.what == "the recorded verdicts cannot be checked"
    assert caught.value.got == reported


CARD = [
    "system = 'spring-network'",
    "dimension = 2",
    "nodes = 3600",
    "displacement = 0.1",
    "situation = 1",
    "[recorded]",
]
RECORD = {"NET-1": "supported"}


@functools.cache
def judged_as(regime, recorded):
    card = EnsembleCard("spring-network", 2, {}, path="x")
    data = ReferenceData().cell("network/paper", "situation-1/delta-0.1")
    claims, left_out = judged_claims([Submitted(card, regime, data, None)], on_record(dict(recorded)))
    return Scorecard("score", Code("theirs", "1"), claims=tuple(claims), not_run=tuple(left_out))


@st.composite
def edited_cards(draw):
    """A line lost, twice, or with a letter or its value changed; verdicts stay on record, claims may be misspelt."""
    lines = [*CARD, *(f"{claim} = '{verdict}'" for claim, verdict in RECORD.items())]
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.integers(0, len(CARD) - 2))
        kind = draw(st.sampled_from(["lost", "twice", "letter", "value", "claim"]))
        if kind == "claim":
            lines[-1] = (
                draw(st.sampled_from(["NET-2", "NET-11", "net-1", "NET -1", '"NET-1 "', "NET-4"])) + " = 'supported'"
            )
        elif kind == "value":
            value = draw(st.sampled_from(["0", "1", "2", "3", "0.2", "0.3", "900", "nan", "'1'", "true", "[1]", "-1"]))
            lines[place] = lines[place].partition("=")[0] + "= " + value
        elif kind == "letter":
            at = draw(st.integers(0, len(lines[place])))
            lines[place] = lines[place][:at] + draw(st.sampled_from("ax19._='[\n")) + lines[place][at:]
        else:
            lines[place] = "" if kind == "lost" else f"{lines[place]}\n{lines[place]}"
    return "\n".join(lines)


@settings(deadline=None, max_examples=150)
@given(edited_cards())
@example("\n".join([*CARD, "NET-1 = 'supported'"]))
def test_an_edit_of_a_card_that_keeps_its_record_reproduces_it_or_fails(text):
    try:
        card = parse_card(text)
        regime = regime_of(card.ensembles[0])
        found = judged_as(regime, tuple(card.recorded.items()))
    except BosonpeakError:
        return
    verdicts = {claim.id: {part.verdict for part in claim.parts} for claim in found.claims}
    assert card.recorded
    reproduced = all(verdicts.get(claim) == {verdict} for claim, verdict in card.recorded.items())
    assert (found.exit_code == 0) == reproduced
