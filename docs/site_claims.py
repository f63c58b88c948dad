"""Pages of the claims: a list with every verdict and its number, and a page per claim."""

from __future__ import annotations

from pathlib import Path

from site_verdicts import HEAD, markdown, verdict_rows

from bosonpeak.benchmark.judging.claim import Claim, ClaimTest, Part
from bosonpeak.benchmark.judging.claim_file import load_claims
from bosonpeak.benchmark.report.words.literature import groups
from bosonpeak.benchmark.scorecards.scorecard import Scorecard

FIGURES = "figures"
"""Folder of the figures, beside the pages."""

REPLIES = Path(__file__).parent / "replies"
"""Replies of the authors of a paper to the verdict on a claim, one page per claim; see the policies."""

MOST_NAMED = 2
"""Tests of a part with the same expectation that a page names before it counts them."""


def claim_pages(scorecard: Scorecard) -> dict[str, str]:
    """Pages of all claims, by path."""
    claims = load_claims()
    lines = [HEAD]
    for group in groups(claims):
        lines += ["", f"## {group.title}", "", str(group.reference), ""]
        lines += verdict_rows([scorecard.claim(claims[place].id) for place in group.places])
    contents = ["", "```{toctree}", ":hidden:", "", *(claim.id for claim in claims), "```", ""]
    return {"claims/index": "\n".join([*lines, *contents])} | {f"claims/{claim.id}": _claim(claim) for claim in claims}


def _claim(claim: Claim) -> str:
    regime = "; ".join(markdown(f"{key.replace('_', ' ')} {_words(value)}") for key, value in claim.regime.items())
    return "\n".join(
        [
            f"# {claim.id}: {markdown(claim.title)}",
            "",
            f"> {markdown(claim.statement)}",
            ">",
            f"> {markdown(claim.source)}",
            "",
            f"**Rival: {markdown(claim.rival)}.** {markdown(claim.rival_reading)}",
            "",
            f"**Range.** {regime}",
            "",
            *_reply(claim.id),
            f"![Figure of the measurements]({FIGURES}/{claim.figure}.svg)",
            "",
            *_parts(claim.parts),
            *_controls(claim),
        ]
    )


def _words(value: object) -> str:
    return ", ".join(str(each) for each in value) if isinstance(value, list | tuple) else str(value)


def _reply(identifier: str) -> list[str]:
    if not (REPLIES / f"{identifier}.md").is_file():
        return []
    place = f"/replies/{identifier}"
    return [f"**[Reply of the authors]({place}.md)**", "", "```{toctree}", ":hidden:", "", place, "```", ""]


def _parts(parts: tuple[Part, ...]) -> list[str]:
    """Verdict and words of every part, its tests in a table, and each reason for an expectation once."""
    lines = [
        f"- **{markdown(part.name)}** ({part.recorded}{'' if part.discriminates else ', as the rival expects'}): "
        f"{markdown(part.says.rstrip('.'))}."
        for part in parts
    ]
    rows = ["", "| measured | ensembles | expected |", "|---|---|---|"]
    reasons: dict[str, None] = {}
    for part in parts:
        alike: dict[tuple[str, str], list[ClaimTest]] = {}
        for test in part.tests:
            alike.setdefault((_ensembles(test), str(test.expect or "")), []).append(test)
            if test.expect is not None and test.expect.why:
                reasons[markdown(test.expect.why.rstrip("."))] = None
        for (ensembles, expected), tests in alike.items():
            several = len(tests) > MOST_NAMED
            named = f"{len(tests)} tests of “{part.name}”" if several else "; ".join(test.name for test in tests)
            rows.append(f"| {markdown(named)} | {ensembles} | {markdown(expected)} |")
    return [*lines, *rows, "", "**Reasons for the expectations.**", "", *(f"- {why}." for why in reasons), ""]


def _ensembles(test: ClaimTest) -> str:
    cells = f"`{test.cells[0]}`" if len(test.cells) == 1 else f"{len(test.cells)} ensembles"
    return f"`{test.dataset}`, {cells}"


def _controls(claim: Claim) -> list[str]:
    required: dict[str, list[str]] = {}
    for each in claim.controls:
        required.setdefault(each.must_be, []).append(markdown(each.name))
    reported = ". ".join(f"Must be {verdict}: {'; '.join(names)}" for verdict, names in required.items())
    return [f"**Controls.** {reported}.", ""]
