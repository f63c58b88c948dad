"""Measurement, judgement and figures of claims on the embedded reference data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from threadpoolctl import threadpool_limits

import bosonpeak
from bosonpeak.benchmark.figures.registry import draw_figures, evidence_of_all
from bosonpeak.benchmark.judging.claim import Claim, ClaimTest
from bosonpeak.benchmark.judging.claim_file import load_claims
from bosonpeak.benchmark.judging.judgement import judge_claim
from bosonpeak.benchmark.judging.measurements import Measurements, ReferenceData, evidence_by_figure
from bosonpeak.benchmark.judging.parallel import SideBySide
from bosonpeak.benchmark.judging.robustness import Robustness, comparison_key, stored_robustness
from bosonpeak.benchmark.report.drawing_cache import identifiers
from bosonpeak.benchmark.report.headlines import front_figures
from bosonpeak.benchmark.scorecards.scorecard import Code, DataSource, NotRun, Scorecard
from bosonpeak.datasets import fetch, open_dataset
from bosonpeak.datasets.errors import DataUnavailableError
from bosonpeak.datasets.registry import info

Suite = Literal["quick", "full"]
Progress = Callable[[str, int, int], None]


def judged(
    suite: Suite,
    chosen: Sequence[Claim],
    environment: Mapping[str, str],
    progress: Progress | None = None,
    processes: SideBySide | None = None,
    drawn: bool = False,
) -> Scorecard:
    """Scorecard of the chosen claims; the other parameters are as for `verify`, without its cache."""
    progress = progress or _silent
    chosen, left_out = _with_data(chosen)
    data = ReferenceData()
    # A second thread would slow down the linear algebra, because the matrices are small.
    with threadpool_limits(limits=1):
        made = {}
        if processes is not None:
            made = processes.measured(chosen, lambda done, total: progress("measurements", done - 1, total))
        measurements = Measurements(data.cell, made)
        results = []
        for number, claim in enumerate(chosen):
            progress(claim.id, number, len(chosen))
            results.append(judge_claim(claim, measurements, robustness=_on_parts_of_the_data))
        every = {claim.id for claim in load_claims()} <= {claim.id for claim in chosen}
        further = evidence_of_all(data.cell) if every else {}
        evidence = evidence_by_figure(chosen, measurements) | further
        if processes is None:
            figures = draw_figures(evidence, data.cell)
        else:
            called = identifiers(chosen, front_figures(chosen, further)) if drawn else {}
            figures = processes.figures(evidence, called)
    names = sorted({name for claim in chosen for name in claim.datasets})
    if suite == "full":
        _check_contents(names)
    return Scorecard(
        suite=suite,
        code=Code("bosonpeak", bosonpeak.__version__),
        data=tuple(DataSource(name, info(name).sha256) for name in names),
        environment=environment,
        claims=tuple(results),
        not_run=left_out,
        figures=figures,
    )


def _with_data(chosen: Sequence[Claim]) -> tuple[Sequence[Claim], tuple[NotRun, ...]]:
    """Split the claims into claims with available data and reasons why the others cannot be judged."""
    absent: dict[str, str] = {}
    for name in sorted({name for claim in chosen for name in claim.datasets}):
        try:
            fetch(name)
        except DataUnavailableError as error:
            absent[name] = f"{error.what}: {error.got}"
    left_out = tuple(
        NotRun(claim.id, "; ".join(absent[name] for name in reasons), claim.parts[0].recorded)
        for claim in chosen
        if (reasons := [name for name in claim.datasets if name in absent])
    )
    without = {entry.id for entry in left_out}
    return [claim for claim in chosen if claim.id not in without], left_out


def _on_parts_of_the_data(test: ClaimTest, cell: str) -> Robustness | None:
    return stored_robustness().get(comparison_key(test, cell))


def _silent(claim: str, number: int, total: int) -> None:
    """Ignore the progress."""


def _check_contents(names: Sequence[str]) -> None:
    from bosonpeak.datasets import validate

    for name in names:
        validate(open_dataset(name, verify=True))
