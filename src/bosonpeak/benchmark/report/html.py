"""A scorecard as one self-contained HTML page: no script, no request, readable on a phone and on paper."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from markupsafe import Markup

from bosonpeak.benchmark.report import wording
from bosonpeak.benchmark.report.drawing import DrawnPanel, draw_figure
from bosonpeak.benchmark.report.looks import LegendEntry
from bosonpeak.benchmark.report.score_view import axis_views
from bosonpeak.benchmark.report.templating import page_environment
from bosonpeak.benchmark.scorecards.claim_results import (
    ClaimResult,
    EstimateResult,
    Expectation,
    PartResult,
    TestResult,
)
from bosonpeak.benchmark.scorecards.figure import Figure
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets.storage.atomic import write_bytes

if TYPE_CHECKING:
    from jinja2 import Environment

_GLYPH_WIDTH, _GLYPH_HEIGHT = 120.0, 16.0
_NOT_IN_ANCHORS = re.compile(r"[^A-Za-z0-9]+")


def render_html(scorecard: Scorecard) -> str:
    """The report as HTML.

    Parameters
    ----------
    scorecard : Scorecard

    Returns
    -------
    str
        The same text for the same scorecard.
    """
    pages = _pages(scorecard)
    template = _environment().get_template("report.html.j2")
    return template.render(card=scorecard, claims=pages, axes=axis_views(scorecard.score), style=report_style())


def write_html(scorecard: Scorecard, path: str | os.PathLike[str]) -> None:
    """Write the report to `path`, whole or not at all.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    write_bytes(path, render_html(scorecard).encode("utf-8"))


@dataclass(frozen=True)
class FigureView:
    """A figure as the page shows it, with the first claim that it belongs to.

    `legend` is the one that all panels share, if they do.
    """

    number: int
    shown_with: str
    title: str
    caption: str
    panels: tuple[DrawnPanel, ...]
    legend: tuple[LegendEntry, ...]


@dataclass(frozen=True)
class TestView:
    """A test with the picture of its interval, on one scale with the other tests of its quantity."""

    result: TestResult
    glyph: Markup


@dataclass(frozen=True)
class PartView:
    """A part of a claim as the page shows it."""

    result: PartResult
    expect: Expectation | None
    glyph: Markup
    tests: tuple[TestView, ...]


@dataclass(frozen=True)
class ClaimView:
    """A claim as the page shows it."""

    result: ClaimResult
    anchor: str
    parts: tuple[PartView, ...]
    figure: FigureView | None


def _pages(scorecard: Scorecard) -> tuple[ClaimView, ...]:
    figures = _figures(scorecard)
    return tuple(
        _claim_view(claim, anchor, figures)
        for claim, anchor in zip(scorecard.claims, _anchors(scorecard.claims), strict=True)
    )


def _claim_view(claim: ClaimResult, anchor: str, figures: dict[str, FigureView]) -> ClaimView:
    return ClaimView(
        result=claim,
        anchor=anchor,
        parts=tuple(_part_view(part) for part in claim.parts),
        figure=figures[claim.figure] if claim.figure is not None else None,
    )


def _part_view(part: PartResult) -> PartView:
    decisive = part.decisive_test
    expect = decisive.expect if decisive else None
    glyph = _glyph(part.estimate, expect, _scale([(part.estimate, expect)]))
    return PartView(result=part, expect=expect, glyph=glyph, tests=_test_views(part.tests))


def _figures(scorecard: Scorecard) -> dict[str, FigureView]:
    views: dict[str, FigureView] = {}
    for claim in scorecard.claims:
        if claim.figure is not None and claim.figure not in views:
            number = len(views) + 1
            views[claim.figure] = _figure_view(scorecard.figures[claim.figure], number, claim.id)
    return views


def _figure_view(figure: Figure, number: int, shown_with: str) -> FigureView:
    panels = draw_figure(figure, f"figure-{number}")
    legends = {panel.legend for panel in panels}
    return FigureView(
        number=number,
        shown_with=shown_with,
        title=figure.title,
        caption=figure.caption,
        panels=panels,
        legend=next(iter(legends)) if len(legends) == 1 else (),
    )


def _anchors(claims: Iterable[ClaimResult]) -> list[str]:
    """Fragment for each claim, readable and not used twice."""
    anchors: list[str] = []
    for number, claim in enumerate(claims, start=1):
        readable = _NOT_IN_ANCHORS.sub("-", claim.id).strip("-")[:40]
        anchor = f"claim-{readable}" if readable else f"claim-{number}"
        anchors.append(anchor if anchor not in anchors else f"{anchor}-{number}")
    return anchors


# --- the little pictures of an interval against its expected region ---

_Judged = tuple[EstimateResult | None, Expectation | None]
_Scale = tuple[float, float]


def _test_views(tests: Sequence[TestResult]) -> tuple[TestView, ...]:
    scales = {
        quantity: _scale([(test.estimate, test.expect) for test in tests if _quantity(test) == quantity])
        for quantity in {_quantity(test) for test in tests}
    }
    return tuple(TestView(test, _glyph(test.estimate, test.expect, scales[_quantity(test)])) for test in tests)


def _quantity(test: TestResult) -> tuple[str, str]:
    return (test.estimate.name, test.estimate.unit) if test.estimate else ("", "")


def _scale(judged: Sequence[_Judged]) -> _Scale | None:
    numbers = [
        number
        for estimate, expect in judged
        if estimate is not None
        for number in (
            estimate.value,
            estimate.low,
            estimate.high,
            *((expect.low, expect.high) if expect is not None else ()),
        )
        if number is not None
    ]
    if not numbers:
        return None
    low, high = min(numbers) / 2, max(numbers) / 2
    margin = 0.15 * (high - low) or 0.1 * abs(low) or 0.5
    return low - margin, high + margin


def _glyph(estimate: EstimateResult | None, expect: Expectation | None, scale: _Scale | None) -> Markup:
    """Draw the expected region as a box and the interval as a bar; nothing if there is no estimate."""
    if estimate is None or estimate.value is None or scale is None:
        return Markup("")
    shapes = [f'<path class="axis" d="M0 {_GLYPH_HEIGHT / 2:g}H{_GLYPH_WIDTH:g}"/>']
    if expect is not None and (expect.low is not None or expect.high is not None):
        start, stop = _place(expect.low, scale, 0.0), _place(expect.high, scale, _GLYPH_WIDTH)
        shapes.append(
            f'<rect class="expected" x="{start:.1f}" y="1" width="{max(stop - start, 1.0):.1f}" height="14"/>'
        )
    if estimate.low is not None or estimate.high is not None:
        start, stop = _place(estimate.low, scale, 0.0), _place(estimate.high, scale, _GLYPH_WIDTH)
        shapes.append(f'<path class="interval" d="M{start:.1f} 8H{stop:.1f}M{start:.1f} 5v6M{stop:.1f} 5v6"/>')
    shapes.append(f'<circle class="value" cx="{_place(estimate.value, scale, 0.0):.1f}" cy="8" r="2.6"/>')
    box = f"0 0 {_GLYPH_WIDTH:g} {_GLYPH_HEIGHT:g}"
    return Markup('<svg class="glyph" viewBox="{}" aria-hidden="true">{}</svg>').format(box, Markup("".join(shapes)))


def _place(number: float | None, scale: _Scale, otherwise: float) -> float:
    # Halves throughout, so that the two ends of the floating-point range can share a scale.
    return otherwise if number is None else _GLYPH_WIDTH * ((number / 2 - scale[0]) / (scale[1] - scale[0]))


# --- the template and what it may use ---


@functools.cache
def _environment() -> Environment:
    environment = page_environment("bosonpeak.benchmark.report")
    environment.filters.update(
        interval=lambda estimate: _typeset(wording.interval(estimate)),
        region=lambda expect: _typeset(wording.region(expect)),
        number=lambda value: _typeset(wording.number(value)),
        plain=lambda value: _typeset(wording.plain(value)) if isinstance(value, float) else wording.plain(value),
        cell=wording.cell,
        words=wording.name,
        drawing=Markup,
    )
    environment.globals.update(tally=wording.tally, outcome=wording.outcome, marks=wording.MARKS)
    return environment


def _typeset(figures: str) -> str:
    """Put minus signs where hyphens stand for them."""
    return re.sub(r"(?<![\w)])-(?=[\d.])|(?<=e)-(?=\d)", "\N{MINUS SIGN}", figures)


@functools.cache
def report_style() -> Markup:
    """Style sheet that all pages share."""
    return Markup(resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8"))
