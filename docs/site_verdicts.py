"""Verdicts and their numbers as a table, and a check that numbers typed elsewhere are those that were measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import xarray as xr
from markupsafe import escape

from bosonpeak.benchmark.report.words.wording import interval, region
from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, PartResult
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets import open_dataset
from bosonpeak.validators.glasses import arrest_temperature

ARREST = Path(__file__).resolve().parents[1] / "data-release" / "glass" / "arrest.nc"
"""Dataset glass/arrest, which a source distribution does not contain."""

_INTERVAL = re.compile(r"([-−]?\d+\.\d+) \\?\[([-−]?\d+\.\d+), ([-−]?\d+\.\d+)\\?\]")

_COLUMNS = ("| claim | part | verdict | measured | expected |", "|---|---|---|---|---|")

HEAD = """# Claims and verdicts

Every claim, part by part: verdict, measured number with its 95 % interval, and expectation. The first part of a claim
is its main part, whose verdict is the verdict of the claim; °: claim and rival expect the same. The pages are made from
the claim files and the scorecard of this version; [what the data say](../../verdicts.md) sums them up.

`bosonpeak verify --claim ID -v` judges a claim, and `bosonpeak claims show ID` prints the whole claim with parameters
and context. The <a href="../../report.html">report</a> has all tests and figures. The letter of E. Lerner and
E. Bouchbinder is not among the sources: LB-1, LB-2 and LB-3 are judged through what the reply says of it."""


Measured = tuple[float | None, float | None, float | None]


@dataclass(frozen=True)
class Typed:
    """A number with its interval, as somebody typed it."""

    text: str
    figures: tuple[str, ...]

    @property
    def numbers(self) -> Measured:
        """Value, lower and upper limit."""
        value, low, high = map(float, self.figures)
        return value, low, high


def verdict_rows(claims: Iterable[ClaimResult]) -> list[str]:
    """Table with a row for each part of each claim; the first row of a claim has its title."""
    rows = [_row(claim, part, first=number == 0) for claim in claims for number, part in enumerate(claim.parts)]
    return [*_COLUMNS, *rows]


def _row(claim: ClaimResult, part: PartResult, *, first: bool) -> str:
    test = part.decisive_test
    cells = (
        f"[{claim.id}]({claim.id}.md)" + (f" {markdown(claim.title)}" if first else ""),
        markdown(part.name),
        part.verdict + ("" if part.discriminates else "°"),
        markdown(interval(part.estimate)),
        markdown(region(test.expect if test else None)),
    )
    return f"| {' | '.join(cells)} |"


def markdown(text: str) -> str:
    """Plain text as Markdown that shows the same characters."""
    return re.sub(r"([\\`*_|~])", r"\\\1", str(escape(text)))


def unknown_numbers(page: str, scorecard: Scorecard) -> list[str]:
    """Numbers with intervals, as somebody typed them into a page, that no test of a claim measured.

    Parameters
    ----------
    page : str
        Markdown.
    scorecard : Scorecard

    Returns
    -------
    list of str
        Such as ``"2.62 [2.29, 2.99]"``.
    """
    tests = [test for claim in scorecard.claims for part in claim.parts for test in part.tests]
    found = [(each.value, each.low, each.high) for test in tests if (each := test.estimate) is not None]
    found += [typed.numbers for claim in scorecard.claims for note in claim.notes for typed in _typed(note)]
    found += [(each.value, each.low, each.high) for each in map(arrest_temperature, _liquids())]
    return [typed.text for typed in _typed(page) if not any(_is(typed, measured) for measured in found)]


def _liquids() -> Iterator[list[xr.Dataset]]:
    """The liquids of each taper, whose arrest is measured beside the claims."""
    if not ARREST.is_file():
        return
    tree = open_dataset(ARREST)
    for taper in tree.children.values():
        yield [node.to_dataset() for node in taper.subtree if node.variables]


def _typed(text: str) -> Iterator[Typed]:
    for found in _INTERVAL.finditer(text):
        yield Typed(found.group(0), tuple(each.replace("−", "-") for each in found.groups()))


def _is(typed: Typed, measured: Measured) -> bool:
    """Whether something measured is what was typed, to the digits typed; of a difference, either way round."""
    if None in measured:
        return False
    value, low, high = (float(each) for each in measured if each is not None)
    return any(
        all(_rounds_to(number, text) for number, text in zip(each, typed.figures, strict=True))
        for each in ((value, low, high), (-value, -high, -low))
    )


def _rounds_to(number: float, text: str) -> bool:
    # a little more than half a digit: machines differ in the last bits, and some number lies on the edge of rounding
    return abs(number - float(text)) <= 0.6 * 10.0 ** -len(text.partition(".")[2])


def require_measured_numbers(scorecard: Scorecard, *pages: Path) -> None:
    """Refuse to build the site where a page has an interval that was not measured.

    Raises
    ------
    ValueError
        Naming the pages and the numbers.
    """
    stale = {page.name: found for page in pages if (found := unknown_numbers(page.read_text("utf-8"), scorecard))}
    if stale:
        raise ValueError(f"typed, but not measured: {stale}")
