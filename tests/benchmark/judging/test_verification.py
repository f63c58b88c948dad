import dataclasses
import re

import pytest

from bosonpeak.benchmark.judging import claim_file
from bosonpeak.benchmark.judging.claim_file import find_claim, load_claims
from bosonpeak.benchmark.judging.verification import verify
from bosonpeak.benchmark.report.headlines import headlines
from bosonpeak.benchmark.report.html import render_html
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets.errors import ClaimError


@pytest.fixture(scope="module")
def card():
    # Measured unless this very code has just measured these claims on these data.
    return verify(kept=True, keep=True)


def test_every_claim_comes_out_as_recorded(card):
    found = {claim.id: {part.name: part.verdict for part in claim.parts} for claim in card.claims}
    assert found == {claim.id: claim.recorded for claim in load_claims()}
    assert not card.failed_controls
    assert card.exit_code == 0


def test_each_claim_carries_its_evidence(card):
    for claim in card.claims:
        assert claim.estimate is not None
        assert claim.reasons
        assert claim.figure in card.figures
        assert claim.controls
        assert all(test.reason for test in claim.tests)


def test_data_are_named_with_their_digests(card):
    assert {source.name for source in card.data} >= {"network/paper", "network/spectra"}
    assert all(len(source.digest) >= 64 for source in card.data)


def test_the_scorecard_survives_json(card):
    assert Scorecard.from_json(card.to_json()) == card


def test_the_report_answers_first_and_is_short(card):
    page = render_html(card)
    text = re.sub(r"<(script|style|svg|title)\b.*?</\1>", " ", page, flags=re.DOTALL)
    words = re.sub(r"<[^>]*>", " ", text).split()
    # A third of the words that an earlier report had for each of its 51 claims.
    assert len(words) <= 94_594 / 3 / 51 * len(card.claims)
    assert len(headlines(card)) == 6
    front = page[page.index('id="front"') : page.index('id="summary"')]
    assert front.count("<figure>") == 3
    numbers = [int(number) for number in re.findall(r"<strong>Figure (\d+)\. ", page)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert all(f'id="{claim.id}"' in page for claim in card.claims)


def test_a_changed_verdict_fails_the_run(monkeypatch):
    (claim,) = (claim for claim in load_claims() if claim.id == "NET-6")
    parts = tuple(dataclasses.replace(part, recorded="refuted") for part in claim.parts)
    monkeypatch.setattr(claim_file, "load_claims", lambda: (dataclasses.replace(claim, parts=parts),))
    found = verify()
    assert found.exit_code == 1
    assert found.claim("NET-6").changed


def test_claims_can_be_chosen_in_any_case():
    assert [claim.id for claim in verify(claims=["net-6"]).claims] == ["NET-6"]
    with pytest.raises(ClaimError, match="no such claim"):
        verify(claims=["NET-77"])


def test_a_claim_of_ones_own_is_judged_from_its_file(tmp_path):
    text = find_claim("NET-6").text
    mine = tmp_path / "mine.toml"
    mine.write_text(text.replace('id = "NET-6"', 'id = "MINE-1"').replace("value = 2.0", "value = 3.0", 1))
    (judged,) = verify(claims=[str(mine)]).claims
    assert judged.id == "MINE-1"
    assert [part.verdict for part in judged.parts] == ["refuted", "supported"]
    mine.write_text(text)
    with pytest.raises(ClaimError, match=r"mine\.toml"):
        verify(claims=[str(tmp_path / "no-mine.toml")])
    mine.write_text(text + "\n# a second claim of this id\n")
    with pytest.raises(ClaimError, match="share an id"):
        verify(claims=["NET-6", str(mine)])


def test_progress_is_told():
    seen = []
    verify(claims=["NET-5", "NET-6"], progress=lambda name, number, total: seen.append((name, number, total)))
    assert seen == [("NET-5", 0, 2), ("NET-6", 1, 2)]


def test_claims_without_their_data_are_named_and_the_others_judged(monkeypatch):
    from bosonpeak.benchmark.judging import reference_verdicts
    from bosonpeak.datasets.errors import DataUnavailableError

    def offline(name):
        if name != "network/nine-node":
            raise DataUnavailableError(f"dataset {name!r} is not here", got="no network, as asked")

    monkeypatch.setattr(reference_verdicts, "fetch", offline)
    scorecard = verify(claims=["NET-6", "NET-1"])
    assert [claim.id for claim in scorecard.claims] == ["NET-6"]
    (missing,) = scorecard.not_run
    assert missing.id == "NET-1"
    assert "no network, as asked" in missing.why
    assert scorecard.exit_code == 1
