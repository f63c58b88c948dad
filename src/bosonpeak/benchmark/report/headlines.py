"""First screen of a report: the exponents beside the claims, and sentences that begin with a number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bosonpeak.benchmark.report.words import wording
from bosonpeak.benchmark.scorecards.claim_results import EstimateResult, Verdict
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.plot.claimed_values import LOWER_BOUND
from bosonpeak.plot.exponents import exponent_marks, forest_panel
from bosonpeak.plot.figure import Figure, named, own_name
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import LEVEL

EXPONENTS = "front-exponents"
"""Name of the figure of the exponents of all cells."""

MAIN_FIGURES = ("predicted-boson-peaks",)
"""Figures of claims that are drawn before the first claim."""

_MEASURE, _LOCAL_EXPONENTS = "limit-exponent", "glass-local-exponent"
_SHOWN = (1.5, 6.0)
_BOUNDS_ASSUME = (
    " Triangles: lower bounds from glasses that were closed until the estimator was finished; they hold for every "
    "local exponent that does not rise with ω, without a family of bends."
)
_JUDGED = ("SIM-2", "LB-1")
"""Claims on the exponents of the cells: two tapers, two parent temperatures."""

ASSUMPTION = (
    "The limit ω → 0 is an extrapolation: its interval holds inside one family of curves that bend towards high ω, "
    "and a second branch of modes below the lowest frequency would not be seen."
)

_SENTENCES = (
    ("SIM-2", 0, "exponent s of g(ω) ~ ω^s as ω → 0, glasses of hot liquids (m = 2, T* = 1.00); s = 2 is claimed"),
    ("SIM-2", 1, "the same without a taper (m = ∞, T* = 1.00); s = 2 is claimed, and 4 for all by LB-1"),
    ("SIM-3", 0, "exponent s as ω → 0, glasses of cold liquids (m = 2, T* = 0.20); s = 4 is claimed"),
    ("SIM-4", 0, "exponent s as ω → 0, no taper (m = ∞, T* = 0.20); s = 3 is claimed"),
    (
        "NET-3",
        0,
        "excess of spring networks over the rescaled crystal at equal coordination; none is claimed, coordination "
        "being the sole cause",
    ),
    ("SIM-9", 0, "excess correlation of the vorticity of low modes with small local stresses; below zero is claimed"),
    ("GHET-5", 0, "intensity of low modes at T* = 0.20 over 1.00, in units of the small stresses; 1 is claimed"),
)
"""Claims, numbers of their parts and sentences, in the order of the page."""

_MOST = 6


class _Tested(Protocol):
    @property
    def measure(self) -> str: ...


class _Claimed(Protocol):
    @property
    def tests(self) -> Iterable[_Tested]: ...


@dataclass(frozen=True)
class Headline:
    """Number with its interval, the sentence on it, and the claim that is judged by it."""

    number: str
    sentence: str
    claim: str
    verdict: Verdict


def headlines(scorecard: Scorecard) -> tuple[Headline, ...]:
    """Sentences on the claims of a scorecard, at most six."""
    main = {claim.id: claim for claim in scorecard.claims}
    found = []
    for name, place, sentence in _SENTENCES:
        claim = main.get(name)
        if claim is not None and len(claim.parts) > place and claim.parts[place].estimate is not None:
            part = claim.parts[place]
            found.append(Headline(wording.interval(part.estimate), sentence, name, part.verdict))
    return tuple(found[:_MOST])


def front_figures(claims: Sequence[_Claimed], further: Iterable[str]) -> tuple[str, ...]:
    """Names of the figures before the first claim, in order: the exponents if they were tested, then `further`."""
    tested = any(test.measure == _MEASURE for claim in claims for test in claim.tests)
    return (*([EXPONENTS] if tested else []), *further)


def exponents_figure(scorecard: Scorecard) -> Figure | None:
    """Exponents as omega goes to 0 of all cells that were tested, beside the exponents in dispute."""
    cells = dict(_cells(scorecard))
    if not cells:
        return None
    bounds = {cell: bound for cell, bound in _bounds(scorecard) if cell in cells}
    panel = replace(
        forest_panel(cells, exponent_marks("vline"), bounds), title="limit ω → 0", x_label="s", x_limits=_SHOWN
    )
    return Figure(
        "Exponent of the soft modes",
        "s of g(ω) ~ ω^s as ω → 0 with its 95 % interval, from all sizes of a cell and inside one family of bends, "
        "beside the exponents in dispute." + (_BOUNDS_ASSUME if bounds else ""),
        (panel,),
    )


def _cells(scorecard: Scorecard) -> Iterator[tuple[str, Estimate]]:
    """Exponent by taper and parent temperature, each cell once."""
    found: dict[str, Estimate] = {}
    for claim in scorecard.claims:
        for test in claim.tests if claim.id in _JUDGED else ():
            if test.measure == _MEASURE and test.estimate is not None and test.estimate.value is not None:
                cell = ", ".join(named(str(value)) for value in test.cell.values())
                found.setdefault(f"{own_name(test.dataset)}, {cell}", _with_limits(test.estimate))
    yield from sorted(found.items())


def _bounds(scorecard: Scorecard) -> Iterator[tuple[str, Estimate]]:
    """Lower bounds on the figure of the local exponent, by taper and parent temperature."""
    figure = scorecard.figures.get(_LOCAL_EXPONENTS)
    for panel in figure.panels if figure is not None else ():
        for series in panel.series:
            taper, _, name = series.label.rpartition(", ")
            if name == LOWER_BOUND and series.y[0] is not None:
                bound = Estimate(name, series.y[0], series.y[0], math.inf, LEVEL, 0, "concave likelihood")
                yield f"{taper}, {panel.title}", bound


def _with_limits(found: EstimateResult) -> Estimate:
    """Estimate of a result, infinite at the sides that are open."""
    value, low, high = found.value, found.low, found.high
    assert value is not None
    limits = (-math.inf if low is None else low, math.inf if high is None else high)
    return Estimate(found.name, value, *limits, found.level or 0.0, found.n or 0, found.method)
