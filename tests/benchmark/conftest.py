"""Hand-made scorecards, one as a careful physicist would write it and one as an enemy would."""

import dataclasses
import math

import numpy as np
import pytest

from bosonpeak.benchmark.figures.registry import draw_figures
from bosonpeak.benchmark.judging.claim_file import load_claims
from bosonpeak.benchmark.judging.measurements import Measurements, evidence_by_figure
from bosonpeak.benchmark.scorecards.claim_results import (
    ClaimResult,
    ControlResult,
    EstimateResult,
    Expectation,
    PartResult,
    TestResult,
)
from bosonpeak.benchmark.scorecards.scorecard import Code, DataSource, NotRun, Scorecard
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.plot.figure import Figure, Mark, Panel, Series

HOSTILE = (
    "<script>alert('x')</script>",
    "]]></system-out><failure/>",
    "\x1b[2J\x1b]0;owned\x07 \x00\x0b\x85",
    "\u202eright-to-left override\u202c",
    "שלום عالم 玻色峰",
    "[bold red]rich markup[/] {{ 7 * 7 }} {% raw %} ${7*7}",
    "$\\frac{broken$ % \\ & ' \" `",
    "nameless " + "very-" * 2000 + "long",
    "javascript:alert(1)",
    '" onload="alert(1)" style="background:url(//evil.example)',
    "\ud800 lone surrogate",
    "",
)


def excess(value, half, *, unit="1"):
    return EstimateResult(
        name="excess over own Debye level",
        value=value,
        low=value - half,
        high=value + half,
        level=0.95,
        n=10,
        method="mean over samples, Student t",
        unit=unit,
        window=(0.2, 1.0),
        warnings=("the first phonon shell is inside the window",),
    )


def spectrum_panel(delta, *, strength):
    frequency = np.linspace(0.02, 3.2, 160)
    reduced = 0.16 * (1 + strength * np.exp(-((frequency - 0.6) ** 2) / 0.1) + frequency**2 / 8)
    return Panel(
        title=f"δ = {delta}",
        x_label="ω / (t₀/m)^½",
        y_label="g(ω) / ω",
        series=(
            Series("95 % interval", "band", frequency, low=0.95 * reduced, high=1.05 * reduced),
            Series("situation 2", "line", frequency, reduced),
            Series("situation 1", "line", frequency, 0.16 * (1 + frequency**2 / 8), order=1),
            Series("own Debye level", "line", [0.0, 3.2], [0.16, 0.16], style="reference"),
        ),
        marks=(Mark("vline", value=0.5, label="claimed position"), Mark("span", start=0.2, stop=1.0, label="window")),
        x_limits=(0.0, 3.2),
        y_limits=(0.0, None),
    )


OF_A_PART = {field.name for field in dataclasses.fields(PartResult)} - {"name"}


def _claim_of_one_part(identifier, title="t", verdict="supported", *, part="the whole", **others):
    """A claim of one part, given what is to be said of either."""
    of_the_part = {key: others.pop(key) for key in OF_A_PART & set(others)}
    return ClaimResult(id=identifier, title=title, parts=(PartResult(part, verdict, **of_the_part),), **others)


def _with_part(claim, **changes):
    """The claim with its one part changed."""
    (part,) = claim.parts
    return dataclasses.replace(claim, parts=(dataclasses.replace(part, **changes),))


@pytest.fixture(scope="session")
def claim_of_one_part():
    return _claim_of_one_part


@pytest.fixture(scope="session")
def with_part():
    return _with_part


def claim_with_tests(identifier, verdict, recorded, estimates, **others):
    verdicts = ["supported" if abs(e.value) + (e.high - e.value) < 0.05 else "refuted" for e in estimates]
    tests = tuple(
        TestResult(
            name="excess in the window",
            cell={"situation": 1, "delta": 0.1 * (index + 1)},
            dataset="spring-network-60",
            estimate=estimate,
            expect=Expectation(-0.05, 0.05, "half of the excess that the rival predicts"),
            verdict=outcome,
            minimum_detectable_effect=0.0111,
            samples_to_decide=None,
            reason="the interval lies inside the expected region",
        )
        for index, (estimate, outcome) in enumerate(zip(estimates, verdicts, strict=True))
    )
    return _claim_of_one_part(
        identifier,
        verdict=verdict,
        recorded=recorded,
        estimate=estimates[0],
        minimum_detectable_effect=0.0111,
        tests=tests,
        controls=(
            ControlResult(
                part="the whole",
                name="dilution at p = 0.8",
                must_be="refuted",
                verdict="refuted",
                passed=True,
                dataset="null/dilution",
                cell={"bond probability": 0.8},
                estimate=excess(0.61, 0.04),
                reason="the interval lies outside",
            ),
        ),
        **others,
    )


@pytest.fixture
def scorecard():
    """Three claims as recorded, with one figure; exit code 0."""
    return Scorecard(
        suite="quick",
        code=Code("bosonpeak", "0.1.0"),
        data=(DataSource("spring-network-60", "sha256:" + "0123456789abcdef" * 4),),
        environment={"python": "3.11.7", "numpy": "2.1.0", "platform": "Linux x86_64"},
        claims=(
            claim_with_tests(
                "NET-1",
                "supported",
                "supported",
                [excess(0.012, 0.009), excess(0.020, 0.011), excess(0.031, 0.012)],
                title="Strength disorder leaves the Debye level",
                statement="Strength disorder at fixed z = 4 leaves g(ω)/ω at the Debye level for ω < 1.",
                source="spring-network paper, Fig. 2 left",
                rival="any disorder produces an excess",
                rival_reading="an excess of 0.1 or more at every δ",
                regime={"system": "spring-network", "dimension": 2, "delta": [0.1, 0.2, 0.3], "periodic": True},
                reasons=("all three intervals lie inside ±0.05",),
                figure="reduced-dos",
                notes=("the first phonon shell is recognised and left out",),
            ),
            claim_with_tests(
                "NET-2",
                "refuted",
                "refuted",
                [excess(0.310, 0.02)],
                title="Equal strengths change nothing",
                statement="Coordination is the sole cause of the excess.",
                source="spring-network paper, Fig. 4 left",
                reasons=("the interval lies outside",),
            ),
            _claim_of_one_part(
                "NET-3",
                title="The excess modes are extended",
                verdict="undecided",
                recorded="undecided",
                estimate=EstimateResult("N e", 812.0, 240.0, 1390.0, 0.95, 10, "jackknife"),
                minimum_detectable_effect=1035.0,
                samples_to_decide=52,
                reasons=("the interval reaches outside the expected region",),
            ),
        ),
        not_run=(NotRun("NET-8", "needs the full suite"),),
        figures={
            "reduced-dos": Figure(
                title="Reduced density of states",
                caption="Ten networks of 3600 nodes each.",
                panels=(spectrum_panel(0.1, strength=0.2), spectrum_panel(0.3, strength=0.7)),
            )
        },
    )


@pytest.fixture
def scored_scorecard(scorecard):
    """A submission that met half of what was asked of it on every axis, and covers half of a track."""
    import dataclasses

    from bosonpeak.benchmark.scorecards.score_result import AXES, AxisResult, NextStep, Score, ScoreItem

    def axis(name):
        track = "conformance" if name == "conformance" else None
        met = ScoreItem(name, "asked for", "somewhere", "met", 1.0, "it is right", track)
        missing = ScoreItem(name, "also asked for", "somewhere", "missing", 0.0, "it is not there", track)
        return AxisResult(name, 1.0, 2, 1, "1 of 2 is right, 1 is missing.", (met, missing))

    step = NextStep("conformance", "answers to the case somewhere", 1, 2)
    return dataclasses.replace(scorecard, suite="score", score=Score.of(map(axis, AXES), next_steps=[step]))


@pytest.fixture
def changed_scorecard(scorecard):
    """The same with one changed verdict and one failed control; exit code 1."""
    import dataclasses

    first, second, third = scorecard.claims
    control = dataclasses.replace(first.controls[0], verdict="supported", passed=False)
    return dataclasses.replace(
        scorecard,
        claims=(
            dataclasses.replace(first, controls=(control,)),
            _with_part(second, recorded="supported"),
            third,
        ),
    )


@pytest.fixture
def hostile_scorecard():
    """Every string of every kind of record is an attack, every number a special case."""
    return Scorecard(
        suite="score",
        code=Code(HOSTILE[0], HOSTILE[1]),
        data=tuple(DataSource(text, text) for text in HOSTILE),
        environment={text: text for text in HOSTILE},
        claims=tuple(hostile_claim(index, text) for index, text in enumerate(HOSTILE)),
        not_run=tuple(NotRun(text, text) for text in HOSTILE),
        figures={f"figure {text}": hostile_figure(HOSTILE[n::3]) for n, text in enumerate(HOSTILE[:3])},
    )


def hostile_claim(index, text):
    numbers = (math.nan, math.inf, -1e300, 5e-324, 0.0, 1.0)
    value = numbers[index % len(numbers)]
    estimate = EstimateResult(text, value, -math.inf, value, math.nan, 3, text, text, (value, math.inf), (text,))
    verdicts = ("supported", "refuted", "undecided", "not run")
    parts = tuple(
        PartResult(
            name=f"{number}{text}",
            verdict=verdicts[(index + number) % 4],
            says=text,
            discriminates=bool(number),
            estimate=estimate,
            minimum_detectable_effect=value,
            reasons=(text, text),
            tests=(
                TestResult(text, "supported", {text: value}, text, estimate, Expectation(value, math.inf, text), value),
                TestResult(text, "undecided", {}, text, None, None, None, 10**12, text),
            ),
        )
        for number in range(1 + index % 2)
    )
    return ClaimResult(
        id=f"{index}{text}",
        title=text,
        statement=text,
        source=text,
        rival=text,
        rival_reading=text,
        regime={text: text, "nested": {text: [text, value]}},
        parts=parts,
        controls=(ControlResult(f"0{text}", text, "refuted", "supported", False, text, {text: text}, estimate, text),),
        figure=f"figure {HOSTILE[index % 3]}",
        notes=(text,),
    )


def hostile_figure(texts):
    values = [math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, 0.0, 1.0]
    looks = [("line", "main"), ("band", "reference"), ("points", "control"), ("bars", "faint"), ("steps", "main")]
    series = tuple(
        Series(texts[order % 4], kind, values, values[::-1], low=values, high=values, style=style, order=order)
        for order, (kind, style) in enumerate(looks)
    )
    marks = tuple(
        Mark(kind, 1e308, math.nan, -1.0, text)
        for kind, text in zip(("vline", "hline", "span", "hspan"), texts, strict=True)
    )
    return Figure(
        title=texts[0],
        caption=texts[1],
        panels=tuple(
            Panel(*texts[-3:], series, marks, scale, scale, limits, limits)
            for scale, limits in (("linear", None), ("log", (math.nan, 0.0)))
        ),
    )


@pytest.fixture(scope="session")
def draw():
    """Draws the figure of some claims on stand-ins; what a claim asks of other data is left out."""

    def draw(ids, opener, keep=lambda test: True):
        def open_ensemble(dataset, group):
            found = opener(dataset, group)
            if found is None:
                raise NotApplicableError("not among the stand-ins", got=f"{dataset}, {group}")
            return found

        claims = [
            dataclasses.replace(
                claim,
                parts=tuple(dataclasses.replace(part, tests=tuple(filter(keep, part.tests))) for part in claim.parts),
                context=tuple(filter(keep, claim.context)),
                controls=tuple(control for control in claim.controls if keep(control.test)),
            )
            for claim in load_claims()
            if claim.id in ids
        ]
        (figure,) = draw_figures(evidence_by_figure(claims, Measurements(open_ensemble)), open_ensemble).values()
        return figure

    return draw
