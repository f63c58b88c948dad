import re
from pathlib import Path

import pytest

from bosonpeak.benchmark.figures.registry import FIGURES
from bosonpeak.benchmark.judging.claim_file import find_claim, load_claims, parse_claim
from bosonpeak.benchmark.measures.registry import MEASURES
from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, PartResult
from bosonpeak.datasets import list_datasets
from bosonpeak.datasets.errors import ClaimError

CLAIMS = load_claims()
VERDICTS = (Path(__file__).parents[3] / "docs" / "verdicts.md").read_text(encoding="utf-8")
NETWORK_CLAIM = next(claim for claim in CLAIMS if claim.id == "NET-1")


def test_the_network_claims_are_all_there_and_in_order():
    network = [claim.id for claim in CLAIMS if claim.id.startswith("NET-")]
    assert network == [f"NET-{number}" for number in range(1, 11)]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_every_claim_can_be_argued_with(claim):
    assert set(claim.recorded) == {part.name for part in claim.parts}
    assert claim.source
    assert claim.rival_reading
    assert any(control.must_be == "refuted" for control in claim.controls), "nothing shows that its test can fail"
    for test in claim.tests:
        assert len(test.expect.why) > 5
    for test in (*claim.tests, *claim.context, *(control.test for control in claim.controls)):
        assert test.measure in MEASURES
        assert test.dataset in {entry.name for entry in list_datasets()}
    assert claim.figure in FIGURES


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_formulae_are_written_in_unicode(claim):
    """Pages and terminal show the texts as they are: no Greek letter by its name, no digit as an ASCII power."""
    texts = (claim.title, claim.statement, claim.rival_reading, *(part.says for part in claim.parts))
    for text in (*texts, *(test.expect.why for test in claim.tests)):
        assert not re.search(
            r"\b(alpha|delta|gamma|lambda|omega|sigma|infinity|sqrt)(?![a-z])|\^-?\d|<=|>=|\b\de-?\d", text
        )


def minimal(**changes):
    text = NETWORK_CLAIM.text
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_claim_is_found_in_any_case():
    assert find_claim("net-4").id == "NET-4"


def test_a_misspelt_id_gets_the_nearest_ids_only():
    with pytest.raises(ClaimError, match=r"no such claim(?s:.)*got: 'SIM2'(?s:.)*did you mean 'SIM-2'\?") as error:
        find_claim("SIM2")
    assert error.value.where == "bosonpeak/benchmark/claims"
    assert len(re.findall(r"[A-Z]+-\d+", error.value.expected)) <= 5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "NET-1"', 'identity = "NET-1"', "unknown key identity"),
        ('id = "NET-1"', "", "missing key id"),
        ("why = ", "because = ", "missing key why"),
        ("value = 0.0, tolerance = 0.05, ", "", "cannot fail"),
        ("tolerance = 0.05, ", "", "expected value and tolerance, or low or high"),
        (
            "tolerance = 0.05, ",
            "tolerance = 0.05, low = -1.0, ",
            "expected value and tolerance, or low or high",
        ),
        ("value = 0.0, tolerance = 0.05, ", "low = 1.0, high = 0.0, ", "cannot hold: low = 1.0, high = 0.0"),
        ("value = 0.0, tolerance = 0.05, ", "high = true, ", "expect.high: should be a valid number, got True"),
        ('id = "NET-1"', "id = 1", "id: should be a valid string, got 1"),
        ('" = "supported"', '" = "true"', "should be 'supported', 'refuted' or 'undecided'"),
        ('" = "supported"', 's" = "supported"', "names no part, did you mean"),
        ("[recorded]\n", '[recorded]\n"some part" = "refuted"\n', "'some part' names no part"),
        ('must_be = "refuted"', 'must_be = "not run"', "must_be: should be 'supported', 'refuted' or 'undecided'"),
        ("[recorded]", "[recorded", "not valid TOML"),
        ('test = "excess over', 'test = "something over', "names no test"),
    ],
)
def test_malformed_claims_are_refused(old, new, message):
    with pytest.raises(ClaimError, match=re.escape(message)):
        parse_claim(minimal(change=(old, new)), where="broken.toml")


def test_every_fault_of_a_file_is_named_at_once():
    changes = {
        "key": ('title = "', 'titel = "'),
        "table": ("tolerance = 0.05, ", "tolerence = 0.05, "),
        "verdict": ('" = "supported"', '" = "suported"'),
    }
    with pytest.raises(ClaimError) as caught:
        parse_claim(minimal(**changes), where="broken.toml")
    assert caught.value.where == "broken.toml"
    for fault in (
        "missing key title",
        "unknown key titel, did you mean 'title'?",
        "part[0].test[0].expect: unknown key tolerence, did you mean 'tolerance'?",
        "should be 'supported', 'refuted' or 'undecided', got 'suported'",
    ):
        assert fault in caught.value.got


def test_a_control_is_told_which_test_it_may_mean():
    name = NETWORK_CLAIM.tests[0].name
    with pytest.raises(ClaimError, match=f"names no test, did you mean {re.escape(repr(name))}"):
        parse_claim(minimal(change=(f'test = "{name}"', f'test = "{name}s"')))


def test_two_parts_may_not_share_a_name_and_each_must_be_on_record():
    twice = NETWORK_CLAIM.text.replace("[[context]]", NETWORK_CLAIM.text[NETWORK_CLAIM.text.index("[[part]]") :], 1)
    again = twice[: twice.index("[[context]]")]
    with pytest.raises(ClaimError, match="two parts share a name"):
        parse_claim(again)
    name, test = NETWORK_CLAIM.parts[0].name, NETWORK_CLAIM.tests[0].name
    renamed = again.replace(f'[[part]]\nname = "{name}"', '[[part]]\nname = "another"', 1)
    renamed = renamed.replace(f'[[part.test]]\nname = "{test}"', '[[part.test]]\nname = "another test"', 1)
    with pytest.raises(ClaimError, match="nothing is recorded of 'another'"):
        parse_claim(f'{renamed}\n[recorded]\n"{name}" = "supported"\n')


def test_the_page_of_verdicts_gives_those_on_record():
    on_record = {}
    for claim in CLAIMS:
        parts = [PartResult(part.name, part.recorded, discriminates=part.discriminates) for part in claim.parts]
        result = ClaimResult(claim.id, claim.title, parts=tuple(parts))
        on_record[claim.id] = result.verdict + ("" if result.discriminates else "°")
    rows = re.findall(r"^\| ([A-Z]+-\d+) [^|]*\| ([^|]*) \|", VERDICTS, re.MULTILINE)
    assert len(rows) > 30
    assert dict(rows) == {identifier: on_record[identifier] for identifier, _ in rows}
