"""Judgement of a claim by its tests, controls and context."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from bosonpeak.benchmark.judging.claim import Claim, ClaimTest, Control, Part
from bosonpeak.benchmark.judging.measurements import Measurements
from bosonpeak.benchmark.judging.robustness import Robustness
from bosonpeak.benchmark.judging.verdicts import Judgement, combine, decisive, judge, steadied
from bosonpeak.benchmark.scorecards.claim_results import (
    ClaimResult,
    ControlResult,
    Decision,
    EstimateResult,
    PartResult,
    TestResult,
    Verdict,
)
from bosonpeak.datasets.errors import NotApplicableError


def judge_claim(
    claim: Claim,
    measurements: Measurements,
    *,
    recorded: Mapping[str, Decision] | None = None,
    only: Callable[[ClaimTest, str], bool] = lambda test, cell: True,
    with_controls: bool = True,
    robustness: Callable[[ClaimTest, str], Robustness | None] = lambda test, cell: None,
) -> ClaimResult:
    """Judge a claim by its tests on the (test, cell) pairs that `only` selects, its controls and its context."""
    on_record = claim.recorded if recorded is None else recorded
    parts = [
        _judge_part(
            part, claim.comparisons, measurements, recorded=on_record.get(part.name), only=only, robustness=robustness
        )
        for part in claim.parts
    ]
    controls = [
        result
        for control in (claim.controls if with_controls else ())
        for result in _run_control(claim, control, measurements)
    ]
    notes = [_describe(test, cell, measurements) for test in claim.context for cell in test.cells if only(test, cell)]
    for test in claim.tests:
        known = ((cell, robustness(test, cell)) for cell in test.cells)
        notes += [f"{test.name}, {cell}, on parts of the data: {each}" for cell, each in known if each is not None]
    return ClaimResult(
        id=claim.id,
        title=claim.title,
        statement=claim.statement,
        source=claim.source,
        rival=claim.rival,
        rival_reading=claim.rival_reading,
        regime=claim.regime,
        parts=tuple(parts),
        controls=tuple(controls),
        figure=claim.figure,
        notes=tuple(notes),
    )


def run_test(
    test: ClaimTest,
    cell: str,
    measurements: Measurements,
    *,
    comparisons: int = 1,
    together: int = 1,
    steadiness: float | None = None,
) -> tuple[TestResult, Judgement]:
    """Judge an ensemble by a test with an expectation; the verdict is "not run" if the measure does not apply."""
    # `comparisons` counts the comparisons of the claim, `together` of its part; `steadiness`: see `steadied`.
    assert test.expect is not None
    estimate = None
    try:
        estimate = measurements.of(test, cell)
    except NotApplicableError as error:
        judgement = Judgement("not run", error.what + _got(error), math.nan)
    else:
        judgement = judge(estimate, test.expect, comparisons=comparisons, together=together)
        if steadiness is not None:
            judgement = steadied(judgement, steadiness)
    result = TestResult(
        name=test.name,
        verdict=judgement.verdict,
        cell={"ensemble": cell},
        dataset=test.dataset,
        estimate=EstimateResult.from_estimate(estimate) if estimate else None,
        expect=test.expect,
        minimum_detectable_effect=judgement.minimum_detectable_effect,
        samples_to_decide=judgement.samples_to_decide,
        reason=judgement.reason,
        measure=test.measure,
    )
    return result, judgement


def _judge_part(
    part: Part,
    comparisons: int,
    measurements: Measurements,
    *,
    recorded: Decision | None,
    only: Callable[[ClaimTest, str], bool],
    robustness: Callable[[ClaimTest, str], Robustness | None],
) -> PartResult:
    asked = [(test, cell) for test in part.tests for cell in test.cells if only(test, cell)]
    outcomes = []
    for test, cell in asked:
        known = robustness(test, cell)
        share = None if known is None else known.leaning
        outcomes.append(
            run_test(test, cell, measurements, comparisons=comparisons, together=part.comparisons, steadiness=share)
        )
    tests, judgements = [result for result, _ in outcomes], [judgement for _, judgement in outcomes]
    verdict, remark = combine(judgements, [(test.name, f"{test.dataset}, {cell}") for test, cell in asked])
    settling = tests[decisive(judgements, verdict)] if verdict != "not run" else None
    return PartResult(
        name=part.name,
        verdict=verdict,
        says=part.says,
        discriminates=part.discriminates,
        recorded=recorded,
        estimate=settling.estimate if settling else None,
        minimum_detectable_effect=settling.minimum_detectable_effect if settling else None,
        samples_to_decide=settling.samples_to_decide if settling else None,
        reasons=(remark, *_reasons(tests, "refuted")) if remark else _reasons(tests, verdict),
        tests=tuple(tests),
    )


def _run_control(claim: Claim, control: Control, measurements: Measurements) -> list[ControlResult]:
    """Judge a control as strictly as the claim's own tests."""
    part = next(part for part in claim.parts if any(test.name == control.test.name for test in part.tests))
    outcomes = [
        (run_test(control.test, cell, measurements, comparisons=claim.comparisons)[0], cell)
        for cell in control.test.cells
    ]
    return [
        ControlResult(
            part=part.name,
            name=control.name,
            must_be=control.must_be,
            verdict=outcome.verdict,
            passed=outcome.verdict == control.must_be,
            dataset=control.test.dataset,
            cell={"ensemble": cell},
            estimate=outcome.estimate,
            reason=outcome.reason,
        )
        for outcome, cell in outcomes
    ]


def _describe(test: ClaimTest, cell: str, measurements: Measurements) -> str:
    """Format a context measurement, which decides nothing, as a line of text."""
    try:
        estimate = measurements.of(test, cell)
    except NotApplicableError as error:
        return f"{test.name}, {cell}: not measured, {error.what}"
    if estimate.has_interval:
        return f"{test.name}, {cell}: {estimate.in_short}"
    return f"{test.name}, {cell}: {estimate.value:.4g} ({'; '.join(estimate.warnings) or estimate.method})"


def _reasons(tests: Sequence[TestResult], verdict: Verdict) -> tuple[str, ...]:
    """Reasons of the tests with the given verdict, or of the tests not run if there is no such test."""
    shown = [test for test in tests if test.verdict == verdict] or [test for test in tests if test.verdict == "not run"]
    return tuple(f"{test.name}, {test.cell['ensemble']}: {test.reason}" for test in shown)


def _got(error: NotApplicableError) -> str:
    return f" (expected {error.expected}, got {error.got})" if error.expected else ""
