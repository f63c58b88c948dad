"""Verification of every claim against the embedded reference data."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.metadata import version
from typing import TYPE_CHECKING

import bosonpeak
from bosonpeak.benchmark.judging.claim_file import choose_claims
from bosonpeak.benchmark.judging.parallel import SideBySide
from bosonpeak.benchmark.scorecards.results_cache import digest_of_everything, keep_scorecard, kept_scorecard

if TYPE_CHECKING:
    from bosonpeak.benchmark.judging.reference_verdicts import Progress, Suite
    from bosonpeak.benchmark.scorecards.scorecard import Scorecard


def verify(
    suite: Suite = "quick",
    claims: Sequence[str] | None = None,
    progress: Progress | None = None,
    *,
    workers: int = 1,
    kept: bool = False,
    keep: bool = False,
    drawn: bool = False,
) -> Scorecard:
    """Judge the claims on the reference data.

    Parameters
    ----------
    suite : {"quick", "full"}
        "full" also validates every dataset that the claims use: schema, values and content digests.
    claims : sequence of str, optional
        Ids to judge, or paths of the user's claim files (``.toml``); all of the suite by default.
    progress : callable, optional
        Called with a claim's id, its number and the number of claims.
    workers : int
        Processes that measure in parallel. With more than one process a script must guard its entry (``if __name__ ==
        "__main__"``), as always with multiprocessing; the numbers are the same.
    kept : bool
        Permit a cached scorecard of the same code, claims and data as result, and cache a new scorecard. The suite
        "full" is always measured.
    keep : bool
        Cache the new scorecard even if `kept` is False.
    drawn : bool
        With several processes, also render the figures in parallel and cache the drawings for a report.

    Returns
    -------
    Scorecard
        Claims whose data are not on this machine and cannot be downloaded are listed in `not_run`, with the reason.

    Raises
    ------
    ClaimError
        If a claim is unknown, or a file is not a claim.

    Examples
    --------
    One spring added to the 3 x 3 lattice, or taken away, makes two new poles:

    >>> scorecard = verify(claims=["NET-6"])
    >>> for part in scorecard.claim("NET-6").parts:
    ...     print(part.name, part.verdict, sep=": ")
    two new poles: supported
    the two old poles stay: supported
    """
    chosen = choose_claims(claims)
    digest = ""
    if (kept or keep) and suite != "full":
        digest = digest_of_everything(environment(), [suite, *(claim.text for claim in chosen)])
        if kept and (found := kept_scorecard(digest)) is not None:
            return found
    with SideBySide(workers) if workers > 1 else nullcontext() as processes:
        # Late import, so that a cached scorecard is returned without loading the measures.
        from bosonpeak.benchmark.judging import reference_verdicts

        scorecard = reference_verdicts.judged(suite, chosen, environment(), progress, processes, drawn)
    if digest and not scorecard.not_run:
        keep_scorecard(digest, scorecard)
    return scorecard


def environment() -> dict[str, str]:
    """Versions and platform that may affect results."""
    return {
        "bosonpeak": bosonpeak.__version__,
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "scipy", "xarray")},
        "platform": f"{platform.system()} {platform.machine()}",
    }
