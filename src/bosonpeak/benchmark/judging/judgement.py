"""One claim put through its tests, its controls and its context."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from bosonpeak.benchmark.judging.claim import Claim, ClaimTest, Control
from bosonpeak.benchmark.judging.measurements import Measurements
from bosonpeak.benchmark.judging.verdicts import Judgement, combine, decisive, judge
from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, ControlResult, EstimateResult, TestResult, Verdict
from bosonpeak.datasets.errors import NotApplicableError


def judge_claim(
    claim: Claim,
    measurements: Measurements,
    *,
    recorded: Verdict | None,
    only: Callable[[ClaimTest, str], bool] = lambda test, cell: True,
    with_controls: bool = True,
) -> ClaimResult:
    """Put one claim through its tests, its controls and its context.

    Parameters
    ----------
    claim : Claim
    measurements : Measurements
        Made on the data that are to be judged.
    recorded : str or None
        The verdict to compare with.
    only : callable
        Which (test, cell) pairs can be run on the data at hand.
    with_controls : bool
        Whether the controls on reference data are run too.

    Returns
    -------
    ClaimResult
    """
    outcomes = [run_test(test, cell, measurements) for test in claim.tests for cell in test.cells if only(test, cell)]
    tests = [result for result, _ in outcomes]
    judgements = [judgement for _, judgement in outcomes]
    verdict = combine([judgement.verdict for judgement in judgements])
    settling = tests[decisive(judgements)] if verdict != "not run" else None
    controls = [r for control in claim.controls for r in _run_control(control, measurements)] if with_controls else []
    notes = [_describe(test, cell, measurements) for test in claim.context for cell in test.cells if only(test, cell)]
    return ClaimResult(
        id=claim.id,
        title=claim.title,
        verdict=verdict,
        statement=claim.statement,
        source=claim.source,
        rival=claim.rival,
        rival_reading=claim.rival_reading,
        regime=claim.regime,
        recorded=recorded,
        estimate=settling.estimate if settling else None,
        minimum_detectable_effect=settling.minimum_detectable_effect if settling else None,
        samples_to_decide=settling.samples_to_decide if settling else None,
        reasons=_reasons(tests, verdict),
        tests=tuple(tests),
        controls=tuple(controls),
        figure=claim.figure,
        notes=tuple(notes),
    )


def run_test(test: ClaimTest, cell: str, measurements: Measurements) -> tuple[TestResult, Judgement]:
    """Put one ensemble through one test.

    Parameters
    ----------
    test : ClaimTest
        With an expectation.
    cell : str
        Group of the ensemble.
    measurements : Measurements

    Returns
    -------
    result : TestResult
    judgement : Judgement
        "not run" if the measure does not apply to the data.
    """
    assert test.expect is not None
    estimate = None
    try:
        estimate = measurements.of(test, cell)
    except NotApplicableError as error:
        judgement = Judgement("not run", error.what + _got(error), math.nan)
    else:
        judgement = judge(estimate, test.expect)
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
    )
    return result, judgement


def _run_control(control: Control, measurements: Measurements) -> list[ControlResult]:
    outcomes = [(run_test(control.test, cell, measurements)[0], cell) for cell in control.test.cells]
    return [
        ControlResult(
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
    """One line of context: a measurement that decides nothing."""
    try:
        estimate = measurements.of(test, cell)
    except NotApplicableError as error:
        return f"{test.name}, {cell}: not measured, {error.what}"
    if estimate.has_interval:
        return f"{test.name}, {cell}: {estimate}"
    return f"{test.name}, {cell}: {estimate.value:.4g} ({'; '.join(estimate.warnings) or estimate.method})"


def _reasons(tests: Sequence[TestResult], verdict: Verdict) -> tuple[str, ...]:
    """The tests that made the verdict, in words; all of them where every one was needed."""
    shown = [test for test in tests if test.verdict == verdict] or [test for test in tests if test.verdict == "not run"]
    return tuple(f"{test.name}, {test.cell['ensemble']}: {test.reason}" for test in shown)


def _got(error: NotApplicableError) -> str:
    return f" (expected {error.expected}, got {error.got})" if error.expected else ""
