"""The main job: every claim, held against the embedded reference data."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Literal

import xarray as xr
from threadpoolctl import threadpool_limits

import bosonpeak
from bosonpeak.benchmark.figures.registry import draw_figures
from bosonpeak.benchmark.judging.claim import Claim, ClaimTest
from bosonpeak.benchmark.judging.claim_file import choose_claims
from bosonpeak.benchmark.judging.judgement import judge_claim
from bosonpeak.benchmark.judging.kept_results import digest_of_everything, keep_scorecard, kept_scorecard
from bosonpeak.benchmark.judging.measurements import Measurements, evidence_by_figure
from bosonpeak.benchmark.judging.reference_data import ReferenceData
from bosonpeak.benchmark.judging.robustness import Robustness, comparison_key, stored_robustness
from bosonpeak.benchmark.judging.side_by_side import SideBySide
from bosonpeak.benchmark.scorecards.claim_results import whole
from bosonpeak.benchmark.scorecards.scorecard import Code, DataSource, NotRun, Scorecard
from bosonpeak.datasets import fetch, info, open_dataset
from bosonpeak.datasets.errors import DataUnavailableError

Suite = Literal["quick", "full"]
Progress = Callable[[str, int, int], None]


def verify(
    suite: Suite = "quick",
    claims: Sequence[str] | None = None,
    progress: Progress | None = None,
    *,
    workers: int = 1,
    kept: bool = False,
) -> Scorecard:
    """Judge the claims on the reference data.

    Parameters
    ----------
    suite : {"quick", "full"}
        "full" also validates every dataset that the claims use: schema, values and content digests.
    claims : sequence of str, optional
        Ids to judge, or paths of claim files of one's own (``.toml``); all of the suite by default.
    progress : callable, optional
        Called with a claim's id, its number and the number of claims.
    workers : int
        Processes that measure side by side. With more than one a script must guard its entry (``if __name__ ==
        "__main__"``), as for every use of processes; the numbers are the same.
    kept : bool
        Whether a scorecard may be returned that was kept when neither code, claims nor data were different, and this
        one be kept. The suite "full" is always measured.

    Returns
    -------
    Scorecard
        Claims whose data are not on this machine and cannot be fetched stand in `not_run`, with the reason.

    Raises
    ------
    ClaimError
        If a claim is unknown, or a file is no claim.
    """
    chosen = choose_claims(claims)
    digest = ""
    if kept and suite != "full":
        digest = digest_of_everything(environment(), [suite, *(claim.text for claim in chosen)])
        if (found := kept_scorecard(digest)) is not None:
            return found
    scorecard = _judged(suite, chosen, progress or _silent, workers)
    if digest and not scorecard.not_run:
        keep_scorecard(digest, scorecard)
    return scorecard


def _judged(suite: Suite, chosen: Sequence[Claim], progress: Progress, workers: int) -> Scorecard:
    chosen, left_out = _with_data(chosen)
    data = ReferenceData()
    # Matrices are so small that a second thread would make all slower.
    with threadpool_limits(limits=1), SideBySide(workers) if workers > 1 else nullcontext() as processes:
        made = {}
        if processes is not None:
            made = processes.measured(chosen, lambda done, total: progress("what was measured", done - 1, total))
        measurements = Measurements(data.cell, made)
        results = []
        for number, claim in enumerate(chosen):
            progress(claim.id, number, len(chosen))
            results.append(judge_claim(claim, measurements, robustness=_on_parts_of_the_data))
        evidence = evidence_by_figure(chosen, measurements)
        figures = draw_figures(evidence, data.cell) if processes is None else processes.figures(evidence)
    names = sorted({name for claim in chosen for name in claim.datasets})
    if suite == "full":
        _check_contents(names)
    return Scorecard(
        suite=suite,
        code=Code("bosonpeak", bosonpeak.__version__),
        data=tuple(DataSource(name, info(name).sha256) for name in names),
        environment=environment(),
        claims=tuple(results),
        not_run=left_out,
        figures=figures,
    )


def _with_data(chosen: Sequence[Claim]) -> tuple[Sequence[Claim], tuple[NotRun, ...]]:
    """The claims whose data are here or can be had, and why the others cannot be judged."""
    absent: dict[str, str] = {}
    for name in sorted({name for claim in chosen for name in claim.datasets}):
        try:
            fetch(name)
        except DataUnavailableError as error:
            absent[name] = f"{error.what}: {error.got}"
    left_out = tuple(
        NotRun(
            claim.id,
            "; ".join(absent[name] for name in reasons),
            whole(claim.recorded.values()) if claim.recorded else None,
        )
        for claim in chosen
        if (reasons := [name for name in claim.datasets if name in absent])
    )
    without = {entry.id for entry in left_out}
    return [claim for claim in chosen if claim.id not in without], left_out


def _on_parts_of_the_data(test: ClaimTest, cell: str) -> Robustness | None:
    return stored_robustness().get(comparison_key(test, cell))


def _silent(claim: str, number: int, total: int) -> None:
    """Tell nobody."""


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


def _check_contents(names: Sequence[str]) -> None:
    from bosonpeak.datasets import validate

    for name in names:
        validate(open_dataset(name, verify=True))
