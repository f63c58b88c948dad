"""The main job: every claim, held against the embedded reference data."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import xarray as xr
from threadpoolctl import threadpool_limits

import bosonpeak
from bosonpeak.benchmark.figures.registry import draw_figures
from bosonpeak.benchmark.judging.claim import Claim
from bosonpeak.benchmark.judging.claim_file import load_claims
from bosonpeak.benchmark.judging.judgement import judge_claim
from bosonpeak.benchmark.judging.measurements import Measurements, evidence_by_figure
from bosonpeak.benchmark.judging.reference_data import ReferenceData
from bosonpeak.benchmark.scorecards.scorecard import Code, DataSource, Scorecard
from bosonpeak.datasets import info, open_dataset
from bosonpeak.datasets.errors import ClaimError

Suite = Literal["quick", "full"]
Progress = Callable[[str, int, int], None]


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
    measurements = Measurements(data.cell)
    results = []
    with threadpool_limits(limits=1):  # matrices are so small that a second thread would make all slower
        for number, claim in enumerate(chosen):
            if progress is not None:
                progress(claim.id, number, len(chosen))
            results.append(judge_claim(claim, measurements))
        figures = draw_figures(evidence_by_figure(chosen, measurements), data.cell)
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


def _choose(everything: Sequence[Claim], ids: Sequence[str] | None) -> Sequence[Claim]:
    if not ids:
        return everything
    by_id: Mapping[str, Claim] = {claim.id.lower(): claim for claim in everything}
    unknown = [i for i in ids if i.lower() not in by_id]
    if unknown:
        raise ClaimError("no such claim", expected=", ".join(c.id for c in everything), got=", ".join(unknown))
    return [by_id[i.lower()] for i in dict.fromkeys(ids)]


def _check_contents(names: Sequence[str]) -> None:
    from bosonpeak.datasets import validate

    for name in names:
        validate(open_dataset(name, verify=True))
