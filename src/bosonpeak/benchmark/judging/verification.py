"""The main job: every claim, held against the embedded reference data."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import xarray as xr
from threadpoolctl import threadpool_limits

import bosonpeak
from bosonpeak.benchmark.figures.registry import draw_figures
from bosonpeak.benchmark.judging.claim_file import Claim, ClaimTest, Control, load_claims
from bosonpeak.benchmark.judging.verdicts import Judgement, combine, decisive, judge
from bosonpeak.benchmark.measures.base import OpenCell
from bosonpeak.benchmark.measures.registry import measure
from bosonpeak.benchmark.scorecards.claim_results import (
    ClaimResult,
    ControlResult,
    EstimateResult,
    Expectation,
    TestResult,
)
from bosonpeak.benchmark.scorecards.scorecard import Code, DataSource, Scorecard
from bosonpeak.datasets import info, open_dataset
from bosonpeak.datasets.errors import ClaimError, NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate

Suite = Literal["quick", "full"]
Progress = Callable[[str, int, int], None]


class ReferenceData:
    """Opens registered datasets, each once."""

    def __init__(self) -> None:
        self._open: dict[str, xr.DataTree] = {}

    def cell(self, dataset: str, group: str) -> xr.Dataset:
        """One ensemble of a registered dataset, in memory.

        Raises
        ------
        ClaimError
            If the dataset has no such group.
        """
        if dataset not in self._open:
            self._open[dataset] = _as_tree(open_dataset(dataset))
        try:
            return self._open[dataset][group].to_dataset()
        except KeyError as error:
            raise ClaimError("a claim names an ensemble that is not there", got=group, where=dataset) from error

    def opener(self, dataset: str) -> OpenCell:
        """A function that opens the groups of one dataset, or of another where it is named."""

        def open_cell(group: str, other: str | None = None, /) -> xr.Dataset:
            return self.cell(other or dataset, group)

        return open_cell


def verify(suite: Suite = "quick", claims: Sequence[str] | None = None, progress: Progress | None = None) -> Scorecard:
    """Judge the claims on the reference data.

    Parameters
    ----------
    suite : {"quick", "full"}
        "full" also validates every dataset that the claims use: schema, values and content digests.
    claims : sequence of str, optional
        Ids to judge; all by default.
    progress : callable, optional
        Called with a claim's id, its number and the number of claims.

    Returns
    -------
    Scorecard

    Raises
    ------
    ClaimError
        If a claim is unknown.
    """
    chosen = _choose(load_claims(), claims)
    data = ReferenceData()
    results = []
    with threadpool_limits(limits=1):  # matrices are so small that a second thread would make all slower
        for number, claim in enumerate(chosen):
            if progress is not None:
                progress(claim.id, number, len(chosen))
            results.append(judge_claim(claim, data.opener, recorded=claim.recorded))
        figures = draw_figures(sorted({c.figure for c in chosen if c.figure}), data.cell)
    names = sorted({name for claim in chosen for name in claim.datasets})
    if suite == "full":
        _check_contents(names)
    return Scorecard(
        suite=suite,
        code=Code("bosonpeak", bosonpeak.__version__),
        data=tuple(DataSource(name, info(name).sha256) for name in names),
        environment=environment(),
        claims=tuple(results),
        figures=figures,
    )


def judge_claim(
    claim: Claim,
    opener: Callable[[str], OpenCell],
    *,
    recorded: str | None,
    only: Callable[[ClaimTest, str], bool] = lambda test, cell: True,
    with_controls: bool = True,
) -> ClaimResult:
    """Put one claim through its tests, its controls and its context.

    Parameters
    ----------
    claim : Claim
    opener : callable
        Maps a dataset's name to a function that opens its ensembles.
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
    outcomes = [run_test(test, cell, opener) for test in claim.tests for cell in test.cells if only(test, cell)]
    tests = [result for result, _ in outcomes]
    judgements = [judgement for _, judgement in outcomes]
    verdict = combine([judgement.verdict for judgement in judgements])
    settling = tests[decisive(judgements)] if verdict != "not run" else None
    controls = [r for control in claim.controls for r in _run_control(control, opener)] if with_controls else []
    notes = [_describe(test, cell, opener) for test in claim.context for cell in test.cells if only(test, cell)]
    return ClaimResult(
        id=claim.id,
        title=claim.title,
        verdict=verdict,
        statement=claim.statement,
        source=claim.source,
        rival=claim.rival,
        rival_reading=claim.rival_reading,
        regime=claim.regime,
        recorded=recorded,  # type: ignore[arg-type]
        estimate=settling.estimate if settling else None,
        minimum_detectable_effect=settling.minimum_detectable_effect if settling else None,
        samples_to_decide=settling.samples_to_decide if settling else None,
        reasons=_reasons(tests, verdict),
        tests=tuple(tests),
        controls=tuple(controls),
        figure=claim.figure,
        notes=tuple(notes),
    )


def environment() -> dict[str, str]:
    """Versions that a number may depend on."""
    import numpy as np
    import scipy

    return {
        "bosonpeak": bosonpeak.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "xarray": xr.__version__,
        "platform": f"{platform.system()} {platform.machine()}",
    }


def run_test(test: ClaimTest, cell: str, opener: Callable[[str], OpenCell]) -> tuple[TestResult, Judgement]:
    """Put one ensemble through one test.

    Parameters
    ----------
    test : ClaimTest
        With an expectation.
    cell : str
        Group of the ensemble.
    opener : callable
        Maps a dataset's name to a function that opens its ensembles.

    Returns
    -------
    result : TestResult
    judgement : Judgement
        "not run" if the measure does not apply to the data.
    """
    assert test.expect is not None
    estimate = None
    try:
        estimate = measure(test.measure, opener(test.dataset), cell, test.parameters)
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
        expect=Expectation(test.expect.low, test.expect.high, test.expect.why),
        minimum_detectable_effect=judgement.minimum_detectable_effect,
        samples_to_decide=judgement.samples_to_decide,
        reason=judgement.reason,
    )
    return result, judgement


def _run_control(control: Control, opener: Callable[[str], OpenCell]) -> list[ControlResult]:
    outcomes = [(run_test(control.test, cell, opener)[0], cell) for cell in control.test.cells]
    return [
        ControlResult(
            name=control.name,
            must_be=control.must_be,  # type: ignore[arg-type]
            verdict=outcome.verdict,
            passed=outcome.verdict == control.must_be,
            dataset=control.test.dataset,
            cell={"ensemble": cell},
            estimate=outcome.estimate,
            reason=outcome.reason,
        )
        for outcome, cell in outcomes
    ]


def _describe(test: ClaimTest, cell: str, opener: Callable[[str], OpenCell]) -> str:
    """One line of context: a measurement that decides nothing."""
    try:
        estimate: Estimate = measure(test.measure, opener(test.dataset), cell, test.parameters)
    except NotApplicableError as error:
        return f"{test.name}, {cell}: not measured, {error.what}"
    if estimate.has_interval:
        return f"{test.name}, {cell}: {estimate}"
    return f"{test.name}, {cell}: {estimate.value:.4g} ({'; '.join(estimate.warnings) or estimate.method})"


def _reasons(tests: Sequence[TestResult], verdict: str) -> tuple[str, ...]:
    """The tests that made the verdict, in words; all of them where every one was needed."""
    shown = [test for test in tests if test.verdict == verdict] or [test for test in tests if test.verdict == "not run"]
    return tuple(f"{test.name}, {test.cell['ensemble']}: {test.reason}" for test in shown)


def _choose(everything: Sequence[Claim], ids: Sequence[str] | None) -> Sequence[Claim]:
    if not ids:
        return everything
    by_id: Mapping[str, Claim] = {claim.id.lower(): claim for claim in everything}
    unknown = [i for i in ids if i.lower() not in by_id]
    if unknown:
        raise ClaimError("no such claim", expected=", ".join(c.id for c in everything), got=", ".join(unknown))
    return [by_id[i.lower()] for i in dict.fromkeys(ids)]


def _as_tree(data: xr.Dataset | xr.DataTree) -> xr.DataTree:
    return data if isinstance(data, xr.DataTree) else xr.DataTree(data)


def _check_contents(names: Sequence[str]) -> None:
    from bosonpeak.datasets import validate

    for name in names:
        validate(open_dataset(name, verify=True))


def _got(error: NotApplicableError) -> str:
    return f" (expected {error.expected}, got {error.got})" if error.expected else ""
