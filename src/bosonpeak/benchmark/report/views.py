"""Page views for the templates: claims, parts, tests, interval glyphs, figures, data, methods and scores."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bosonpeak.benchmark.report.claim_table import claim_csv
from bosonpeak.benchmark.report.drawing_cache import drawn_once, identifiers
from bosonpeak.benchmark.report.figure_files import csv_address, figure_csv
from bosonpeak.benchmark.report.headlines import EXPONENTS, MAIN_FIGURES, exponents_figure, front_figures
from bosonpeak.benchmark.report.styles import LegendEntry
from bosonpeak.benchmark.report.svg import DrawnPanel
from bosonpeak.benchmark.report.words.literature import cited, groups
from bosonpeak.benchmark.scorecards.claim_results import (
    ClaimResult,
    EstimateResult,
    Expectation,
    PartResult,
    TestResult,
)
from bosonpeak.benchmark.scorecards.score_result import AxisResult, Outcome, Score, ScoreItem
from bosonpeak.benchmark.scorecards.scorecard import DataSource, Scorecard
from bosonpeak.datasets.errors import RegistryError
from bosonpeak.plot.figure import Figure

Judged = tuple[EstimateResult | None, Expectation | None]
Scale = tuple[float, float]

_WIDTH, _HEIGHT = 120.0, 16.0


def scale_of(judged: Sequence[Judged]) -> Scale | None:
    """Range of all limits and expected regions, with a margin; in halves, see `_place`."""
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


def glyph(estimate: EstimateResult | None, expect: Expectation | None, scale: Scale | None) -> Markup:
    """Draw the expected region as a box and the interval as a bar; empty without an interval."""
    if estimate is None or estimate.value is None or scale is None or (estimate.low is None and estimate.high is None):
        return Markup("")
    shapes = [f'<path class="axis" d="M0 {_HEIGHT / 2:g}H{_WIDTH:g}"/>']
    if expect is not None and (expect.low is not None or expect.high is not None):
        start, stop = _place(expect.low, scale, 0.0), _place(expect.high, scale, _WIDTH)
        shapes.append(
            f'<rect class="expected" x="{start:.1f}" y="1" width="{max(stop - start, 1.0):.1f}" height="14"/>'
        )
    start, stop = _place(estimate.low, scale, 0.0), _place(estimate.high, scale, _WIDTH)
    shapes.append(f'<path class="interval" d="M{start:.1f} 8H{stop:.1f}M{start:.1f} 5v6M{stop:.1f} 5v6"/>')
    shapes.append(f'<circle class="value" cx="{_place(estimate.value, scale, 0.0):.1f}" cy="8" r="2.6"/>')
    box = f"0 0 {_WIDTH:g} {_HEIGHT:g}"
    return Markup('<svg class="glyph" viewBox="{}" aria-hidden="true">{}</svg>').format(box, Markup("".join(shapes)))


def _place(number: float | None, scale: Scale, otherwise: float) -> float:
    # Halves avoid overflow where a scale spans the whole floating-point range.
    return otherwise if number is None else _WIDTH * ((number / 2 - scale[0]) / (scale[1] - scale[0]))


_ORDER: tuple[Outcome, ...] = ("not met", "undecided", "met", "missing")


@dataclass(frozen=True)
class MissingView:
    """Missing items of one ensemble, case or part of the card."""

    where: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class AxisView:
    """Page view of an axis: wrong items first, missing items grouped by place."""

    result: AxisResult
    items: tuple[ScoreItem, ...]
    missing: tuple[MissingView, ...]

    @property
    def anchor(self) -> str:
        """Anchor of the axis on its page."""
        return f"axis-{self.result.axis}"

    @property
    def outcomes(self) -> str:
        """Number of items by outcome, wrong items first."""
        counts = Counter(item.outcome for item in self.items)
        return ", ".join(f"{counts[outcome]} {outcome}" for outcome in _ORDER if counts[outcome])

    @property
    def missing_count(self) -> int:
        """Number of missing items."""
        return sum(len(view.names) for view in self.missing)


def axis_views(score: Score | None) -> tuple[AxisView, ...]:
    """Page views of the axes of a score in order; empty without a score."""
    return () if score is None else tuple(map(_axis_view, score.axes))


def _axis_view(axis: AxisResult) -> AxisView:
    there = [item for item in axis.items if item.outcome != "missing" or item.earned > 0]
    there.sort(key=lambda item: _ORDER.index(item.outcome))
    missing: dict[str, list[str]] = {}
    for item in axis.items:
        if item.outcome == "missing" and item.earned == 0:
            missing.setdefault(item.where, []).append(item.name)
    views = tuple(MissingView(where, tuple(names)) for where, names in missing.items())
    return AxisView(axis, tuple(there), views)


_CLAIM = re.compile(r"[A-Z]{2,5}-[0-9]{1,3}")
_NOT_IN_ANCHORS = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True)
class FigureView:
    """Page view of a figure with its first claim (empty before all claims), its common legend, and its table."""

    number: int
    shown_with: str
    title: str
    caption: str
    panels: tuple[DrawnPanel, ...]
    legend: tuple[LegendEntry, ...]
    numbers: str


@dataclass(frozen=True)
class TestView:
    """Page view of a test, its interval drawn on a common scale with the other tests of its quantity."""

    result: TestResult
    glyph: Markup


@dataclass(frozen=True)
class PartView:
    """Page view of a part of a claim."""

    result: PartResult
    expect: Expectation | None
    glyph: Markup
    tests: tuple[TestView, ...]


@dataclass(frozen=True)
class ClaimView:
    """Page view of a claim."""

    result: ClaimResult
    anchor: str
    parts: tuple[PartView, ...]
    figure: FigureView | None
    numbers: str  # data URL of the table of tests, controls and context


def claim_views(scorecard: Scorecard) -> tuple[ClaimView, ...]:
    """Page views of the claims of a scorecard in order; each figure is drawn once."""
    figures = _figures(scorecard)
    return tuple(
        _claim_view(claim, anchor, figures)
        for claim, anchor in zip(scorecard.claims, _anchors_of(claim.id for claim in scorecard.claims), strict=True)
    )


def front_views(scorecard: Scorecard) -> tuple[FigureView, ...]:
    """Page views of the figures before the first claim: the exponents, figures of no claim, and main figures."""
    figures = {name: figure for name, figure in scorecard.figures.items() if name in _further(scorecard)}
    exponents = exponents_figure(scorecard)
    if exponents is not None:
        figures[EXPONENTS] = exponents
    called = _called(scorecard)
    ordered = sorted(figures, key=list(called).index)
    return tuple(_figure_view(figures[name], called[name], "") for name in ordered)


def _further(scorecard: Scorecard) -> tuple[str, ...]:
    """Names of the figures that no claim shows, and of figures of claims that belong to the main results."""
    shown = {claim.figure for claim in scorecard.claims}
    unclaimed = [name for name in scorecard.figures if name not in shown]
    return (*unclaimed, *(name for name in MAIN_FIGURES if name in shown & scorecard.figures.keys()))


def _called(scorecard: Scorecard) -> dict[str, str]:
    """Id prefixes of all figures of the page by name, in order."""
    return identifiers(scorecard.claims, front_figures(scorecard.claims, _further(scorecard)))


def _claim_view(claim: ClaimResult, anchor: str, figures: dict[str, FigureView]) -> ClaimView:
    return ClaimView(
        result=claim,
        anchor=anchor,
        parts=tuple(_part_view(part) for part in claim.parts),
        figure=figures[claim.figure] if claim.figure is not None else None,
        numbers=csv_address(claim_csv(claim)),
    )


def _part_view(part: PartResult) -> PartView:
    decisive = part.decisive_test
    expect = decisive.expect if decisive else None
    picture = glyph(part.estimate, expect, scale_of([(part.estimate, expect)]))
    return PartView(result=part, expect=expect, glyph=picture, tests=_test_views(part.tests))


def _figures(scorecard: Scorecard) -> dict[str, FigureView]:
    in_order = [scorecard.claims[place] for group in groups(scorecard.claims) for place in group.places]
    first = {claim.figure: claim.id for claim in reversed(in_order)}
    first |= dict.fromkeys(set(_further(scorecard)) & first.keys(), "")
    return {
        name: _figure_view(scorecard.figures[name], identifier, first[name])
        for name, identifier in _called(scorecard).items()
        if name in first
    }


def _figure_view(figure: Figure, identifier: str, shown_with: str) -> FigureView:
    panels = drawn_once(figure, identifier)
    legends = {panel.legend for panel in panels}
    return FigureView(
        number=int(identifier.rpartition("-")[2]),
        shown_with=shown_with,
        title=figure.title,
        caption=figure.caption,
        panels=panels,
        legend=next(iter(legends)) if len(legends) == 1 else (),
        numbers=csv_address(figure_csv(figure)),
    )


def _anchors_of(names: Iterable[str], kind: str = "") -> list[str]:
    """Readable, unique anchor for each name: the id of a claim of the suite is its own anchor."""
    anchors: list[str] = []
    for number, name in enumerate(names, start=1):
        readable = _NOT_IN_ANCHORS.sub("-", name).strip("-")[:40]
        own = not kind and _CLAIM.fullmatch(name) is not None
        anchor = name if own else f"{kind or 'claim'}-{readable or number}"
        anchors.append(anchor if anchor not in anchors else f"{anchor}-{number}")
    return anchors


def _test_views(tests: Sequence[TestResult]) -> tuple[TestView, ...]:
    scales = {
        quantity: scale_of([(test.estimate, test.expect) for test in tests if _quantity(test) == quantity])
        for quantity in {_quantity(test) for test in tests}
    }
    return tuple(TestView(test, glyph(test.estimate, test.expect, scales[_quantity(test)])) for test in tests)


def _quantity(test: TestResult) -> tuple[str, str]:
    return (test.estimate.name, test.estimate.unit) if test.estimate else ("", "")


@dataclass(frozen=True)
class DataView:
    """Page view of a dataset, with its registry entry if the digests agree."""

    result: DataSource
    anchor: str
    description: str
    version: str
    content_digest: str
    source: Markup


def data_views(scorecard: Scorecard) -> tuple[DataView, ...]:
    """Page views of the datasets of a scorecard."""
    anchors = _anchors_of((source.name for source in scorecard.data), "data")
    return tuple(_data_view(source, anchor) for source, anchor in zip(scorecard.data, anchors, strict=True))


def _data_view(source: DataSource, anchor: str) -> DataView:
    from bosonpeak.datasets.registry import complete_entry

    try:
        entry = complete_entry(source.name)
    except RegistryError:
        return DataView(source, anchor, "", "", "", Markup(""))
    if entry.sha256 != source.digest:
        return DataView(source, anchor, entry.description, "", "", Markup(""))
    return DataView(source, anchor, entry.description, str(entry.version), entry.content_digest, cited(entry.source))


@dataclass(frozen=True)
class MethodView:
    """Page view of a measure: its description and its function."""

    name: str
    anchor: str
    summary: str
    function: str


def method_views(scorecard: Scorecard) -> tuple[MethodView, ...]:
    """Page views of the known measures of a scorecard's tests, each once."""
    from bosonpeak.benchmark.measures.registry import MEASURES, find_measure

    names = sorted({test.measure for claim in scorecard.claims for test in claim.tests} & set(MEASURES))
    views = []
    for name in names:
        function = find_measure(name)
        summary = " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split()).replace("`", "")
        made_by = f"{function.__module__}.{function.__qualname__}"
        views.append(MethodView(name, f"method-{name}", summary, made_by))
    return tuple(views)
