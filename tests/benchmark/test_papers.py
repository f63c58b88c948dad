"""Items of the four papers: each once, with its heading and with an answer; the page as the table says."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest

from bosonpeak.benchmark.figures.published.drawn import Comparison
from bosonpeak.benchmark.judging.claim_file import load_claims

DOCS = Path(__file__).parents[2] / "docs"
CONTENT = tomllib.loads((DOCS / "papers.toml").read_text(encoding="utf-8"))
CLAIMS = {claim.id: claim for claim in load_claims()}
ROWS = [(kind, row) for kind in ("item", "statement") for row in CONTENT[kind]]
SPAN = re.compile(r"(figure|table|equation)s? ([A-E]?)(\d+)(?:-\2(\d+))?")
KEYS = {
    "item": {"paper", "item", "heading", "subject"},
    "statement": {"paper", "heading", "says"},
    "number": {"paper", "heading", "quantity", "printed", "measured", "why"},
    "slip": {"paper", "heading", "printed", "follows"},
}
MOST_TOGETHER = 8


def name(row):
    return f"{row['paper']} {row.get('item') or row.get('says') or row.get('quantity') or row['printed']}"[:60]


def spanned(item):
    kind, appendix, first, last = SPAN.fullmatch(item).groups()
    return [(kind, appendix, number) for number in range(int(first), int(last or first) + 1)]


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(DOCS / "papers.py"))


@pytest.mark.parametrize("paper", CONTENT["papers"])
def test_every_number_of_a_paper_is_in_the_table_once(paper):
    given = [each for row in CONTENT["item"] if row["paper"] == paper for each in spanned(row["item"])]
    assert len(given) == len(set(given))
    numbered = CONTENT["numbered"][paper]
    wanted = {
        (kind, "", number)
        for kind in ("figure", "table", "equation")
        for first, last in [numbered.get(f"{kind}s", (1, 0))]
        for number in range(first, last + 1)
    }
    appendices = CONTENT["appendices"].get(paper, {})
    wanted |= {("equation", letter, n) for letter, one in appendices.items() for n in range(1, one["last"] + 1)}
    assert set(given) == wanted


@pytest.mark.parametrize(
    ("kind", "row"),
    [(kind, row) for kind in KEYS for row in CONTENT[kind]],
    ids=lambda value: value if isinstance(value, str) else name(value),
)
def test_a_row_has_its_heading_and_all_that_its_kind_asks_for(kind, row):
    assert KEYS[kind] <= set(row)
    assert all(str(row[key]).strip() for key in KEYS[kind])
    assert row["paper"] in CONTENT["papers"]
    assert "|" not in "".join(map(str, row.values()))


@pytest.mark.parametrize(("kind", "row"), ROWS, ids=lambda value: value if isinstance(value, str) else name(value))
def test_a_row_is_answered_by_claims_or_by_a_reason(kind, row):
    assert ("claims" in row) != ("reason" in row)
    assert all(claim in CLAIMS and CLAIMS[claim].figure for claim in row.get("claims", ["NET-1"]))
    assert row.get("claims") or len(filled_length(row)) > 20


def filled_length(row):
    return row.get("reason", "").replace("{energies}", "x" * 40)


def test_an_appendix_is_called_as_in_the_paper():
    for paper, appendices in CONTENT["appendices"].items():
        rows = [row for row in CONTENT["item"] if row["paper"] == paper]
        for letter, one in appendices.items():
            under = {row["heading"] for row in rows if spanned(row["item"])[0][1] == letter}
            assert under == {one["heading"]}


def test_equations_are_split_by_subject():
    together = {name(row): len(spanned(row["item"])) for row in CONTENT["item"]}
    assert {item: count for item, count in together.items() if count > MOST_TOGETHER} == {}
    subjects = [(row["paper"], row["subject"]) for row in CONTENT["item"] if not spanned(row["item"])[0][1]]
    assert len(subjects) == len(set(subjects))


def test_every_paper_has_statements_and_the_reply_its_slips():
    assert {row["paper"] for row in CONTENT["statement"]} == set(CONTENT["papers"])
    slips = " ".join(row["printed"] for row in CONTENT["slip"] if row["paper"] == "REPLY")
    assert "s = 5 for m = ∞" in slips
    assert "1.2 ≤ ω ≤ 1.4" in slips


def test_every_claim_answers_something_or_is_said_to_rest_on_other_literature():
    named = {claim for _, row in ROWS for claim in row.get("claims", [])}
    beyond = set(CONTENT["beyond"]["claims"])
    assert not named & beyond
    assert set(CLAIMS) == named | beyond


@pytest.mark.parametrize("row", CONTENT["number"], ids=name)
def test_a_printed_number_has_both_values_and_a_word(row, script):
    assert ("tolerance" in row) != ("between" in row)
    found = script["compared"](row)
    assert isinstance(found, Comparison)
    assert found.here[1] <= found.here[0] <= found.here[2]
    assert found.word in ("same", "differs", "cannot tell")


def test_the_model_is_that_of_the_papers(script):
    words = {row["measured"]: script["compared"](row).word for row in CONTENT["number"]}
    agreeing = ("first_phonon", "lowest_mode", "cold_acceptance", "participation_number")
    assert {words[each] for each in agreeing} == {"same"}


def test_the_page_is_what_the_table_says(script):
    assert (DOCS / "papers.md").read_text(encoding="utf-8") == script["page"]()
