"""Nothing that the four papers number is passed over in silence."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest

from bosonpeak.benchmark.judging.claim_file import load_claims

DOCS = Path(__file__).parents[2] / "docs"
CONTENT = tomllib.loads((DOCS / "papers.toml").read_text(encoding="utf-8"))
SPAN = re.compile(r"(figure|table|equation)s? ([A-E]?)(\d+)(?:-\2(\d+))?")


def spanned(what):
    kind, appendix, first, last = SPAN.fullmatch(what).groups()
    return {(kind, appendix, number) for number in range(int(first), int(last or first) + 1)}


@pytest.mark.parametrize("paper", CONTENT["papers"])
def test_every_number_of_a_paper_stands_in_the_table_once(paper):
    told = [each for item in CONTENT["item"] if item["paper"] == paper for each in spanned(item["what"])]
    assert len(told) == len(set(told))
    numbered = CONTENT["numbered"][paper]
    wanted = {
        (kind, "", number)
        for kind in ("figure", "table", "equation")
        for first, last in [numbered.get(f"{kind}s", (1, 0))]
        for number in range(first, last + 1)
    }
    wanted |= {
        ("equation", name, n) for name, last in numbered.get("appendices", {}).items() for n in range(1, last + 1)
    }
    assert set(told) == wanted


@pytest.mark.parametrize("item", CONTENT["item"], ids=lambda item: f"{item['paper']} {item['what']}")
def test_what_stands_for_it_is_there_or_the_reason_is(item):
    known = {claim.id: claim for claim in load_claims()}
    assert item.get("claims") or len(item["note"]) > 20
    assert all(claim in known and known[claim].figure for claim in item.get("claims", []))


def test_every_claim_about_the_papers_is_named_by_some_item():
    named = {claim for item in CONTENT["item"] for claim in item.get("claims", [])}
    of_text = set(CONTENT["beyond"]["claims"])
    assert not named & of_text
    assert {claim.id for claim in load_claims()} == named | of_text


def test_the_page_is_what_the_table_says():
    assert (DOCS / "papers.md").read_text(encoding="utf-8") == runpy.run_path(str(DOCS / "papers.py"))["page"]()
